//! Source actions: the head of a branch of the local store becomes the output artifact.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Context, config, store};
use crate::pipeline::action::{Artifact, Failure, Request, Success};
use crate::repository::{self, Commit, Store};

/// Why a source action failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] config::Error),
    /// It declares no output artifact, or several.
    #[error("action {0} needs exactly one output artifact")]
    Outputs(String),
    /// The commit cannot be had.
    #[error(transparent)]
    Repository(#[from] repository::Error),
    /// The artifact cannot be written.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Configuration(_)
            | Error::Outputs(_)
            | Error::Repository(
                repository::Error::NoRepository(_) | repository::Error::NoBranch { .. } | repository::Error::Name(_),
            ) => "ConfigurationError",
            Error::Repository(_) => "RevisionUnavailable",
            Error::Store(_) => "JobFailed",
        };
        super::failed(code, error.to_string())
    }
}

/// What a source action's provider calls its repository.
struct Names {
    /// The configuration key, and the name it holds.
    repository: String,
    /// The variables that only this provider gives.
    own: BTreeMap<String, String>,
}

pub(super) async fn run(context: &Context, request: &Request) -> Result<Success, Error> {
    refuse_clone(request)?;
    let branch = config::required(request, "BranchName")?;
    let names = names(request)?;
    let output = only_output(request)?;
    let repositories = Store::new(&context.state);
    let commit = match &output.revision {
        // The execution was started with this one.
        Some(id) => repositories.commit(&names.repository, id).await?,
        None => repositories.head(&names.repository, branch).await?,
    };
    let zip = repositories.archive(&names.repository, &commit.id).await?;
    store::put(context, output, zip).await?;
    Ok(Success {
        summary: Some(summary(&request.type_id.provider, &commit.message)),
        external_execution_id: Some(commit.id.clone()),
        revision: Some(commit.id.clone()),
        variables: variables(commit, branch, names.own),
    })
}

/// A connection's names the provider beside the commit's message.
fn summary(provider: &str, message: &str) -> String {
    if provider == "CodeCommit" {
        return message.to_owned();
    }
    // By hand, for the order of its members, which AWS keeps.
    format!(r#"{{"ProviderType":"GitHub","CommitMessage":{}}}"#, json!(message))
}

fn names(request: &Request) -> Result<Names, Error> {
    if request.type_id.provider == "CodeCommit" {
        let repository = config::required(request, "RepositoryName")?.to_owned();
        let own = BTreeMap::from([("RepositoryName".to_owned(), repository.clone())]);
        return Ok(Names { repository, own });
    }
    let repository = config::required(request, "FullRepositoryId")?.to_owned();
    let connection = config::required(request, "ConnectionArn")?.to_owned();
    let own = [("FullRepositoryName", repository.clone()), ("ConnectionArn", connection)];
    Ok(Names { repository, own: own.map(|(name, value)| (name.to_owned(), value)).into() })
}

/// `CommitterDate` is a variable of CodeCommit alone, and who wrote it one of connections.
fn variables(commit: Commit, branch: &str, mut variables: BTreeMap<String, String>) -> BTreeMap<String, String> {
    if variables.contains_key("RepositoryName") {
        variables.insert("CommitterDate".into(), commit.committer.date.to_string());
    } else {
        variables.insert("AuthorDisplayName".into(), commit.author.name);
        variables.insert("AuthorEmail".into(), commit.author.email);
    }
    variables.insert("AuthorDate".into(), commit.author.date.to_string());
    variables.insert("BranchName".into(), branch.to_owned());
    variables.insert("CommitId".into(), commit.id);
    variables.insert("CommitMessage".into(), commit.message);
    variables
}

fn refuse_clone(request: &Request) -> Result<(), config::Error> {
    match config::optional(request, "OutputArtifactFormat") {
        None | Some("CODE_ZIP") => Ok(()),
        Some(other) => Err(config::unsupported(request, "OutputArtifactFormat", other, ", CODE_ZIP does")),
    }
}

fn only_output(request: &Request) -> Result<&Artifact, Error> {
    match request.outputs.as_slice() {
        [output] => Ok(output),
        _ => Err(Error::Outputs(request.action.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_tells_its_provider_with_the_message() {
        assert_eq!(summary("CodeCommit", "Say \"hello\""), "Say \"hello\"");
        let told = summary("CodeStarSourceConnection", "Say \"hello\"");
        assert_eq!(told, r#"{"ProviderType":"GitHub","CommitMessage":"Say \"hello\""}"#);
    }
}
