//! What a service needs before it can be pushed: its repository, the people who may approve, its pipeline.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_codepipeline::types::{
    ActionCategory, ActionTypeId, PipelineDeclaration, PipelineExecutionStatus, PipelineExecutionSummary,
    StageDeclaration, TriggerType,
};
use reqwest::Url;
use tokio::time::{sleep, timeout};

use super::End;
use super::call::{CallError, Called as _};
use super::source::BRANCH;
use crate::cloud::stack_wait::{self, Stack};
use crate::cloud::stacks::{self, DeployError, Deployment, Template};
use crate::connections::github::API_PATH;

/// Where Flowgate's own packages are, since the service's buckets are made by the template itself.
pub(super) const BUCKET: &str = "flowgate-packages";
/// Flowgate's packaged template in it.
pub(super) const TEMPLATE: &str = "template.yaml";

/// How long the execution that a new pipeline starts by itself may take to find that there is no branch.
const FIRST_LIMIT: Duration = Duration::from_mins(1);
/// The pause between two looks at it.
const POLL: Duration = Duration::from_millis(100);
/// The parameter that says where the gate asks GitHub.
const GITHUB: &str = "GitHubApi";
/// What the setup itself decides.
const OURS: [&str; 3] = ["ServiceName", "RepositoryName", "BranchName"];

/// Why a service cannot be set up.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetupError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("Flowgate's template has no parameter {0}; it has {1}")]
    UnknownParameter(String, String),
    #[error("parameter {0} follows from the service's folder and cannot be chosen")]
    OurParameter(String),
    #[error("cannot deploy Flowgate's template: {0}")]
    Deploy(#[from] DeployError),
    #[error("pipeline {0} did not come to rest after it was made; look at `flowgate status {0}`")]
    Restless(String),
}

impl SetupError {
    pub(super) fn end(&self) -> End {
        match self {
            Self::Call(error) => error.end(),
            Self::UnknownParameter(..) | Self::OurParameter(_) | Self::Deploy(_) => End::BadInput,
            Self::Restless(_) => End::NoCloud,
        }
    }
}

/// What a pipeline releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Released {
    /// A branch of a repository in CodeCommit.
    Branch { repository: String, branch: String },
    /// A branch of a repository behind a connection, by its full name.
    Connected { repository: String, branch: String },
    /// Something else.
    Other,
}

/// An account on which services are set up.
pub(super) struct Setup<'a> {
    sdk: &'a SdkConfig,
    service: &'a str,
}

impl<'a> Setup<'a> {
    pub(super) fn new(sdk: &'a SdkConfig, service: &'a str) -> Self {
        Self { sdk, service }
    }

