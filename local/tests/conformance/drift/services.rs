//! The service that users begin with has not drifted when nobody has touched it.

use std::path::Path;

use aws_sdk_cloudformation::types::StackDriftStatus;

use super::world::Detector;
use crate::world::{cloud, deploy_text};

#[tokio::test]
async fn the_example_is_in_sync_in_its_stack() {
    let cloud = cloud().await;
    let s3 = aws_sdk_s3::Client::new(&cloud.sdk_config());
    s3.create_bucket().bucket("packages").send().await.unwrap();
    let empty_archive = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    s3.put_object().bucket("packages").key("app.zip").body(empty_archive.into()).send().await.unwrap();

    let service = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/time_service");
    for (name, packages) in [
        ("app-sam.yaml", &["target/lambda/app"][..]),
        ("test-sam.yaml", &["target/lambda/known_zone", "target/lambda/unknown_zone"]),
    ] {
        let mut template = std::fs::read_to_string(service.join(name)).unwrap();
        for package in packages {
            template = template.replace(&format!("CodeUri: {package}"), "CodeUri: s3://packages/app.zip");
        }
        let stack = name.trim_end_matches(".yaml");
        deploy_text(&cloud, stack, &template).await.unwrap();
        let detector = Detector::of(&cloud.sdk_config());
        let found = detector.detect(stack).await;
        assert_eq!(found.stack_drift_status, Some(StackDriftStatus::InSync), "{:?}", detector.drifted(stack).await);
        assert!(detector.drifts(stack).await.len() >= 4);
    }
}
