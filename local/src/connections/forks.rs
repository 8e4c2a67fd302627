//! Pull requests from other repositories, which here stand for forks.

use jiff::Timestamp;

use super::pulls::{PullRequest, Pulls};
use super::{Shared, happened};
use crate::repository::{Error, Held, Store};

/// Brings the pull requests that are from this repository, into whichever other, to where its branches are. The caller does
/// not hold it: two repositories that ask each other to merge would wait for each other.
pub(super) async fn follow(shared: &Shared, fork: &str, by: Option<&str>) -> Result<(), Error> {
    let store = Store::new(&shared.runner.context().state);
    let is_from = |pull: &&PullRequest| pull.is_open() && pull.story.fork.as_deref() == Some(fork);
    for name in store.owned()? {
        if !Pulls::read(&store.directory(&name)?)?.0.values().any(|pull| is_from(&pull)) {
            continue;
        }
        let held = store.hold(&name).await?;
        for before in Pulls::read(held.directory())?.0.values().filter(is_from) {
            let now = moved(&held, before, fork).await?;
            happened::keep(shared, &held, Some(before), &now, by).await?;
        }
    }
    Ok(())
}

async fn moved(held: &Held, before: &PullRequest, fork: &str) -> Result<PullRequest, Error> {
    let (mut pull, now) = (before.clone(), Timestamp::now());
    match held.bring(fork, &before.source_branch, before.number).await? {
        Some(head) => {
            let base = held.head(&before.destination_branch).await?.id;
            pull.moved_to(&head, &base, now);
        }
        None => pull.close(now),
    }
    Ok(pull)
}
