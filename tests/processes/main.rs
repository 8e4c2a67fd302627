//! The real functions `lease`, `sweep`, `start_tests`, `gate` and `preview`, as processes behind Lambda's Runtime API, against the
//! local cloud or a world of a test's own. What they send to the cloud passes a proxy that writes it down, and can harm it.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod bad_input;
mod binaries;
mod buckets;
mod call;
mod codepipeline;
mod contention;
mod function;
mod gate;
mod listing;
mod near_misses;
mod no_jobs;
mod own_stack;
mod people;
mod plan;
mod preview;
mod proxy;
mod released;
mod roles;
mod runtime_api;
mod scale;
mod secrets;
mod stacks;
mod start_tests;
mod table;
mod template;
mod world;
