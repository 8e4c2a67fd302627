//! Where IAM is enforced, each operation of pull requests has its own permission.

use aws_sdk_codecommit::Client;
use aws_sdk_codecommit::error::ProvideErrorMetadata as _;
use aws_sdk_codecommit::types::{ApprovalState, PullRequestStatusEnum, Target};
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

/// Whether they may do it, whatever becomes of it then. The request is signed as it is, with what no client would send.
async fn may(who: &Client, operation: &str, request: &Value) -> bool {
    let (target, body) = (format!("CodeCommit_20150413.{operation}"), request.to_string());
    let ask = who.get_pull_request().pull_request_id("1").customize().mutate_request(move |request| {
        request.headers_mut().insert("x-amz-target", target.clone());
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = body.clone().into();
    });
    let code = ask.send().await.err().and_then(|error| error.code().map(str::to_owned)).unwrap_or_default();
    for unheard in ["Signature", "Token", "Unknown", "Internal"] {
        assert!(!code.contains(unheard), "{operation}: {code}");
    }
    !code.contains("AccessDenied")
}

#[tokio::test]
async fn what_names_a_pull_request_alone_is_asked_for_its_repository() {
    let world = World::with(Iam::Enforce).await;
    for repository in ["mine", "other"] {
        prepared(&world, repository).await;
    }
    let anybody = somebody(&world, "anybody", &[allow(&["codecommit:*"], "*")]).await;
    let (mine, other) = (create(&anybody, "mine").await.unwrap(), create(&anybody, "other").await.unwrap());
    let arn = format!("arn:aws:codecommit:{REGION}:{ACCOUNT}:mine");
    let owner = somebody(&world, "owner", &[allow(&["codecommit:*"], &arn)]).await;
    for operation in [
        "CreatePullRequestApprovalRule",
        "UpdatePullRequestApprovalRuleContent",
        "DeletePullRequestApprovalRule",
        "EvaluatePullRequestApprovalRules",
        "OverridePullRequestApprovalRules",
        "GetPullRequestOverrideState",
        "GetPullRequestApprovalStates",
        "UpdatePullRequestApprovalState",
        "GetPullRequest",
        "UpdatePullRequestTitle",
        "UpdatePullRequestDescription",
        "GetCommentsForPullRequest",
        "UpdatePullRequestStatus",
    ] {
        let of = |id: &str| json!({"pullRequestId": id});
        assert!(may(&owner, operation, &of(&mine)).await, "{operation}");
        let smuggled = [
            of(&other),
            json!({"pullRequestId": other, "repositoryName": "mine"}),
            json!({"pullRequestId": other, "targets": [{"repositoryName": "mine"}]}),
            json!({"pullRequestId": other, "repositoryNames": ["mine"]}),
            json!({"pullRequestId": other, "resourceArn": arn}),
            json!({"pullRequestId": "99", "repositoryName": "mine"}),
            of("99"),
        ];
        for request in smuggled {
            assert!(!may(&owner, operation, &request).await, "{operation} {request}");
        }
        let statement = json!({"Effect": "Allow", "NotAction": format!("codecommit:{operation}"), "Resource": "*"});
        let without = somebody(&world, &format!("without-{operation}"), &[statement]).await;
        assert!(!may(&without, operation, &of(&mine)).await, "{operation} has a permission of its own");
    }
}

#[tokio::test]
async fn what_names_a_comment_alone_is_asked_for_its_repository() {
    let world = World::with(Iam::Enforce).await;
    for repository in ["mine", "other"] {
        prepared(&world, repository).await;
    }
    let anybody = somebody(&world, "anybody", &[allow(&["codecommit:*"], "*")]).await;
    let (mine, other) = (comment(&anybody, "mine").await, comment(&anybody, "other").await);
    let arn = format!("arn:aws:codecommit:{REGION}:{ACCOUNT}:mine");
    let owner = somebody(&world, "owner", &[allow(&["codecommit:*"], &arn)]).await;
    // First its content goes: whose it is, is known all the same.
    for operation in ["DeleteCommentContent", "GetComment", "UpdateComment"] {
        assert!(may(&owner, operation, &json!({"commentId": mine})).await, "{operation}");
        for request in [
            json!({"commentId": other}),
            json!({"commentId": other, "repositoryName": "mine"}),
            json!({"commentId": "00000000-0000-4000-8000-000000000000"}),
            json!({"commentId": 1}),
        ] {
            assert!(!may(&owner, operation, &request).await, "{operation} {request}");
        }
    }
}

