//! `flowgate history`: executions, the newest first, and what was decided about each.

use aws_config::SdkConfig;
use aws_sdk_codepipeline::Client;
use jiff::Timestamp;
use serde_json::json;

use super::account::Default;
use super::args;
use super::call::CallError;
use super::client::{self, Chosen, ClientError};
use super::decisions::{Decisions, NoDecisions};
use super::observe;
use crate::report::view::Execution;
use crate::report::{self, Paint, say};

/// How many executions are told of.
const LIMIT: usize = 50;

pub(super) async fn run(options: &args::Look) -> Result<(), ClientError> {
    let Chosen { account, client, pipeline } =
        client::open(&options.pipeline, &options.caller, Default::Caller).await?;
    let mut executions = observe::executions(&client, &pipeline, LIMIT + 1).await?;
    let more = executions.len() > LIMIT;
    executions.truncate(LIMIT);
    let unread = tell(&client, &account.sdk, &pipeline, &mut executions).await?;
    if options.json {
        for execution in &executions {
            say(json!(execution));
        }
    } else if executions.is_empty() {
        say(ClientError::NoExecution(pipeline));
        return Ok(());
    } else {
        say(report::history(&executions, Timestamp::now(), Paint::of_stdout()).trim_end());
        if more {
            say(format_args!("older ones: `aws codepipeline list-pipeline-executions --pipeline-name {pipeline}`"));
        }
    }
    if let Some(why) = unread {
        eprintln!("the gate's own records cannot be read, only what its actions say: {why}");
    }
    Ok(())
}

/// Adds what was said and decided about each execution. Records that cannot be read are not asked for again; gives why.
async fn tell(
    client: &Client,
    sdk: &SdkConfig,
    pipeline: &str,
    executions: &mut [Execution],
) -> Result<Option<NoDecisions>, CallError> {
    let mut records = Records { sdk, opened: None, unread: None };
    for execution in executions {
        let actions = observe::actions(client, pipeline, &execution.execution).await?;
        let decides = |action: &&_| observe::is_approval(action) || observe::gate(action).is_some();
        execution.said = actions.iter().rev().filter(decides).map(observe::said).collect();
        // Without a gate there is nothing to ask for.
        if let Some(gate) = actions.iter().find_map(observe::gate) {
            records.add(gate, execution).await;
        }
    }
    Ok(records.unread)
}

/// The gate's records, which are opened once they are needed.
struct Records<'a> {
    sdk: &'a SdkConfig,
    opened: Option<Decisions>,
    unread: Option<NoDecisions>,
}

impl Records<'_> {
    async fn add(&mut self, gate: &str, execution: &mut Execution) {
        if self.unread.is_some() {
            return;
        }
        match self.about(gate, &execution.execution).await {
            Ok(decisions) => execution.decisions = decisions,
            Err(why) => self.unread = Some(why),
        }
    }

    async fn about(&mut self, gate: &str, execution: &str) -> Result<Vec<serde_json::Value>, NoDecisions> {
        let decisions = match &mut self.opened {
            Some(opened) => opened,
            opened => opened.insert(Decisions::of(gate, self.sdk).await?),
        };
        Ok(decisions.about(execution).await?)
    }
}
