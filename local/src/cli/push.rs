//! `flowgate push`: a service's folder as it stands, as a commit in the service's repository.

use std::collections::BTreeMap;

use serde_json::json;

use super::account::{Account, Default};
use super::client::ClientError;
use super::service::Service;
use super::setup::{Released, Setup};
use super::source::{BRANCH, Remote, Source, SourceError};
use super::{args, people};
use crate::cloud::{StartError, run_dir};
use crate::report::say;

pub(super) async fn run(options: &args::Push) -> Result<(), ClientError> {
    let service = Service::find(&options.service)?;
    let account = Account::open(options.caller.name.as_deref(), Default::Caller).await?;
    let pushed = push(&service, &account, &options.parameters.map()).await?;
    if options.json {
        say(pushed.json());
    } else {
        say(pushed.text());
    }
    Ok(())
}

/// Pushes the folder to the branch that is released, and makes before what it needs for that.
pub(super) async fn push(
    service: &Service,
    account: &Account,
    parameters: &BTreeMap<String, String>,
) -> Result<Pushed, ClientError> {
    let setup = Setup::new(&account.sdk, &service.name);
    let released = setup.released().await?;
    let (repository, branch) = place(released.as_ref(), &service.name, account.is_local(), parameters)?;
    // First, because what cannot be used should change nothing.
    setup.check(parameters).await?;
    let is_busy = released.is_some() && account.is_local() && setup.is_busy().await?;
    if is_busy && !parameters.is_empty() {
        return Err(ClientError::Busy(service.name.clone()));
    }
    // While it is busy it stays what it is, for this push.
    let is_outdated = released.is_some() && account.is_local() && !is_busy && setup.is_outdated().await?;
    let source = source(service, branch)?;
    let remote = |url| Remote { url, access: account.kind.clone() };
    let found = setup.repository(repository).await?.map(remote);
    let head = match &found {
        Some(remote) => source.fetch(remote).await?,
        None => None,
    };
    let commit = source.take().await?;
    let remote = match found {
        Some(remote) => remote,
        None if account.is_local() => remote(setup.make_repository().await?),
        None => return Err(ClientError::NoRepository(repository.to_owned())),
    };
    if account.is_local() {
        people::introduce(&account.sdk, service).await?;
    }
    if released.is_none() || !parameters.is_empty() || is_outdated {
        setup.make_pipeline(parameters).await?;
    }
    if released.is_none() && head.is_none() {
        setup.at_rest().await?;
    }
    source.push(&remote).await?;
    let (made, moved) = (released.is_none(), head.as_ref() != Some(&commit.id));
    Ok(Pushed { pipeline: service.name.clone(), commit: commit.id, made, moved })
}

/// A branch of a service's source, to be taken and pushed.
pub(super) fn source(service: &Service, branch: &str) -> Result<Source, ClientError> {
    let state = run_dir::default_state().ok_or(StartError::NoStateDir).map_err(SourceError::from)?;
    Ok(Source::new(service, branch, &state)?)
}

/// The repository and branch to push to: what the pipeline releases, or what one that is made now will.
fn place<'a>(
    released: Option<&'a Released>,
    name: &'a str,
    local: bool,
    parameters: &BTreeMap<String, String>,
) -> Result<(&'a str, &'a str), ClientError> {
    match released {
        Some(_) if !parameters.is_empty() && !local => Err(ClientError::Made(name.to_owned())),
        Some(Released::Branch { repository, branch }) => Ok((repository, branch)),
        Some(Released::Connected { .. } | Released::Other) => Err(ClientError::Elsewhere(name.to_owned())),
        None if local => Ok((name, BRANCH)),
        // Somebody else may own a bucket of the packages' name on AWS: what it holds is not to be deployed.
        None => Err(ClientError::NotDeployed(name.to_owned())),
    }
}

/// What a push came to.
pub(super) struct Pushed {
    pipeline: String,
    commit: String,
    /// Whether the pipeline was made now.
    made: bool,
    /// Whether the branch is elsewhere than it was: only that starts a pipeline that was there.
    moved: bool,
}

impl Pushed {
    fn json(&self) -> serde_json::Value {
        let status = if self.moved { "Pushed" } else { "Unchanged" };
        json!({"status": status, "pipeline": self.pipeline, "commit": self.commit, "made": self.made})
    }

    pub(super) fn text(&self) -> String {
        let Self { pipeline, commit, made, moved } = self;
        match (moved, made) {
            (true, true) => {
                format!("pushed commit {commit}, made pipeline {pipeline}; see `flowgate status {pipeline}`")
            }
            (true, false) => format!("pushed commit {commit} to pipeline {pipeline}; see `flowgate status {pipeline}`"),
            (false, true) => format!("made pipeline {pipeline} for commit {commit}; see `flowgate status {pipeline}`"),
            (false, false) => format!(
                "nothing has changed since commit {commit}, so pipeline {pipeline} does not start; to run it again, \
                 `aws codepipeline start-pipeline-execution --name {pipeline}`"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_goes_to_what_the_pipeline_releases() {
        let branch = Released::Branch { repository: "Shop".to_owned(), branch: "release".to_owned() };
        let (none, some) = (BTreeMap::new(), BTreeMap::from([("A".to_owned(), String::new())]));
        let place =
            |released, local, parameters| place(released, "shop", local, parameters).map_err(|error| error.to_string());
        assert_eq!(place(Some(&branch), false, &none), Ok(("Shop", "release")));
        assert_eq!(place(Some(&branch), true, &some), Ok(("Shop", "release")));
        assert_eq!(place(None, true, &some), Ok(("shop", BRANCH)));
        let refused = [
            (place(Some(&branch), false, &some), "exists already"),
            (place(Some(&Released::Other), true, &none), "elsewhere"),
            (place(None, false, &none), "there is no pipeline shop in this account"),
        ];
        for (place, expected) in refused {
            assert!(place.unwrap_err().contains(expected), "{expected}");
        }
    }

    #[test]
    fn what_a_push_does_not_start_is_said() {
        let text = |made, moved| Pushed { pipeline: "shop".into(), commit: "abc".into(), made, moved }.text();
        assert!(text(true, true).starts_with("pushed commit abc, made pipeline shop;"));
        assert!(text(false, true).starts_with("pushed commit abc to pipeline shop;"));
        assert!(text(true, false).starts_with("made pipeline shop for commit abc;"));
        assert!(
            text(false, false).starts_with("nothing has changed since commit abc, so pipeline shop does not start;")
        );
    }
}
