//! Runs of tests and their results.

use aws_sdk_dynamodb::{
    error::SdkError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use jiff::Timestamp;
use pipeline_core::{
    ids::JobId,
    ports::PortError,
    start_tests::run::{Claim, ReadRuns, Run, TestResult, WriteRuns},
};

use crate::{
    dynamodb::{
        StateTable,
        item::{item, key, record},
        unreadable,
        verdicts::{conflicting, is_conflict},
    },
    error::port_error,
};

const SORT: &str = "run";
const RESULT: &str = "result#";

fn pk(job: &JobId) -> String {
    format!("run#{job}")
}

impl ReadRuns for StateTable {
    async fn run(&self, job: &JobId) -> Result<Option<Run>, PortError> {
        let pk = pk(job);
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key(&pk, SORT)));
        let answer = request.consistent_read(true).send().await;
        let answer = answer.map_err(|error| port_error(&format!("read the run of job {job}"), &error))?;
        answer.item().map(|item| record(&pk, item)).transpose()
    }

    async fn results(&self, job: &JobId) -> Result<Vec<TestResult>, PortError> {
        let pk = pk(job);
        let pages = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :result)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
            .expression_attribute_values(":result", AttributeValue::S(RESULT.into()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let items = pages.collect::<Result<Vec<_>, _>>().await;
        let items = items.map_err(|error| port_error(&format!("read the results of job {job}"), &error))?;
        items.iter().map(|item| record(&pk, item)).collect()
    }
}

impl WriteRuns for StateTable {
    async fn claim(&self, run: &Run) -> Result<Claim, PortError> {
        let pk = pk(&run.job);
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item(&pk, SORT, run, Timestamp::now())?))
            // I19: the first delivery owns the run.
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match request.send().await {
            Ok(_) => Ok(Claim::Ours),
            Err(SdkError::ServiceError(refused)) if is_conflict(refused.err()) => {
                let standing = conflicting(refused.err()).ok_or_else(|| unreadable(&pk, "it was not returned"))?;
                let standing: Run = record(&pk, standing)?;
                // I8: our own write whose reply was lost carries our nonce.
                Ok(if standing.id == run.id { Claim::Ours } else { Claim::Theirs(standing) })
            }
            Err(error) => Err(port_error(&format!("store the run of job {}", run.job), &error)),
        }
    }

    async fn record_result(&self, job: &JobId, result: &TestResult) -> Result<(), PortError> {
        let sort = format!("{RESULT}{}", result.test);
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item(&pk(job), &sort, result, Timestamp::now())?))
            .condition_expression("attribute_not_exists(pk)");
        match request.send().await {
            Ok(_) => Ok(()),
            // Only the owner of the run records, and each test once: this is our own write.
            Err(SdkError::ServiceError(refused)) if is_conflict(refused.err()) => Ok(()),
            Err(error) => Err(port_error(&format!("record the result of {}", result.test), &error)),
        }
    }
}
