use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::{
    StackDriftDetectionStatus, StackDriftStatus, StackResourceDriftStatus as ResourceStatus,
};
use flowgate::cloud::Cloud;
use serde_json::{Value, json};

use super::world::{Detector, status};
use crate::world::{cloud, deploy_template};

/// Two parameters of this value, and what is never looked at.
fn template(value: &str) -> Value {
    let parameter = |name| json!({ "Type": "AWS::SSM::Parameter", "Properties": { "Name": name, "Type": "String", "Value": value } });
    json!({ "Resources": {
        "First": parameter("first"), "Second": parameter("second"),
        "Handle": { "Type": "AWS::CloudFormation::WaitConditionHandle" },
    } })
}

/// Changes a parameter by hand.
async fn change(cloud: &Cloud, name: &str, value: &str) {
    let client = aws_sdk_ssm::Client::new(&cloud.sdk_config());
    client.put_parameter().name(name).value(value).overwrite(true).send().await.unwrap();
}

/// Looks at one resource alone.
async fn look_at(detector: &Detector, resource: &str) -> String {
    let request = detector.client.detect_stack_resource_drift().stack_name("app").logical_resource_id(resource);
    status(&request.send().await.unwrap().stack_resource_drift.unwrap()).to_owned()
}

pub(super) async fn one_is_complete_when_it_has_begun(cloud: &Cloud, detector: &Detector) {
    deploy_template(cloud, "app", &template("1")).await.unwrap();
    let detection = detector.begin("app").await.unwrap();
    detector.begin("app").await.unwrap();
    let looked = detector.look(&detection).await.unwrap();
    assert_eq!(looked.detection_status, Some(StackDriftDetectionStatus::DetectionComplete));
}

pub(super) async fn the_drift_of_a_resource_is_not_its_stacks(cloud: &Cloud, detector: &Detector) {
    change(cloud, "first", "2").await;
    assert_eq!(look_at(detector, "First").await, "MODIFIED");
    assert_eq!(detector.information("app").await.stack_drift_status, Some(StackDriftStatus::InSync));
}

#[tokio::test]
async fn one_takes_its_time_and_is_the_only_one_of_its_stack() {
    let cloud = cloud().await;
    let detector = Detector::of(&cloud.sdk_config());
    let id = deploy_template(&cloud, "app", &template("1")).await.unwrap().id;
    let before = detector.information("app").await;
    assert_eq!(before.stack_drift_status, Some(StackDriftStatus::NotChecked));
    assert_eq!(before.last_check_timestamp, None);
    assert!(detector.drifts("app").await.is_empty());

    let detection = detector.begin("app").await.unwrap();
    let refusal = format!("Drift detection is already in progress for stack [{id}]");
    assert_eq!(detector.begin(&id).await, Err(refusal));
    let begun = detector.look(&detection).await.unwrap();
    assert_eq!(begun.detection_status, Some(StackDriftDetectionStatus::DetectionInProgress));
    assert_eq!((begun.stack_drift_status, begun.drifted_stack_resource_count), (None, None));
    assert_eq!(begun.stack_id.as_ref(), Some(&id));

    let complete = detector.outcome(&detection).await;
    assert_eq!(complete.detection_status, Some(StackDriftDetectionStatus::DetectionComplete));
    assert_eq!(complete.stack_drift_status, Some(StackDriftStatus::InSync));
    assert_eq!((complete.drifted_stack_resource_count, complete.detection_status_reason), (Some(0), None));
    assert_eq!((complete.timestamp, complete.stack_drift_detection_id), (begun.timestamp, Some(detection)));
    let after = detector.information(&id).await;
    assert_eq!((after.stack_drift_status, after.last_check_timestamp), (complete.stack_drift_status, begun.timestamp));

    let drifts = detector.drifts("app").await;
    let looked_at: Vec<_> = drifts.iter().map(|drift| drift.logical_resource_id().unwrap()).collect();
    assert_eq!(looked_at, ["First", "Second"], "the handle cannot be looked at");
    detector.detect("app").await;
}

