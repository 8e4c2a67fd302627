//! GitHub's REST API as the process sees it: reviews that are none, lists in pages, limits and failures.

use std::iter;

use serde_json::{Value, json};

use crate::gate::answer::Answer;
use crate::gate::asked::GITHUB;
use crate::gate::desk::Desk;
use crate::gate::github::{ACTIVITY, HEAD, PULL, REVIEWS, commit, commit_path, pull, pulls_path, pushed, review, tell};
use crate::gate::judge::{Judge, github, job, names};
use crate::gate::release::COMMIT;
use crate::gate::world::{Case, begin, each_is_denied};

fn pull_with(desk: &Desk, member: &str, value: &Value) {
    let mut told = pull();
    told[member] = value.clone();
    desk.json(PULL, &told);
    desk.json(&pulls_path(), &json!([told]));
}

fn pull_requests() -> Vec<Case> {
    vec![
        Case {
            about: "open",
            spoil: |desk, _| {
                let mut open = pull();
                (open["state"], open["merged_at"]) = (json!("open"), json!(null));
                desk.json(PULL, &open);
                desk.json(&pulls_path(), &json!([open]));
            },
            words: &["pull request 7 is open: merge it"],
        },
        Case {
            about: "closed",
            spoil: |desk, _| pull_with(desk, "merged_at", &json!(null)),
            words: &["pull request 7 was closed and not merged"],
        },
        Case {
            about: "merged elsewhere",
            spoil: |desk, _| pull_with(desk, "base", &json!({"ref": "main2", "sha": HEAD, "repo": {"id": 1}})),
            words: &["pull request 7 was merged into main2"],
        },
        Case {
            about: "merged as another commit",
            spoil: |desk, _| pull_with(desk, "merge_commit_sha", &json!("f".repeat(40))),
            words: &["is only a part of it: release what it was merged as"],
        },
        Case {
            about: "absent",
            spoil: |desk, _| desk.json(&pulls_path(), &json!([])),
            words: &["no pull request brought"],
        },
        Case {
            about: "more commits than GitHub tells of",
            spoil: |desk, _| pull_with(desk, "commits", &json!(251)),
            words: &["it has 251 commits"],
        },
    ]
}

fn reviews(desk: &Desk, all: &[Value]) {
    desk.json(REVIEWS, &json!(all));
}

fn opinions() -> Vec<Case> {
    vec![
        Case { about: "none", spoil: |desk, _| reviews(desk, &[]), words: &["needs 1 more", "nobody approved it"] },
        Case {
            about: "dismissed",
            spoil: |desk, _| {
                reviews(desk, &[review(1, "reviewer", "APPROVED", HEAD), review(2, "reviewer", "DISMISSED", HEAD)]);
            },
            words: &["needs 1 more", "nobody approved it"],
        },
        Case {
            about: "stale",
            spoil: |desk, _| reviews(desk, &[review(1, "reviewer", "APPROVED", COMMIT)]),
            words: &["github:reviewer approved what it was before its last change"],
        },
        Case {
            about: "changes requested",
            spoil: |desk, _| {
                reviews(
                    desk,
                    &[review(1, "reviewer", "APPROVED", HEAD), review(2, "approver", "CHANGES_REQUESTED", HEAD)],
                );
            },
            words: &["github:approver asked for changes of pull request 7"],
        },
        Case {
            about: "a comment",
            spoil: |desk, _| reviews(desk, &[review(1, "reviewer", "COMMENTED", HEAD)]),
            words: &["nobody approved it"],
        },
        Case {
            about: "a state that GitHub may add",
            spoil: |desk, _| {
                reviews(desk, &[review(1, "reviewer", "APPROVED", HEAD), review(2, "reviewer", "DOUBTED", HEAD)]);
            },
            words: &["nobody approved it"],
        },
        Case {
            about: "of its author",
            spoil: |desk, _| reviews(desk, &[review(1, "Author", "APPROVED", HEAD)]),
            words: &["wrote nothing of it", "author@example.com approved it"],
        },
        Case {
            about: "of a stranger",
            spoil: |desk, _| reviews(desk, &[review(1, "mallory", "APPROVED", HEAD)]),
            words: &["github:mallory approved it and is not in the people map"],
        },
        Case {
            about: "the approver wrote a part of it",
            spoil: |desk, _| desk.json("github:pulls/7/commits", &json!([commit(HEAD, "approver")])),
            words: &["approver@example.com", "and does not count"],
        },
        Case {
            about: "the approver merged it",
            spoil: |desk, _| desk.json(ACTIVITY, &json!([pushed(&json!({"login": "approver"}))])),
            words: &["approver@example.com pushed this commit and does not count"],
        },
        Case {
            about: "I24: whoever pushed is not told",
            spoil: |desk, _| desk.json(ACTIVITY, &json!([pushed(&json!(null))])),
            words: &["GitHub does not tell who pushed it"],
        },
    ]
}

