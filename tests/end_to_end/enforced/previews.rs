//! What builds and deploys previews has nothing of the release's, and the release nothing of theirs.

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use flowgate::cloud::authority::Session;

use super::apart::{may, put};
use super::{Enforced, arn};

/// What is done to the release, or with its names; what is the previews' own has others.
const RELEASE: [(&str, &str); 11] = [
    ("codebuild:StartBuild", "codebuild:project/shop-build"),
    ("codepipeline:StartPipelineExecution", "codepipeline:shop"),
    ("codepipeline:StopPipelineExecution", "codepipeline:shop"),
    ("codepipeline:PutApprovalResult", "codepipeline:shop/Approve/Approve"),
    ("lambda:InvokeFunction", "lambda:function:shop-flowgate-gate"),
    ("lambda:InvokeFunction", "lambda:function:shop-prod-Greeter-1X"),
    ("lambda:UpdateFunctionCode", "lambda:function:shop-prod-Greeter-1X"),
    ("cloudformation:UpdateStack", "cloudformation:stack/shop-prod/1"),
    ("cloudformation:UpdateStack", "cloudformation:stack/shop-beta/1"),
    ("cloudformation:CreateStack", "cloudformation:stack/shop-tests/1"),
    ("ssm:PutParameter", "ssm:parameter/flowgate/shop/people"),
];
const PREVIEWS: [(&str, &str); 7] = [
    ("codebuild:StartBuild", "codebuild:project/shop-preview-build"),
    ("codepipeline:StartPipelineExecution", "codepipeline:shop-flowgate-previews"),
    ("lambda:InvokeFunction", "lambda:function:shop-flowgate-preview"),
    ("lambda:InvokeFunction", "lambda:function:shop-pr-7-Greeter-1X"),
    ("lambda:UpdateFunctionCode", "lambda:function:shop-pr-7-Greeter-1X"),
    ("cloudformation:UpdateStack", "cloudformation:stack/shop-pr-7/1"),
    ("cloudformation:CreateStack", "cloudformation:stack/shop-dev-ada-tests/1"),
];

impl Enforced {
    pub(super) async fn preview_pipeline(&self) -> Session {
        let source = format!("codepipeline:{}-flowgate-previews", self.service);
        self.session("PreviewPipelineRole", "codepipeline.amazonaws.com", &source).await
    }

    pub(super) async fn preview_build(&self) -> Session {
        let source = format!("codebuild:project/{}-preview-build", self.service);
        self.session("PreviewBuildRole", "codebuild.amazonaws.com", &source).await
    }

    async fn of_previews(&self) -> Vec<(&'static str, Session)> {
        vec![
            ("PreviewPipelineRole", self.preview_pipeline().await),
            ("PreviewBuildRole", self.preview_build().await),
            ("PreviewDeployRole", self.deploying("PreviewDeployRole", "shop-pr-7").await),
            ("PreviewRole", self.function("preview", "PreviewRole").await),
        ]
    }

    async fn of_the_release(&self) -> Vec<(&'static str, Session)> {
        vec![
            ("PipelineRole", self.session("PipelineRole", "codepipeline.amazonaws.com", "codepipeline:shop").await),
            ("BuildRole", self.session("BuildRole", "codebuild.amazonaws.com", "codebuild:project/shop-build").await),
            ("DeployRole", self.deploying("DeployRole", "shop-beta").await),
            ("ProdDeployRole", self.deploying("ProdDeployRole", "shop-prod").await),
        ]
    }
}

#[tokio::test]
async fn release_and_previews_have_nothing_of_each_other() {
    let shop = Enforced::deployed().await;
    let (previews, release) = (shop.of_previews().await, shop.of_the_release().await);
    let mut wrong = reaching(&previews, &RELEASE, &shop, ["ArtifactBucket", "PackageBucket"]).await;
    wrong.extend(reaching(&release, &PREVIEWS, &shop, ["PreviewArtifactBucket", "PreviewPackageBucket"]).await);
    assert!(wrong.is_empty(), "{wrong:#?}");
    each_reaches_its_own(&shop, &previews[0].1, &previews[3].1).await;
}

/// What of the others is not refused.
async fn reaching(
    whose: &[(&str, Session)],
    others: &[(&str, &str)],
    shop: &Enforced,
    buckets: [&str; 2],
) -> Vec<String> {
    let mut reached = vec![];
    for (role, session) in whose {
        for (action, resource) in others {
            let is_reached = may(session, action, &arn(resource), &[]).await;
            reached.extend(is_reached.then(|| format!("{role}: {action} {resource}")));
        }
        for logical in buckets {
            let bucket = shop.resource(logical).await;
            let answers = [put(&session.sdk, &bucket, "shop/Build/x").await, get(session, &bucket).await];
            let refused = answers.iter().all(|answer| answer.as_deref() == Some("AccessDenied"));
            reached.extend((!refused).then(|| format!("{role}: {logical}: {answers:?}")));
        }
    }
    reached
}

/// Else nothing above would say much.
async fn each_reaches_its_own(shop: &Enforced, pipeline: &Session, preview: &Session) {
    let own = [
        (pipeline, "codebuild:StartBuild", "codebuild:project/shop-preview-build"),
        (pipeline, "cloudformation:UpdateStack", "cloudformation:stack/shop-pr-7/1"),
        (pipeline, "cloudformation:CreateStack", "cloudformation:stack/shop-dev-ada-tests/1"),
        (preview, "codepipeline:StartPipelineExecution", "codepipeline:shop-flowgate-previews"),
    ];
    for (session, action, resource) in own {
        assert!(may(session, action, &arn(resource), &[]).await, "{action} {resource}");
    }
    let build = shop.preview_build().await;
    let [packages, artifacts] =
        [shop.resource("PreviewPackageBucket").await, shop.resource("PreviewArtifactBucket").await];
    let cases = [
        (&packages, "0123abcd", None),
        (&artifacts, "shop-flowgate-previews/Build/x1", None),
        // Of which stacks, and under which claims, others say.
        (&artifacts, "shop-flowgate-previews/Configuration/x1", Some("AccessDenied")),
        (&artifacts, "shop-flowgate-previews/Source/x1", Some("AccessDenied")),
    ];
    for (bucket, key, expected) in cases {
        assert_eq!(put(&build.sdk, bucket, key).await.as_deref(), expected, "{bucket}/{key}");
    }
}

/// The error that reading what is not there ends with; who may look is told that it is not.
async fn get(session: &Session, bucket: &str) -> Option<String> {
    let config = aws_sdk_s3::config::Builder::from(&session.sdk).force_path_style(true).build();
    let get = S3::from_conf(config).get_object().bucket(bucket).key("shop/Build/x").send();
    get.await.err().map(|error| error.code().unwrap_or("no code").to_owned())
}
