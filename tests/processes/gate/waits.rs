//! I24: what may pass is waited for, job after job, and then denied.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::gate::answer::Answer;
use crate::gate::codecommit;
use crate::gate::judge::{Judge, codecommit as asked, continued, job, names};
use crate::gate::release::{approved_by, user};
use crate::gate::world::begin;

const STACK: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/shop-prod/1";

#[tokio::test]
async fn i24_what_is_not_recorded_yet_is_waited_for_over_several_jobs() {
    let judge = Judge::start(&[]).await;
    let parameters = begin(&judge, asked, codecommit::tell).await;
    judge.desk.json("codepipeline:ListActionExecutions", &json!({"actionExecutionDetails": []}));
    let words = "Approve did not ask anybody in this execution";
    let first = judge.judge(&job(&parameters)).await.waits("nobody asked", words);
    let second = judge.judge(&continued(&parameters, &first)).await.waits("still not", words);
    let began = |token: &str| serde_json::from_str::<Value>(token).unwrap()["since"].clone();
    assert_eq!(began(&second), began(&first), "it is one wait");

    judge.desk.json("codepipeline:ListActionExecutions", &approved_by(&user("approver")));
    judge.judge(&continued(&parameters, &second)).await.passes();
}

/// I24: who pushed is recorded when an event comes, which it may never do. The last job looks for a minute.
#[tokio::test]
async fn i24_a_push_that_nobody_recorded_is_denied_when_the_wait_is_over() {
    let judge = Judge::with(Duration::from_secs(80), &[]).await;
    let mut parameters = begin(&judge, asked, codecommit::tell).await;
    // A pull request would tell who merged it.
    parameters["rules"]["pull_request"] = Value::Null;
    judge.desk.json("dynamodb:Query", &json!({"Items": []}));
    let long_ago = Timestamp::now() - SignedDuration::from_mins(5);
    let token = json!({"since": long_ago, "detection": null}).to_string();
    let judged = judge.judge(&continued(&parameters, &token)).await;
    judged.is_denied("unknown pusher", &["nobody knows who pushed 0123456789abcdef", "that did not change in 6m"]);
}

#[tokio::test]
async fn a_token_that_is_none_of_the_gates_is_refused_before_anything_is_asked() {
    let judge = Judge::start(&[]).await;
    let parameters = begin(&judge, asked, codecommit::tell).await;
    let now = Timestamp::now();
    for token in [
        "x".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        json!({"since": "yesterday", "detection": null}).to_string(),
        json!({"since": now, "detection": 7}).to_string(),
        json!({"since": now, "detection": null, "outcome": "approve"}).to_string(),
        "x".repeat(1 << 16),
    ] {
        let judged = judge.judge(&continued(&parameters, &token)).await;
        judged.is_denied(&token, &["the continuation token is none of the gate's; retry the stage"]);
        assert!(!names(&judged.asked).contains(&"codepipeline:GetPipelineExecution"), "{token:.100}");
    }
    // Of a clock that was ahead: it is no longer to wait than any other.
    let ahead = json!({"since": now + SignedDuration::from_hours(24), "detection": null}).to_string();
    judge.desk.json("codepipeline:ListActionExecutions", &json!({"actionExecutionDetails": []}));
    let token = judge.judge(&continued(&parameters, &ahead)).await.waits("ahead", "did not ask anybody");
    let since: Timestamp = serde_json::from_str::<Value>(&token).unwrap()["since"].as_str().unwrap().parse().unwrap();
    assert!(since <= Timestamp::now(), "{since}");
}

/// A detection of drift is begun once, and asked for by the jobs after.
#[tokio::test]
async fn a_detection_of_drift_is_begun_once_and_followed_by_the_next_job() {
    let judge = Judge::start(&[]).await;
    let mut parameters = begin(&judge, asked, codecommit::tell).await;
    parameters["rules"]["no_drift"] = json!({"stack": "shop-prod"});
    let stack = format!(
        "<Stacks><member><StackId>{STACK}</StackId><StackName>shop-prod</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>\
         <CreationTime>2026-11-21T12:00:00Z</CreationTime></member></Stacks>"
    );
    judge.desk.tell("cloudformation:DescribeStacks", Answer::form("DescribeStacks", &stack));
    let begun = Answer::form("DetectStackDrift", "<StackDriftDetectionId>d1</StackDriftDetectionId>");
    judge.desk.tell("cloudformation:DetectStackDrift", begun);
    let looked = |result: &str| {
        let told = format!("<StackId>{STACK}</StackId><StackDriftDetectionId>d1</StackDriftDetectionId>{result}");
        let answer = Answer::form("DescribeStackDriftDetectionStatus", &told);
        judge.desk.tell("cloudformation:DescribeStackDriftDetectionStatus", answer);
    };
    looked("<DetectionStatus>DETECTION_IN_PROGRESS</DetectionStatus>");
    let judged = judge.judge(&job(&parameters)).await;
    let token = judged.waits("it looks", "CloudFormation is looking whether shop-prod has drifted");
    assert_eq!(begins(&names(&judged.asked)), 1, "{:#?}", names(&judged.asked));

    looked("<DetectionStatus>DETECTION_FAILED</DetectionStatus><DetectionStatusReason>no</DetectionStatusReason>");
    let judged = judge.judge(&continued(&parameters, &token)).await;
    judged.is_denied("failed", &["CloudFormation cannot say whether shop-prod has drifted: no"]);
    looked(
        "<DetectionStatus>DETECTION_COMPLETE</DetectionStatus><StackDriftStatus>DRIFTED</StackDriftStatus>\
         <DriftedStackResourceCount>1</DriftedStackResourceCount>",
    );
    let drifted = "<StackResourceDrifts><member><LogicalResourceId>Greeter</LogicalResourceId>\
                   <StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus></member></StackResourceDrifts>";
    let drifts = Answer::form("DescribeStackResourceDrifts", drifted);
    judge.desk.tell("cloudformation:DescribeStackResourceDrifts", drifts);
    let judged = judge.judge(&continued(&parameters, &token)).await;
    judged.is_denied("drifted", &["shop-prod has drifted: Greeter was modified"]);

    looked("<DetectionStatus>DETECTION_COMPLETE</DetectionStatus><StackDriftStatus>IN_SYNC</StackDriftStatus>");
    let judged = judge.judge(&continued(&parameters, &token)).await;
    assert_eq!(begins(&names(&judged.asked)), 0, "{:#?}", names(&judged.asked));
    judged.passes();
}

fn begins(names: &[&str]) -> usize {
    names.iter().filter(|name| **name == "cloudformation:DetectStackDrift").count()
}
