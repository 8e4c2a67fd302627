//! Release and preview never meet, and no stage reaches another: what the roles that build and deploy may not.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use flowgate::cloud::authority::{Refused, Session};
use flowgate::cloud::stacks::{self, Deployment, Template};
use serde_json::{Value, json};

use super::{Enforced, arn};

const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";
/// As its template has it: whoever may push to a pull request may write this.
const GREEDY: &str = include_str!("greedy.yaml");
const STAGE_TAG: &str = "aws:ResourceTag/aws:cloudformation:stack-name";

/// What is done to a stage's stack, with a resource of that stage.
fn changes(stage: &str) -> Vec<(&'static str, String)> {
    let of = |kind: &str| arn(&kind.replace("STACK", &format!("shop-{stage}")));
    let function = || of("lambda:function:STACK-Greeter-1X");
    let role = || of("iam:role/STACK-GreeterRole-1X");
    let logs = || of("logs:log-group:/aws/lambda/STACK-Greeter-1X");
    let function_actions = [
        "lambda:CreateFunction",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "lambda:AddPermission",
    ];
    let role_actions = ["iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole"];
    let all = function_actions.map(|action| (action, function())).into_iter();
    let all = all.chain(role_actions.map(|action| (action, role())));
    all.chain(["logs:CreateLogGroup", "logs:DeleteLogGroup"].map(|action| (action, logs()))).collect()
}

pub(super) async fn may(session: &Session, action: &str, resource: &str, context: &[(&str, &str)]) -> bool {
    match session.may(action, resource, context).await {
        Ok(()) => true,
        Err(Refused::Denied(_)) => false,
        Err(error) => panic!("{action} {resource}: {error}"),
    }
}

impl Enforced {
    /// A session of a deploy role, as CloudFormation has it for a stack.
    pub(super) async fn deploying(&self, role: &str, stack: &str) -> Session {
        self.session(
            role,
            CLOUDFORMATION,
            &format!("cloudformation:stack/{stack}/11111111-aaaa-4bbb-8ccc-000000000001"),
        )
        .await
    }
}

/// One cloud for all of it, since starting one is most of the work.
#[tokio::test]
async fn a_role_that_deploys_changes_its_own_stages_and_passes_their_roles_and_no_others() {
    let shop = Enforced::deployed().await;
    each_changes_its_own_stages(&shop).await;
    each_passes_only_what_it_is_meant_to(&shop).await;
    each_changes_no_api_of_others(&shop).await;
}

