//! The verdict of each job.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use pipeline_core::{
    ids::JobId,
    ports::{PortError, ReadVerdicts, RecordVerdicts, Recorded, Settled},
    repair::due::verdict_due,
    verdict::Report,
};

use crate::dynamodb::{
    StateTable, failed,
    index::{self, DUE, DUE_OF},
    item::{Item, JOBS, item, key, record},
    open::JOB,
};

pub(super) const SORT: &str = "verdict";
/// How CodePipeline answered; absent until it did.
const ANSWER: &str = "answer";

pub(super) fn pk(job: &JobId) -> String {
    format!("verdict#{job}")
}

fn recorded(pk: &str, item: &Item) -> Result<Recorded, PortError> {
    Ok(Recorded { report: record(pk, item)?, sent: item.contains_key(ANSWER) })
}

impl ReadVerdicts for StateTable {
    async fn standing(&self, job: &JobId) -> Result<Option<Recorded>, PortError> {
        let pk = pk(job);
        let item = self.read(&format!("read the verdict of job {job}"), key(&pk, SORT)).await?;
        item.map(|item| recorded(&pk, &item)).transpose()
    }
}

impl RecordVerdicts for StateTable {
    async fn record(&self, job: &JobId, report: &Report) -> Result<Recorded, PortError> {
        let pk = pk(job);
        let now = Timestamp::now();
        let mut item = item(&pk, SORT, report, now, JOBS)?;
        item.extend(index::place(JOB, verdict_due(now), &pk));
        // I16: the first verdict stands.
        match self.create(&format!("record the verdict of job {job}"), item).await? {
            None => Ok(Recorded { report: report.clone(), sent: false }),
            Some(standing) => recorded(&pk, &standing),
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
            .update_expression("SET #answer = if_not_exists(#answer, :answer) REMOVE #due_of, #due")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#due_of", DUE_OF)
            .expression_attribute_names("#due", DUE)
            .expression_attribute_names("#answer", ANSWER)
            .expression_attribute_values(":answer", AttributeValue::S(answer.into()));
        request.send().await.map_err(|error| failed(&format!("mark the verdict of job {job} as sent"), &error))?;
        Ok(())
    }
}
