//! A service from GitHub: the pipeline reads it through a connection, as its role.

use std::path::Path;

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_codepipeline::types::{ActionExecutionDetail, ActionExecutionFilter, PipelineExecutionStatus};
use flowgate::cloud::stacks::{self, Deployment, Template};
use flowgate::connections::CLONE_PATH;
use flowgate::connections::github::API_PATH;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::up::{PATIENCE, POLL, Up, done};

pub(crate) const CONNECTION: &str =
    "arn:aws:codeconnections:us-east-1:000000000000:connection/0d9f5ff0-1f2b-4a7e-9d3c-1f6d1c6a1a11";

/// The service was renamed, and connections that are older keep their ARN.
#[tokio::test]
async fn connections_of_either_name_are_used_as_the_pipelines_role() {
    let up = Up::new().await;
    let commit = ended(&up).await;
    for service in ["codeconnections", "codestar-connections"] {
        let connection =
            format!("arn:aws:{service}:us-east-1:000000000000:connection/0d9f5ff0-1f2b-4a7e-9d3c-1f6d1c6a1a11");
        connect(&up, &[("RepositoryName", "linked"), ("ConnectionArn", &connection)]).await;
        let source = started(&up).await;
        assert_eq!(source.status().unwrap().as_str(), "Succeeded", "{service}: {source:?}");
        let variables = source.output().unwrap().output_variables().unwrap();
        assert_eq!((&variables["CommitId"], &variables["ConnectionArn"]), (&commit, &connection));
    }
}

/// GitHub says who made what: whoever merged a pull request does not count, however often they approve it.
#[tokio::test]
async fn a_release_from_github_needs_a_review_and_somebody_else_who_approves() {
    let up = Up::new().await;
    ended(&up).await;
    connect(&up, &[("RepositoryName", "ada/linked"), ("ConnectionArn", CONNECTION), ("PullRequestReviews", "1")]).await;
    let service = up.service("plain", "linked");
    for args in [&["init", "-q", "-b", "main"][..], &["add", "-A"], &["commit", "-qm", "Begin"]] {
        git(&service, args).await;
    }
    let unreviewed = head(&service).await;
    push(&up, &service, "main").await;
    let denied = up.until_ended("linked", &unreviewed).await;
    assert_eq!(denied["status"], "Failed", "no pull request brought it: {denied}");
    assert!(denied.to_string().contains("pull request"), "{denied}");

    git(&service, &["commit", "-q", "--allow-empty", "-m", "Go on"]).await;
    push(&up, &service, "HEAD:topic").await;
    let wanted = json!({"title": "Go on", "head": "topic", "base": "main"});
    github(&up, "author", Method::POST, "/pulls", &wanted).await;
    github(&up, "reviewer", Method::POST, "/pulls/1/reviews", &json!({"event": "APPROVE"})).await;
    let merged = github(&up, "approver", Method::PUT, "/pulls/1/merge", &json!({})).await;
    let commit = merged["sha"].as_str().unwrap();
    up.until_asked("linked", commit).await;
    up.json("approve", &["linked", "--as", "approver"]).await;
    let denied = up.until_ended("linked", commit).await;
    assert_eq!(denied["status"], "Failed", "the approver merged it: {denied}");
    up.json("retry", &["linked", "--all"]).await;
    up.until_asked("linked", commit).await;
    up.json("approve", &["linked", "--as", "reviewer"]).await;
    let released = up.until_ended("linked", commit).await;
    assert_eq!(released["status"], "Succeeded", "{released}");
    assert!(up.stacks().await.contains("linked-prod"));
}

/// A service in CodeCommit, whose people are known. Its pipeline ends soon, and is not what this is about.
pub(crate) async fn ended(up: &Up) -> String {
    let commit = up.push(&up.service("failing_build", "linked")).await;
    up.until_ended("linked", &commit).await;
    commit
}

/// What somebody does who moves their service to GitHub.
pub(crate) async fn connect(up: &Up, more: &[(&str, &str)]) {
    let endpoint = up.sdk().endpoint_url().unwrap().to_owned();
    let (template, api) = (format!("{endpoint}/flowgate-packages/template.yaml"), format!("{endpoint}{API_PATH}"));
    let parameters = [("ServiceName", "linked"), ("Provider", "GitHub"), ("GitHubApi", &*api)];
    let parameters = parameters.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let deployment = Deployment {
        stack: "linked-flowgate",
        template: Template::Url(&template),
        parameters: parameters.collect(),
        capabilities: vec![Capability::CapabilityIam, Capability::CapabilityAutoExpand],
        ..Deployment::default()
    };
    stacks::deploy(&CloudFormation::new(&up.sdk()), &deployment).await.unwrap();
}

/// Pushes to GitHub as the author.
pub(crate) async fn push(up: &Up, work: &Path, what: &str) {
    let url = format!("{}{CLONE_PATH}/ada/linked", up.sdk().endpoint_url().unwrap());
    git(work, &["push", "-q", &url.replacen("://", "://author:author@", 1), what]).await;
}

/// What GitHub does for somebody.
pub(crate) async fn github(up: &Up, who: &str, method: Method, path: &str, body: &Value) -> Value {
    let url = format!("{}{API_PATH}/repos/ada/linked{path}", up.sdk().endpoint_url().unwrap());
    let client = Client::builder().no_proxy().build().unwrap();
    let answer = client.request(method, url).bearer_auth(who).json(body).send().await.unwrap();
    answer.error_for_status().unwrap().json().await.unwrap()
}

pub(crate) async fn head(work: &Path) -> String {
    git(work, &["rev-parse", "HEAD"]).await.trim_end().to_owned()
}

/// Runs git as somebody who commits under the author's address.
pub(crate) async fn git(work: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=author", "-c", "user.email=author@example.com"]).args(args).current_dir(work);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("NO_PROXY", "127.0.0.1");
    let done = done(command).await;
    assert_eq!(done.code, Some(0), "{args:?}: {}", done.stderr);
    done.stdout
}

/// Starts an execution, and gives its Source when it has ended.
async fn started(up: &Up) -> ActionExecutionDetail {
    let pipelines = up.pipelines();
    let started = pipelines.start_pipeline_execution().name("linked").send().await.unwrap();
    let execution = started.pipeline_execution_id().unwrap();
    let ended = async {
        loop {
            let get = pipelines.get_pipeline_execution().pipeline_name("linked").pipeline_execution_id(execution);
            let execution = get.send().await.unwrap().pipeline_execution.unwrap();
            if execution.status() != Some(&PipelineExecutionStatus::InProgress) {
                return;
            }
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, ended).await.expect("the execution ends");
    let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution).build();
    let actions = pipelines.list_action_executions().pipeline_name("linked").filter(filter).send().await.unwrap();
    let source = actions.action_execution_details().iter().find(|action| action.action_name() == Some("Source"));
    source.expect("it began").clone()
}