async fn each_changes_its_own_stages(shop: &Enforced) {
    let roles = [
        ("DeployRole", &["tests", "beta", "gamma"][..]),
        ("ProdDeployRole", &["prod"]),
        ("PreviewDeployRole", &["pr-7", "dev-ada"]),
    ];
    let mut wrong = vec![];
    for (role, own) in roles {
        let session = shop.deploying(role, &format!("shop-{}", own[0])).await;
        for stage in ["tests", "beta", "gamma", "prod", "pr-7", "dev-ada", "flowgate"] {
            for (action, resource) in changes(stage) {
                let expected = own.contains(&stage);
                let actual = may(&session, action, &resource, &[]).await;
                wrong.extend((actual != expected).then(|| format!("{role}: {action} {resource}: {actual}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn each_passes_only_what_it_is_meant_to(shop: &Enforced) {
    let [deploy, prod, preview] = [
        shop.deploying("DeployRole", "shop-beta").await,
        shop.deploying("ProdDeployRole", "shop-prod").await,
        shop.deploying("PreviewDeployRole", "shop-dev-ada").await,
    ];
    let pipeline = shop.session("PipelineRole", "codepipeline.amazonaws.com", "codepipeline:shop").await;
    let build = shop.session("BuildRole", "codebuild.amazonaws.com", "codebuild:project/shop-build").await;
    let [previews, preview_build] = [shop.preview_pipeline().await, shop.preview_build().await];
    let [own, own_prod, own_preview] =
        [shop.role("DeployRole").await, shop.role("ProdDeployRole").await, shop.role("PreviewDeployRole").await];
    let of = |stage: &str| arn(&format!("iam:role/shop-{stage}-GreeterRole-1X"));
    let passers = [
        ("deploy", &deploy),
        ("prod", &prod),
        ("preview", &preview),
        ("pipeline", &pipeline),
        ("build", &build),
        ("the pipeline of previews", &previews),
        ("the build of previews", &preview_build),
    ];
    let allowed = [
        ("deploy", of("beta"), "lambda.amazonaws.com"),
        ("prod", of("prod"), "lambda.amazonaws.com"),
        ("preview", of("dev-ada"), "lambda.amazonaws.com"),
        ("pipeline", own.clone(), CLOUDFORMATION),
        ("pipeline", own_prod.clone(), CLOUDFORMATION),
        ("the pipeline of previews", own_preview.clone(), CLOUDFORMATION),
    ];
    let others = [shop.role("PipelineRole").await, shop.role("GateRole").await, shop.role("SweepRole").await];
    let passed = [own, own_prod, own_preview, of("beta"), of("prod"), of("dev-ada")].into_iter().chain(others);
    let mut wrong = vec![];
    for role in passed {
        for (who, session) in passers {
            for to in ["lambda.amazonaws.com", CLOUDFORMATION, "codebuild.amazonaws.com"] {
                let expected = allowed.contains(&(who, role.clone(), to));
                let actual = may(session, "iam:PassRole", &role, &[("iam:PassedToService", to)]).await;
                wrong.extend((actual != expected).then(|| format!("{who} passes {role} to {to}: {actual}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn each_changes_no_api_of_others(shop: &Enforced) {
    let roles = [
        ("DeployRole", &["shop-tests", "shop-beta", "shop-gamma"][..]),
        ("ProdDeployRole", &["shop-prod"]),
        ("PreviewDeployRole", &["shop-pr-7", "shop-dev-ada"]),
    ];
    let api = arn("apigateway:/restapis/a1b2c3");
    let all = roles.iter().flat_map(|(_, own)| own.iter()).chain(&["other-prod", "shop-flowgate", "shop-betamax"]);
    let all: Vec<_> = all.copied().collect();
    let mut wrong = vec![];
    for (role, own) in roles {
        let session = shop.deploying(role, own[0]).await;
        for &stack in &all {
            for action in ["apigateway:PATCH", "apigateway:DELETE", "apigateway:PUT", "apigateway:POST"] {
                let actual = may(&session, action, &api, &[(STAGE_TAG, stack)]).await;
                let expected = own.contains(&stack);
                wrong.extend((actual != expected).then(|| format!("{role}: {action} of {stack}: {actual}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Not the preview path, not what a pull request makes for itself, not who may do everything else.
#[tokio::test]
async fn only_the_release_build_writes_what_is_released() {
    let shop = Enforced::deployed().await;
    let buckets = [shop.resource("PackageBucket").await, shop.resource("ArtifactBucket").await];
    let writers = [
        ("PreviewDeployRole", shop.deploying("PreviewDeployRole", "shop-dev-ada").await.sdk),
        ("PreviewBuildRole", shop.preview_build().await.sdk),
        ("PreviewPipelineRole", shop.preview_pipeline().await.sdk),
        ("an administrator", shop.up.sdk_as("author")),
    ];
    for (who, sdk) in writers {
        for bucket in &buckets {
            assert_eq!(
                put(&sdk, bucket, "shop/Build/exchanged").await.as_deref(),
                Some("AccessDenied"),
                "{who}, {bucket}"
            );
        }
    }
    let (answers, refused) = (greedy(&shop, &buckets).await, ["AccessDenied"; 3]);
    assert_eq!(answers, json!([refused, refused]), "a preview's function, whose own role allows it");
    the_build_writes_only_its_own(&shop, &buckets).await;
}

/// What a function of a preview, which its own role lets do all of S3, is answered by each bucket: when it writes, looks what
/// is there, and reads who may.
async fn greedy(shop: &Enforced, buckets: &[String]) -> Value {
    let role = shop.role("PreviewDeployRole").await;
    let deployment = Deployment {
        stack: "shop-dev-ada",
        template: Template::Body(GREEDY),
        capabilities: vec![Capability::CapabilityIam],
        role: Some(&role),
        ..Deployment::default()
    };
    stacks::deploy(&CloudFormation::new(&shop.up.sdk()), &deployment).await.unwrap();
    let event = Blob::new(json!({"buckets": buckets}).to_string());
    let invoke = Lambda::new(&shop.up.sdk()).invoke().function_name("shop-dev-ada-greedy").payload(event);
    serde_json::from_slice(invoke.send().await.unwrap().payload().unwrap().as_ref()).unwrap()
}

async fn the_build_writes_only_its_own(shop: &Enforced, [packages, artifacts]: &[String; 2]) {
    let build = shop.session("BuildRole", "codebuild.amazonaws.com", "codebuild:project/shop-build").await;
    let cases = [
        (packages, "0123abcd", None),
        (artifacts, "shop/Build/x1", None),
        (artifacts, "shop/Source/x1", Some("AccessDenied")),
        (artifacts, "shop/Configuration/x1", Some("AccessDenied")),
        (artifacts, "x1", Some("AccessDenied")),
    ];
    for (bucket, key, expected) in cases {
        assert_eq!(put(&build.sdk, bucket, key).await.as_deref(), expected, "{bucket}/{key}");
    }
}

/// The error that writing to a bucket ends with.
pub(super) async fn put(sdk: &SdkConfig, bucket: &str, key: &str) -> Option<String> {
    let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(true).build();
    let put = S3::from_conf(config).put_object().bucket(bucket).key(key).body(ByteStream::from_static(b"x"));
    put.send().await.err().map(|error| error.code().unwrap_or("no code").to_owned())
}
