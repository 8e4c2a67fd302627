//! What the commands refuse: the documented error, and nothing has changed.

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_codepipeline::error::ProvideErrorMetadata as _;
use aws_sdk_codepipeline::types::{
    ActionCategory, ActionDeclaration, ActionOwner, ActionTypeId, ApprovalResult, ApprovalStatus, ArtifactStore,
    ArtifactStoreType, OutputArtifact, PipelineDeclaration, StageDeclaration,
};
use flowgate::cloud::stacks::{self, Deployment, Template};
use serde_json::json;

use crate::up::{Done, Up, done};
use crate::world::{World, fixture};

/// The one message of a command that was refused.
#[track_caller]
pub(crate) fn error(done: &Done, code: i32) -> &str {
    assert_eq!((done.code, &*done.stdout), (Some(code), ""), "{done:?}");
    done.stderr.trim_end().strip_prefix("error: ").unwrap_or_else(|| panic!("{done:?}"))
}

/// One cloud for all of it, since starting one is most of the work.
#[tokio::test]
async fn a_refused_command_says_why_and_changes_nothing() {
    let up = Up::new().await;
    assert_eq!(error(&up.flowgate("status", &[]).await, 2), "there is no pipeline; make one with `flowgate push DIR`");
    let service = up.service("plain", "plain");
    let folder = service.display().to_string();
    let typo = up.flowgate("push", &[&folder, "--parameter", "BakeMinuts=1"]).await;
    assert!(error(&typo, 2).starts_with("Flowgate's template has no parameter BakeMinuts; it has "), "{typo:?}");
    assert!(up.stacks().await.is_empty(), "nothing was made");

    let commit = up.push(&service).await;
    let asked = up.until_asked("plain", &commit).await;
    refused_answers(&up).await;
    let again = up.flowgate("push", &[&folder, "--parameter", "BakeMinutes=1"]).await;
    assert!(error(&again, 2).starts_with("pipeline plain has an execution in progress; --parameter"), "{again:?}");
    let same = up.json("push", &[&folder]).await.remove(0);
    assert_eq!((&same["status"], &same["commit"]), (&"Unchanged".into(), &commit.into()));
    refused_definition(&up).await;
    refused_template(&up).await;
    assert_eq!(up.json("status", &[]).await, [asked], "nothing has changed");

    up.push(&up.service("with_parameters", "other")).await;
    assert_eq!(error(&up.flowgate("status", &[]).await, 2), "there are several pipelines, name one: other, plain");
}

async fn refused_answers(up: &Up) {
    let long = "x".repeat(513);
    let cases: [(&[&str], &str); 5] = [
        (&["plain", "--comment", &long], "(ValidationException)"),
        (&["nope"], "(PipelineNotFoundException)"),
        (&["plain", "--action", "Nope"], "no approval named Nope waits in pipeline plain; these do: Approve"),
        (&["plain", "--as", "mallory"], "nobody is named mallory in the local cloud; use author, approver or reviewer"),
        (&["plain", "--cmment", "x"], "unexpected argument '--cmment'"),
    ];
    for (args, expected) in cases {
        for command in ["approve", "reject"] {
            let done = up.flowgate(command, args).await;
            assert!(error(&done, 2).contains(expected), "{done:?}");
        }
    }
    for command in ["status", "history", "logs"] {
        let done = up.flowgate(command, &["nope"]).await;
        assert!(error(&done, 2).contains("(PipelineNotFoundException)"), "{command}: {done:?}");
    }
    // A token of an execution that is not the one that waits.
    let result = ApprovalResult::builder().summary("").status(ApprovalStatus::Approved).build().unwrap();
    let answer =
        up.pipelines().put_approval_result().pipeline_name("plain").stage_name("Approve").action_name("Approve");
    let answer = answer.token("11111111-1111-4111-8111-111111111111").result(result).send().await.unwrap_err();
    assert_eq!(answer.code(), Some("InvalidApprovalTokenException"));
}

