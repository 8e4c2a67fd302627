//! The gate's decisions.

use jiff::Timestamp;
use pipeline_core::{
    gate::decision::{Decision, ReadDecisions, WriteDecisions},
    ids::ExecutionId,
    ports::PortError,
};

use crate::dynamodb::{
    StateTable,
    item::{RELEASES, item, record},
};

const DECISION: &str = "decision#";

fn pk(execution: &ExecutionId) -> String {
    format!("decision#{execution}")
}

impl ReadDecisions for StateTable {
    async fn decisions(&self, execution: &ExecutionId) -> Result<Vec<Decision>, PortError> {
        let operation = format!("read the decisions about execution {execution}");
        let mut decisions: Vec<Decision> = self.query(&operation, &pk(execution), DECISION).await?;
        decisions.sort_by_key(|decision| decision.at);
        Ok(decisions)
    }
}

impl WriteDecisions for StateTable {
    async fn record_decision(&self, decision: &Decision) -> Result<Decision, PortError> {
        let pk = pk(&decision.execution);
        let item = item(&pk, &format!("{DECISION}{}", decision.job), decision, Timestamp::now(), RELEASES)?;
        match self.create(&format!("record the decision about execution {}", decision.execution), item).await? {
            None => Ok(decision.clone()),
            Some(standing) => record(&pk, &standing),
        }
    }
}
