use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A pipeline whose source is a connection's repository with these triggers; more of its configuration is in `more`.
fn pipeline(triggers: &Value, more: &Value) -> Pipeline {
    let mut configuration = json!({"ConnectionArn": "arn:c", "FullRepositoryId": "ada/shop", "BranchName": "mainline"});
    for (key, value) in more.as_object().into_iter().flatten() {
        configuration[key] = value.clone();
    }
    let source = json!({
        "name": "ApplicationSource",
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1"},
        "configuration": configuration,
        "outputArtifacts": [{"name": "Source"}],
    });
    let approve = json!({
        "name": "Approve",
        "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
    });
    let declaration = json!({
        "name": "p",
        "roleArn": "arn:aws:iam::000000000000:role/p",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "pipelineType": "V2",
        "triggers": triggers,
        "stages": [{"name": "Source", "actions": [source]}, {"name": "Approve", "actions": [approve]}],
    });
    Pipeline::from_declaration(&declaration).unwrap()
}

/// One trigger with these filters.
fn filtered(push: &Value, pull_request: &Value) -> Pipeline {
    let mut configuration = json!({"sourceActionName": "ApplicationSource"});
    for (key, filters) in [("push", push), ("pullRequest", pull_request)] {
        if !filters.is_null() {
            configuration[key] = filters.clone();
        }
    }
    let provider = "CodeStarSourceConnection";
    pipeline(&json!([{"providerType": provider, "gitConfiguration": configuration}]), &json!({}))
}

fn started(pipeline: &Pipeline, happened: &Occurrence) -> bool {
    starts(pipeline, &pipeline.stages[0].actions[0], happened)
}

fn push(branch: &str, files: &[&str]) -> Occurrence {
    Occurrence::Push { branch: branch.to_owned(), files: Some(files.iter().map(|file| (*file).to_owned()).collect()) }
}

fn new_branch(branch: &str) -> Occurrence {
    Occurrence::Push { branch: branch.to_owned(), files: None }
}

fn tag(name: &str) -> Occurrence {
    Occurrence::Tag { name: name.to_owned() }
}

fn pull_request(event: PullRequestEvent, destination: &str, files: &[&str]) -> Occurrence {
    let files = files.iter().map(|file| (*file).to_owned()).collect();
    Occurrence::PullRequest { event, destination: destination.to_owned(), files }
}

use PullRequestEvent::{Closed, Open, Updated};

/// One row of a table: what happened, and whether it starts the pipeline.
fn check(pipeline: &Pipeline, rows: &[(Occurrence, bool)]) {
    for (happened, expected) in rows {
        assert_eq!(started(pipeline, happened), *expected, "{happened:?}");
    }
}

/// .../action-reference-CodestarConnectionSource.html: `DetectChanges`, by default true, is about the configured branch.
/// .../pipelines-triggers.html: "No filter: any push to the default branch specified as part of action configuration".
#[test]
fn without_a_trigger_a_push_to_the_configured_branch_starts() {
    let rows = [
        (push("mainline", &["a"]), true),
        (new_branch("mainline"), true),
        (push("main", &["a"]), false),
        (tag("mainline"), false),
        (pull_request(Open, "mainline", &["a"]), false),
    ];
    for more in [json!({}), json!({"DetectChanges": "true"})] {
        check(&pipeline(&json!([]), &more), &rows);
    }
    let never = pipeline(&json!([]), &json!({"DetectChanges": "false"}));
    check(&never, &rows.map(|(happened, _)| (happened, false)));
}

/// .../pipelines-filter.html, the example of its section for CloudFormation: files and branches of a push, its tags apart,
/// and pull requests that are closed.
#[test]
fn the_documented_example_starts_at_what_it_says() {
    let files = json!({
        "includes": ["projectA/**", "common/**/*.js"],
        "excludes": ["**/README.md", "**/LICENSE", "**/CONTRIBUTING.md"],
    });
    let branches = json!({"includes": ["feature/**", "release/**"], "excludes": ["mainline"]});
    let tags = json!({"includes": ["release-v0", "release-v1"], "excludes": ["release-v2"]});
    let pushes = json!([{"filePaths": files, "branches": branches}, {"tags": tags}]);
    let requests = json!([{"events": ["CLOSED"], "branches": branches, "filePaths": files}]);
    check(
        &filtered(&pushes, &requests),
        &[
            (push("feature/one", &["projectA/main.rs"]), true),
            (push("release/1/2", &["README.md", "common/a/b.js"]), true),
            (push("feature/one", &["projectA/README.md"]), false),
            (push("feature/one", &["projectA/README.md", "projectA/b"]), true),
            (push("feature/one", &["projectB/main.rs"]), false),
            (push("mainline", &["projectA/main.rs"]), false),
            (tag("release-v0"), true),
            (tag("release-v2"), false),
            (tag("release-v3"), false),
            (pull_request(Closed, "release/1", &["projectA/a"]), true),
            (pull_request(Open, "release/1", &["projectA/a"]), false),
            (pull_request(Closed, "mainline", &["projectA/a"]), false),
            (pull_request(Closed, "release/1", &["projectB/a"]), false),
        ],
    );
}

