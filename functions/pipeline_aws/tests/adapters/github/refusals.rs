//! What GitHub refuses, or cannot answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use pipeline_aws::github::TokenSource;
use pipeline_core::{
    gate::source::{ReadSource, Repository},
    ports::PortError,
};
use serde_json::json;

use super::{
    shapes::{activity, commit, sha},
    world::{REPOSITORY, Reply, Served, World, refused},
};
use crate::{requests::logged, server::connected};

pub(super) const TOKEN: &str = "ghp_SENTINEL0123456789SENTINEL0123456789";

/// A world with commit `a`, and a token that is kept in Parameter Store.
pub(super) fn world() -> World {
    let mut world = World { token: Some(TOKEN.to_owned()), ..World::default() };
    let alice = (Some("alice"), "alice@example.com");
    world.ones.insert(path(), commit(&sha('a'), alice, alice));
    world.lists.insert("activity".to_owned(), vec![activity("push", &sha('a'), Some("alice"))]);
    let kept = json!({"Parameter": {"Name": "/token", "Type": "SecureString", "Value": TOKEN, "Version": 1}});
    world.aws.insert("AmazonSSM.GetParameter".to_owned(), vec![Reply::new(200, &[], kept); 4].into());
    world
}

pub(super) fn path() -> String {
    format!("commits/{}", sha('a'))
}

pub(super) fn ask(served: &Served, token: impl Into<Option<TokenSource>>) -> Result<usize, PortError> {
    let repository = Repository::GitHub(REPOSITORY.to_owned());
    let commit = sha('a').parse().expect("a commit");
    let made = connected(served.sources(token.into()).made(&repository, "main", &commit, None));
    made.map(|made| made.makers.len())
}

pub(super) fn kept() -> TokenSource {
    TokenSource::Parameter("/token".to_owned())
}

/// What it comes to that this is answered first.
fn answered(reply: Reply) -> PortError {
    let served = Served::new(world());
    served.world().scripted.insert(path(), [reply].into());
    let error = ask(&served, kept()).unwrap_err();
    assert_eq!(served.asked().len(), 2, "one request for the token, and one attempt");
    error
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    NotFound,
    Denied,
    Unusable,
    Throttled,
    Unavailable,
}

pub(super) fn kind(error: &PortError) -> Kind {
    match error {
        PortError::NotFound { .. } => Kind::NotFound,
        PortError::Denied { .. } => Kind::Denied,
        PortError::Unusable { .. } => Kind::Unusable,
        PortError::Throttled { .. } => Kind::Throttled,
        PortError::Unavailable { .. } => Kind::Unavailable,
    }
}

pub(super) fn cases() -> Vec<(Reply, Kind, &'static str)> {
    let limit = |status, headers: &[(&str, &str)], words: &str| {
        Reply::new(status, headers, json!({"message": words, "documentation_url": "d"}))
    };
    let primary = [
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-used", "5000"),
        ("x-ratelimit-reset", "1795262400"),
        ("x-ratelimit-resource", "core"),
    ];
    let needs = [("x-accepted-github-permissions", "contents=read"), ("x-ratelimit-remaining", "4999")];
    let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    let broken = Reply { breaks: true, ..Reply::new(200, &[], "{\"sha\":") };
    let html = Reply::new(502, &[("content-type", "text/html")], "<html><h1>502 Bad Gateway</h1></html>");
    let moved = [("location", "https://api.github.com/repositories/1300192/commits")];
    vec![
        (limit(403, &primary, "API rate limit exceeded"), Kind::Throttled, "until 2026-11-21T"),
        (limit(429, &primary, "API rate limit exceeded"), Kind::Throttled, "until 2026-11-21T"),
        (limit(403, &[("retry-after", "30")], secondary), Kind::Throttled, "for 30 s more"),
        (limit(429, &[("retry-after", "30")], secondary), Kind::Throttled, "for 30 s more"),
        (limit(403, &[], secondary), Kind::Throttled, "for a minute at least"),
        (limit(429, &[("retry-after", "soon")], ""), Kind::Throttled, "for a minute at least"),
        (refused(401, "Bad credentials"), Kind::Denied, "does not take the token: 401: Bad credentials"),
        (
            limit(403, &needs, "Resource not accessible by personal access token"),
            Kind::Denied,
            "403: Resource not accessible by personal access token; it needs contents=read",
        ),
        (Reply::new(403, &[], "<html>"), Kind::Denied, "GitHub refuses it: 403"),
        (refused(404, "Not Found"), Kind::NotFound, "as far as the token may see, does not exist"),
        (refused(410, "Gone"), Kind::NotFound, "does not exist"),
        (refused(400, "The API version is not supported"), Kind::Unusable, "400: The API version"),
        (refused(409, "Git Repository is empty."), Kind::Unusable, "409: Git Repository is empty."),
        (
            Reply::new(
                422,
                &[],
                json!({"message": "No commit found", "errors": [{"resource": "Commit", "code": "a"}]}),
            ),
            Kind::Unusable,
            "422: No commit found",
        ),
        (refused(451, "Repository access blocked"), Kind::Unusable, "451"),
        (Reply::new(301, &moved, json!({"message": "Moved Permanently", "url": "u"})), Kind::Unusable, "has moved"),
        (Reply::new(302, &moved, ""), Kind::Unusable, "has moved"),
        (Reply::new(307, &moved, ""), Kind::Unusable, "has moved"),
        (refused(500, "Server Error"), Kind::Unavailable, "GitHub answered 500: Server Error"),
        (html, Kind::Unavailable, "GitHub answered 502"),
        (refused(503, "Service Unavailable"), Kind::Unavailable, "503"),
        (Reply::new(204, &[], ""), Kind::Unavailable, "GitHub answered 204"),
        (broken, Kind::Unavailable, "the answer broke off after 7 bytes"),
        (Reply::new(200, &[], ""), Kind::Unavailable, "not what it documents: EOF"),
        (Reply::new(200, &[], "<html>"), Kind::Unavailable, "not what it documents: expected value"),
        (Reply::new(200, &[], "null"), Kind::Unavailable, "not what it documents: invalid type: null"),
        (Reply::new(200, &[], "[]"), Kind::Unavailable, "not what it documents"),
        (Reply::new(200, &[], json!({"sha": sha('a')})), Kind::Unavailable, "missing field `commit`"),
        (Reply::new(200, &[], "x".repeat(9 << 20)), Kind::Unusable, "it is larger than"),
    ]
}

