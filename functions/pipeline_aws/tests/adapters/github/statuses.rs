//! Statuses of commits.

use pipeline_core::{
    ports::PortError,
    record::speak::{Light, Speak, Status},
};
use serde_json::{Value, json};

use super::{
    refusals::{Kind, cases, kind},
    shapes::sha,
    talk::{host, hosted, world},
    world::{Reply, Served, refused},
};
use crate::server::connected;

fn status(light: Light, line: &str, url: Option<&str>) -> Status {
    Status { light, line: line.to_owned(), url: url.map(str::to_owned) }
}

fn path() -> String {
    format!("statuses/{}", sha('c'))
}

fn set(served: &Served, status: &Status) -> Result<(), PortError> {
    connected(host(served).status(7, &sha('c').parse().expect("a commit"), status))
}

/// What is sent for a status.
fn sent(status: &Status) -> Value {
    let served = Served::new(world(vec![]));
    assert_eq!(set(&served, status), Ok(()));
    let [(method, at, body)] = &served.written()[..] else { panic!("one status") };
    assert_eq!((&method[..], &at[..]), ("POST", &path()[..]));
    body.clone()
}

#[test]
fn a_status_is_set_under_the_names_of_the_service_and_of_the_pull_request() {
    for (light, state) in
        [(Light::Pending, "pending"), (Light::Success, "success"), (Light::Failure, "failure"), (Light::Error, "error")]
    {
        let url = "https://example.com/a?b=c";
        let expected =
            json!({"state": state, "description": "deployed", "target_url": url, "context": "flowgate/time pr-7"});
        assert_eq!(sent(&status(light, "deployed", Some(url))), expected);
    }
}

#[test]
fn what_github_would_refuse_is_left_out_or_cut() {
    let long = sent(&status(Light::Success, &"é😀".repeat(200), None));
    let line = long["description"].as_str().expect("text");
    assert!(line.encode_utf16().count() <= 140 && line.starts_with("é😀") && line.ends_with("(cut)"), "{line}");
    assert_eq!(long["target_url"], json!(null));
    for url in ["", "example.com", "javascript:alert(1)", "ftp://example.com", " https://example.com"] {
        assert_eq!(sent(&status(Light::Success, "x", Some(url)))["target_url"], json!(null), "{url}");
    }
    assert_eq!(sent(&status(Light::Success, "x", Some("http://a")))["target_url"], json!("http://a"));
}

#[test]
fn what_is_refused_is_told_by_what_can_be_done_about_it() {
    for (reply, expected, words) in cases().into_iter().filter(|(reply, ..)| reply.status != 200) {
        let served = Served::new(world(vec![]));
        served.world().scripted.insert(path(), [reply.clone()].into());
        let error = set(&served, &status(Light::Success, "deployed", None)).expect_err("an error");
        assert_eq!(kind(&error), expected, "{} {error}", reply.status);
        let words = words.replace("may see, ", "may see (it needs Commit statuses: write), ");
        assert!(error.to_string().contains(&words), "{} {error}", reply.status);
        assert!(error.to_string().contains(&format!("commit {} of octo-org/time on GitHub", sha('c'))), "{error}");
        assert_eq!(served.written().len(), 1, "one attempt");
    }
}

#[test]
fn the_permission_that_is_missing_is_named() {
    let errors = json!([{"resource": "Status", "code": "custom", "message": "description is too long"}, "and more"]);
    let invalid = json!({"message": "Validation Failed", "errors": errors, "status": "422"});
    for (reply, words) in [
        (refused(403, "Resource not accessible by personal access token"), "token; it needs Commit statuses: write"),
        (refused(404, "Not Found"), "as far as the token may see (it needs Commit statuses: write), does not exist"),
        (Reply::new(422, &[], invalid), "422: Validation Failed: description is too long: and more"),
    ] {
        let served = Served::new(world(vec![]));
        served.world().scripted.insert(path(), [reply].into());
        let error = set(&served, &status(Light::Error, "no", None)).expect_err("an error").to_string();
        assert!(error.contains(words), "{error}");
    }
    let served = Served::new(world(vec![]));
    let alone = connected(hosted(&served, None).status(
        7,
        &sha('c').parse().expect("a commit"),
        &status(Light::Error, "no", None),
    ));
    let error = alone.expect_err("an error");
    assert_eq!(kind(&error), Kind::Denied);
    assert!(error.to_string().contains("GitHub wants a token (parameter GitHubTokenSecret or "), "{error}");
}
