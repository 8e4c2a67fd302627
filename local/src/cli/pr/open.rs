//! `flowgate pr open`: a branch of the folder as it stands, and a pull request for it.

use serde_json::json;

use super::args::{About, Open};
use super::host::{Host, New, Pull, State};
use super::{PrError, branch, preview, see, stack};
use crate::cli::End;
use crate::cli::client::ClientError;
use crate::cli::preview::{Seen, Target, previews, tell};
use crate::cli::source::BRANCH;
use crate::report::Preview;

/// The longest title that CodeCommit takes.
const LONGEST: usize = 150;

pub(super) async fn run(options: &Open) -> Result<End, ClientError> {
    let About { folder, caller, json } = &options.about;
    let title = options.title.as_deref().map(title).transpose()?;
    let target = Target::open(folder, caller).await?;
    let found = target.found().await?;
    let released = found.as_ref().map_or(BRANCH, |found| &found.released);
    branch::of(&target.service, options.branch.as_deref(), released).await?;
    let repository = target.made(found, *json).await?;
    let host = Host::of(&target, &repository);
    let (branch, again) = choose(options, &host, &target, &repository.released).await?;
    let taken = target.take(&repository, &branch).await?.on_its_own().await?;
    let before = before(&target, options.number).await?;
    taken.push(&repository).await?;
    let pull = if let Some(pull) = again {
        reopen(&host, pull).await?
    } else {
        let title = title.unwrap_or(&branch);
        let title = title.char_indices().nth(LONGEST).map_or(title, |(end, _)| &title[..end]);
        host.open(New { title, branch: &branch, into: &repository.released, number: options.number }).await?
    };
    said(&target, options, &pull, taken.commit());
    if options.wait.no_wait {
        return Ok(End::Succeeded);
    }
    see(&target, pull.number, taken.commit(), before.filter(|before| is_of(before, &pull)), *json).await
}

/// The preview of that number as it stands. Where nobody sees to previews, nothing is pushed.
async fn before(target: &Target, number: Option<u64>) -> Result<Option<Preview>, ClientError> {
    let function = target.function();
    let Some(number) = number else { return previews(&function).await.map(|_| None) };
    Ok(Seen::of(&function, &preview(number)).await?.map(|seen| seen.preview))
}

/// What stood under another number than it was given is not its own.
fn is_of(before: &Preview, pull: &Pull) -> bool {
    before.preview == preview(pull.number)
}

fn title(title: &str) -> Result<&str, PrError> {
    let length = title.chars().count();
    match length {
        _ if title.trim().is_empty() => Err(PrError::NoTitle),
        _ if length > LONGEST => Err(PrError::LongTitle { length, longest: LONGEST }),
        _ => Ok(title),
    }
}

/// The branch to push to, and the closed pull request that is to be opened again, if one is. Nothing was changed before.
async fn choose(
    options: &Open,
    host: &Host,
    target: &Target,
    released: &str,
) -> Result<(String, Option<Pull>), ClientError> {
    // On AWS a wish is none, and that number another's.
    let stands = match options.number.filter(|_| target.account.is_local()) {
        Some(number) => host.pull(number).await?,
        None => None,
    };
    let named = match (&options.branch, &stands) {
        (None, Some(pull)) => Some(pull.branch.clone()),
        (named, _) => named.clone(),
    };
    let branch = branch::of(&target.service, named.as_deref(), released).await?;
    if let Some(pull) = stands {
        check(&pull, &branch, host.reopens())?;
        return Ok((branch, Some(pull)));
    }
    let is_it = |pull: &Pull| pull.branch == branch && pull.into == released && !pull.is_fork;
    match host.open_ones().await?.into_iter().find(is_it) {
        Some(pull) => Err(PrError::OpenAlready { number: pull.number, branch }.into()),
        None => Ok((branch, None)),
    }
}

/// Whether a pull request that has the number can be opened again.
fn check(pull: &Pull, branch: &str, reopens: bool) -> Result<(), PrError> {
    let number = pull.number;
    match pull.state {
        State::Open => Err(PrError::OpenAlready { number, branch: pull.branch.clone() }),
        State::Closed if !reopens => Err(PrError::StaysClosed(number)),
        State::Merged => Err(PrError::IsMerged(number)),
        State::Closed if pull.is_fork => Err(PrError::Fork(number)),
        State::Closed if pull.branch != branch => {
            Err(PrError::OtherBranch { number, is: pull.branch.clone(), asked: branch.to_owned() })
        }
        State::Closed => Ok(()),
    }
}

async fn reopen(host: &Host, pull: Pull) -> Result<Pull, ClientError> {
    host.reopen(pull.number).await?;
    Ok(Pull { state: State::Open, ..pull })
}

fn said(target: &Target, options: &Open, pull: &Pull, commit: &str) {
    let Pull { number, branch, into, .. } = pull;
    let stack = stack(target, *number);
    let mut text = format!(
        "pull request {number} asks to merge branch {branch}, at commit {commit}, into {into}; its preview is stack {stack}"
    );
    if let Some(wish) = options.number.filter(|wish| wish != number) {
        text = format!("number {wish} was not to be had: {text}");
    }
    let object = json!({
        "status": "Opened", "preview": preview(*number), "stack": stack, "number": number, "branch": branch,
        "commit": commit, "title": pull.title,
    });
    tell(options.about.json, &text, object);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_closed_is_opened_again_and_only_where_that_can_be() {
        let check = |state, is_fork, reopens| {
            let (title, branch, into) = ("A".to_owned(), "a".to_owned(), "main".to_owned());
            check(&Pull { number: 7, title, branch, into, state, is_fork }, "a", reopens)
        };
        assert_eq!(check(State::Closed, false, true), Ok(()));
        assert_eq!(check(State::Closed, false, false), Err(PrError::StaysClosed(7)));
        assert_eq!(check(State::Closed, true, true), Err(PrError::Fork(7)));
        assert_eq!(check(State::Merged, false, true), Err(PrError::IsMerged(7)));
        assert_eq!(check(State::Open, false, true), Err(PrError::OpenAlready { number: 7, branch: "a".into() }));
    }

    #[test]
    fn a_title_that_would_be_refused_is_refused_before_anything_is_pushed() {
        assert_eq!(title("A"), Ok("A"));
        assert_eq!(title(" "), Err(PrError::NoTitle));
        assert_eq!(title(&"é".repeat(151)), Err(PrError::LongTitle { length: 151, longest: 150 }));
        assert!(title(&"é".repeat(150)).is_ok());
    }
}
