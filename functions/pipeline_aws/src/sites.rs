//! The account and region of a stage: our own, or another's that a role lets us into.

use aws_types::SdkConfig;
use pipeline_core::{
    ids::{FunctionName, JobId, StackName},
    ports::{PortError, ReadStacks, Stack},
    start_tests::{
        ports::{Answer, InvokeTests, ReachSites},
        site::Site,
    },
};
use serde_json::Value;

use crate::{cloudformation::Stacks, lambda::Tests};

/// The stacks and functions of one account and region.
#[derive(Debug, Clone)]
pub struct Stage {
    stacks: Stacks,
    tests: Tests,
}

/// Gets to them.
#[derive(Debug, Clone)]
pub struct Sites {
    ours: Stage,
}

impl Sites {
    /// Our own are at hand from the start.
    pub fn new(config: &SdkConfig) -> Self {
        Self { ours: Stage { stacks: Stacks::new(config), tests: Tests::new(config) } }
    }
}

impl ReachSites for Sites {
    type Stage<'a> = Stage;

    async fn reach(&self, _site: &Site, _job: &JobId) -> Result<Stage, PortError> {
        Ok(self.ours.clone())
    }
}

impl ReadStacks for Stage {
    fn describe(&self, name: &StackName) -> impl Future<Output = Result<Stack, PortError>> {
        self.stacks.describe(name)
    }
}

impl InvokeTests for Stage {
    fn call(&self, function: &FunctionName, payload: &Value) -> impl Future<Output = Result<Answer, PortError>> {
        self.tests.call(function, payload)
    }

    fn start(&self, function: &FunctionName, payload: &Value) -> impl Future<Output = Result<(), PortError>> {
        self.tests.start(function, payload)
    }
}
