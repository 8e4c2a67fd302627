//! Drift, as CloudFormation tells of it.

use pipeline_aws::cloudformation::Drifts;
use pipeline_core::{
    gate::drift::{DetectDrift, DetectionId, Drift},
    ids::StackName,
    ports::PortError,
};

use crate::canned::{Canned, answered, refused, run};

const ID: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/time-service-prod/a1";
const DETECTION: &str = "b78ac9b0-dec1-11e7-a451-503a3example";

fn stack() -> StackName {
    "time-service-prod".parse().expect("a name")
}

fn described(status: &str) -> (u16, String) {
    let fields = format!(
        "<StackId>{ID}</StackId><StackName>time-service-prod</StackName><StackStatus>{status}</StackStatus>\
         <CreationTime>2026-11-21T12:00:00.123Z</CreationTime>"
    );
    answered("DescribeStacks", &format!("<Stacks><member>{fields}</member></Stacks>"))
}

fn begun() -> (u16, String) {
    answered("DetectStackDrift", &format!("<StackDriftDetectionId>{DETECTION}</StackDriftDetectionId>"))
}

fn begin(answers: impl IntoIterator<Item = (u16, String)>) -> (Result<Drift, PortError>, usize) {
    let canned = Canned::new(answers);
    let begun = run(Drifts::new(&canned.config()).begin(&stack()));
    let asked = canned.asked();
    assert!(asked.iter().all(|asked| asked.field("StackName").as_deref() == Some("time-service-prod")), "{asked:?}");
    (begun, asked.len())
}

#[test]
fn a_detection_is_begun_where_one_can_be() {
    for status in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"] {
        let (drift, _) = begin([described(status), begun()]);
        assert_eq!(drift, Ok(Drift::Detecting(DetectionId(DETECTION.to_owned()))), "{status}");
    }
}

#[test]
fn a_stack_of_which_nothing_was_deployed_has_not_drifted() {
    let missing = || refused("ValidationError", "Stack with id time-service-prod does not exist");
    let gone = refused("ValidationError", "Stack [time-service-prod] does not exist");
    for answers in [
        vec![missing()],
        vec![described("DELETE_COMPLETE")],
        vec![described("REVIEW_IN_PROGRESS")],
        vec![described("CREATE_COMPLETE"), gone],
    ] {
        let count = answers.len();
        assert_eq!(begin(answers.clone()), (Ok(Drift::Absent), count), "{answers:?}");
    }
}

#[test]
fn what_is_under_way_is_waited_for() {
    for status in ["CREATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS"] {
        let (drift, asked) = begin([described(status)]);
        assert!(matches!(&drift, Ok(Drift::Busy(why)) if why.contains(status)) && asked == 1, "{drift:?}");
    }
    let another = format!("Drift detection is already in progress for stack [{ID}].");
    let changing = format!("Stack [{ID}] is in UPDATE_IN_PROGRESS state");
    for words in [another, changing] {
        let (drift, _) = begin([described("UPDATE_COMPLETE"), refused("ValidationError", &words)]);
        assert_eq!(drift, Ok(Drift::Busy(words)));
    }
}

#[test]
fn i24_where_no_detection_is_possible_nothing_is_known() {
    let words = format!("Drift detection is not supported for stack [{ID}] in status ROLLBACK_COMPLETE");
    let (drift, _) = begin([described("ROLLBACK_COMPLETE"), refused("ValidationError", &words)]);
    assert_eq!(drift, Ok(Drift::Failed(words)));
    let denied = begin([described("CREATE_COMPLETE"), refused("AccessDenied", "not you")]).0;
    assert!(matches!(denied, Err(PortError::Denied { .. })), "{denied:?}");
    let denied = begin([refused("AccessDenied", "not you")]).0;
    assert!(matches!(denied, Err(PortError::Denied { .. })), "{denied:?}");
    let empty = begin([described("CREATE_COMPLETE"), answered("DetectStackDrift", "")]).0;
    assert!(matches!(empty, Err(PortError::Unavailable { .. })), "{empty:?}");
}

fn outcome_of(fields: &str) -> (u16, String) {
    answered("DescribeStackDriftDetectionStatus", &format!("{fields}<Timestamp>2026-11-21T12:00:00.123Z</Timestamp>"))
}

fn told(detection: &str, drift: Option<&str>, reason: Option<&str>) -> (u16, String) {
    let field =
        |name: &str, value: Option<&str>| value.map(|value| format!("<{name}>{value}</{name}>")).unwrap_or_default();
    outcome_of(&format!(
        "<StackId>{ID}</StackId><StackDriftDetectionId>{DETECTION}</StackDriftDetectionId>\
         <DetectionStatus>{detection}</DetectionStatus>{}{}",
        field("StackDriftStatus", drift),
        field("DetectionStatusReason", reason)
    ))
}

fn outcome(answers: impl IntoIterator<Item = (u16, String)>) -> (Result<Drift, PortError>, Canned) {
    let canned = Canned::new(answers);
    let found = run(Drifts::new(&canned.config()).outcome(&stack(), &DetectionId(DETECTION.to_owned())));
    assert_eq!(canned.asked()[0].field("StackDriftDetectionId").as_deref(), Some(DETECTION));
    (found, canned)
}

