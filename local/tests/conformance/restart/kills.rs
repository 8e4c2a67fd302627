use axum::Router;
use axum::http::StatusCode;
use flowgate::cloud::Options;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::world::{Kept, Running, Stacks, waiting};
use crate::world::options;

fn parameters(running: &Running) -> aws_sdk_ssm::Client {
    aws_sdk_ssm::Client::new(&running.cloud.sdk_config())
}

async fn put(running: &Running, name: &str, value: &str) {
    let request = parameters(running).put_parameter().name(name).value(value);
    request.r#type(aws_sdk_ssm::types::ParameterType::String).overwrite(true).send().await.unwrap();
}

async fn value(running: &Running, name: &str) -> Option<String> {
    let found = parameters(running).get_parameter().name(name).send().await.ok()?;
    found.parameter.and_then(|parameter| parameter.value)
}

#[tokio::test]
async fn what_was_there_some_moments_before_a_kill_is_there_after_it() {
    let kept = Kept::new();
    let first = kept.start().await;
    put(&first, "early", "1").await;
    first.until_saved(Timestamp::now()).await;
    first.kill();
    let second = kept.start().await;
    assert_eq!(value(&second, "early").await.as_deref(), Some("1"));
}

/// Objects and the records of them are saved together, however large they are.
#[tokio::test]
async fn after_a_kill_all_is_of_one_moment() {
    let kept = Kept::new();
    let first = kept.start().await;
    let s3 = aws_sdk_s3::Client::new(&first.cloud.sdk_config());
    s3.create_bucket().bucket("bucket").send().await.unwrap();
    for round in 0..40_u8 {
        // The parameter is never behind the object.
        put(&first, "round", &round.to_string()).await;
        let body = vec![round; 300_000];
        s3.put_object().bucket("bucket").key("round").body(body.into()).send().await.unwrap();
        if round == 20 {
            first.save().await;
        }
    }
    first.kill();
    let second = kept.start().await;
    let s3 = aws_sdk_s3::Client::new(&second.cloud.sdk_config());
    let object = s3.get_object().bucket("bucket").key("round").send().await.unwrap();
    let (tag, body) = (object.e_tag.clone(), object.body.collect().await.unwrap().to_vec());
    let round: u8 = value(&second, "round").await.unwrap().parse().unwrap();
    assert!(round >= 20 && (body == vec![round; 300_000] || body == vec![round - 1; 300_000]), "{round} {}", body[0]);
    s3.put_object().bucket("bucket").key("again").body(body.into()).send().await.unwrap();
    let again = s3.head_object().bucket("bucket").key("again").send().await.unwrap();
    assert_eq!(again.e_tag, tag, "the record is of this content");
}

#[tokio::test]
async fn a_stack_that_is_being_made_when_all_is_killed_has_failed() {
    let kept = Kept::new();
    let first = kept.start().await;
    let stacks = Stacks::of(&first.cloud);
    let id = stacks.begin("slow", &waiting()).await;
    stacks.until_it_waits(&id).await;
    first.save().await;
    first.kill();
    let second = kept.start().await;
    let stacks = Stacks::of(&second.cloud);
    assert_eq!(stacks.settled(&id).await, "CREATE_FAILED");
    assert_eq!(stacks.delete(&id).await, "DELETE_COMPLETE");
}

#[tokio::test]
async fn what_is_damaged_or_missing_is_refused_and_stays() {
    let kept = Kept::new();
    let first = kept.start().await;
    let s3 = aws_sdk_s3::Client::new(&first.cloud.sdk_config());
    s3.create_bucket().bucket("bucket").send().await.unwrap();
    s3.put_object().bucket("bucket").key("large").body(vec![7; 100_000].into()).send().await.unwrap();
    first.stop().await;
    let part = std::fs::read_dir(kept.file("blobs")).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&part).unwrap();
    std::fs::remove_file(&part).unwrap();
    assert!(refusal(&kept).await.contains("a part of it is missing"));
    std::fs::write(&part, &whole[1..]).unwrap();
    assert!(refusal(&kept).await.contains("is damaged; --fresh begins anew"));
    std::fs::write(&part, &whole).unwrap();
    kept.start().await.stop().await;
    let state = std::fs::read(kept.file("state")).unwrap();
    std::fs::write(kept.file("state"), &state[..state.len() / 2]).unwrap();
    assert!(refusal(&kept).await.contains("it is damaged; --fresh begins anew"));
    std::fs::write(kept.file("state"), b"something else").unwrap();
    assert!(refusal(&kept).await.contains("it was written by another version; --fresh begins anew"));
}

async fn refusal(kept: &Kept) -> String {
    match kept.start_with(options()).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    }
}

/// The runner has it at once, and the cloud saves some moments later.
#[tokio::test]
async fn a_pipeline_that_only_the_runner_knows_of_after_a_kill_is_told() {
    let kept = Kept::new();
    let (sender, mut asked) = mpsc::unbounded_channel();
    // It takes what it is asked, and never answers: so the stack is not done with it.
    let runner = Router::new().fallback(move |body: String| {
        sender.send(serde_json::from_str::<Value>(&body).unwrap()).unwrap();
        std::future::pending::<StatusCode>()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let runner_url = Some(format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move { axum::serve(listener, runner).await });
    let first = kept.start_with(Options { runner_url, ..options() }).await.unwrap();
    assert_eq!(first.cloud.orphans().await.unwrap(), Vec::<String>::new());
    let stacks = Stacks::of(&first.cloud);
    let pipeline = json!({ "Type": "AWS::CodePipeline::Pipeline", "Properties": {
        "Name": "release", "RoleArn": "arn:aws:iam::000000000000:role/r", "Stages": [],
    } });
    stacks.begin("flowgate", &json!({ "Resources": { "Pipeline": pipeline } })).await;
    assert_eq!(asked.recv().await.unwrap()["pipeline"]["name"], "release");
    first.kill();
    let second = kept.start().await;
    assert_eq!(second.cloud.orphans().await.unwrap(), ["release"]);
}
