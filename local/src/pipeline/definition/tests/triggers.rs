//! What starts a pipeline: the documented combinations and limits, each broken once.

use serde_json::{Value, json};

use super::refusals::each_refused;
use super::*;

/// A trigger with every kind of filter.
pub(super) fn filtered() -> Value {
    json!([{"providerType": "CodeStarSourceConnection", "gitConfiguration": {
        "sourceActionName": "Fetch",
        "push": [
            {"branches": {"includes": ["main", "release/**"], "excludes": ["release/wip*"]},
             "filePaths": {"includes": ["src/**"], "excludes": ["**/*.md"]}},
            {"tags": {"includes": ["v*"], "excludes": ["*-rc"]}}],
        "pullRequest": [
            {"events": ["OPEN", "UPDATED"], "branches": {"includes": ["main"]}, "filePaths": {"excludes": ["docs/**"]}},
            {"events": ["CLOSED"], "branches": {"excludes": ["main"]}}]}}])
}

fn with(triggers: Value) -> Value {
    let mut declaration = valid();
    declaration["triggers"] = triggers;
    declaration
}

fn globs(includes: &[&str], excludes: &[&str]) -> Globs {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Globs { includes: texts(includes), excludes: texts(excludes) }
}

#[test]
fn every_kind_of_filter_is_read() {
    let expected = Trigger {
        source_action: "Fetch".into(),
        push: vec![
            PushFilter {
                branches: Some(globs(&["main", "release/**"], &["release/wip*"])),
                tags: None,
                file_paths: Some(globs(&["src/**"], &["**/*.md"])),
            },
            PushFilter { branches: None, tags: Some(globs(&["v*"], &["*-rc"])), file_paths: None },
        ],
        pull_request: vec![
            PullRequestFilter {
                events: vec![PullRequestEvent::Open, PullRequestEvent::Updated],
                branches: Some(globs(&["main"], &[])),
                file_paths: Some(globs(&[], &["docs/**"])),
            },
            PullRequestFilter {
                events: vec![PullRequestEvent::Closed],
                branches: Some(globs(&[], &["main"])),
                file_paths: None,
            },
        ],
    };
    assert_eq!(read(&with(filtered())).unwrap().triggers, [expected]);
}

