//! What GitHub did not sign, or what makes no sense though it did.

use super::*;

/// It is refused so, and nothing was changed.
fn is_refused(status: u16, sent: &Sent) {
    let here = Here::new();
    let answer = here.answer(sent);
    assert_eq!(answer.status, status, "{answer:?}: {sent:?}");
    assert!(here.passed_on().is_empty() && here.known.borrow().is_empty(), "{sent:?}");
    let shown = serde_json::to_value(answer).unwrap();
    let body = shown["body"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(body).unwrap()["message"].is_string() && !body.contains(SECRET), "{body}");
}

#[test]
fn what_is_unsigned_or_signed_otherwise_is_refused() {
    let hello = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let one = signature(&push().body, SECRET);
    for sent in [
        push().without("x-hub-signature-256"),
        push().without("x-hub-signature-256").with("x-hub-signature", "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6"),
        push().signed("another secret"),
        push().signed(""),
        push().signed(&SECRET.to_lowercase()),
        push().with("x-hub-signature-256", hello),
        push().with("x-hub-signature-256", &one.replace("sha256=", "")),
        push().with("x-hub-signature-256", &format!("{one}, {one}")),
        push().with("x-hub-signature-256", &format!(" {one}")),
        // Which of them is meant?
        push().with("X-Hub-Signature-256", &one),
        push().with("X-Hub-Signature-256", hello),
        push().with_body(""),
    ] {
        is_refused(401, &sent);
    }
}

#[test]
fn the_signature_is_that_of_the_bytes_as_they_were_sent() {
    let spaced = pushed().to_string().replace(':', ": ");
    is_refused(401, &push().with_body(spaced));
    let form = push().into_form();
    is_refused(401, &form.clone().with("x-hub-signature-256", &signature(pushed().to_string().as_bytes(), SECRET)));
    // The base64 of the body is no body.
    let encoded = BASE64_STANDARD.encode(&form.body);
    is_refused(401, &form.with("x-hub-signature-256", &signature(encoded.as_bytes(), SECRET)));
}

#[test]
fn without_a_secret_nothing_is_accepted() {
    for secret in ["", "\n", "\r\n"] {
        let here = Here::new();
        secret.clone_into(&mut here.kept.borrow_mut());
        for sent in [push().signed(""), push().signed(secret), push()] {
            assert_eq!(here.answer(&sent).status, 401, "{secret:?}");
        }
    }
    let here = Here::new();
    let webhook = Webhook { secret: None, ..here.webhook() };
    assert_eq!(here.answered_by(&webhook, &push()), Answer::UNSIGNED);
    assert_eq!(here.reads.get(), 0);
}

#[test]
fn what_is_signed_and_makes_no_sense_is_refused() {
    let with_body = |body: &str| Sent::by_github("pull_request", body);
    let missing = |field: &str| {
        let mut body = pushed();
        body.as_object_mut().unwrap().remove(field);
        Sent::by_github("pull_request", body.to_string())
    };
    let set = |pointer: &str, value: Value| {
        let mut body = pushed();
        *body.pointer_mut(pointer).unwrap() = value;
        Sent::by_github("pull_request", body.to_string())
    };
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for sent in [
        push().without("x-github-delivery"),
        push().with("x-github-delivery", ""),
        push().with("x-github-delivery", "a#b"),
        push().with("x-github-delivery", &"1".repeat(65)),
        push().with("X-GitHub-Delivery", "another"),
        push().without("x-github-event"),
        push().with("X-GitHub-Event", "ping"),
        push().without("content-type"),
        push().with("content-type", "text/plain"),
        push().with("content-type", "application/x-www-form-urlencoded"),
        push().into_form().with("content-type", "application/json"),
        with_body(""),
        with_body("not json"),
        with_body("null"),
        with_body("[]"),
        with_body("[1, {}, {\"full_name\": \"octocat/Hello-World\"}]"),
        with_body("7"),
        with_body("{}"),
        with_body("{} {}"),
        with_body(&deep),
        with_body("{\"number\": 1, \"number\": 2, \"repository\": {\"full_name\": \"octocat/Hello-World\"}}"),
        Sent::by_github("pull_request", b"{\"number\": 1, \"a\": \"\xFF\"}".to_vec()),
        missing("number"),
        missing("repository"),
        set("/number", json!(0)),
        set("/number", json!(-1)),
        set("/number", json!(1.5)),
        set("/number", json!("42")),
        set("/number", json!(1e30)),
        set("/repository", json!(null)),
        set("/repository/full_name", json!(7)),
        Sent::by_github("delete", json!({"ref": "a", "repository": {"full_name": REPOSITORY}}).to_string()),
        Sent::by_github("delete", json!({"ref_type": "branch", "repository": {"full_name": REPOSITORY}}).to_string()),
        Sent::by_github("ping", "not json"),
        Sent::by_github("push", "{\"a\":"),
        push().into_form().with_body("load=%7B%7D").signed(SECRET),
        push().into_form().with_body("payload=%7B%7D&payload=%7B%7D").signed(SECRET),
        push().into_form().with_body("payload=%FF%7B%7D").signed(SECRET),
    ] {
        is_refused(400, &sent);
    }
}

#[test]
fn only_what_is_posted_and_not_too_large_is_looked_at() {
    for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "post", ""] {
        is_refused(405, &Sent { method, ..push() });
    }
    let shown = serde_json::to_value(Answer::NOT_POST).unwrap();
    assert_eq!((&shown["statusCode"], &shown["headers"]["allow"]), (&json!(405), &json!("POST")));
    is_refused(413, &Sent::by_github("pull_request", vec![b' '; LARGEST + 1]));
    let mut padded = pushed().to_string().into_bytes();
    padded.resize(LARGEST, b' ');
    assert_eq!(Here::new().answer(&Sent::by_github("pull_request", padded)), Answer::ACCEPTED);
}

#[test]
fn what_is_no_request_at_all_is_refused() {
    let whole = push().event();
    for (pointer, value) in [
        ("/requestContext", json!({})),
        ("/requestContext/http", json!(null)),
        ("/requestContext/http/method", json!(7)),
        ("/headers", json!([])),
        ("/headers/x-github-event", json!(["pull_request"])),
        ("/body", json!({})),
        ("/isBase64Encoded", json!(true)),
        ("/isBase64Encoded", json!("false")),
    ] {
        let mut event = whole.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        let refused = Request::read(&to_raw_value(&event).unwrap()).unwrap_err();
        assert_eq!(refused.status, 400, "{pointer}");
    }
    let mut empty = whole;
    empty.as_object_mut().unwrap().remove("body");
    let request = Request::read(&to_raw_value(&empty).unwrap()).unwrap();
    let here = Here::new();
    assert_eq!(here.world.run(here.webhook().answer(&request)), Some(Answer::UNSIGNED));
}
