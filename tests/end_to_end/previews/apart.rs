//! Previews are apart: from one another, and from what is released.

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_s3::Client as S3;
use serde_json::json;

use crate::previews::desk::Desk;

#[tokio::test]
async fn two_pull_requests_never_touch_each_others_stack_nor_what_is_released() {
    let desk = Desk::released().await;
    let released = ["shop-beta", "shop-gamma", "shop-tests"];
    let before = facts(&desk, &released).await;
    assert!(desk.stack("shop-prod").await.is_none(), "nobody has approved");
    desk.open(4, "four").await;
    desk.open(42, "forty-two").await;
    for (stack, word) in [("shop-pr-4", "four"), ("shop-pr-42", "forty-two")] {
        desk.until_says(stack, word).await;
    }
    for number in [4, 42] {
        desk.until_told(number, &["1 of 1 passed"]).await;
    }
    let theirs = facts(&desk, &["shop-pr-42", "shop-pr-42-tests"]).await;
    desk.push(4, "4").await;
    desk.until_says("shop-pr-4", "4").await;
    desk.close(4).await;
    desk.swept(&["shop-pr-4", "shop-pr-4-tests"]).await;
    assert_eq!(facts(&desk, &["shop-pr-42", "shop-pr-42-tests"]).await, theirs);
    assert_eq!(desk.word("shop-pr-42").await.as_deref(), Some("forty-two"));
    assert_eq!(facts(&desk, &released).await, before, "previews never touch what is released");
    assert!(desk.stack("shop-prod").await.is_none(), "nor release it");
    assert_eq!(desk.word("shop-beta").await.as_deref(), Some("hello"));
}

/// Each stack's id, and when it was changed last.
async fn facts(desk: &Desk, stacks: &[&str]) -> Vec<String> {
    let mut facts = vec![];
    for name in stacks {
        let stack = desk.stack(name).await.unwrap_or_else(|| panic!("no stack {name}"));
        facts.push(format!("{:?} {:?}", stack.stack_id(), stack.last_updated_time()));
    }
    facts
}

/// What a pull request's build may try: nobody has reviewed it.
#[tokio::test]
async fn a_pull_requests_build_reaches_nothing_of_the_release() {
    let desk = Desk::new().await;
    let (packages, artifacts) =
        (desk.output("shop-flowgate", "PackageBucket").await, desk.output("shop-flowgate", "ArtifactBucket").await);
    let resources = aws_sdk_cloudformation::Client::new(&desk.up.sdk());
    let role = async |logical: &str| {
        let found = resources.describe_stack_resource().stack_name("shop-flowgate").logical_resource_id(logical);
        let found = found.send().await.unwrap();
        found.stack_resource_detail().and_then(|found| found.physical_resource_id()).unwrap().to_owned()
    };
    let account = desk.output("shop-flowgate", "PreviewDeployRole").await.split(':').nth(4).unwrap().to_owned();
    let mut attempts = vec![
        format!("aws s3api put-object --bucket {packages} --key stolen --body buildspec.yml"),
        format!("aws s3api put-object --bucket {artifacts} --key shop/Build/stolen --body buildspec.yml"),
        format!("aws s3api list-objects-v2 --bucket {artifacts}"),
        "aws codepipeline start-pipeline-execution --name shop".to_owned(),
        "aws cloudformation delete-stack --stack-name shop-flowgate".to_owned(),
        "aws lambda invoke --function-name shop-flowgate-preview answer".to_owned(),
        "aws dynamodb list-tables".to_owned(),
    ];
    for logical in
        ["BuildRole", "PipelineRole", "DeployRole", "ProdDeployRole", "PreviewPipelineRole", "PreviewDeployRole"]
    {
        let name = role(logical).await;
        let arn = if name.starts_with("arn:") { name } else { format!("arn:aws:iam::{account}:role/{name}") };
        attempts.push(format!("aws sts assume-role --role-session-name somebody --role-arn {arn}"));
    }
    let tries: String = attempts
        .iter()
        .enumerate()
        .map(|(n, attempt)| {
            format!(
                "      - '{attempt} > said 2>&1 && echo \"try {n} REACHED it\" || echo \"try {n} $(tail -1 said)\"'\n"
            )
        })
        .collect();
    desk.edit("buildspec.yml", "    commands:\n", &format!("    commands:\n{tries}"));
    desk.open(13, "harmless").await;
    desk.until_told(13, &["1 of 1 passed"]).await;

    let log = log(&desk).await;
    for (n, attempt) in attempts.iter().enumerate() {
        let line = log.lines().find(|line| line.contains(&format!("try {n} ")) && !line.contains("&&"));
        let line = line.unwrap_or_else(|| panic!("{attempt} was not tried:\n{log}"));
        assert!(line.contains("AccessDenied") || line.contains("not authorized"), "{attempt}: {line}");
    }
    let listed = S3::new(&desk.up.sdk()).list_objects_v2().bucket(&packages).send().await.unwrap();
    assert!(listed.contents().iter().all(|object| object.key() != Some("stolen")));
}

/// What the preview's builds wrote.
async fn log(desk: &Desk) -> String {
    let logs = Logs::new(&desk.up.sdk());
    let events = logs.filter_log_events().log_group_name("/aws/codebuild/shop-preview-build").send().await.unwrap();
    let lines: Vec<_> = events.events().iter().filter_map(|event| event.message()).collect();
    lines.join("\n")
}

#[tokio::test]
async fn who_is_asked_for_nothing_refuses_it_in_words() {
    let desk = Desk::new().await;
    for request in
        [json!({"operation": "up"}), json!({"operation": "show", "preview": "beta"}), json!({"x": 1}), json!([])]
    {
        let answer = desk.ask(&request).await;
        assert_eq!(answer["error"]["code"], "BadRequest", "{request}: {answer}");
    }
}