#[test]
fn what_github_refuses_is_told_by_what_can_be_done_about_it() {
    for (reply, expected, words) in cases() {
        let error = answered(reply.clone());
        let shown: String = reply.body.chars().take(80).collect();
        assert_eq!(kind(&error), expected, "{} {shown}: {error}", reply.status);
        assert!(error.to_string().contains(words), "{} {shown}: {error}", reply.status);
        assert!(error.to_string().contains(&format!("commit {} of {REPOSITORY}", sha('a'))), "{error}");
    }
}

#[test]
fn who_has_no_token_is_told_that_one_would_help() {
    let served = Served::new(World { token: None, ..world() });
    let limit = Reply::new(403, &[("x-ratelimit-remaining", "0")], "");
    served.world().scripted.insert(path(), [limit, refused(404, "Not Found")].into());
    let limited = ask(&served, None::<TokenSource>).unwrap_err();
    assert!(limited.to_string().contains("with a token it answers more often"), "{limited}");
    let unseen = ask(&served, None::<TokenSource>).unwrap_err();
    assert!(unseen.to_string().contains("as far as anybody without a token may see"), "{unseen}");
    assert_eq!(ask(&served, None::<TokenSource>), Ok(3));
    assert!(served.headers("authorization").iter().all(Option::is_none), "I26: nor are our own credentials sent");
}

#[test]
fn i26_the_token_is_in_no_error_and_in_no_log_whatever_repeats_it() {
    let mut said = vec![];
    let logged = logged(|| {
        for (mut reply, _, _) in cases() {
            let echo = format!("what was sent: Bearer {TOKEN} and ");
            reply.headers.push(("x-echo".to_owned(), echo.clone()));
            reply.body = match serde_json::from_str::<serde_json::Value>(&reply.body) {
                Ok(mut body) if body.is_object() => {
                    body["message"] = json!(format!("{echo}{}", body["message"]));
                    body[TOKEN] = json!(TOKEN);
                    body["commit"] = json!(TOKEN);
                    body.to_string()
                }
                _ => format!("{echo}{}", reply.body),
            };
            let error = answered(reply);
            said.push(format!("{error:?} {error}"));
        }
        let served = Served::new(World { token: Some("another".to_owned()), ..world() });
        let sources = served.sources(Some(kept()));
        said.push(format!("{sources:?}"));
        said.push(format!("{:?}", ask(&served, kept())));
    });
    assert!(logged.contains("logging works") && said.len() > 25);
    assert!(!logged.contains("SENTINEL"), "{logged}");
    assert!(!said.concat().contains("SENTINEL"), "{said:#?}");
}

#[test]
fn i26_nothing_is_asked_of_another_site_and_no_page_twice() {
    let other = Served::new(world());
    let elsewhere = other.api().to_string();
    let links = [
        format!("<{elsewhere}/repositories/1300192/activity?after=x>; rel=\"next\""),
        "<https://api.github.com@example.com/a>; rel=\"next\"".to_owned(),
        "</repositories/1300192/activity?after=x>; rel=\"next\"".to_owned(),
    ];
    for link in links {
        let served = Served::new(world());
        served.world().scripted.insert("activity".to_owned(), [Reply::new(200, &[("link", &link)], "[]")].into());
        let error = ask(&served, kept()).unwrap_err();
        assert_eq!(kind(&error), Kind::Unavailable, "{error}");
    }
    assert_eq!(other.asked(), Vec::<String>::new());
    let served = Served::new(world());
    let first = format!("{}/repos/{REPOSITORY}/activity?per_page=100&ref=refs/heads/main", served.api());
    let again = format!("<{first}>; rel=\"next\"");
    served.world().scripted.insert("activity".to_owned(), vec![Reply::new(200, &[("link", &again)], "[]"); 2].into());
    assert_eq!(kind(&ask(&served, kept()).unwrap_err()), Kind::Unavailable);
    assert_eq!(served.asked().iter().filter(|path| path.starts_with("activity")).count(), 1);
}

#[test]
fn a_repository_that_is_no_owner_and_name_is_asked_for_nowhere() {
    let served = Served::new(world());
    for name in ["", "time", "octo-org/../x", "octo-org/time/x", "octo-org/time?a=b"] {
        let repository = Repository::GitHub(name.to_owned());
        let commit = sha('a').parse().expect("a commit");
        let asked = connected(served.sources(None).made(&repository, "main", &commit, None));
        assert_eq!(asked.map(|made| made.makers).map_err(|error| kind(&error)), Err(Kind::Unusable), "{name}");
    }
    assert_eq!(served.asked(), Vec::<String>::new());
}
