//! Executions, as CodePipeline lists them.

use pipeline_aws::codepipeline::Executions;
use pipeline_core::{gate::observation::ReadExecutions, ports::PortError};
use serde_json::{Value, json};

use crate::canned::{Canned, run};

fn execution(kind: &str, status: &str, revision: Option<&str>) -> Value {
    let sources: Vec<Value> = revision
        .into_iter()
        .map(|id| json!({"actionName": "Source", "revisionId": id, "revisionSummary": "a change"}))
        .collect();
    json!({
        "pipelineExecutionId": "22222222-abcd-1111-abcd-111111abcdef", "status": status, "executionType": kind,
        "startTime": 1_795_262_400.5, "lastUpdateTime": 1_795_262_460.5, "sourceRevisions": sources,
        "executionMode": "SUPERSEDED",
    })
}

fn page(executions: &[Value], next: Option<&str>) -> (u16, String) {
    (200, json!({"pipelineExecutionSummaries": executions, "nextToken": next}).to_string())
}

fn released(pages: Vec<(u16, String)>) -> (Result<Option<String>, PortError>, usize) {
    let canned = Canned::new(pages);
    (run(Executions::new(&canned.config()).released("time-service")), canned.asked().len())
}

#[test]
fn i21_what_was_released_is_of_the_newest_execution_that_succeeded_to_the_end() {
    let done = |revision| execution("STANDARD", "Succeeded", Some(revision));
    // Going back succeeds when one stage has, be it Beta.
    let back = execution("ROLLBACK", "Succeeded", Some("back"));
    let unfinished = ["InProgress", "Failed", "Superseded", "Stopped", "Cancelled"]
        .map(|status| execution("STANDARD", status, Some("unfinished")));
    for (executions, expected) in [
        (vec![], None),
        (vec![done("new"), done("old")], Some("new")),
        (vec![back.clone(), done("old")], Some("old")),
        (vec![back], None),
        (vec![execution("STANDARD", "Succeeded", None), done("old")], Some("old")),
        (unfinished.iter().cloned().chain([done("old")]).collect(), Some("old")),
        (unfinished.to_vec(), None),
    ] {
        assert_eq!(released(vec![page(&executions, None)]).0, Ok(expected.map(str::to_owned)), "{executions:?}");
    }
}

#[test]
fn older_pages_are_read_until_one_tells_and_one_that_fails_is_not_the_end() {
    let failed = page(&[execution("STANDARD", "Failed", Some("new"))], Some("more"));
    let done = page(&[execution("STANDARD", "Succeeded", Some("old"))], Some("more"));
    let oldest = page(&[execution("STANDARD", "Succeeded", Some("oldest"))], None);
    let throttled = (400, json!({"__type": "ThrottlingException", "message": "Rate exceeded"}).to_string());
    assert_eq!(released(vec![failed.clone(), done, oldest]), (Ok(Some("old".to_owned())), 2));
    let (broken, asked) = released(vec![failed.clone(), throttled]);
    assert!(matches!(broken, Err(PortError::Throttled { .. })) && asked == 2, "{broken:?}");
    let (endless, asked) = released(vec![failed; 51]);
    assert!(matches!(endless, Err(PortError::Unavailable { .. })) && asked == 50, "{endless:?}");
}