#[test]
fn a_trigger_needs_no_filter_and_a_filter_no_events() {
    let bare = json!([{"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "Fetch"}}]);
    let expected = Trigger { source_action: "Fetch".into(), push: Vec::new(), pull_request: Vec::new() };
    assert_eq!(read(&with(bare.clone())).unwrap().triggers, [expected]);
    let mut any_event = bare;
    any_event[0]["gitConfiguration"]["pullRequest"] = json!([{"branches": {"includes": ["main"]}}]);
    assert!(read(&with(any_event)).unwrap().triggers[0].pull_request[0].events.is_empty());
}

#[test]
fn what_is_wrong_with_a_filter_is_refused_at_the_filter() {
    let patterns = |count: usize| json!({"includes": (0..count).map(|n| format!("b{n}")).collect::<Vec<_>>()});
    let filters = |count| json!((0..count).map(|_| json!({"branches": patterns(1)})).collect::<Vec<_>>());
    each_refused(
        &with(filtered()),
        "/triggers/0/gitConfiguration",
        &[
            ("/sourceActionName", Value::Null, "field \"triggers[0].gitConfiguration\": does not fit"),
            (
                "/sourceActionName",
                json!("Compile"),
                "InvalidStructureException: field \"triggers.gitConfiguration.sourceActionName\": the pipeline has no source \
            action \"Compile\"",
            ),
            ("/push", filters(4), "field \"triggers.gitConfiguration.push\": has 4 items; 3 is the most"),
            ("/pullRequest", filters(4), "gitConfiguration.pullRequest\": has 4 items; 3 is the most"),
            ("/push/0/branches", patterns(9), "push.branches.includes\": has 9 items; 8 is the most"),
            ("/push/0/filePaths", patterns(9), "push.filePaths.includes\": has 9 items"),
            ("/push/1/tags", patterns(9), "push.tags.includes\": has 9 items"),
            ("/pullRequest/0/branches", patterns(9), "pullRequest.branches.includes\": has 9 items"),
            (
                "/push/0/branches",
                json!({"excludes": ["x".repeat(256)]}),
                "ValidationException: field \"triggers.gitConfiguration.push.branches.excludes\": has 256 characters",
            ),
            ("/push/0/branches/includes/0", json!(""), "branches.includes\": has 0 characters; it must have 1 to"),
            (
                "/push/0/branches/includes/0",
                json!("release/{a,b"),
                "ValidationException: field \"triggers.gitConfiguration.push.branches.includes\": \
                pattern \"release/{a,b\" is no glob: a `{` has no `}`",
            ),
            (
                "/pullRequest/0/filePaths/excludes/0",
                json!("[z-a]"),
                "pullRequest.filePaths.excludes\": pattern \"[z-a]\" is no",
            ),
            ("/push/0/branches", json!({}), "push.branches\": has no pattern; give includes or excludes"),
            (
                "/push/0/tags",
                patterns(1),
                "InvalidStructureException: field \"triggers.gitConfiguration.push.tags\": excludes branches and filePaths",
            ),
            ("/push/1/branches", patterns(1), "push.tags\": excludes branches and filePaths"),
            ("/push/1/filePaths", patterns(1), "push.tags\": excludes branches and filePaths"),
            (
                "/pullRequest/0/events/0",
                json!("MERGED"),
                "ValidationException: field \"triggers.gitConfiguration.pullRequest.events\": \"MERGED\" is unknown; use \"OPEN\"",
            ),
            (
                "/pullRequest/0/events",
                json!(["OPEN", "UPDATED", "CLOSED", "OPEN"]),
                "pullRequest.events\": has 4 items; 3 is the most",
            ),
            ("/pullRequest/0/tags", patterns(1), "unknown field `tags`"),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_trigger_is_refused_at_the_trigger() {
    let bare = |name: &str| json!({"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": name}});
    each_refused(
        &with(filtered()),
        "",
        &[
            (
                "/triggers/0/providerType",
                json!("GitHub"),
                "ValidationException: field \"triggers.providerType\": \"GitHub\" is unknown; use \"CodeStarSourceConnection\"",
            ),
            ("/triggers/0/providerType", Value::Null, "missing field `providerType`"),
            ("/triggers/0/gitConfiguration", Value::Null, "missing field `gitConfiguration`"),
            (
                "/triggers",
                json!([bare("Fetch"), bare("Fetch")]),
                "InvalidStructureException: field \"triggers.gitConfiguration.sourceActionName\": two triggers name the source \
            action \"Fetch\"",
            ),
            ("/triggers", (0..51).map(|n| bare(&format!("S{n}"))).collect(), "has 51 items; 50 is the most"),
            (
                "/stages/0/actions/0/actionTypeId/provider",
                json!("CodeCommit"),
                "field \"configuration.RepositoryName\": is missing",
            ),
            ("/pipelineType", json!("V1"), "needs a pipeline of type V2"),
        ],
    );
}

#[test]
fn a_trigger_belongs_to_a_connection() {
    let mut declaration = valid();
    let source = &mut declaration["stages"][0]["actions"][0];
    source["actionTypeId"]["provider"] = json!("CodeCommit");
    source["configuration"] = json!({"RepositoryName": "service", "BranchName": "main"});
    let error = read(&declaration).unwrap_err();
    assert!(error.ends_with("the pipeline has no source action \"Fetch\" by CodeStarSourceConnection"), "{error}");
}

#[test]
fn the_limits_of_triggers_are_inclusive() {
    let mut triggers = filtered();
    let patterns = json!({"includes": vec!["x".repeat(255); 8], "excludes": vec!["y"; 8]});
    let git = &mut triggers[0]["gitConfiguration"];
    git["push"] = json!(vec![json!({"branches": patterns, "filePaths": patterns}); 3]);
    git["pullRequest"] = json!(vec![json!({"events": ["OPEN", "UPDATED", "CLOSED"], "branches": patterns}); 3]);
    assert_eq!(read(&with(triggers)).map(|pipeline| pipeline.triggers.len()), Ok(1));
}

#[test]
fn each_source_action_may_have_a_trigger() {
    let mut declaration = valid();
    let source = declaration["stages"][0]["actions"][0].clone();
    let name = |n: usize| format!("Fetch{n}");
    let sources = (0..50).map(|n| {
        let mut source = source.clone();
        source["name"] = json!(name(n));
        source["namespace"] = json!(if n == 0 { "SourceVariables".to_owned() } else { name(n) });
        source["outputArtifacts"] = json!([{"name": if n == 0 { "Code".to_owned() } else { format!("Code{n}") }}]);
        source
    });
    declaration["stages"][0]["actions"] = sources.collect();
    let trigger =
        |n| json!({"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": name(n)}});
    declaration["triggers"] = (0..50).map(trigger).collect();
    assert_eq!(read(&declaration).map(|pipeline| pipeline.triggers.len()), Ok(50));
}
