//! `flowgate history`: executions, the newest first.

use jiff::Timestamp;
use serde_json::json;

use super::account::Default;
use super::args;
use super::client::{self, Chosen, ClientError};
use super::observe::{self, History};
use crate::report::{self, Paint, say};

/// How many executions are told of.
const LIMIT: usize = 50;

pub(super) async fn run(options: &args::Look) -> Result<(), ClientError> {
    let Chosen { client, pipeline, .. } = client::open(&options.pipeline, &options.caller, Default::Caller).await?;
    let History { executions, more } = observe::history(&client, &pipeline, LIMIT).await?;
    if options.json {
        for execution in &executions {
            say(json!(execution));
        }
        return Ok(());
    }
    if executions.is_empty() {
        say(ClientError::NoExecution(pipeline));
        return Ok(());
    }
    say(report::history(&executions, Timestamp::now(), Paint::of_stdout()).trim_end());
    if more {
        say(format_args!("older ones: `aws codepipeline list-pipeline-executions --pipeline-name {pipeline}`"));
    }
    Ok(())
}
