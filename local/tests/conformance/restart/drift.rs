use aws_sdk_cloudformation::types::{StackDriftDetectionStatus, StackDriftStatus};
use serde_json::json;

use super::world::Kept;
use crate::drift::world::Detector;
use crate::world::deploy_template;

#[tokio::test]
async fn what_was_found_is_known_and_what_had_not_ended_has_failed() {
    let kept = Kept::new();
    let first = kept.start().await;
    let parameter = json!({ "Type": "AWS::SSM::Parameter", "Properties": { "Type": "String", "Value": "1" } });
    let template = json!({ "Resources": { "Parameter": parameter } });
    deploy_template(&first.cloud, "app", &template).await.unwrap();
    let detector = Detector::of(&first.cloud.sdk_config());
    let found = detector.detect("app").await;
    let begun = detector.begin("app").await.unwrap();
    first.save().await;
    first.kill();

    let second = kept.start().await;
    let detector = Detector::of(&second.cloud.sdk_config());
    let again = detector.look(found.stack_drift_detection_id().unwrap()).await.unwrap();
    assert_eq!((again.stack_drift_status, again.timestamp), (Some(StackDriftStatus::InSync), found.timestamp));
    assert_eq!(detector.drifts("app").await.len(), 1);
    let stopped = detector.look(&begun).await.unwrap();
    assert_eq!(stopped.detection_status, Some(StackDriftDetectionStatus::DetectionFailed));
    assert_eq!(stopped.detection_status_reason(), Some("the local cloud was stopped meanwhile"));
    assert_eq!(detector.detect("app").await.stack_drift_status, Some(StackDriftStatus::InSync));
    second.stop().await;
}
