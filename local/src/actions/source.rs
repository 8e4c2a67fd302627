//! Source actions: the head of a branch of the local store becomes the output artifact.

use std::collections::BTreeMap;

use serde_json::json;

use super::acting::{self, Acting};
use super::{config, store};
use crate::cloud::authority::Refused;
use crate::cloud::client::REGION;
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
    /// The role may not look at it.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Refused(refused) => return acting::refusal(refused),
            Error::Store(denial) if denial.is_denial() => return super::denied(error),
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
    /// The repository's name.
    repository: String,
    /// What the role must be allowed to use.
    resource: String,
    /// The variables that only this provider gives.
    own: BTreeMap<String, String>,
}

pub(super) async fn run(acting: &Acting, request: &Request) -> Result<Success, Error> {
    refuse_clone(request)?;
    let branch = config::required(request, "BranchName")?;
    let names = names(acting, request)?;
    let output = only_output(request)?;
    let repositories = Store::new(&acting.state);
    ask(acting, &names, &looking(&names.resource, output.revision.is_some())).await?;
    let commit = match &output.revision {
        // The execution was started with this one.
        Some(id) => repositories.commit(&names.repository, id).await?,
        None => repositories.head(&names.repository, branch).await?,
    };
    ask(acting, &names, &fetching(&names.resource)).await?;
    let zip = repositories.archive(&names.repository, &commit.id).await?;
    store::put(acting, output, zip).await?;
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

/// Whether the role may do to the repository what AWS does, and nothing here asks for.
async fn ask(acting: &Acting, names: &Names, actions: &[&str]) -> Result<(), Refused> {
    for action in actions {
        acting.session.may(action, &names.resource, &[]).await?;
    }
    Ok(())
}

/// What finding the commit takes. One that the execution was started with is on no branch.
fn looking(resource: &str, pinned: bool) -> Vec<&'static str> {
    match (service(resource), pinned) {
        ("codecommit", true) => vec!["codecommit:GetRepository", "codecommit:GetCommit"],
        ("codecommit", false) => vec!["codecommit:GetRepository", "codecommit:GetBranch", "codecommit:GetCommit"],
        // The service was renamed, and older connections keep the name that they were made with.
        ("codestar-connections", _) => vec!["codestar-connections:UseConnection"],
        _ => vec!["codeconnections:UseConnection"],
    }
}

/// What making an artifact of it takes beside writing that.
fn fetching(resource: &str) -> Vec<&'static str> {
    match service(resource) {
        "codecommit" => vec!["codecommit:UploadArchive", "codecommit:GetUploadArchiveStatus"],
        _ => Vec::new(),
    }
}

fn service(arn: &str) -> &str {
    arn.split(':').nth(2).unwrap_or_default()
}

fn names(acting: &Acting, request: &Request) -> Result<Names, Error> {
    if request.type_id.provider == "CodeCommit" {
        let repository = config::required(request, "RepositoryName")?.to_owned();
        let resource = format!("arn:aws:codecommit:{REGION}:{}:{repository}", acting.account);
        let own = BTreeMap::from([("RepositoryName".to_owned(), repository.clone())]);
        return Ok(Names { repository, resource, own });
    }
    let repository = config::required(request, "FullRepositoryId")?.to_owned();
    let connection = config::required(request, "ConnectionArn")?.to_owned();
    let own = [("FullRepositoryName", repository.clone()), ("ConnectionArn", connection.clone())];
    Ok(Names { repository, resource: connection, own: own.map(|(name, value)| (name.to_owned(), value)).into() })
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
