//! Previews: whole looks, in the world in memory, with the leases and the sweep that there really are.

mod life;
mod orders;
mod pipeline;
mod town;
