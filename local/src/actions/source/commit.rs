//! The head of a branch of the local store, or the commit that the execution was started with.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Error, only_output};
use crate::actions::acting::Acting;
use crate::actions::{config, store};
use crate::cloud::authority::Refused;
use crate::cloud::client::REGION;
use crate::connections::{CLONE_PATH, Detail};
use crate::pipeline::action::{Request, Success};
use crate::repository::{self, Commit, Store};

/// What a source action's provider calls its repository.
struct Names {
    /// The repository's name.
    repository: String,
    /// What the role must be allowed to use.
    resource: String,
    /// The connection's ARN.
    connection: Option<String>,
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
        Some(id) => repositories.commit(&names.repository, id).await,
        None => repositories.head(&names.repository, branch).await,
    };
    let commit = commit.map_err(|error| unavailable(acting, &names, error))?;
    ask(acting, &names, &fetching(&names.resource)).await?;
    let zip = repositories.archive(&names.repository, &commit.id).await?;
    store::put(acting, output, zip).await?;
    Ok(Success {
        summary: Some(summary(&request.type_id.provider, &commit.message)),
        external_execution_id: Some(commit.id.clone()),
        revision: Some(commit.id.clone()),
        variables: variables(request, commit, branch, names),
    })
}

/// The head of a branch of CodeCommit's, where there is one that the role may see.
pub(super) async fn newest(acting: &Acting, repository: &str, branch: &str) -> Option<String> {
    let resource = repository_arn(acting, repository);
    acting.session.may("codecommit:GetBranch", &resource, &[]).await.ok()?;
    Some(Store::new(&acting.state).head(repository, branch).await.ok()?.id)
}

fn repository_arn(acting: &Acting, repository: &str) -> String {
    format!("arn:aws:codecommit:{REGION}:{}:{repository}", acting.account)
}

/// Where a repository behind a connection is found nobody knows by heart.
fn unavailable(acting: &Acting, names: &Names, error: repository::Error) -> Error {
    match error {
        repository::Error::NoRepository(name) if names.connection.is_some() => {
            let endpoint = acting.sdk.endpoint_url().unwrap_or_default();
            Error::NotPushed { url: format!("{endpoint}{CLONE_PATH}/{name}"), name }
        }
        error => error.into(),
    }
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
        let resource = repository_arn(acting, &repository);
        return Ok(Names { repository, resource, connection: None });
    }
    let repository = config::required(request, "FullRepositoryId")?.to_owned();
    let connection = config::required(request, "ConnectionArn")?.to_owned();
    Ok(Names { repository, resource: connection.clone(), connection: Some(connection) })
}

/// `CommitterDate` is a variable of CodeCommit alone, and who wrote it one of connections.
fn variables(request: &Request, commit: Commit, branch: &str, names: Names) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::from([
        ("AuthorDate", commit.author.date.to_string()),
        ("BranchName", branch.to_owned()),
        ("CommitId", commit.id),
        ("CommitMessage", commit.message),
    ]);
    match names.connection {
        None => {
            variables.insert("CommitterDate", commit.committer.date.to_string());
            variables.insert("RepositoryName", names.repository);
        }
        Some(arn) => {
            variables.insert("AuthorDisplayName", commit.author.name);
            variables.insert("AuthorEmail", commit.author.email);
            variables.insert("ConnectionArn", arn);
            variables.extend(told(request, &names.repository));
            variables.insert("FullRepositoryName", names.repository);
        }
    }
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What the push or the pull request says that started the execution: another branch than the configured one, perhaps.
fn told(request: &Request, repository: &str) -> Vec<(&'static str, String)> {
    let detail = Detail::of(&request.trigger);
    let Some(detail) = detail.filter(|detail| detail.full_repository_name == repository) else { return Vec::new() };
    let mut told: Vec<_> = detail.branch_name.map(|branch| ("BranchName", branch)).into_iter().collect();
    if let Some(pull) = detail.pull_request {
        told.extend([
            ("PullRequestId", pull.pull_request_id),
            ("PullRequestTitle", pull.pull_request_title),
            ("SourceBranchName", pull.source_branch_name),
            ("DestinationBranchName", pull.destination_branch_name),
        ]);
    }
    told
}

fn refuse_clone(request: &Request) -> Result<(), config::Error> {
    match config::optional(request, "OutputArtifactFormat") {
        None | Some("CODE_ZIP") => Ok(()),
        Some(other) => Err(config::unsupported(request, "OutputArtifactFormat", other, ", CODE_ZIP does")),
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
