//! `flowgate pr update`: the folder as it stands, pushed to a pull request's branch.

use serde_json::json;

use super::args::{About, Update};
use super::host::{Host, Pull, State};
use super::{PrError, branch, preview, see, stack};
use crate::cli::End;
use crate::cli::client::ClientError;
use crate::cli::preview::{Repository, Seen, Target, tell};
use crate::report::Preview;

pub(super) async fn run(options: &Update) -> Result<End, ClientError> {
    let About { folder, caller, json } = &options.about;
    let target = Target::open(folder, caller).await?;
    let repository = target.repository().await?;
    let pull = meant(options, &Host::of(&target, &repository), &target, &repository).await?;
    let before = Seen::of(&target.function(), &preview(pull.number)).await?.map(|seen| seen.preview);
    let taken = target.take(&repository, &pull.branch).await?;
    said(&target, *json, &pull, taken.commit(), taken.is_new());
    if taken.is_new() {
        taken.push(&repository).await?;
    }
    if options.wait.no_wait {
        return Ok(End::Succeeded);
    }
    let before = before.filter(|before| taken.is_new() || !is_of(before, taken.commit()));
    see(&target, pull.number, taken.commit(), before, *json).await
}

/// Whether what stood before was of this commit: if nothing was pushed, that is what is asked about.
fn is_of(before: &Preview, commit: &str) -> bool {
    before.commit.as_deref() == Some(commit)
}

/// The pull request that was named by its number, or else by its branch.
async fn meant(options: &Update, host: &Host, target: &Target, repository: &Repository) -> Result<Pull, ClientError> {
    let Repository { name, released, .. } = repository;
    if let Some(number) = options.number {
        let pull = host.pull(number).await?;
        let pull = pull.ok_or_else(|| PrError::None { repository: name.clone(), number })?;
        return Ok(usable(pull, released)?);
    }
    let branch = branch::of(&target.service, options.branch.as_deref(), released).await?;
    Ok(usable(of_branch(host.open_ones().await?, branch)?, released)?)
}

fn of_branch(open: Vec<Pull>, branch: String) -> Result<Pull, PrError> {
    let numbers = |pulls: &[Pull]| pulls.iter().map(|pull| pull.number.to_string()).collect();
    let there = numbers(&open);
    let mut of_it: Vec<Pull> = open.into_iter().filter(|pull| pull.branch == branch && !pull.is_fork).collect();
    match (of_it.pop(), of_it.is_empty()) {
        (Some(pull), true) => Ok(pull),
        (None, _) => Err(PrError::NoneOfBranch { branch, there }),
        (Some(last), false) => {
            of_it.push(last);
            Err(PrError::Several { branch, there: numbers(&of_it) })
        }
    }
}

/// What can be pushed to. A pull request may be from the branch that is released into another.
fn usable(pull: Pull, released: &str) -> Result<Pull, PrError> {
    match pull.state {
        State::Closed => Err(PrError::IsClosed(pull.number)),
        State::Merged => Err(PrError::IsMerged(pull.number)),
        State::Open if pull.is_fork => Err(PrError::Fork(pull.number)),
        State::Open if pull.branch == released => Err(PrError::Released(pull.branch)),
        State::Open => Ok(pull),
    }
}

fn said(target: &Target, json: bool, pull: &Pull, commit: &str, is_new: bool) {
    let Pull { number, branch, .. } = pull;
    let (status, text) = if is_new {
        ("Pushed", format!("pushing commit {commit} to branch {branch} of pull request {number}"))
    } else {
        let text = format!(
            "nothing has changed since commit {commit} of branch {branch}, so pull request {number} stays as it is"
        );
        ("Unchanged", text)
    };
    let object = json!({
        "status": status, "preview": preview(*number), "stack": stack(target, *number), "number": number,
        "branch": branch, "commit": commit,
    });
    tell(json, &text, object);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pull(number: u64, branch: &str, state: State) -> Pull {
        let (title, branch, into) = ("A".to_owned(), branch.to_owned(), "main".to_owned());
        Pull { number, title, branch, into, state, is_fork: false }
    }

    #[test]
    fn a_branch_means_the_one_open_pull_request_that_is_of_it() {
        let of_branch = |branch: &str| {
            let fork = Pull { is_fork: true, ..pull(4, "a", State::Open) };
            let open = vec![pull(1, "a", State::Open), pull(2, "b", State::Open), pull(3, "b", State::Open), fork];
            of_branch(open, branch.to_owned()).map(|pull| pull.number)
        };
        assert_eq!(of_branch("a"), Ok(1));
        assert_eq!(of_branch("b"), Err(PrError::Several { branch: "b".into(), there: vec!["2".into(), "3".into()] }));
        let there = ["1", "2", "3", "4"].map(str::to_owned).into();
        assert_eq!(of_branch("c"), Err(PrError::NoneOfBranch { branch: "c".into(), there }));
    }

    #[test]
    fn a_preview_is_of_the_commit_that_it_has() {
        let preview = |commit: Option<&str>| Preview { commit: commit.map(str::to_owned), ..Preview::default() };
        assert!(is_of(&preview(Some("a")), "a"));
        assert!(!is_of(&preview(Some("b")), "a") && !is_of(&preview(None), "a"));
    }

    #[test]
    fn what_is_closed_from_elsewhere_or_released_is_not_pushed_to() {
        let usable = |pull| usable(pull, "main").map(|pull| pull.number);
        assert_eq!(usable(pull(1, "a", State::Open)), Ok(1));
        assert_eq!(usable(pull(1, "a", State::Closed)), Err(PrError::IsClosed(1)));
        assert_eq!(usable(pull(1, "a", State::Merged)), Err(PrError::IsMerged(1)));
        assert_eq!(usable(pull(1, "main", State::Open)), Err(PrError::Released("main".into())));
        assert_eq!(usable(Pull { is_fork: true, ..pull(1, "a", State::Open) }), Err(PrError::Fork(1)));
    }
}
