//! A service from GitHub: the pipeline reads it through a connection, as its role.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_codepipeline::types::{ActionExecutionDetail, ActionExecutionFilter, PipelineExecutionStatus};
use flowgate::cloud::stacks::{self, Deployment, Template};
use tokio::time::{sleep, timeout};

use crate::up::{PATIENCE, POLL, Up};

/// The service was renamed, and connections that are older keep their ARN.
#[tokio::test]
async fn connections_of_either_name_are_used_as_the_pipelines_role() {
    let up = Up::new().await;
    // Its pipeline ends soon, and is not what this is about.
    let commit = up.push(&up.service("failing_build", "linked")).await;
    up.until_ended("linked", &commit).await;
    for service in ["codeconnections", "codestar-connections"] {
        let connection =
            format!("arn:aws:{service}:us-east-1:000000000000:connection/0d9f5ff0-1f2b-4a7e-9d3c-1f6d1c6a1a11");
        connect(&up, &connection).await;
        let source = started(&up).await;
        assert_eq!(source.status().unwrap().as_str(), "Succeeded", "{service}: {source:?}");
        let variables = source.output().unwrap().output_variables().unwrap();
        assert_eq!((&variables["CommitId"], &variables["ConnectionArn"]), (&commit, &connection));
    }
}

/// What somebody does who moves their service to GitHub.
async fn connect(up: &Up, connection: &str) {
    let template = format!("{}/flowgate-packages/template.yaml", up.sdk().endpoint_url().unwrap());
    let parameters = [
        ("ServiceName", "linked"),
        ("RepositoryName", "linked"),
        ("Provider", "GitHub"),
        ("ConnectionArn", connection),
    ];
    let deployment = Deployment {
        stack: "linked-flowgate",
        template: Template::Url(&template),
        parameters: BTreeMap::from(parameters.map(|(key, value)| (key.to_owned(), value.to_owned()))),
        capabilities: vec![Capability::CapabilityIam, Capability::CapabilityAutoExpand],
        ..Deployment::default()
    };
    stacks::deploy(&CloudFormation::new(&up.sdk()), &deployment).await.unwrap();
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
