//! The runner with a real local cloud: approvals that are answered or expire, and what the bus hears.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_eventbridge::types::Target;
use flowgate::clock::Clock;
use flowgate::pipeline::definition::Pipeline;
use flowgate::pipeline::engine::{
    ActionStatus, Answer, Approval, ApprovalError, Execution, ExecutionId, ExecutionStatus, Trigger, TriggerType,
};
use flowgate::pipeline::token::Token;
use flowgate::runner::store::Store;
use flowgate::runner::{Error, News, Runner};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::queue::Queue;
use crate::world::{BUCKET, World};

const START: &str = "2026-01-01T10:00:00Z";

/// A pipeline that fetches a source and then asks, on a clock that shows [`START`].
struct Asking {
    runner: Runner,
    news: UnboundedReceiver<News>,
    execution: ExecutionId,
}

fn pipeline() -> Pipeline {
    let kind = |category: &str, provider: &str| json!({ "category": category, "owner": "AWS", "provider": provider, "version": "1" });
    let declaration = json!({
        "name": "release", "pipelineType": "V2", "executionMode": "SUPERSEDED",
        "roleArn": "arn:aws:iam::000000000000:role/r", "artifactStore": { "type": "S3", "location": BUCKET },
        "stages": [
            { "name": "Source", "actions": [{
                "name": "Fetch", "actionTypeId": kind("Source", "CodeCommit"), "outputArtifacts": [{ "name": "Code" }],
                "configuration": { "RepositoryName": "service", "BranchName": "main" },
            }] },
            { "name": "Approve", "actions": [{
                "name": "Review", "actionTypeId": kind("Approval", "Manual"), "timeoutInMinutes": 5,
            }] },
        ],
    });
    Pipeline::from_declaration(&declaration).unwrap()
}

impl Asking {
    async fn begin(world: &World) -> Self {
        world.push(&[("a.txt", "one")]).await;
        let (sender, news) = unbounded_channel();
        let clock = Clock::starting(START.parse().unwrap());
        let runner = Runner::open(world.context.clone(), sender, clock, Store::in_memory().unwrap()).unwrap();
        runner.create(pipeline(), BTreeMap::new()).unwrap();
        let trigger = Trigger { trigger_type: TriggerType::CreatePipeline, trigger_detail: "arn:somebody".into() };
        let execution = runner.start("release", trigger, &BTreeMap::new(), Vec::new()).unwrap();
        let mut asking = Self { runner, news, execution };
        asking.until(|execution| execution.stages.len() == 2).await;
        asking
    }

    async fn until(&mut self, holds: impl Fn(&Execution) -> bool) {
        while !holds(&self.now()) {
            self.news.recv().await.unwrap();
        }
    }

    async fn end(&mut self) -> ExecutionStatus {
        self.until(|execution| execution.status != ExecutionStatus::InProgress).await;
        self.now().status
    }

    fn now(&self) -> Execution {
        self.runner.execution("release", &self.execution).unwrap()
    }

    fn approval(&self) -> Approval {
        self.now().stages[1].actions[0].approval.clone().unwrap()
    }

    fn answer(&self, stage: &str, action: &str, token: &Token, approved: bool) -> Result<Timestamp, Error> {
        let answer = Answer { approved, summary: "seen".into(), by: "arn:approver".into() };
        self.runner.answer("release", stage, action, token, answer)
    }
}

