//! The events by which CodeCommit says that a branch moved.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::{Value, json};
use uuid::Uuid;

use super::metadata;
use crate::actions::Context;
use crate::repository::{self, Held, Move};

/// As many as one request may hold.
const AT_ONCE: usize = 10;

/// Why nobody was told of a move.
#[derive(Debug, thiserror::Error)]
pub(super) enum EventError {
    /// What moved cannot be read.
    #[error("cannot tell what moved: {0}")]
    Repository(#[from] repository::Error),
    /// The bus does not take it.
    #[error("repository {repository} has moved, but the event bus was not told: {reason}; start its pipelines by hand")]
    Bus {
        /// The repository's name.
        repository: String,
        /// The bus's own words.
        reason: String,
    },
}

/// Puts one event for each branch that moved since the repository is held. It is still held meanwhile, so the events of
/// two pushes come in the order of the pushes.
pub(super) async fn publish(context: &Context, held: &Held, by: &str) -> Result<(), EventError> {
    let moves = held.settle().await?;
    let id = held.record()?.id;
    let events: Vec<_> = moves.iter().map(|moved| event(held.name(), id, moved, by)).collect();
    let client = Client::new(&context.sdk);
    for some in events.chunks(AT_ONCE) {
        let bus = |reason| EventError::Bus { repository: held.name().to_owned(), reason };
        put(&client, some).await.map_err(bus)?;
    }
    Ok(())
}

async fn put(client: &Client, events: &[PutEventsRequestEntry]) -> Result<(), String> {
    let answer = client.put_events().set_entries(Some(events.to_vec())).send().await;
    let answer = answer.map_err(|error| DisplayErrorContext(&error).to_string())?;
    let refused = answer.entries().iter().find_map(|entry| entry.error_message());
    refused.map_or(Ok(()), |reason| Err(reason.to_owned()))
}

fn event(repository: &str, id: Uuid, moved: &Move, by: &str) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .source("aws.codecommit")
        .detail_type("CodeCommit Repository State Change")
        .resources(metadata::arn(repository))
        .detail(detail(repository, id, moved, by).to_string())
        .build()
}

/// The documented detail: a branch that is new has no old commit, one that is gone has no other.
fn detail(repository: &str, id: Uuid, moved: &Move, by: &str) -> Value {
    let event = match (&moved.from, &moved.to) {
        (None, _) => "referenceCreated",
        (Some(_), Some(_)) => "referenceUpdated",
        (Some(_), None) => "referenceDeleted",
    };
    let mut detail = json!({
        "event": event,
        "repositoryName": repository,
        "repositoryId": id,
        "referenceType": "branch",
        "referenceName": moved.branch,
        "referenceFullName": format!("refs/heads/{}", moved.branch),
        "callerUserArn": by,
    });
    for (key, commit) in [("commitId", &moved.to), ("oldCommitId", &moved.from)] {
        if let Some(commit) = commit {
            detail[key] = json!(commit);
        }
    }
    detail
}
