//! What a cloud holds is there again after it was stopped or killed, and it holds nothing of another's.

mod kills;
mod schedules;
mod services;
mod side_by_side;
mod stacks;
mod wire;
mod world;
