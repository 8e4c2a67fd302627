//! The local cloud behaves as our patches say. For each patch: without it the gap shows, with it the gap is closed. A
//! failing "without" means that a new version of the emulator has made the patch unnecessary.

mod codepipeline;
mod hosts;
mod missing_code;
mod nagle;
mod node_sdk;
mod start;
mod world;
