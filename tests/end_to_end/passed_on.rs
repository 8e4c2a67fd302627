//! What becomes of an event that a function fails at: Lambda tries it thrice, and passes it on to `record`.

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, InvocationType};
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::up::{PATIENCE, POLL, Up};

const FUNCTIONS: [&str; 4] = ["configure", "start-tests", "gate", "lease"];

/// One cloud for all of them, since starting one is most of the work.
#[tokio::test]
async fn an_event_that_a_function_fails_at_is_passed_on_and_its_job_is_named() {
    let up = Up::new().await;
    // Its pipeline ends soon, and is not what this is about.
    let commit = up.push(&up.service("failing_build", "shop")).await;
    up.until_ended("shop", &commit).await;
    join_all(FUNCTIONS.map(|function| is_told(&up, function))).await;
    let lines = timeout(PATIENCE, settled(&up)).await.expect("record fails each job");
    let counted = |metric: &str| lines.iter().filter(|line| line.contains(&format!("\"{metric}\":1"))).count();
    assert_eq!(counted("JobsGivenUp"), FUNCTIONS.len(), "each is counted: {lines:#?}");
    assert_eq!(counted("JobsNotSettled"), 0, "each has failed: {lines:#?}");
}

async fn is_told(up: &Up, function: &str) {
    let job = Uuid::new_v4().to_string();
    fails_at(up, function, &job).await;
    let told = async {
        while !recorded(up).await.iter().any(|line| line.contains(&job) && line.contains(function)) {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, told)
        .await
        .unwrap_or_else(|_| panic!("record is told of the job that {function} did not settle"));
}

/// All that `record` has written when it is done with each job.
async fn settled(up: &Up) -> Vec<String> {
    loop {
        let lines = recorded(up).await;
        if lines.iter().filter(|line| line.contains("the job does not hang")).count() == FUNCTIONS.len() {
            return lines;
        }
        sleep(POLL).await;
    }
}

/// Sends a job to a function that does not know its state table, as it would with a mistake in the template.
async fn fails_at(up: &Up, function: &str, job: &str) {
    let (lambda, name) = (Lambda::new(&up.sdk()), format!("shop-flowgate-{function}"));
    let nothing = Environment::builder().variables("NOTHING", "").build();
    lambda.update_function_configuration().function_name(&name).environment(nothing).send().await.unwrap();
    let event = Blob::new(json!({"CodePipeline.job": {"id": job}}).to_string());
    let invoke = lambda.invoke().function_name(name).invocation_type(InvocationType::Event).payload(event);
    assert_eq!(invoke.send().await.unwrap().status_code(), 202);
}

/// What `record` has written so far.
async fn recorded(up: &Up) -> Vec<String> {
    let logs = Logs::new(&up.sdk()).filter_log_events().log_group_name("/aws/lambda/shop-flowgate-record");
    let pages = logs.into_paginator().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    let events = pages.iter().flat_map(FilterLogEventsOutput::events);
    events.filter_map(|event| event.message().map(str::to_owned)).collect()
}
