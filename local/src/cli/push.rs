//! `flowgate push`: a service's folder as it stands, as a commit in the service's repository.

use std::collections::BTreeMap;

use serde_json::json;

use super::account::{Account, Default};
use super::args;
use super::client::ClientError;
use super::service::Service;
use super::setup::Setup;
use super::source::{Remote, Source, SourceError};
use crate::report::say;

pub(super) async fn run(options: &args::Push) -> Result<(), ClientError> {
    let service = Service::find(&options.service)?;
    let account = Account::open(options.caller.name.as_deref(), Default::Caller).await?;
    let setup = Setup::new(&account.sdk, &service.name);
    let remote = |url| Remote { url, access: account.kind.clone() };
    let source = Source::new(&service).map_err(SourceError::from)?;
    let found = setup.repository().await?.map(remote);
    let head = match &found {
        Some(remote) => source.fetch(remote).await?,
        None => None,
    };
    let commit = source.take().await?;
    let remote = match found {
        Some(remote) => remote,
        None if account.is_local() => remote(setup.make_repository().await?),
        None => return Err(ClientError::NoRepository(service.name)),
    };
    let made = ensure_pipeline(&setup, &account, &service.name, &options.parameters.map()).await?;
    if made && head.is_none() {
        setup.at_rest().await?;
    }
    source.push(&remote).await?;
    let pushed = Pushed { pipeline: &service.name, commit: &commit.id, made, moved: head.as_ref() != Some(&commit.id) };
    if options.json {
        say(pushed.json())
    } else {
        say(pushed.text())
    }
    Ok(())
}

/// Whether it was made now.
async fn ensure_pipeline(
    setup: &Setup<'_>,
    account: &Account,
    name: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<bool, ClientError> {
    let exists = setup.has_pipeline().await?;
    match (exists, account.is_local()) {
        (true, _) if !parameters.is_empty() => return Err(ClientError::Made(name.to_owned())),
        (true, _) => {}
        // Somebody else may own a bucket of that name on AWS: what it holds is not to be deployed.
        (false, false) => return Err(ClientError::NotDeployed(name.to_owned())),
        (false, true) => setup.make_pipeline(parameters).await?,
    }
    Ok(!exists)
}

/// What a push came to.
struct Pushed<'a> {
    pipeline: &'a str,
    commit: &'a str,
    /// Whether the pipeline was made now.
    made: bool,
    /// Whether the branch is elsewhere than it was: only that starts a pipeline that was there.
    moved: bool,
}

impl Pushed<'_> {
    fn json(&self) -> serde_json::Value {
        let status = if self.moved { "Pushed" } else { "Unchanged" };
        json!({"status": status, "pipeline": self.pipeline, "commit": self.commit, "made": self.made})
    }

    fn text(&self) -> String {
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
    fn what_a_push_does_not_start_is_said() {
        let text = |made, moved| Pushed { pipeline: "shop", commit: "abc", made, moved }.text();
        assert!(text(true, true).starts_with("pushed commit abc, made pipeline shop;"));
        assert!(text(false, true).starts_with("pushed commit abc to pipeline shop;"));
        assert!(text(true, false).starts_with("made pipeline shop for commit abc;"));
        assert!(
            text(false, false).starts_with("nothing has changed since commit abc, so pipeline shop does not start;")
        );
    }
}
