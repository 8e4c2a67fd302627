//! Which tests ran for an execution.

use pipeline_core::{
    ids::{ExecutionId, JobId},
    ports::PortError,
    start_tests::run::{Announced, ReadAnnounced},
};

use crate::dynamodb::StateTable;

const TESTS: &str = "tests#";

pub(super) fn pk(execution: &ExecutionId) -> String {
    format!("{TESTS}{execution}")
}

pub(super) fn sk(job: &JobId) -> String {
    format!("{TESTS}{job}")
}

impl ReadAnnounced for StateTable {
    async fn announced(&self, execution: &ExecutionId) -> Result<Vec<Announced>, PortError> {
        let operation = format!("read which tests ran for execution {execution}");
        let mut announced: Vec<Announced> = self.query(&operation, &pk(execution), TESTS).await?;
        announced.sort_by_key(|announced| announced.began);
        Ok(announced)
    }
}
