//! A pull request as previews need it.

use jiff::Timestamp;
use pipeline_core::{
    ports::PortError,
    preview::pull::{Pull, PullStatus},
};
use serde::{Deserialize, de::IgnoredAny};

use crate::github::{
    GitHub,
    answers::{Tip, login},
    makers::strange,
    reviews::GHOST,
};

/// What the API tells of it.
#[derive(Debug, Deserialize)]
struct Shown {
    number: u64,
    state: String,
    #[serde(default)]
    draft: bool,
    merged_at: Option<String>,
    #[serde(deserialize_with = "login")]
    user: Option<String>,
    head: Tip,
    base: Tip,
    updated_at: Timestamp,
}

impl GitHub {
    /// The pull request of this number, if there is one.
    pub(crate) async fn numbered(&self, repository: &str, number: u64) -> Result<Option<Pull>, PortError> {
        let what = named(repository, number);
        match self.0.one::<Shown>(repository, &format!("pulls/{number}"), &what).await {
            Ok(shown) if shown.number == number => shown.pull().map(Some).map_err(|why| strange(&what, why)),
            Ok(_) => Err(strange(&what, "GitHub answered with another one")),
            Err(PortError::NotFound { .. }) => self.see(repository).await.map(|()| None),
            Err(error) => Err(error),
        }
    }

    /// Whether the repository can be seen. A token that may not see it is told of each pull request that there is none: to
    /// believe that would remove every preview.
    pub(super) async fn see(&self, repository: &str) -> Result<(), PortError> {
        let what = format!("repository {repository} on GitHub");
        self.0.one::<IgnoredAny>(repository, "", &what).await.map(drop)
    }
}

/// What a pull request is called in errors.
pub(super) fn named(repository: &str, number: u64) -> String {
    format!("pull request {number} of {repository} on GitHub")
}

impl Shown {
    fn pull(self) -> Result<Pull, &'static str> {
        let status = self.status().ok_or("GitHub does not tell whether it is open or closed")?;
        let head = self.head.sha.to_ascii_lowercase().parse().map_err(|_| "GitHub does not tell its last commit")?;
        // Names of repositories change, and a fork that was deleted is none.
        let is_fork = self.head.repo.is_none() || self.head.repo != self.base.repo;
        Ok(Pull {
            number: self.number,
            status,
            is_draft: self.draft,
            is_fork,
            head,
            // When somebody deletes the branch of one that is open, GitHub closes it.
            branch: self.head.repo.is_some().then_some(self.head.name),
            author: self.user.unwrap_or_else(|| GHOST.to_owned()),
            updated: self.updated_at,
        })
    }

    fn status(&self) -> Option<PullStatus> {
        match (&self.state[..], &self.merged_at) {
            ("open", _) => Some(PullStatus::Open),
            ("closed", Some(_)) => Some(PullStatus::Merged),
            ("closed", None) => Some(PullStatus::Closed),
            _ => None,
        }
    }
}
