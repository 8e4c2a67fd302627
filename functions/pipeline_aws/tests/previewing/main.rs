//! Events through the real handler of `preview`, with the state, CodePipeline and the host of pull requests in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod asked;
mod changes;
mod codecommit;
mod environment;
mod town;
mod webhooks;
