//! The state table: one item for each record, found by the key of its entity.
//!
//! | entity | `pk` | `sk` |
//! |---|---|---|
//! | verdict of a job | `verdict#<job id>` | `verdict` |
//! | run of tests | `run#<job id>` | `run` |
//! | result of a test | `run#<job id>` | `result#<test>` |
//!
//! Every item carries `v`, the version of its shape, `body`, its record as JSON, and `expires`, which only keeps house.
//! What a condition looks at is an attribute of its own.

mod item;
mod runs;
mod verdicts;

use aws_sdk_dynamodb::{Client, config::Builder};
use aws_types::SdkConfig;
use pipeline_core::ports::PortError;

use crate::client;

/// The state table.
#[derive(Debug, Clone)]
pub struct StateTable {
    client: Client,
    name: String,
}

impl StateTable {
    /// The table of this name.
    pub fn new(config: &SdkConfig, name: String) -> Self {
        let config = Builder::from(config).timeout_config(client::prompt()).retry_config(client::quick_retries());
        Self { client: Client::from_conf(config.build()), name }
    }
}

/// The record is there, but not as we write it.
fn unreadable(key: &str, detail: impl Into<String>) -> PortError {
    PortError::Unavailable { operation: format!("read the record {key}"), detail: detail.into() }
}
