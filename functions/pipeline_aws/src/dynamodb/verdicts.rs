//! The verdict of each job.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::put_item::PutItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use jiff::Timestamp;
use pipeline_core::{
    ids::JobId,
    ports::{PortError, ReadVerdicts, RecordVerdicts, Recorded, Settled},
    verdict::Report,
};

use crate::{
    dynamodb::{
        StateTable,
        item::{Item, item, key, record},
        unreadable,
    },
    error::port_error,
};

const SORT: &str = "verdict";
/// How CodePipeline answered; absent until it did.
const ANSWER: &str = "answer";

fn pk(job: &JobId) -> String {
    format!("verdict#{job}")
}

fn recorded(pk: &str, item: &Item) -> Result<Recorded, PortError> {
    Ok(Recorded { report: record(pk, item)?, sent: item.contains_key(ANSWER) })
}

impl ReadVerdicts for StateTable {
    async fn standing(&self, job: &JobId) -> Result<Option<Recorded>, PortError> {
        let pk = pk(job);
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key(&pk, SORT)));
        let answer = request.consistent_read(true).send().await;
        let answer = answer.map_err(|error| port_error(&format!("read the verdict of job {job}"), &error))?;
        answer.item().map(|item| recorded(&pk, item)).transpose()
    }
}

impl RecordVerdicts for StateTable {
    async fn record(&self, job: &JobId, report: &Report) -> Result<Recorded, PortError> {
        let pk = pk(job);
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item(&pk, SORT, report, Timestamp::now())?))
            // I16: the first verdict stands.
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match request.send().await {
            Ok(_) => Ok(Recorded { report: report.clone(), sent: false }),
            Err(SdkError::ServiceError(refused)) if is_conflict(refused.err()) => {
                // I8: after a reply that got lost this is our own write, and what it says is the same.
                let standing = conflicting(refused.err()).ok_or_else(|| unreadable(&pk, "it was not returned"))?;
                recorded(&pk, standing)
            }
            Err(error) => Err(port_error(&format!("record the verdict of job {job}"), &error)),
        }
    }

    async fn mark_sent(&self, job: &JobId, answer: Settled) -> Result<(), PortError> {
        let answer = match answer {
            Settled::Accepted => "accepted",
            Settled::Already => "already settled",
        };
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(&pk(job), SORT)))
            .update_expression("SET #answer = if_not_exists(#answer, :answer)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#answer", ANSWER)
            .expression_attribute_values(":answer", AttributeValue::S(answer.into()));
        request.send().await.map_err(|error| port_error(&format!("mark the verdict of job {job} as sent"), &error))?;
        Ok(())
    }
}

pub(super) fn is_conflict(error: &PutItemError) -> bool {
    matches!(error, PutItemError::ConditionalCheckFailedException(_))
}

/// The item that stood in the way of a conditional write.
pub(super) fn conflicting(error: &PutItemError) -> Option<&Item> {
    match error {
        PutItemError::ConditionalCheckFailedException(conflict) => conflict.item(),
        _ => None,
    }
}
