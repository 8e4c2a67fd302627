//! `flowgate status`: where executions are, and what waits for an answer.

use serde_json::json;

use super::account::Default;
use super::client::{self, Chosen, ClientError};
use super::{args, observe};
use crate::report::{self, Paint, say};

pub(super) async fn run(options: &args::Look) -> Result<(), ClientError> {
    let Chosen { client, pipeline, .. } = client::open(&options.pipeline, &options.caller, Default::Caller).await?;
    let status = observe::status(&client, &pipeline).await?;
    if options.json {
        say(json!(status));
    } else {
        say(report::status(&status, Paint::of_stdout()).trim_end());
    }
    Ok(())
}