/// .../pipelines-filter.html: "If the include and exclude both have the same pattern, then the default is to exclude".
#[test]
fn what_is_included_and_excluded_is_excluded() {
    let both = json!({"includes": ["main", "dev"], "excludes": ["main"]});
    let on = |kind: &str| filtered(&json!([{kind: both}]), &Value::Null);
    check(&on("branches"), &[(push("main", &["a"]), false), (push("dev", &["a"]), true)]);
    check(&on("tags"), &[(tag("main"), false), (tag("dev"), true)]);
}

/// .../pipelines-triggers.html: "push: these events use an OR operation between different push filters and an AND operation
/// inside filters".
#[test]
fn several_filters_are_alternatives() {
    let pushes = json!([
        {"branches": {"includes": ["main"]}, "filePaths": {"includes": ["a/**"]}},
        {"branches": {"excludes": ["main"]}},
    ]);
    check(
        &filtered(&pushes, &Value::Null),
        &[
            (push("main", &["a/x"]), true),
            (push("main", &["b/x"]), false),
            (push("dev", &["b/x"]), true),
            (new_branch("dev"), true),
            (tag("main"), false),
            (pull_request(Open, "main", &["a/x"]), false),
        ],
    );
}

/// .../troubleshooting.html: with a filter for files a pipeline "will not be triggered when branch B is created. If there are
/// no file path filters, the pipeline will still start"; of a diff with 150 files "CodePipeline looks at the first 100".
#[test]
fn a_new_branch_and_the_hundred_and_first_file_start_nothing_by_their_files() {
    let files =
        filtered(&json!([{"branches": {"includes": ["b*"]}, "filePaths": {"includes": ["wanted"]}}]), &Value::Null);
    let branches = filtered(&json!([{"branches": {"includes": ["b*"]}}]), &Value::Null);
    check(&files, &[(new_branch("b"), false), (push("b", &["wanted"]), true)]);
    check(&branches, &[(new_branch("b"), true)]);
    let mut many = vec!["other"; 99];
    many.push("wanted");
    check(&files, &[(push("b", &many), true)]);
    many.insert(0, "other");
    check(&files, &[(push("b", &many), false)]);
}

/// .../pipelines-filter.html: pull requests that are opened, updated or closed, by their destination.
#[test]
fn a_pull_request_is_known_by_its_event_and_destination() {
    let all = filtered(&Value::Null, &json!([{"branches": {"includes": ["main*"]}}]));
    check(&all, &[Open, Updated, Closed].map(|event| (pull_request(event, "main", &[]), true)));
    check(&all, &[(pull_request(Open, "dev", &[]), false), (push("main", &["a"]), false)]);
    let some = filtered(&Value::Null, &json!([{"events": ["OPEN", "UPDATED"], "branches": {"includes": ["main"]}}]));
    check(&some, &[Open, Updated, Closed].map(|event| (pull_request(event, "main", &[]), event != Closed)));
}

/// .../pipelines-triggers.html, its table: a filter "also configures the pipeline not to start automatically on any change",
/// and its example 5: `BranchName` counts for a start by hand alone.
#[test]
fn with_a_filter_the_configured_branch_counts_for_nothing() {
    let only_tags = filtered(&json!([{"tags": {"includes": ["v*"]}}]), &Value::Null);
    check(&only_tags, &[(push("mainline", &["a"]), false), (tag("v1"), true)]);
}

fn names() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[ab*]{1,3}", 1..4)
}

fn lists() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    (names(), proptest::collection::vec("[ab*]{1,3}", 0..3))
}

fn globs((includes, excludes): &(Vec<String>, Vec<String>)) -> Globs {
    Globs { includes: includes.clone(), excludes: excludes.clone() }
}

proptest! {
    #[test]
    fn excluding_more_never_admits_more(lists in lists(), more in "[ab*]{1,3}", name in "[ab]{0,4}") {
        let mut stricter = globs(&lists);
        stricter.excludes.push(more);
        prop_assert!(!admits(Some(&stricter), &name) || admits(Some(&globs(&lists)), &name));
    }

    #[test]
    fn including_more_never_admits_less(lists in lists(), more in "[ab*]{1,3}", name in "[ab]{0,4}") {
        let mut wider = globs(&lists);
        wider.includes.push(more);
        prop_assert!(!admits(Some(&globs(&lists)), &name) || admits(Some(&wider), &name));
    }

    #[test]
    fn the_order_of_filters_is_nothing(one in lists(), other in lists(), branch in "[ab]{0,4}") {
        let filter = |lists| PushFilter { branches: Some(globs(lists)), tags: None, file_paths: None };
        let trigger = |lists: [_; 2]| Trigger {
            source_action: "s".to_owned(),
            push: lists.map(filter).to_vec(),
            pull_request: Vec::new(),
        };
        let happened = new_branch(&branch);
        let (forth, back) = (passes(&trigger([&one, &other]), &happened), passes(&trigger([&other, &one]), &happened));
        prop_assert_eq!(forth, back);
        let each = passes(&trigger([&one, &one]), &happened) || passes(&trigger([&other, &other]), &happened);
        prop_assert_eq!(forth, each);
    }
}
