use serde_json::json;

use crate::codecommit::{Runner, ask, get};
use crate::world::{cloud_without, deploy_template};

const LISTS: [&str; 2] = [
    "com.amazonaws.codeconnections.CodeConnections_20231201.ListConnections",
    "com.amazonaws.codestar.connections.CodeStar_connections_20191201.ListConnections",
];
const PATHS: [&str; 2] =
    ["/v1/connections/ada/shop/info/refs?service=git-upload-pack", "/v1/github/repos/ada/shop/activity?per_page=1"];

#[tokio::test]
async fn without_the_patch_there_are_no_connections() {
    let cloud = cloud_without("codeconnections").await;
    for list in LISTS {
        let (status, body) = ask(&cloud, list).await;
        assert!(status >= 400, "{list}: {status} {body}");
    }
    for path in PATHS {
        let (status, body) = get(&cloud, path).await;
        assert!(status >= 400 && body.contains("NoSuchBucket"), "{path}: {status} {body}");
    }
    for kind in ["AWS::CodeConnections::Connection", "AWS::CodeStarConnections::Connection"] {
        let properties = json!({"ConnectionName": "c", "ProviderType": "GitHub"});
        let template = json!({"Resources": {"Connection": {"Type": kind, "Properties": properties}}});
        let stack = kind.replace("::", "-");
        let error = deploy_template(&cloud, &stack, &template).await.unwrap_err().to_string();
        assert!(error.contains(kind), "{error}");
    }
}

#[tokio::test]
async fn both_names_of_the_api_the_repositories_and_githubs_api_are_forwarded() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    for list in LISTS {
        runner.more.notify_one();
        let (status, body) = ask(&cloud, list).await;
        assert!(status == 200 && body.contains("POST / ") && body.contains(list), "{status} {body}");
    }
    for path in PATHS {
        runner.more.notify_one();
        let (status, body) = get(&cloud, path).await;
        assert!(status == 200 && body.contains(&format!("GET {path} ")), "{path}: {status} {body}");
    }
}
