//! What is open about jobs: the runs and the verdicts that are in the index.

use aws_sdk_dynamodb::{error::SdkError, operation::update_item::UpdateItemError};
use jiff::Timestamp;
use pipeline_core::{
    ids::JobId,
    ports::PortError,
    repair::ports::{CloseOpen, Due, FindOpen, Open},
};

use crate::dynamodb::{
    StateTable, failed,
    index::{DUE, DUE_OF, due_at},
    item::{Item, key},
    runs, verdicts,
};

/// The partition of the index that holds them.
pub(super) const JOB: &str = "job";

/// What an item of the index is about; of a hand's item that is no job's, nothing.
fn due(item: &Item, now: Timestamp) -> Option<Due> {
    let pk = item.get("pk")?.as_s().ok()?;
    let Some(open) = open(pk) else {
        tracing::error!(pk, "the index holds what is no job's; remove its attributes due and due_of");
        return None;
    };
    Some(Due { at: due_at(item).unwrap_or(now), open })
}

fn open(pk: &str) -> Option<Open> {
    let (_, id) = pk.split_once('#')?;
    let job: JobId = id.parse().ok()?;
    [Open::Run(job.clone()), Open::Verdict(job)].into_iter().find(|open| place(open).0 == pk)
}

/// The key of what is open.
fn place(open: &Open) -> (String, &'static str) {
    match open {
        Open::Run(job) => (runs::pk(job), runs::SORT),
        Open::Verdict(job) => (verdicts::pk(job), verdicts::SORT),
    }
}

impl FindOpen for StateTable {
    async fn open(&self, now: Timestamp, limit: usize) -> Result<Vec<Due>, PortError> {
        self.due_of("find the jobs that are open", JOB, now, limit, |item| due(item, now)).await
    }
}

impl CloseOpen for StateTable {
    async fn close(&self, open: &Open) -> Result<(), PortError> {
        let (pk, sk) = place(open);
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(&pk, sk)))
            .update_expression("REMOVE #due_of, #due")
            // What the table has removed in the meantime must not come back as an empty item.
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#due_of", DUE_OF)
            .expression_attribute_names("#due", DUE);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if gone(&error) => Ok(()),
            Err(error) => Err(failed(&format!("close {pk}"), &error)),
        }
    }
}

fn gone<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}