/// Makes a pull request and comments on it; the comment's id.
async fn comment(client: &Client, repository: &str) -> String {
    let id = create(client, repository).await.unwrap();
    let pull = client.get_pull_request().pull_request_id(&id).send().await.unwrap().pull_request.unwrap();
    let target = &pull.pull_request_targets()[0];
    let request = client.post_comment_for_pull_request().pull_request_id(&id).repository_name(repository);
    let request = request.before_commit_id(target.destination_commit().unwrap());
    let request = request.after_commit_id(target.source_commit().unwrap()).content("c");
    request.send().await.unwrap().comment.unwrap().comment_id.unwrap()
}

#[tokio::test]
async fn templates_are_the_accounts_and_associations_the_repositorys() {
    let world = World::with(Iam::Enforce).await;
    for repository in ["mine", "other"] {
        world.create(repository).await;
    }
    let arn = format!("arn:aws:codecommit:{REGION}:{ACCOUNT}:mine");
    let owner = somebody(&world, "owner", &[allow(&["codecommit:*"], &arn)]).await;
    let keeper = somebody(&world, "keeper", &[allow(&["codecommit:*ApprovalRuleTemplate*"], "*")]).await;
    for operation in [
        "CreateApprovalRuleTemplate",
        "GetApprovalRuleTemplate",
        "UpdateApprovalRuleTemplateContent",
        "UpdateApprovalRuleTemplateDescription",
        "UpdateApprovalRuleTemplateName",
        "DeleteApprovalRuleTemplate",
        "ListApprovalRuleTemplates",
        "ListRepositoriesForApprovalRuleTemplate",
    ] {
        let request = json!({"approvalRuleTemplateName": "t", "repositoryName": "mine"});
        assert!(!may(&owner, operation, &request).await, "{operation}");
        assert!(may(&keeper, operation, &request).await, "{operation}");
    }
    for (operation, request, expected) in [
        ("AssociateApprovalRuleTemplateWithRepository", json!({"repositoryName": "mine"}), true),
        ("AssociateApprovalRuleTemplateWithRepository", json!({"repositoryName": "other"}), false),
        ("DisassociateApprovalRuleTemplateFromRepository", json!({"repositoryName": "other"}), false),
        ("ListAssociatedApprovalRuleTemplatesForRepository", json!({"repositoryName": "mine"}), true),
        ("ListAssociatedApprovalRuleTemplatesForRepository", json!({"repositoryName": "other"}), false),
        ("BatchAssociateApprovalRuleTemplateWithRepositories", json!({"repositoryNames": ["mine"]}), true),
        ("BatchAssociateApprovalRuleTemplateWithRepositories", json!({"repositoryNames": ["mine", "other"]}), false),
        ("BatchDisassociateApprovalRuleTemplateFromRepositories", json!({"repositoryNames": ["other"]}), false),
        ("BatchGetCommits", json!({"repositoryName": "mine"}), true),
        ("BatchGetCommits", json!({"repositoryName": "other"}), false),
    ] {
        assert_eq!(may(&owner, operation, &request).await, expected, "{operation} {request}");
    }
}

#[tokio::test]
async fn sessions_of_a_role_are_approvers_each_by_their_name() {
    let world = World::with(Iam::Enforce).await;
    prepared(&world, "mine").await;
    let everything = [allow(&["codecommit:*"], "*")];
    let [author, reviewer, stranger] = [
        somebody(&world, "author", &everything).await,
        somebody(&world, "reviewer", &everything).await,
        somebody(&world, "stranger", &everything).await,
    ];
    let id = create(&author, "mine").await.unwrap();
    let pool = format!("arn:aws:sts::{ACCOUNT}:assumed-role/reviewer/*");
    let rule = author.create_pull_request_approval_rule().pull_request_id(&id).approval_rule_name("reviewed");
    rule.approval_rule_content(crate::approvals::content(1, &[&pool])).send().await.unwrap();
    let pull = author.get_pull_request().pull_request_id(&id).send().await.unwrap().pull_request.unwrap();
    let revision = pull.revision_id.unwrap();
    let approved = async |who: &Client| {
        let say = who.update_pull_request_approval_state().pull_request_id(&id).revision_id(&revision);
        say.approval_state(ApprovalState::Approve).send().await.unwrap();
        let ask = author.evaluate_pull_request_approval_rules().pull_request_id(&id).revision_id(&revision);
        ask.send().await.unwrap().evaluation.unwrap().approved
    };
    assert!(!approved(&stranger).await);
    assert!(approved(&reviewer).await);
}