#[tokio::test]
async fn what_was_changed_or_is_gone_is_told_until_it_is_as_it_was() {
    let cloud = cloud().await;
    let detector = Detector::of(&cloud.sdk_config());
    deploy_template(&cloud, "app", &template("1")).await.unwrap();
    change(&cloud, "first", "2").await;
    let ssm = aws_sdk_ssm::Client::new(&cloud.sdk_config());
    ssm.delete_parameter().name("second").send().await.unwrap();

    let found = detector.detect("app").await;
    assert_eq!(
        (found.stack_drift_status, found.drifted_stack_resource_count),
        (Some(StackDriftStatus::Drifted), Some(2))
    );
    let drifted = detector.drifted("app").await;
    assert_eq!(json!(drifted), json!({ "First": ["/Value NOT_EQUAL 1 2"], "Second": ["DELETED"] }));
    let request = detector.client.describe_stack_resource_drifts().stack_name("app");
    let request = request.stack_resource_drift_status_filters(ResourceStatus::Modified);
    let modified = request.send().await.unwrap().stack_resource_drifts.unwrap();
    let [first] = &modified[..] else { panic!("{modified:?}") };
    let properties = |text: Option<&str>| serde_json::from_str::<Value>(text.unwrap()).unwrap();
    let expected = json!({ "Name": "first", "Type": "String", "Value": "1" });
    assert_eq!(properties(first.expected_properties()), expected);
    assert_eq!(properties(first.actual_properties()), json!({ "Name": "first", "Type": "String", "Value": "2" }));

    let page = detector.client.describe_stack_resource_drifts().stack_name("app").max_results(1).send().await.unwrap();
    let rest = detector.client.describe_stack_resource_drifts().stack_name("app").max_results(1);
    let rest = rest.set_next_token(page.next_token).send().await.unwrap();
    assert_eq!(page.stack_resource_drifts.unwrap()[0].logical_resource_id(), Some("First"));
    assert_eq!(rest.stack_resource_drifts.unwrap()[0].logical_resource_id(), Some("Second"));
    assert_eq!(rest.next_token, None);

    ssm.put_parameter().name("second").value("1").r#type("String".into()).send().await.unwrap();
    change(&cloud, "first", "1").await;
    assert_eq!(detector.detect("app").await.stack_drift_status, Some(StackDriftStatus::InSync));
}

#[tokio::test]
async fn a_resource_that_has_drifted_is_its_stacks_drift() {
    let cloud = cloud().await;
    let detector = Detector::of(&cloud.sdk_config());
    deploy_template(&cloud, "app", &template("1")).await.unwrap();
    assert_eq!(look_at(&detector, "First").await, "IN_SYNC");
    assert_eq!(detector.information("app").await.stack_drift_status, Some(StackDriftStatus::NotChecked));
    for (value, of_resource, of_stack) in
        [("2", "MODIFIED", StackDriftStatus::Drifted), ("1", "IN_SYNC", StackDriftStatus::InSync)]
    {
        change(&cloud, "first", value).await;
        assert_eq!(look_at(&detector, "First").await, of_resource);
        assert_eq!(detector.information("app").await.stack_drift_status, Some(of_stack));
    }

    change(&cloud, "second", "2").await;
    let request = detector.client.detect_stack_drift().stack_name("app").logical_resource_ids("First");
    let of_first = request.send().await.unwrap().stack_drift_detection_id.unwrap();
    assert_eq!(detector.outcome(&of_first).await.drifted_stack_resource_count, Some(0));
}

#[tokio::test]
async fn one_is_refused_where_there_is_nothing_to_look_at() {
    let cloud = cloud().await;
    let detector = Detector::of(&cloud.sdk_config());
    assert_eq!(detector.begin("app").await, Err("Stack [app] does not exist".to_owned()));
    detector.look("00000000-0000-0000-0000-000000000000").await.unwrap_err();

    let mut failing = template("1");
    failing["Resources"]["First"]["Properties"]["Type"] = json!("SecureString");
    deploy_template(&cloud, "app", &failing).await.unwrap_err();
    let refusal = detector.begin("app").await.unwrap_err();
    assert!(refusal.contains("ROLLBACK_COMPLETE"), "{refusal}");

    deploy_template(&cloud, "other", &template("1")).await.unwrap();
    let request = detector.client.detect_stack_drift().stack_name("other").logical_resource_ids("Third");
    let refusal = request.send().await.unwrap_err();
    assert_eq!(refusal.message(), Some("Resources [Third] do not exist in stack [other]"));
    let request = detector.client.detect_stack_resource_drift().stack_name("other").logical_resource_id("Handle");
    assert_eq!(request.send().await.unwrap_err().code(), Some("ValidationError"));
}
