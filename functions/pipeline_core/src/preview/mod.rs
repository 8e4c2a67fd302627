//! Previews: each pull request, and each developer who wants one, has a stack of the service, and gives it back.
//!
//! ```text
//!   wanted ──► Starting ── claimed, execution started ──► Running ──┐
//!     ▲           │ ▲ waits: quota, deletion                  │     │ new head
//!     │           └─┘ └───────────────────────────────────────┼─────┘
//!     └── wanted again ── Removed ◄── leases GONE ── Removing ◄┘ closed, ran out
//! ```
//! An event only says that something may have changed. What is wanted is read from where the pull request is, what stands
//! from our own record, from the leases and from the pipeline; so events that repeat, get lost or overtake one another
//! lead to the same end. Who may deploy is fenced by the leases; the record says what to do next, and when to look again.

mod deploy;
pub mod hint;
mod leases;
pub mod look;
pub mod ports;
pub mod pull;
pub mod record;
mod remove;
mod run;
pub mod settings;
pub mod slots;
pub mod subject;
pub mod tick;
mod turn;
mod wanted;