    /// Where git finds a repository, if there is one of that name.
    pub(super) async fn repository(&self, name: &str) -> Result<Option<String>, CallError> {
        let client = aws_sdk_codecommit::Client::new(self.sdk);
        let found = client.get_repository().repository_name(name).send().await;
        match found.called("GetRepository", name) {
            Ok(found) => Ok(found.repository_metadata.and_then(|metadata| metadata.clone_url_http)),
            Err(error) if error.code() == Some("RepositoryDoesNotExistException") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the repository, and says where git finds it.
    pub(super) async fn make_repository(&self) -> Result<String, CallError> {
        let client = aws_sdk_codecommit::Client::new(self.sdk);
        let made = client.create_repository().repository_name(self.service).send().await;
        let made = made.called("CreateRepository", self.service)?;
        Ok(made.repository_metadata.and_then(|metadata| metadata.clone_url_http).unwrap_or_default())
    }

    /// What the service's pipeline releases; none when it has no pipeline.
    pub(super) async fn released(&self) -> Result<Option<Released>, CallError> {
        let client = aws_sdk_codepipeline::Client::new(self.sdk);
        let found = client.get_pipeline().name(self.service).send().await;
        match found.called("GetPipeline", self.service) {
            Ok(found) => Ok(found.pipeline().map(released)),
            Err(error) if error.code() == Some("PipelineNotFoundException") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Refuses parameters that the packaged template does not have, or that are not to be chosen.
    pub(super) async fn check(&self, chosen: &BTreeMap<String, String>) -> Result<(), SetupError> {
        if chosen.is_empty() {
            return Ok(());
        }
        let client = aws_sdk_cloudformation::Client::new(self.sdk);
        check(chosen, &self.declared(&client, &self.template()).await?)
    }

    /// Whether the pipeline was made from another template than the packaged one: by a Flowgate before this one, in a cloud
    /// that goes on. What was not made from it is left alone.
    pub(super) async fn is_outdated(&self) -> Result<bool, SetupError> {
        let client = aws_sdk_cloudformation::Client::new(self.sdk);
        let stack = format!("{}-flowgate", self.service);
        let before = stack_wait::find(&client, &stack).await.map_err(DeployError::Call)?;
        let Some(before) = before else { return Ok(false) };
        let made = client.get_template().stack_name(&before.id).send().await.called("GetTemplate", &stack)?;
        let config = aws_sdk_s3::config::Builder::from(self.sdk).force_path_style(true).build();
        let packaged = aws_sdk_s3::Client::from_conf(config).get_object().bucket(BUCKET).key(TEMPLATE).send().await;
        let packaged = packaged.called("GetObject", TEMPLATE)?.body.collect().await;
        // One that cannot be read to its end is tried again, by CloudFormation.
        Ok(packaged
            .map_or(true, |packaged| Some(packaged.to_vec().as_slice()) != made.template_body().map(str::as_bytes)))
    }

    /// Makes the pipeline from the packaged template, or gives one that is there other parameters: what was given before
    /// and is not given now stays.
    pub(super) async fn make_pipeline(&self, chosen: &BTreeMap<String, String>) -> Result<(), SetupError> {
        let (stack, template) = (format!("{}-flowgate", self.service), self.template());
        let client = aws_sdk_cloudformation::Client::new(self.sdk);
        let before = stack_wait::find(&client, &stack).await.map_err(DeployError::Call)?;
        let declared = self.declared(&client, &template).await?;
        let deployment = Deployment {
            stack: &stack,
            template: Template::Url(&template),
            parameters: parameters(self.service, &github(self.endpoint()), before, &declared, chosen),
            tags: BTreeMap::new(),
            capabilities: vec![Capability::CapabilityIam, Capability::CapabilityAutoExpand],
            role: None,
        };
        stacks::deploy(&client, &deployment).await?;
        Ok(())
    }

    /// Waits until the execution that a new pipeline starts by itself has ended. In an empty repository it finds nothing;
    /// a push that came before that would be taken twice.
    pub(super) async fn at_rest(&self) -> Result<(), SetupError> {
        let rest = timeout(FIRST_LIMIT, self.first_execution()).await;
        rest.map_err(|_| SetupError::Restless(self.service.to_owned()))?.map_err(SetupError::from)
    }

    /// Where the packaged template is. It is too long to be sent along.
    fn template(&self) -> String {
        format!("{}/{BUCKET}/{TEMPLATE}", self.endpoint().trim_end_matches('/'))
    }

    fn endpoint(&self) -> &str {
        self.sdk.endpoint_url().unwrap_or_default()
    }

    async fn declared(
        &self,
        client: &aws_sdk_cloudformation::Client,
        template: &str,
    ) -> Result<BTreeSet<String>, CallError> {
        let summary = client.get_template_summary().template_url(template).send().await;
        let summary = summary.called("GetTemplateSummary", TEMPLATE)?;
        let names = summary.parameters().iter().filter_map(|parameter| parameter.parameter_key());
        Ok(names.map(str::to_owned).collect())
    }

    /// Whether one of the pipeline's executions is in progress: then its definition cannot change.
    pub(super) async fn is_busy(&self) -> Result<bool, CallError> {
        Ok(!self.running(&aws_sdk_codepipeline::Client::new(self.sdk)).await?.is_empty())
    }

    async fn running(&self, client: &aws_sdk_codepipeline::Client) -> Result<Vec<PipelineExecutionSummary>, CallError> {
        let list = client.list_pipeline_executions().pipeline_name(self.service).send().await;
        let mut list =
            list.called("ListPipelineExecutions", self.service)?.pipeline_execution_summaries.unwrap_or_default();
        list.retain(|one| one.status() == Some(&PipelineExecutionStatus::InProgress));
        Ok(list)
    }

    async fn first_execution(&self) -> Result<(), CallError> {
        let client = aws_sdk_codepipeline::Client::new(self.sdk);
        loop {
            let by_itself = |one: &PipelineExecutionSummary| {
                one.trigger().and_then(|trigger| trigger.trigger_type()) == Some(&TriggerType::CreatePipeline)
            };
            if !self.running(&client).await?.iter().any(by_itself) {
                return Ok(());
            }
            sleep(POLL).await;
        }
    }
}

/// Where the local cloud answers as GitHub does. By its number, whatever name it has here: a token of GitHub's goes in the clear
/// nowhere else, as the template has it.
fn github(endpoint: &str) -> String {
    let port = Url::parse(endpoint).ok().and_then(|url| url.port_or_known_default());
    format!("http://127.0.0.1:{}{API_PATH}", port.unwrap_or_default())
}

fn released(pipeline: &PipelineDeclaration) -> Released {
    let source = |provider: &str| {
        let mut actions = pipeline.stages().iter().flat_map(StageDeclaration::actions);
        let is_it = |id: &ActionTypeId| id.category() == &ActionCategory::Source && id.provider() == provider;
        actions.find(|action| action.action_type_id().is_some_and(is_it))?.configuration()
    };
    let place = |provider: &str, key: &str| {
        let configuration = source(provider)?;
        Some((configuration.get(key)?.clone(), configuration.get("BranchName")?.clone()))
    };
    if let Some((repository, branch)) = place("CodeCommit", "RepositoryName") {
        return Released::Branch { repository, branch };
    }
    let connected = place("CodeStarSourceConnection", "FullRepositoryId");
    connected.map_or(Released::Other, |(repository, branch)| Released::Connected { repository, branch })
}

/// What Flowgate's stack gets: what was chosen, else what it has already as far as the template still declares that, else
/// what follows from the service. Where the local cloud was before it may be no more.
fn parameters(
    service: &str,
    github: &str,
    before: Option<Stack>,
    declared: &BTreeSet<String>,
    chosen: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let ours = OURS.into_iter().zip([service, service, BRANCH]).map(|(key, value)| (key.to_owned(), value.to_owned()));
    let is_kept = |key: &str, value: &str| declared.contains(key) && !(key == GITHUB && value.ends_with(API_PATH));
    let present = before.into_iter().flat_map(|stack| stack.parameters).filter(|(key, value)| is_kept(key, value));
    let github = [(GITHUB.to_owned(), github.to_owned())].into_iter().filter(|(key, _)| declared.contains(key));
    ours.chain(github).chain(present).chain(chosen.clone()).collect()
}

/// CloudFormation would refuse an unknown parameter; the local cloud does not.
fn check(chosen: &BTreeMap<String, String>, declared: &BTreeSet<String>) -> Result<(), SetupError> {
    let allowed =
        || declared.iter().filter(|name| !OURS.contains(&name.as_str())).cloned().collect::<Vec<_>>().join(", ");
    for name in chosen.keys() {
        if OURS.contains(&name.as_str()) {
            return Err(SetupError::OurParameter(name.clone()));
        }
        if !declared.contains(name) {
            return Err(SetupError::UnknownParameter(name.clone(), allowed()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_the_template_does_not_have_are_refused_by_name() {
        let declared = BTreeSet::from(["BakeMinutes", "ServiceName"].map(str::to_owned));
        let check = |name: &str| check(&BTreeMap::from([(name.to_owned(), "1".to_owned())]), &declared);
        assert!(check("BakeMinutes").is_ok());
        let message = check("BakeMinuts").unwrap_err().to_string();
        assert_eq!(message, "Flowgate's template has no parameter BakeMinuts; it has BakeMinutes");
        let message = check("ServiceName").unwrap_err().to_string();
        assert_eq!(message, "parameter ServiceName follows from the service's folder and cannot be chosen");
    }

    #[test]
    fn the_template_takes_where_the_local_github_is_however_the_local_cloud_is_called() {
        let template = include_str!("../../../template.yaml").split_once("\n  GitHubApi:\n").unwrap().1;
        let pattern = template.split_once("AllowedPattern: ").unwrap().1.lines().next().unwrap();
        // What YAML's double quotes escape here, JSON's do.
        let pattern = regex_lite::Regex::new(&serde_json::from_str::<String>(pattern).unwrap()).unwrap();
        for endpoint in
            ["http://127.0.0.1:4566", "http://localhost:4566/", "http://[::1]:4566", "http://127.0.0.2:4566/"]
        {
            let github = github(endpoint);
            assert_eq!(github, "http://127.0.0.1:4566/v1/github", "{endpoint}");
            assert!(pattern.is_match(&github), "{endpoint}");
        }
    }

    #[test]
    fn the_local_github_is_told_anew_each_time_unless_another_is_chosen() {
        let declared = BTreeSet::from([GITHUB.to_owned()]);
        let before = |url: &str| Stack {
            id: "arn".into(),
            name: "shop-flowgate".into(),
            status: "CREATE_COMPLETE".into(),
            reason: None,
            parameters: BTreeMap::from([(GITHUB.to_owned(), url.to_owned())]),
            outputs: BTreeMap::new(),
        };
        let told =
            |url, chosen| parameters("shop", "http://new", Some(before(url)), &declared, &chosen)[GITHUB].clone();
        assert_eq!(told("http://127.0.0.1:1/v1/github", BTreeMap::new()), "http://new");
        assert_eq!(told("https://ghe.example.com/api/v3", BTreeMap::new()), "https://ghe.example.com/api/v3");
        assert_eq!(told("http://a", BTreeMap::from([(GITHUB.to_owned(), "http://mine".to_owned())])), "http://mine");
    }

    #[test]
    fn what_a_stack_was_given_before_stays() {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let declared = ["BakeMinutes", "BranchName", "ProdAlarmName", "RepositoryName", "ServiceName"];
        let declared = declared.map(str::to_owned).into();
        let ours = map(&[("BranchName", "main"), ("RepositoryName", "shop"), ("ServiceName", "shop")]);
        assert_eq!(parameters("shop", "http://g", None, &declared, &BTreeMap::new()), ours);
        let given = [("BranchName", "release"), ("Gone", "1"), ("ProdAlarmName", "errors"), ("RepositoryName", "Shop")];
        let before = Stack {
            id: "arn".into(),
            name: "shop-flowgate".into(),
            status: "CREATE_COMPLETE".into(),
            reason: None,
            parameters: map(&given),
            outputs: BTreeMap::new(),
        };
        let wanted = [
            ("BakeMinutes", "5"),
            ("BranchName", "release"),
            ("ProdAlarmName", "errors"),
            ("RepositoryName", "Shop"),
            ("ServiceName", "shop"),
        ];
        assert_eq!(
            parameters("shop", "http://g", Some(before), &declared, &map(&[("BakeMinutes", "5")])),
            map(&wanted)
        );
    }
}
