//! `flowgate history`: executions, the newest first.

use serde_json::json;

use super::account::Default;
use super::client::{self, Chosen, ClientError};
use super::{args, observe};
use crate::report::{self, Paint, say};

/// How many executions are told of.
const LIMIT: usize = 50;

pub(super) async fn run(options: &args::Look) -> Result<(), ClientError> {
    let Chosen { client, pipeline, .. } = client::open(&options.pipeline, &options.caller, Default::Caller).await?;
    let executions = observe::history(&client, &pipeline, LIMIT).await?;
    if options.json {
        for execution in &executions {
            say(json!(execution));
        }
    } else if !executions.is_empty() {
        say(report::history(&executions, Paint::of_stdout()).trim_end());
    }
    Ok(())
}