#[test]
fn i24_only_what_is_complete_and_in_sync_is_in_sync() {
    let one = |detection, drift, reason| outcome([told(detection, drift, reason)]).0.unwrap();
    assert_eq!(one("DETECTION_COMPLETE", Some("IN_SYNC"), None), Drift::InSync);
    let detecting = Drift::Detecting(DetectionId(DETECTION.to_owned()));
    for drift in [None, Some("IN_SYNC"), Some("NOT_CHECKED")] {
        assert_eq!(one("DETECTION_IN_PROGRESS", drift, None), detecting);
    }
    let reason = "{\"Summary\":\"Failed to detect drift on resources [Role]\"}";
    for drift in [None, Some("IN_SYNC"), Some("DRIFTED"), Some("UNKNOWN")] {
        assert_eq!(one("DETECTION_FAILED", drift, Some(reason)), Drift::Failed(reason.to_owned()));
    }
    assert!(matches!(one("DETECTION_FAILED", None, None), Drift::Failed(_)));
    let busy = one("DETECTION_FAILED", Some("IN_SYNC"), Some("Rate exceeded"));
    assert_eq!(busy, Drift::Busy("Rate exceeded".to_owned()));
    for drift in [None, Some("UNKNOWN"), Some("NOT_CHECKED"), Some("SOMETHING_NEW")] {
        assert!(matches!(one("DETECTION_COMPLETE", drift, None), Drift::Failed(_)), "{drift:?}");
    }
    assert!(matches!(one("DETECTION_PAUSED", Some("IN_SYNC"), None), Drift::Failed(_)));
}

fn drifts(members: &[(&str, &str, &str)], token: Option<&str>) -> (u16, String) {
    let member = |(name, status, more): &(&str, &str, &str)| {
        format!(
            "<member><StackId>{ID}</StackId><LogicalResourceId>{name}</LogicalResourceId>\
             <PhysicalResourceId>p</PhysicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType>\
             <StackResourceDriftStatus>{status}</StackResourceDriftStatus>\
             <Timestamp>2026-11-21T12:00:00.123Z</Timestamp>{more}</member>"
        )
    };
    let token = token.map(|token| format!("<NextToken>{token}</NextToken>")).unwrap_or_default();
    let members: String = members.iter().map(member).collect();
    answered("DescribeStackResourceDrifts", &format!("<StackResourceDrifts>{members}</StackResourceDrifts>{token}"))
}

#[test]
fn i26_what_has_drifted_is_named_on_all_pages_and_without_its_values() {
    let more = "<ExpectedProperties>{\"Key\":\"SENTINEL\"}</ExpectedProperties>\
                <ActualProperties>{\"Key\":\"SENTINEL\"}</ActualProperties>\
                <PropertyDifferences><member><PropertyPath>/Key</PropertyPath><ExpectedValue>SENTINEL</ExpectedValue>\
                <ActualValue>SENTINEL</ActualValue><DifferenceType>NOT_EQUAL</DifferenceType></member></PropertyDifferences>";
    let (found, canned) = outcome([
        told("DETECTION_COMPLETE", Some("DRIFTED"), None),
        drifts(&[("Topic", "MODIFIED", more), ("Same", "IN_SYNC", "")], Some("t")),
        drifts(&[("Table", "DELETED", ""), ("New", "UNKNOWN", "")], None),
    ]);
    let expected = ["Topic was modified (/Key)", "Table was deleted"].map(str::to_owned);
    assert_eq!(found, Ok(Drift::Drifted(expected.to_vec())));
    let asked = canned.asked();
    assert_eq!(asked[1].field("StackName").as_deref(), Some(ID), "the stack itself, and not another of its name");
    assert_eq!(asked[2].field("NextToken").as_deref(), Some("t"));
}

#[test]
fn i24_a_stack_that_has_drifted_is_drifted_also_when_nothing_is_named() {
    let drifted = || told("DETECTION_COMPLETE", Some("DRIFTED"), None);
    assert!(matches!(outcome([drifted(), drifts(&[], None)]).0, Ok(Drift::Drifted(named)) if named.len() == 1));
    assert!(outcome([drifted(), refused("AccessDenied", "not you")]).0.is_err());
}

#[test]
fn a_detection_of_another_stack_is_not_ours() {
    let other = |from: &str, to: &str| {
        let (status, body) = told("DETECTION_COMPLETE", Some("IN_SYNC"), None);
        outcome([(status, body.replace(from, to))]).0
    };
    for found in [
        other("time-service-prod", "time-service-beta"),
        other(DETECTION, "another"),
        other(ID, "time-service-prod"),
        outcome([refused("ValidationError", "DriftDetectionId does not exist")]).0,
    ] {
        assert!(matches!(found, Err(PortError::Unusable { .. })), "{found:?}");
    }
    assert!(matches!(outcome([refused("AccessDenied", "not you")]).0, Err(PortError::Denied { .. })));
    assert!(matches!(outcome([refused("Throttling", "Rate exceeded")]).0, Err(PortError::Throttled { .. })));
}