fn refusals() -> Vec<Case> {
    vec![
        Case {
            about: "not found",
            spoil: |desk, _| desk.tell(&commit_path(), Answer::new(404, r#"{"message": "Not Found"}"#)),
            words: &["as far as anybody without a token may see"],
        },
        Case {
            about: "not authorized",
            spoil: |desk, _| desk.tell(&commit_path(), Answer::new(401, r#"{"message": "Bad credentials"}"#)),
            words: &["GitHub wants a token", "401: Bad credentials"],
        },
        Case {
            about: "forbidden",
            spoil: |desk, _| desk.tell(ACTIVITY, Answer::new(403, r#"{"message": "Resource not accessible"}"#)),
            words: &["GitHub refuses it: 403: Resource not accessible"],
        },
        Case {
            about: "moved",
            spoil: |desk, _| desk.tell(REVIEWS, Answer::new(301, "{}").with("location", "https://example.com/")),
            words: &["the repository has moved: name it as it is called now"],
        },
    ]
}

#[tokio::test]
async fn i24_on_github_a_pull_request_that_did_not_bring_it_as_it_was_reviewed_is_none() {
    let judge = Judge::start(&[]).await;
    each_is_denied(&judge, github, tell, &pull_requests()).await;
    each_is_denied(&judge, github, tell, &opinions()).await;
    each_is_denied(&judge, github, tell, &refusals()).await;
}

/// What passes is waited for: then it may pass.
#[tokio::test]
async fn i24_limits_failures_and_what_moves_are_waited_for() {
    let judge = Judge::start(&[]).await;
    let mut moved = pull();
    moved["head"]["sha"] = json!(COMMIT);
    let moving = iter::repeat_n([Answer::json(&pull()), Answer::json(&moved)], 20).flatten().collect();
    let limit = Answer::new(403, r#"{"message": "API rate limit exceeded"}"#);
    let cases: [(&str, &str, Vec<Answer>, &str); 8] = [
        (
            "limit",
            ACTIVITY,
            vec![limit.clone().with("x-ratelimit-remaining", "0").with("x-ratelimit-reset", "4102444800")],
            "GitHub answers no more requests until 2100-01-01T00:00:00Z",
        ),
        (
            "second limit",
            ACTIVITY,
            vec![limit.with("retry-after", "60")],
            "GitHub answers no more requests for 60 s more",
        ),
        ("too many", ACTIVITY, vec![Answer::new(429, "{}")], "GitHub answers no more requests for a minute at least"),
        ("502", PULL, vec![Answer::new(502, "<html>")], "GitHub answered 502"),
        ("500", REVIEWS, vec![Answer::new(500, r#"{"message": "Server Error"}"#)], "GitHub answered 500: Server Error"),
        ("junk", REVIEWS, vec![Answer::new(200, "[{")], "GitHub's answer is not what it documents"),
        ("nobody pushed yet", ACTIVITY, vec![Answer::new(200, "[]")], "GitHub does not tell yet"),
        ("it moves", PULL, moving, "it changed while it was read"),
    ];
    for (about, name, answers, words) in cases {
        let parameters = begin(&judge, github, tell).await;
        judge.desk.tell_in_turn(name, answers);
        judge.judge(&job(&parameters)).await.waits(about, words);
    }
    begin(&judge, github, tell).await;
}

/// Who is on a later page counts, and what is on a page of another's is nothing.
#[tokio::test]
async fn lists_are_read_page_by_page_and_from_github_alone() {
    let judge = Judge::start(&[]).await;
    let page = |body: &Value, host: &str, path: &str| {
        let next = format!("<{host}{GITHUB}/repos/ada/shop/{path}?page=2>; rel=\"next\"");
        Answer::json(body).with("link", &next)
    };
    let parameters = begin(&judge, github, tell).await;
    let here = judge.desk.endpoint.clone();
    judge.desk.tell(ACTIVITY, page(&json!([pushed(&json!({"login": "author"}))]), &here, "activity"));
    judge.desk.json("github:activity#2", &json!([pushed(&json!({"login": "approver"}))]));
    let judged = judge.judge(&job(&parameters)).await;
    judged.is_denied("another who pushed it", &["approver@example.com pushed this commit and does not count"]);

    let parameters = begin(&judge, github, tell).await;
    judge.desk.tell(REVIEWS, page(&json!([review(1, "reviewer", "APPROVED", HEAD)]), &here, "pulls/7/reviews"));
    judge.desk.json("github:pulls/7/reviews#2", &json!([review(2, "reviewer", "DISMISSED", HEAD)]));
    judge.judge(&job(&parameters)).await.is_denied("taken back", &["nobody approved it"]);

    let parameters = begin(&judge, github, tell).await;
    let elsewhere = page(&json!([review(1, "reviewer", "APPROVED", HEAD)]), "http://127.0.0.1:9", "pulls/7/reviews");
    judge.desk.tell(REVIEWS, elsewhere);
    let judged = judge.judge(&job(&parameters)).await;
    judged.waits("elsewhere", "its next page is one that was there before, or another site's");
    assert!(!names(&judged.asked).contains(&"github:pulls/7/reviews#2"), "{:#?}", names(&judged.asked));
    let agreed = judged.asked.iter().filter(|one| one.name.starts_with("github:"));
    assert!(agreed.clone().count() > 0 && agreed.clone().all(|one| one.authorization.is_empty()), "nobody has a token");
}
