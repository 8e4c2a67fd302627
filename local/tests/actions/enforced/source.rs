//! Sources, approvals, rules, and the roles that they work as.

use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
use flowgate::actions::rules;
use flowgate::clock::Clock;
use flowgate::cloud::client::{ACCOUNT, REGION};
use flowgate::pipeline::action::{Approval, ConditionKind, Outcome, Request, Roles, RuleRequest, TypeId};
use flowgate::pipeline::token::Token;
use serde_json::json;

use super::{allow, needs_each, objects, role, service, world};
use crate::world::{World, request};

fn approval(topic: &str) -> Request {
    let mut request = request("Approval", "Manual", &[("NotificationArn", topic)], &[], &[]);
    request.approval = Some(Approval { token: Token::new("t"), expires: "2026-07-07T20:22:00Z".parse().unwrap() });
    request
}

async fn topic(world: &World) -> String {
    let sns = aws_sdk_sns::Client::new(&world.context.sdk);
    sns.create_topic().name("approvals").send().await.unwrap().topic_arn.unwrap()
}

#[tokio::test]
async fn a_source_and_an_approval_need_each_of_their_permissions() {
    let world = world().await;
    role(&world, "pipeline", service("codepipeline")).await;
    world.push(&[("a.txt", "one")]).await;
    let commit = [("RepositoryName", "service"), ("BranchName", "main")];
    let source = request("Source", "CodeCommit", &commit, &[], &["Source"]);
    let repository = format!("arn:aws:codecommit:{REGION}:{ACCOUNT}:service");
    let mut needs = vec![("s3:PutObject", objects("p/Source"))];
    let actions = [
        "codecommit:GetRepository",
        "codecommit:GetBranch",
        "codecommit:GetCommit",
        "codecommit:UploadArchive",
        "codecommit:GetUploadArchiveStatus",
    ];
    needs.extend(actions.map(|action| (action, repository.clone())));
    needs_each(&world, "pipeline", &source, &needs).await;
    let revision = world.run(&source).await.unwrap().revision;

    // One that is told the commit asks for no branch.
    let mut pinned = source.clone();
    pinned.outputs[0].revision = revision;
    allow(&world, "pipeline", needs.iter().filter(|(action, _)| *action != "codecommit:GetBranch")).await;
    world.run(&pinned).await.unwrap();

    // A connection keeps the name that the service had when it was made.
    for action in ["codeconnections:UseConnection", "codestar-connections:UseConnection"] {
        let service = action.trim_end_matches(":UseConnection");
        let connection = format!("arn:aws:{service}:{REGION}:{ACCOUNT}:connection/c");
        let configuration =
            [("FullRepositoryId", "service"), ("BranchName", "main"), ("ConnectionArn", connection.as_str())];
        let source = request("Source", "CodeStarSourceConnection", &configuration, &[], &["Source"]);
        let needs = [(action, connection.clone()), ("s3:PutObject", objects("p/Source"))];
        needs_each(&world, "pipeline", &source, &needs).await;
        world.run(&source).await.unwrap();
    }

    let topic = topic(&world).await;
    let approval = approval(&topic);
    needs_each(&world, "pipeline", &approval, &[("sns:Publish", topic.clone())]).await;
    assert_eq!(world.outcome(&approval).await, Outcome::Waiting);
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_role_must_trust_whoever_works_as_it() {
    let world = world().await;
    let topic = topic(&world).await;
    let mut approval = approval(&topic);
    let refusal = world.refusal(&approval).await;
    let absent = format!("PermissionError: pipeline p cannot work: role arn:aws:iam::{ACCOUNT}:role/pipeline does not");
    assert!(refusal.starts_with(&absent), "{refusal}");
    let other = role(&world, "other", service("lambda")).await;
    approval.roles.pipeline.clone_from(&other);
    let refusal = world.refusal(&approval).await;
    assert!(refusal.contains(&format!("may not assume role {other} for arn:aws:codepipeline:")), "{refusal}");
    let remedy = format!("let the trust policy of {other} allow codepipeline.amazonaws.com to assume it");
    assert!(refusal.contains(&remedy), "{refusal}");

    // An action's own role, which the pipeline's assumes.
    let pipeline = role(&world, "pipeline", service("codepipeline")).await;
    let own = role(&world, "own", json!({"AWS": pipeline})).await;
    let distant = role(&world, "distant", json!({"AWS": other})).await;
    approval.roles = Roles { pipeline, own: Some(own.clone()) };
    allow(&world, "own", [("sns:Publish", topic.clone())].iter()).await;
    let refusal = world.refusal(&approval).await;
    assert!(refusal.contains("not authorized to perform: sts:AssumeRole on resource: "), "{refusal}");
    assert!(refusal.contains(&own), "{refusal}");
    allow(&world, "pipeline", [("sts:AssumeRole", "*".to_owned())].iter()).await;
    assert_eq!(world.outcome(&approval).await, Outcome::Waiting);
    needs_each(&world, "own", &approval, &[("sns:Publish", topic)]).await;
    approval.roles.own = Some(distant.clone());
    let refusal = world.refusal(&approval).await;
    assert!(refusal.contains(&format!("role/pipeline may not assume role {distant}: its trust policy")), "{refusal}");
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_rule_looks_at_alarms_as_the_pipelines_role() {
    let world = world().await;
    let pipeline = role(&world, "pipeline", service("codepipeline")).await;
    let alarm = aws_sdk_cloudwatch::Client::new(&world.context.sdk).put_metric_alarm().alarm_name("errors");
    let alarm = alarm.namespace("App").metric_name("Errors").statistic(Statistic::Sum).period(60).evaluation_periods(1);
    let alarm = alarm.threshold(1.0).comparison_operator(ComparisonOperator::GreaterThanThreshold);
    alarm.send().await.unwrap();
    let rule = RuleRequest {
        id: uuid::Uuid::new_v4().to_string(),
        pipeline: "p".into(),
        execution: uuid::Uuid::new_v4().to_string(),
        stage: "Prod".into(),
        kind: ConditionKind::BeforeEntry,
        rule: "Check".into(),
        started: Clock::System.now(),
        type_id: TypeId {
            category: "Rule".into(),
            owner: "AWS".into(),
            provider: "CloudWatchAlarm".into(),
            version: "1".into(),
        },
        configuration: [("AlarmName".to_owned(), "errors".to_owned())].into(),
        roles: Roles { pipeline, own: None },
        inputs: Vec::new(),
    };
    let run = async || rules::run(&world.context, &rule, &Clock::System, &|_| ()).await;
    let Outcome::Failed(failure) = run().await else { panic!("it passed") };
    assert_eq!(failure.code, "PermissionError");
    for part in ["alarm errors", "assumed-role/pipeline/", "cloudwatch:DescribeAlarms", "; allow it"] {
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    allow(&world, "pipeline", [("cloudwatch:DescribeAlarms", "*".to_owned())].iter()).await;
    let outcome = run().await;
    assert!(matches!(outcome, Outcome::Succeeded(_)), "{outcome:?}");
    world.cloud.stop().await.unwrap();
}
