//! Why nothing became of a pull request.

/// What was asked for cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::cli) enum PrError {
    #[error("branch {0} is what is released; name another one with --branch")]
    Released(String),
    #[error("{0:?} cannot be the name of a branch")]
    NoBranchName(String),
    #[error("pull request {number} of branch {branch} is open already; `flowgate pr update` pushes to it")]
    OpenAlready { number: u64, branch: String },
    #[error(
        "pull request {0} is closed, and CodeCommit opens none again; leave --number out, or take another, for a new one"
    )]
    StaysClosed(u64),
    #[error(
        "pull request {number} is of branch {is}, not of {asked}; name that one, or leave --number out for a new one"
    )]
    OtherBranch { number: u64, is: String, asked: String },
    #[error("pull request {0} is merged; leave --number out, or take another, for a new one")]
    IsMerged(u64),
    #[error("pull request {0} is of another repository; `flowgate pr list` shows those of this one that are open")]
    Elsewhere(u64),
    #[error("repository {repository} has no pull request {number}; `flowgate pr list` shows those that are open")]
    None { repository: String, number: u64 },
    #[error("no open pull request is of branch {branch}; {}", these(there))]
    NoneOfBranch { branch: String, there: Vec<String> },
    #[error("several open pull requests are of branch {branch}, name one with --number: {}", there.join(", "))]
    Several { branch: String, there: Vec<String> },
    #[error("pull request {0} is closed; open another one with `flowgate pr open`")]
    IsClosed(u64),
    #[error("pull request {0} comes from a fork, and is pushed to there")]
    Fork(u64),
    #[error("the title has {length} characters, {longest} at most")]
    LongTitle { length: usize, longest: usize },
    #[error("the title is empty")]
    NoTitle,
}

fn these(there: &[String]) -> String {
    if there.is_empty() {
        "none is open, `flowgate pr open` opens one".to_owned()
    } else {
        format!("name one with --number: {}", there.join(", "))
    }
}
