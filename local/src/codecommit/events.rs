//! The events by which CodeCommit says that a branch or a tag moved.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{metadata, pulls};
use crate::actions::Context;
use crate::event_bus::{EventBus, Refusal};
use crate::repository::{self, Held, Move, RefKind};

/// Why nobody was told of a move.
#[derive(Debug, thiserror::Error)]
pub(super) enum EventError {
    /// What moved cannot be read.
    #[error("cannot tell what moved: {0}")]
    Repository(#[from] repository::Error),
    /// The bus does not take it.
    #[error(
        "repository {repository} has moved, but the event bus was not told of {}: {reason}; start its pipelines by hand",
        references.join(", ")
    )]
    Bus {
        /// The repository's name.
        repository: String,
        /// The branches and tags whose moves it does not know.
        references: Vec<String>,
        /// The bus's own words.
        reason: String,
    },
}

/// Puts one event for each branch or tag that moved since the repository is held. It is still held meanwhile, so the events of
/// two pushes come in the order of the pushes.
pub(super) async fn publish(context: &Context, held: &Held, by: &str) -> Result<(), EventError> {
    let moves = held.settle().await?;
    let id = held.record()?.id;
    let events: Vec<_> = moves.iter().map(|moved| event(held.name(), id, moved, by)).collect();
    let put = EventBus::new(&context.sdk).put(&events).await;
    pulls::moved(context, held, &moves, by).await?;
    put.map_err(|refusal| untold(held.name(), &moves, refusal))
}

fn untold(repository: &str, moves: &[Move], Refusal { which, reason }: Refusal) -> EventError {
    let references = which.iter().filter_map(|at| Some(moves.get(*at)?.reference.name.clone())).collect();
    EventError::Bus { repository: repository.to_owned(), references, reason }
}

fn event(repository: &str, id: Uuid, moved: &Move, by: &str) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .source("aws.codecommit")
        .detail_type("CodeCommit Repository State Change")
        .resources(metadata::arn(repository))
        .detail(detail(repository, id, moved, by).to_string())
        .build()
}

/// The documented detail: what is new has no old commit, one that is gone has no other.
fn detail(repository: &str, id: Uuid, moved: &Move, by: &str) -> Value {
    let event = match (&moved.from, &moved.to) {
        (None, _) => "referenceCreated",
        (Some(_), Some(_)) => "referenceUpdated",
        (Some(_), None) => "referenceDeleted",
    };
    let reference_type = match moved.reference.kind {
        RefKind::Branch => "branch",
        RefKind::Tag => "tag",
    };
    let mut detail = json!({
        "event": event,
        "repositoryName": repository,
        "repositoryId": id,
        "referenceType": reference_type,
        "referenceName": moved.reference.name,
        "referenceFullName": moved.reference.to_string(),
        "callerUserArn": by,
    });
    for (key, commit) in [("commitId", &moved.to), ("oldCommitId", &moved.from)] {
        if let Some(commit) = commit {
            detail[key] = json!(commit);
        }
    }
    detail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::Reference;

    #[test]
    fn what_was_not_told_is_named() {
        let moved = |branch: &str| Move { reference: Reference::branch(branch), from: None, to: Some("1".to_owned()) };
        let refusal = Refusal { which: vec![0, 2], reason: "InternalFailure: no".to_owned() };
        let error = untold("service", &["a", "b", "c"].map(moved), refusal);
        let expected = "repository service has moved, but the event bus was not told of a, c: InternalFailure: no; start \
                        its pipelines by hand";
        assert_eq!(error.to_string(), expected);
    }
}
