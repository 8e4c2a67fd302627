//! Where a service's pull requests are: CodeCommit or GitHub.

use std::str::FromStr;

use aws_types::SdkConfig;
use pipeline_core::{
    ids::{CommitId, Nonce},
    ports::PortError,
    preview::{
        pull::{Pull, ReadPulls},
        subject::Subject,
    },
    record::speak::{CommentId, Speak, Status},
    text,
};

use crate::{
    codecommit::CodeCommit,
    environment::{Environment, InvalidVariable},
    github::{FullName, GitHub},
};

/// The host of the one repository that a service's pull requests are of.
#[derive(Debug)]
pub enum Host {
    /// CodeCommit, in our account and region.
    CodeCommit {
        /// It.
        codecommit: CodeCommit,
        /// The repository's name.
        repository: String,
    },
    /// GitHub.
    GitHub {
        /// It, which is much larger than the other.
        github: Box<GitHub>,
        /// The repository: `OWNER/NAME`.
        repository: String,
        /// The service, by which statuses are named: those of other services of the same repository have other names.
        service: String,
    },
}

/// Who hosts.
enum Provider {
    CodeCommit,
    GitHub,
}

/// Why a text does not name a host.
#[derive(Debug, thiserror::Error)]
#[error("it is neither CodeCommit nor GitHub")]
struct InvalidProvider;

impl FromStr for Provider {
    type Err = InvalidProvider;

    fn from_str(text: &str) -> Result<Self, InvalidProvider> {
        match text {
            "CodeCommit" => Ok(Self::CodeCommit),
            "GitHub" => Ok(Self::GitHub),
            _ => Err(InvalidProvider),
        }
    }
}

impl Host {
    /// The host that `PROVIDER` names, with the repository that `REPOSITORY` names; GitHub as [`GitHub::of_environment`].
    pub fn new(config: &SdkConfig, environment: &Environment<'_>, service: &str) -> Result<Self, InvalidVariable> {
        match environment.parsed("PROVIDER")? {
            Provider::CodeCommit => {
                let repository = environment.text("REPOSITORY")?;
                Ok(Self::CodeCommit { codecommit: CodeCommit::new(config), repository })
            }
            Provider::GitHub => {
                let FullName(repository) = environment.parsed("REPOSITORY")?;
                let github = Box::new(GitHub::of_environment(config, environment)?);
                Ok(Self::GitHub { github, repository, service: service.to_owned() })
            }
        }
    }
}

impl ReadPulls for Host {
    async fn pull(&self, number: u64) -> Result<Option<Pull>, PortError> {
        match self {
            Self::CodeCommit { codecommit, repository } => codecommit.numbered(repository, number).await,
            Self::GitHub { github, repository, .. } => github.numbered(repository, number).await,
        }
    }
}

impl Speak for Host {
    async fn find(&self, number: u64, mark: &str) -> Result<Option<CommentId>, PortError> {
        match self {
            Self::CodeCommit { codecommit, repository } => codecommit.marked(repository, number, mark).await,
            Self::GitHub { github, repository, .. } => github.marked(repository, number, mark).await,
        }
    }

    async fn comment(&self, number: u64, text: &str, nonce: Nonce) -> Result<CommentId, PortError> {
        match self {
            Self::CodeCommit { codecommit, repository } => codecommit.comment(repository, number, text, nonce).await,
            Self::GitHub { github, repository, .. } => github.comment(repository, number, text).await,
        }
    }

    async fn edit(&self, number: u64, comment: &CommentId, text: &str) -> Result<(), PortError> {
        match self {
            Self::CodeCommit { codecommit, .. } => codecommit.edit(number, comment, text).await,
            Self::GitHub { github, repository, .. } => github.edit(repository, number, comment, text).await,
        }
    }

    async fn status(&self, number: u64, commit: &CommitId, status: &Status) -> Result<(), PortError> {
        match self {
            Self::CodeCommit { .. } => Ok(()),
            Self::GitHub { github, repository, service } => {
                // Pull requests of one commit have a preview each.
                let context = format!("flowgate/{service} {}", Subject::PullRequest(number));
                github.set_status(repository, &context, commit, status).await
            }
        }
    }
}

/// A text of at most so many [`text::units`]: what is too long loses its middle. Its last line stays, where its mark may be.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    if text::units(text) <= longest {
        return text.to_owned();
    }
    let last = text.trim_end().rsplit('\n').next().unwrap_or_default();
    let last = text::beginning(last, longest / 2);
    let end = format!("\n\n{last}");
    format!("{}{end}", text::fit(text, longest - text::units(&end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_keeps_its_beginning_and_its_last_line() {
        assert_eq!(shortened("a\nmark\n", 7), "a\nmark\n");
        let long = format!("begin\n{}\nmark\n", "é😀".repeat(200));
        let short = shortened(&long, 100);
        assert!(short.starts_with("begin\né") && short.ends_with("(cut)\n\nmark"), "{short}");
        assert!((98..=100).contains(&text::units(&short)), "{}", text::units(&short));
        let one = shortened(&"x".repeat(300), 100);
        assert!(text::units(&one) == 100 && one.ends_with('x'), "{one}");
    }
}