async fn refused_definition(up: &Up) {
    let id = |category, provider: &str| {
        let id = ActionTypeId::builder().category(category).owner(ActionOwner::Aws).provider(provider).version("1");
        id.build().unwrap()
    };
    let source = ActionDeclaration::builder().name("Source").action_type_id(id(ActionCategory::Source, "CodeCommit"));
    let source = source.configuration("RepositoryName", "plain").configuration("BranchName", "main");
    let source = source.output_artifacts(OutputArtifact::builder().name("Source").build().unwrap()).build().unwrap();
    let robot = ActionDeclaration::builder().name("Robot").action_type_id(id(ActionCategory::Deploy, "RoboMaker"));
    let stage = |name: &str, action| StageDeclaration::builder().name(name).actions(action).build().unwrap();
    let store = ArtifactStore::builder().r#type(ArtifactStoreType::S3).location("flowgate-packages").build().unwrap();
    let pipeline = PipelineDeclaration::builder()
        .name("unsupported")
        .role_arn("arn:aws:iam::000000000000:role/pipeline")
        .artifact_store(store)
        .stages(stage("Source", source))
        .stages(stage("Deploy", robot.build().unwrap()))
        .build()
        .unwrap();
    let refused = up.pipelines().create_pipeline().pipeline(pipeline).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidActionDeclarationException"), "{refused:?}");
    assert!(refused.message().unwrap_or_default().contains("RoboMaker"), "{refused:?}");
    assert_eq!(missing(up, "unsupported").await.as_deref(), Some("PipelineNotFoundException"));
}

/// The same through CloudFormation, as users make their pipelines.
async fn refused_template(up: &Up) {
    let id = |category: &str, provider: &str| json!({"Category": category, "Owner": "AWS", "Provider": provider, "Version": "1"});
    let source = json!({
        "Name": "Source", "ActionTypeId": id("Source", "CodeCommit"), "OutputArtifacts": [{"Name": "Source"}],
        "Configuration": {"RepositoryName": "plain", "BranchName": "main"},
    });
    let robot = json!({"Name": "Robot", "ActionTypeId": id("Deploy", "RoboMaker")});
    let pipeline = json!({
        "Name": "unsupported", "RoleArn": "arn:aws:iam::000000000000:role/pipeline",
        "ArtifactStore": {"Type": "S3", "Location": "flowgate-packages"},
        "Stages": [{"Name": "Source", "Actions": [source]}, {"Name": "Deploy", "Actions": [robot]}],
    });
    let template = json!({"Resources": {"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": pipeline}}});
    let template = template.to_string();
    let deployment = Deployment { stack: "unsupported", template: Template::Body(&template), ..Deployment::default() };
    let failed = stacks::deploy(&CloudFormation::new(&up.sdk()), &deployment).await.unwrap_err().to_string();
    assert!(failed.starts_with("stack unsupported ended in ") && failed.contains("RoboMaker"), "{failed}");
    assert_eq!(missing(up, "unsupported").await.as_deref(), Some("PipelineNotFoundException"));
}

/// The error that a pipeline is asked for with.
async fn missing(up: &Up, pipeline: &str) -> Option<String> {
    up.pipelines().get_pipeline().name(pipeline).send().await.err()?.code().map(str::to_owned)
}

#[tokio::test]
async fn a_cloud_that_does_not_answer_is_told_from_bad_input() {
    let world = World::empty();
    let mut command = world.flowgate("status");
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let done = done(command).await;
    assert!(error(&done, 3).starts_with("ListPipelines got no answer:"), "{done:?}");
    assert!(done.stderr.contains("`flowgate up`"), "{done:?}");
}

#[tokio::test]
async fn a_folder_that_is_no_service_is_not_pushed() {
    let world = World::empty();
    let mut command = world.flowgate("push");
    command.arg(fixture("nothing_here")).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let done = done(command).await;
    assert!(error(&done, 2).contains("is not a folder; give the folder of a service"), "{done:?}");
}
