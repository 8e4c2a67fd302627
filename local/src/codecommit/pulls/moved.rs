//! What becomes of pull requests when branches move.

use jiff::Timestamp;

use super::events::{self, What};
use super::merge::FAST_FORWARD;
use super::record::{Merged, PullRequest, Status};
use super::shelf;
use crate::actions::Context;
use crate::repository::{Error, Held, Move, RefKind};

/// Brings the open pull requests of a repository to where its branches are now, and tells what became of them. One whose
/// source or destination is gone is closed, and so is one that a push has merged by a fast-forward, whatever its rules say.
pub(in crate::codecommit) async fn moved(
    context: &Context,
    held: &Held,
    moves: &[Move],
    by: &str,
) -> Result<(), Error> {
    for mut pull in shelf::all(held)?.into_iter().filter(PullRequest::is_open) {
        let of = |branch: &str| {
            moves.iter().find(|one| one.reference.kind == RefKind::Branch && one.reference.name == branch)
        };
        let (source, destination) = (of(&pull.source), of(&pull.destination));
        if source.is_none() && destination.is_none() {
            continue;
        }
        let news = follow(held, &mut pull, source, destination, by).await?;
        shelf::write(held, &pull)?;
        for what in news {
            events::tell(context, held, &pull, what, by).await;
        }
    }
    Ok(())
}

async fn follow(
    held: &Held,
    pull: &mut PullRequest,
    source: Option<&Move>,
    destination: Option<&Move>,
    by: &str,
) -> Result<Vec<What<'static>>, Error> {
    let mut news = Vec::new();
    if let Some(commit) = source.and_then(|source| source.to.clone()) {
        pull.source_commit = commit;
        pull.revise();
        news.push(What::SourceBranchUpdated);
    }
    if is_fast_forward(held, pull, destination).await? {
        let (commit, option) = (pull.source_commit.clone(), FAST_FORWARD.1.to_owned());
        pull.merged = Some(Merged { by: by.to_owned(), commit, option });
        pull.status = Status::Closed;
        news.push(What::MergeStatusUpdated);
    } else if [source, destination].into_iter().flatten().any(|one| one.to.is_none()) {
        pull.status = Status::Closed;
        news.push(What::StatusChanged);
    } else {
        pull.destination_commit = destination.and_then(|one| one.to.clone()).unwrap_or(pull.destination_commit.clone());
        pull.merge_base = held.merge_base(&pull.destination_commit, &pull.source_commit).await?;
    }
    if !news.is_empty() {
        pull.active = Timestamp::now();
    }
    Ok(news)
}

/// Whether the destination has gone on to the very commit that was to be merged.
async fn is_fast_forward(held: &Held, pull: &PullRequest, destination: Option<&Move>) -> Result<bool, Error> {
    match destination.map(|one| (&one.from, &one.to)) {
        Some((Some(from), Some(to))) if *to == pull.source_commit => held.contains(to, from).await,
        _ => Ok(false),
    }
}
