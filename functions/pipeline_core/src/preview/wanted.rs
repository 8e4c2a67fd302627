//! What is wanted, as the pull request says, or the developer.

use crate::{
    ports::PortError,
    preview::{
        hint::Hint,
        pull::{Pull, PullStatus},
        record::{Head, Preview, Wanted, Why},
    },
};

/// What a pull request wants.
pub(super) fn of_pull(pull: Pull, drafts: bool) -> Wanted {
    let removed = |why| Wanted::Removed { why };
    match (pull.status, pull.branch) {
        (PullStatus::Merged, _) => removed(Why::Merged),
        (PullStatus::Closed, _) => removed(Why::Closed),
        (PullStatus::Open, _) if pull.is_fork => removed(Why::Fork),
        (PullStatus::Open, _) if pull.is_draft && !drafts => removed(Why::Draft),
        (PullStatus::Open, None) => removed(Why::BranchDeleted),
        (PullStatus::Open, Some(branch)) => Wanted::Deployed(Head { commit: pull.head, branch, author: pull.author }),
    }
}

/// What a developer wants: what was said last.
pub(super) fn of_developer(hint: &Hint, seen: Option<&Preview>) -> Option<Wanted> {
    match hint {
        Hint::Up(head) => Some(Wanted::Deployed(head.clone())),
        Hint::Down => seen.map(|_| Wanted::Removed { why: Why::Down }),
        Hint::Nothing | Hint::Changed { .. } => seen.map(|preview| preview.wanted.clone()),
    }
}

/// The host told us of something that it does not show yet: an answer that is older than its own event would take back what
/// was pushed or closed.
pub(super) fn up_to_date(number: u64, pull: Option<&Pull>, hint: &Hint) -> Result<(), PortError> {
    let Hint::Changed { updated: Some(updated), .. } = hint else { return Ok(()) };
    let shows = |pull: &Pull| pull.updated >= *updated;
    if pull.is_some_and(shows) {
        return Ok(());
    }
    Err(PortError::Unavailable {
        operation: format!("read pull request {number}"),
        detail: "its host shows it as it was before what it told of last".to_owned(),
    })
}
