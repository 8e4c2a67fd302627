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
    if let Some(remote) = &found {
        source.fetch(remote).await?;
    }
    let commit = source.take().await?;
    let remote = match found {
        Some(remote) => remote,
        None if account.is_local() => remote(setup.make_repository().await?),
        None => return Err(ClientError::NoRepository(service.name)),
    };
    let made = ensure_pipeline(&setup, &account, &service.name, &options.parameters.map()).await?;
    source.push(&remote).await?;
    tell(&service.name, &commit.id, made, options.json);
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

fn tell(pipeline: &str, commit: &str, made: bool, json: bool) {
    if json {
        return say(json!({"pipeline": pipeline, "commit": commit, "made": made, "status": "Pushed"}));
    }
    let made = if made { "made pipeline" } else { "to pipeline" };
    say(format_args!("pushed commit {commit}, {made} {pipeline}; see `flowgate status {pipeline}`"));
}
