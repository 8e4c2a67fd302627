//! What CodeCommit tells by EventBridge.

use std::path::{Path, PathBuf};

use pipeline_core::preview::{
    pull::{Pull, PullStatus},
    subject::Subject,
};
use serde_json::{Value, json};

use crate::town::{Town, by_codecommit, commit, deleted, of_pull, pull};

#[test]
fn what_codecommit_tells_of_a_pull_request_has_it_looked_at() {
    for what in [
        "pullRequestCreated",
        "pullRequestSourceBranchUpdated",
        "pullRequestStatusChanged",
        "pullRequestMergeStatusUpdated",
    ] {
        let town = Town::new([pull(42, "8f2c")]);
        town.takes(&of_pull(what, &json!("42")));
        assert_eq!(town.started(), [(Subject::PullRequest(42), commit("8f2c"))], "{what}");
        town.takes(&of_pull(what, &json!("42")));
        assert_eq!(town.started().len(), 1, "{what} again");
        assert_eq!(town.phase("pr-42"), Some("RUNNING"));
    }
}

#[test]
fn what_was_closed_is_given_back_whatever_the_event_says() {
    let town = Town::new([pull(42, "8f2c")]);
    town.takes(&of_pull("pullRequestCreated", &json!("42")));
    town.shows(Pull { status: PullStatus::Closed, ..pull(42, "8f2c") });
    town.takes(&of_pull("pullRequestCreated", &json!("42")));
    assert_eq!(town.phase("pr-42"), Some("REMOVING"));
    let started = town.world.previews.started.borrow()[0].0.clone();
    let stopped = town.world.previews.stopped.borrow();
    assert!(!stopped.is_empty() && stopped.iter().all(|one| *one == started), "{stopped:?}");
}

#[test]
fn events_of_others_and_those_that_change_nothing_are_ignored() {
    let review = of_pull("pullRequestApprovalStateChanged", &json!("42"));
    let mut elsewhere = of_pull("pullRequestCreated", &json!("42"));
    elsewhere["detail"]["repositoryNames"] = json!(["another", "MyDemoRepo2"]);
    let (mut account, mut region, mut source) =
        (elsewhere.clone(), of_pull("pullRequestCreated", &json!("42")), of_pull("pullRequestCreated", &json!("42")));
    account["account"] = json!("999999999999");
    region["region"] = json!("eu-west-1");
    source["source"] = json!("somebody.else");
    let (mut tag, mut created, mut other) = (deleted("v1"), deleted("topic-42"), deleted("topic-42"));
    tag["detail"]["referenceType"] = json!("tag");
    created["detail"]["event"] = json!("referenceCreated");
    other["detail"]["repositoryName"] = json!("another");
    let comment = by_codecommit("CodeCommit Comment on Pull Request", &json!({"event": "commentOnPullRequestCreated"}));
    let none = json!({"detail-type": 7});
    let town = Town::new([pull(42, "8f2c")]);
    for event in [review, elsewhere, account, region, source, tag, created, other, comment, none] {
        town.takes(&event);
        assert!(town.is_untouched(), "{event}");
    }
    let town = Town::of_github([pull(42, "8f2c")]);
    town.takes(&of_pull("pullRequestCreated", &json!("42")));
    assert!(town.is_untouched(), "pull requests of GitHub come by webhook");
}

#[test]
fn an_event_that_is_not_as_documented_is_an_error_so_that_somebody_hears_of_it() {
    let mut nameless = deleted("a");
    nameless["detail"].as_object_mut().unwrap().remove("referenceName");
    for event in [
        of_pull("pullRequestCreated", &json!(42)),
        of_pull("pullRequestCreated", &json!("")),
        of_pull("pullRequestCreated", &json!("0")),
        of_pull("pullRequestCreated", &json!("-1")),
        of_pull("pullRequestCreated", &json!("42; SENTINEL")),
        by_codecommit("CodeCommit Pull Request State Change", &json!({})),
        by_codecommit("CodeCommit Repository State Change", &json!(null)),
        nameless,
    ] {
        let town = Town::new([pull(42, "8f2c")]);
        let error = town.handle(&event.to_string()).unwrap_err();
        assert!(error.contains("is malformed") && !error.contains("SENTINEL"), "{error}");
        assert!(town.is_untouched(), "{event}");
    }
}

#[test]
fn published_events_are_looked_at_or_ignored() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/events");
    let Ok(entries) = folder.read_dir() else {
        return println!("passed without the corpus: {} is not there", folder.display());
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut looked_at = vec![];
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let town = Town::new([pull(1, "8f2c")]);
        let answer = town.handle(&std::fs::read_to_string(&path).unwrap());
        if town.is_untouched() {
            let is_refused = answer.as_ref().is_ok_and(|answer| answer["error"]["code"] == "BadRequest");
            let is_unsigned = answer.as_ref().is_ok_and(|answer| answer["statusCode"].as_u64() >= Some(400));
            assert!(answer == Ok(Value::Null) || is_refused || is_unsigned, "{name}: {answer:?}");
        } else {
            assert_eq!(answer, Ok(Value::Null), "{name}");
            looked_at.push(name);
        }
    }
    assert_eq!(
        looked_at,
        [
            "codecommit__03-referencedeleted-event.json",
            "codecommit__09-pullrequestcreated-event.json",
            "codecommit__10-pullrequestsourcebranchupdated-event.json",
            "codecommit__11-pullrequeststatuschanged-event.json",
            "codecommit__12-pullrequestmergestatusupdated-event.json",
        ]
    );
}
