//! Where IAM is enforced, each operation of pull requests has its own permission.

use aws_sdk_codecommit::Client;
use aws_sdk_codecommit::error::ProvideErrorMetadata as _;
use aws_sdk_codecommit::types::{PullRequestStatusEnum, Target};
use flowgate::cloud::authority::{Iam, Role};
use flowgate::cloud::client::{ACCOUNT, REGION};
use serde_json::{Value, json};

use crate::git::Work;
use crate::world::World;

const SERVICE: &str = "reviews.amazonaws.com";

/// A client that works as a role which may do this.
async fn somebody(world: &World, name: &str, statements: &[Value]) -> Client {
    let trust = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}]});
    let iam = aws_sdk_iam::Client::new(&world.cloud.sdk_config());
    let create = iam.create_role().role_name(name).assume_role_policy_document(trust.to_string());
    let arn = create.send().await.unwrap().role.unwrap().arn;
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    iam.put_role_policy().role_name(name).policy_name("p").policy_document(policy).send().await.unwrap();
    let role = Role { arn: &arn, service: SERVICE, source: "", session: "session", policy: None };
    Client::new(&world.context.authority.assume(&role).await.unwrap().sdk)
}

fn allow(actions: &[&str], resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resource})
}

/// A repository with `main`, and `topic` one commit before it.
async fn prepared(world: &World, name: &str) {
    world.create(name).await;
    let url = format!("{}/v1/repos/{name}", world.cloud.endpoint()).replacen("http://", "http://author:author@", 1);
    let work: Work = world.work(name).await;
    work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main"]).await;
    work.commit("a", b"2").await;
    work.git(&["push", "-q", &url, "main:topic"]).await;
}

async fn create(client: &Client, repository: &str) -> Result<String, String> {
    let target = Target::builder().repository_name(repository).source_reference("topic").build().unwrap();
    let made = client.create_pull_request().title("t").targets(target).send().await;
    let pull = made.map_err(|error| error.code().unwrap_or_default().to_owned())?.pull_request.unwrap();
    Ok(pull.pull_request_id.unwrap())
}

#[tokio::test]
async fn a_role_makes_pull_requests_in_its_repositories_and_does_with_them_what_it_may() {
    let world = World::with(Iam::Enforce).await;
    for repository in ["mine", "other"] {
        prepared(&world, repository).await;
    }
    let mine = format!("arn:aws:codecommit:{REGION}:{ACCOUNT}:mine");
    let maker = somebody(
        &world,
        "maker",
        &[
            allow(&["codecommit:CreatePullRequest", "codecommit:MergePullRequestByFastForward"], &mine),
            allow(&["codecommit:GetPullRequest"], "*"),
        ],
    )
    .await;
    let denied = |code: Option<&str>| assert!(code.is_some_and(|code| code.starts_with("AccessDenied")), "{code:?}");
    let refused = create(&maker, "other").await.unwrap_err();
    denied(Some(&refused));
    let id = create(&maker, "mine").await.unwrap();
    let pull = maker.get_pull_request().pull_request_id(&id).send().await.unwrap().pull_request.unwrap();
    let author = pull.author_arn.unwrap();
    assert!(author.contains(":assumed-role/maker/"), "{author}");

    let status = maker.update_pull_request_status().pull_request_id(&id);
    denied(status.pull_request_status(PullRequestStatusEnum::Closed).send().await.unwrap_err().code());
    denied(maker.list_pull_requests().repository_name("mine").send().await.unwrap_err().code());
    let reader = somebody(&world, "reader", &[allow(&["codecommit:ListPullRequests"], &mine)]).await;
    let listed = reader.list_pull_requests().repository_name("mine").send().await.unwrap();
    assert_eq!(listed.pull_request_ids, std::slice::from_ref(&id));
    denied(reader.get_pull_request().pull_request_id(&id).send().await.unwrap_err().code());
    let merge = |client: &Client| client.merge_pull_request_by_fast_forward().pull_request_id(&id);
    denied(merge(&reader).repository_name("mine").send().await.unwrap_err().code());
    let merged = merge(&maker).repository_name("mine").send().await.unwrap().pull_request.unwrap();
    assert_eq!(merged.pull_request_status, Some(PullRequestStatusEnum::Closed));
}
