//! What a cloud holds is there again after it was stopped or killed, and it holds nothing of another's.

mod change_sets;
mod drift;
mod kills;
#[cfg(target_os = "linux")]
mod leash;
mod pipelines;
mod programs;
mod schedules;
mod services;
mod side_by_side;
mod stacks;
mod up;
mod wire;
mod world;
