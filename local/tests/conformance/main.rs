//! The local cloud behaves as our patches say. For each patch: without it the gap shows, with it the gap is closed. A
//! failing "without" means that a new version of the emulator has made the patch unnecessary.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod asynchronous;
mod codecommit;
mod codeconnections;
mod codepipeline;
mod deploy;
mod drift;
mod events;
mod function_answers;
mod function_urls;
mod guard;
mod hosts;
mod iam;
mod missing_code;
mod nagle;
mod node_sdk;
mod parameter_users;
mod principal_arn;
mod project_settings;
mod restart;
mod sns_subjects;
mod stacks;
mod start;
mod world;