#[tokio::test]
async fn an_approval_is_answered_once_and_with_its_own_token() {
    let world = World::new().await;
    let mut asking = Asking::begin(&world).await;
    let token = asking.approval().token;
    let refused = |stage, action, token: &Token| match asking.answer(stage, action, token, true).unwrap_err() {
        Error::Approval(error) => error,
        error => panic!("{error}"),
    };
    assert!(matches!(refused("Nowhere", "Review", &token), ApprovalError::StageNotFound(_)));
    assert!(matches!(refused("Approve", "Nothing", &token), ApprovalError::ActionNotFound { .. }));
    let another = Token::new(uuid::Uuid::new_v4());
    assert!(matches!(refused("Approve", "Review", &another), ApprovalError::InvalidToken { .. }));
    assert!(asking.answer("Approve", "Review", &token, true).unwrap() >= START.parse().unwrap());
    assert_eq!(asking.end().await, ExecutionStatus::Succeeded);
    assert_eq!(asking.now().stages[1].actions[0].updated_by.as_deref(), Some("arn:approver"));
    let again = asking.answer("Approve", "Review", &token, false).unwrap_err();
    assert!(matches!(again, Error::Approval(ApprovalError::InvalidToken { .. })), "{again}");
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn an_approval_that_nobody_answers_expires_by_itself() {
    let world = World::new().await;
    let mut asking = Asking::begin(&world).await;
    let Approval { token, expires } = asking.approval();
    // From here on time passes only where everybody waits for it.
    tokio::time::pause();
    assert_eq!(asking.end().await, ExecutionStatus::Failed);
    let review = asking.now().stages[1].actions[0].clone();
    assert_eq!(review.status, ActionStatus::Failed);
    assert!(review.error_details.unwrap().message.contains(&expires.to_string()));
    assert!(review.updated >= expires && review.updated < expires + jiff::SignedDuration::from_secs(1));
    assert!(asking.answer("Approve", "Review", &token, true).is_err());
    tokio::time::resume();
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_refused_even_before_the_timer_fires() {
    let world = World::new().await;
    let mut asking = Asking::begin(&world).await;
    let token = asking.approval().token;
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(5)).await;
    let late = asking.answer("Approve", "Review", &token, true).unwrap_err();
    assert!(matches!(late, Error::Approval(ApprovalError::InvalidToken { .. })), "{late}");
    assert_eq!(asking.end().await, ExecutionStatus::Failed);
    tokio::time::resume();
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn the_bus_hears_of_every_change_in_order() {
    let world = World::new().await;
    let queue = Queue::new(&world, "heard").await;
    let events = aws_sdk_eventbridge::Client::new(&world.context.sdk);
    let pattern = json!({ "source": ["aws.codepipeline"], "detail": { "pipeline": ["release"] } }).to_string();
    events.put_rule().name("heard").event_pattern(pattern).send().await.unwrap();
    let target = Target::builder().id("queue").arn(&queue.arn).build().unwrap();
    events.put_targets().rule("heard").targets(target).send().await.unwrap();

    let mut asking = Asking::begin(&world).await;
    asking.answer("Approve", "Review", &asking.approval().token, false).unwrap();
    assert_eq!(asking.end().await, ExecutionStatus::Failed);

    let heard = queue.receive(10).await;
    let word = |event: &Value, key: &str| event["detail"][key].as_str().unwrap_or("-").to_owned();
    let line = |event: &Value| ["stage", "action", "state"].map(|key| word(event, key)).join(" ");
    let expected = [
        "- - STARTED",
        "Source - STARTED",
        "Source Fetch STARTED",
        "Source Fetch SUCCEEDED",
        "Source - SUCCEEDED",
        "Approve - STARTED",
        "Approve Review STARTED",
        "Approve Review FAILED",
        "Approve - FAILED",
        "- - FAILED",
    ];
    assert_eq!(heard.iter().map(line).collect::<Vec<_>>(), expected);
    let fetched = &heard[3];
    assert_eq!(fetched["detail-type"], "CodePipeline Action Execution State Change");
    assert_eq!(fetched["source"], "aws.codepipeline");
    assert_eq!(fetched["resources"], json!(["arn:aws:codepipeline:us-east-1:000000000000:release"]));
    let location = &asking.now().stages[0].actions[0].output_artifacts[0].location;
    let artifacts = json!([{ "name": "Code", "s3location": { "bucket": BUCKET, "key": location.key } }]);
    assert_eq!(fetched["detail"]["output-artifacts"], artifacts);
    assert_eq!(fetched["detail"]["execution-id"], json!(asking.execution));
    world.cloud.stop().await.unwrap();
}
