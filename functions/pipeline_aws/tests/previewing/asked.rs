//! What people ask for.

use jiff::Timestamp;
use pipeline_core::{memory::Fault, ports::Clock as _};
use serde_json::{Value, json};

use crate::town::{Town, commit, of_pull, pull, up};

#[test]
fn people_are_answered() {
    let town = Town::new([pull(42, "8f2c")]);
    let ask = |request: &Value| town.handle(&request.to_string()).unwrap();
    let show = json!({"operation": "show", "preview": "dev-alice"});
    assert_eq!(ask(&show)["error"]["code"], "NoPreview");
    assert_eq!(ask(&json!({"operation": "down", "developer": "alice"}))["error"]["code"], "NoPreview");
    assert_eq!(ask(&json!({"operation": "list"})), json!({"previews": []}));
    let shown = ask(&up(&commit("8f2e")));
    let execution = town.world.previews.started.borrow()[0].0.clone();
    let expected = json!({
        "preview": "dev-alice", "stack": "shop-dev-alice", "tests_stack": "shop-dev-alice-tests", "phase": "RUNNING",
        "commit": commit("8f2e"), "execution": execution, "pipeline": "shop-flowgate-previews", "since": shown["since"],
    });
    assert_eq!(shown, expected);
    assert!(shown["since"].as_str().unwrap().parse::<Timestamp>().is_ok());
    assert_eq!(ask(&show), expected);
    assert_eq!(ask(&json!({"operation": "show", "developer": "alice"})), expected);
    town.takes(&of_pull("pullRequestCreated", &json!("42")));
    let listed = ask(&json!({"operation": "list"}));
    let names: Vec<&Value> = listed["previews"].as_array().unwrap().iter().map(|one| &one["preview"]).collect();
    assert_eq!(names.len(), 2, "{listed}");
    assert!(names.contains(&&json!("pr-42")) && names.contains(&&json!("dev-alice")), "{listed}");
    let down = ask(&json!({"operation": "down", "developer": "alice"}));
    assert_eq!((&down["phase"], &down["why"]), (&json!("REMOVING"), &json!("DOWN")));
}

#[test]
fn who_waits_is_told_for_what() {
    let town = Town::new((1..=6).map(|number| pull(number, "8f2c")));
    for number in 1..=6 {
        town.takes(&of_pull("pullRequestCreated", &json!(number.to_string())));
    }
    assert_eq!(town.started().len(), 5);
    let shown = town.handle(r#"{"operation": "show", "preview": "pr-6"}"#).unwrap();
    assert_eq!((&shown["phase"], &shown["commit"]), (&json!("STARTING"), &json!(commit("8f2c"))));
    assert!(shown["waits"].as_str().unwrap().contains("its author's 5 previews"), "{shown}");
}

#[test]
fn i26_what_is_no_request_is_refused_without_repeating_it_and_does_nothing() {
    let commit = commit("8f2c");
    let with = |field: &str, value: Value| {
        let mut request = up(&commit);
        request[field] = value;
        request.to_string()
    };
    let town = Town::new([pull(42, "8f2c")]);
    let long = "x".repeat(300);
    for (event, words) in [
        ("null".to_owned(), "not a JSON object"),
        ("[]".to_owned(), "not a JSON object"),
        (r#"["tick"]"#.to_owned(), "not a JSON object"),
        ("7".to_owned(), "not a JSON object"),
        ("{}".to_owned(), "the event is none of"),
        (r#"{"SENTINEL": 1}"#.to_owned(), "the event is none of"),
        (
            json!({"CodePipeline.job": {"id": "11111111-abcd-1111-abcd-111111abcdef"}}).to_string(),
            "the event is none of",
        ),
        (r#"{"tick": false}"#.to_owned(), "tick: it is true"),
        (r#"{"tick": "SENTINEL"}"#.to_owned(), "expected a boolean"),
        (r#"{"tick": true, "more": 1}"#.to_owned(), "unknown field `more`"),
        (r#"{"pull_request": "SENTINEL"}"#.to_owned(), "did not match"),
        (r#"{"pull_request": -1}"#.to_owned(), "did not match"),
        (r#"{"pull_request": 42, "more": 1}"#.to_owned(), "did not match"),
        (r#"{"pull_request": 42, "updated": "SENTINEL"}"#.to_owned(), "did not match"),
        (r#"{"pull_request": 42, "branch_deleted": "a"}"#.to_owned(), "did not match"),
        (r#"{"branch_deleted": 7}"#.to_owned(), "did not match"),
        (r#"{"operation": "SENTINEL"}"#.to_owned(), "unknown variant"),
        (r#"{"operation": null}"#.to_owned(), "operation"),
        (r#"{"operation": "list", "operation": "list"}"#.to_owned(), "twice"),
        (r#"{"operation": "list", "more": 1}"#.to_owned(), "unknown field `more`"),
        (
            r#"{"operation": "show", "preview": "pr-042 SENTINEL"}"#.to_owned(),
            "preview: a text that is not a preview's name",
        ),
        (r#"{"operation": "show", "preview": ["pr-42"]}"#.to_owned(), "preview"),
        (r#"{"operation": "show"}"#.to_owned(), "one of them"),
        (r#"{"operation": "show", "preview": "pr-42", "developer": "alice"}"#.to_owned(), "one of them"),
        (r#"{"operation": "show", "developer": " SENTINEL"}"#.to_owned(), "developer: a text of 9 bytes"),
        (r#"{"operation": "down"}"#.to_owned(), "missing field `developer`"),
        (with("developer", json!("")), "developer: a text of 0 bytes"),
        (with("developer", json!(" alice")), "developer: a text of 6 bytes"),
        (with("developer", json!("a\nSENTINEL")), "developer: a text of 10 bytes"),
        (with("developer", json!(long)), "developer: a text of 300 bytes"),
        (with("branch", json!("\u{0}")), "branch: a text of 1 bytes"),
        (with("branch", json!(null)), "branch"),
        (with("commit", json!("SENTINEL")), "commit: a text of 8 characters"),
        (with("commit", json!("8f2c")), "commit: a text of 4 characters"),
        (with("sentinel_s3cret", json!(1)), "unknown field"),
        (with("note", json!("x".repeat(1 << 20))), "bytes"),
    ] {
        let answer = town.handle(&event).unwrap();
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(answer["error"]["code"], "BadRequest", "{event:.200}: {answer}");
        assert!(
            message.contains(words) && !message.contains("SENTINEL") && message.len() < 500,
            "{event:.200}: {message}"
        );
        assert!(!message.contains("s3cret"), "{message}");
        assert!(town.is_untouched(), "{event:.200}");
    }
}

#[test]
fn a_table_out_of_reach_is_told_to_people_and_is_an_error_for_lambda() {
    let town = Town::new([pull(42, "8f2c")]);
    town.world.outage("read preview", Fault::Refused);
    let began = town.world.now();
    let answer = town.handle(r#"{"operation": "show", "preview": "pr-42"}"#).unwrap();
    assert_eq!(answer["error"]["code"], "Unavailable", "{answer}");
    assert!(town.world.now().duration_since(began).as_secs() <= 30, "somebody waits");
    town.handle(&of_pull("pullRequestCreated", &json!("42")).to_string()).unwrap_err();
}
