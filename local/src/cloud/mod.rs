//! The local cloud: installs and starts the emulator, stops it, and deploys stacks onto it.

pub mod client;
pub mod stack_wait;
