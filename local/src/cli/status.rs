//! `flowgate status`: where executions are, and what waits for an answer.

use std::time::Duration;

use aws_sdk_codepipeline::Client;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use super::account::Default;
use super::args;
use super::call::CallError;
use super::client::{self, Chosen, ClientError};
use super::observe;
use crate::report::view::Status;
use crate::report::{self, Paint, Watcher, say};

/// How often what is shown is drawn again: times go on by the second.
const TURN: Duration = Duration::from_secs(1);

/// Every so many turns an account is asked: all its callers share few requests a second.
const TURNS_ON_AWS: usize = 5;

/// So many times in a row nobody may answer.
const PATIENCE: usize = 5;

pub(super) async fn run(options: &args::Status) -> Result<(), ClientError> {
    let args::Look { pipeline, caller, json } = &options.look;
    let Chosen { account, client, pipeline } = client::open(pipeline, caller, Default::Caller).await?;
    if options.watch {
        let turns = if account.is_local() { 1 } else { TURNS_ON_AWS };
        return watch(&client, &pipeline, turns, Watcher::new(*json)).await;
    }
    let status = observe::status(&client, &pipeline).await?;
    if *json {
        say(json!(status));
    } else {
        say(report::status(&status, Timestamp::now(), Paint::of_stdout()).trim_end());
    }
    Ok(())
}

/// Shows it until somebody interrupts, or it can no longer be read.
async fn watch(client: &Client, pipeline: &str, turns: usize, mut watcher: Watcher) -> Result<(), ClientError> {
    let mut clock = interval(TURN);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut patience = PATIENCE;
    for turn in 0_usize.. {
        clock.tick().await;
        if turn.is_multiple_of(turns) {
            let seen = observe::status(client, pipeline).await;
            patience = bear(&mut watcher, seen, patience)?;
        } else {
            watcher.turn(Timestamp::now());
        }
    }
    Ok(())
}

/// Shows what was seen. That nobody answers is borne for a while; gives what patience is left.
fn bear(watcher: &mut Watcher, seen: Result<Status, CallError>, patience: usize) -> Result<usize, CallError> {
    let now = Timestamp::now();
    match seen {
        Ok(status) => {
            watcher.show(status, now);
            Ok(PATIENCE)
        }
        Err(error @ CallError::Unreachable { .. }) if patience > 0 => {
            watcher.trouble(&error.to_string(), now);
            Ok(patience - 1)
        }
        Err(error) => Err(error),
    }
}
