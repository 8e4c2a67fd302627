//! Finding our own comment by its mark.

use pipeline_core::{
    ports::PortError,
    record::speak::{CommentId, Speak},
};
use serde_json::{Value, json};

use super::{
    refusals::{Kind, cases, kind},
    shapes::user,
    talk::{COMMENTS, comment, host, we, world},
    world::{Served, USER, refused},
};
use crate::server::connected;

const MARK: &str = "Kept up to date (time pr-7).";

fn found_by(served: &Served) -> Result<Option<String>, PortError> {
    connected(host(served).find(7, MARK)).map(|found| found.map(|CommentId(id)| id))
}

fn found(comments: Vec<Value>) -> Result<Option<String>, PortError> {
    found_by(&Served::new(world(comments)))
}

fn marked(id: u64, by: &Value) -> Value {
    comment(id, by, &format!("It is there.\n\n{MARK}\n"))
}

#[test]
fn our_comment_is_found_by_its_mark() {
    assert_eq!(found(vec![]), Ok(None));
    let others = comment(1, &we(), "Kept up to date (time pr-70).");
    assert_eq!(found(vec![others.clone()]), Ok(None));
    let quoted = comment(4, &we(), &format!("> It is there.\n>\n> {MARK}\n\n{MARK}\n\nWhy?"));
    assert_eq!(found(vec![quoted.clone()]), Ok(None), "what only holds the mark is not ours to edit");
    let ours = [marked(2, &we()), marked(3, &we())];
    assert_eq!(found(vec![quoted, others, ours[0].clone(), ours[1].clone()]), Ok(Some("2".to_owned())));
}

#[test]
fn a_comment_of_somebody_else_who_copies_the_mark_is_not_ours() {
    let mut gone = marked(3, &json!(null));
    let stranger = [marked(1, &user("our-bot")), marked(2, &user("Our-Bot")), gone.clone()];
    assert_eq!(found(stranger.to_vec()), Ok(None), "a login is not who it was");
    gone["body"] = json!(null);
    let mut all = stranger.to_vec();
    all.extend([gone, marked(9, &we())]);
    assert_eq!(found(all), Ok(Some("9".to_owned())));
}

#[test]
fn who_we_are_is_asked_only_if_there_is_a_mark() {
    let served = Served::new(world(vec![comment(1, &user("carol"), "well")]));
    assert_eq!(found_by(&served), Ok(None));
    assert!(!served.asked().contains(&USER.to_owned()), "{:?}", served.asked());
}

#[test]
fn an_apps_token_is_nobodys_and_no_person_is_an_app() {
    let app = |id| {
        let mut bot = user("some-app[bot]");
        bot["id"] = json!(77);
        marked(id, &bot)
    };
    let served = Served::new(world(vec![marked(1, &user("carol")), marked(2, &we()), app(3)]));
    let refusal = refused(403, "Resource not accessible by integration");
    served.world().scripted.insert(USER.to_owned(), [refusal].into());
    assert_eq!(found_by(&served), Ok(Some("3".to_owned())));
}

#[test]
fn all_pages_are_looked_through() {
    let mut comments: Vec<Value> = (1..=95).map(|id| comment(id, &user("carol"), "well")).collect();
    comments.push(marked(96, &we()));
    let served = Served::new(world(comments));
    assert_eq!(found_by(&served), Ok(Some("96".to_owned())));
    let pages = served.asked().iter().filter(|path| path.starts_with(COMMENTS)).count();
    assert_eq!(pages, 10);
}

#[test]
fn the_longest_comments_hide_nothing() {
    let long = "\"".repeat(262_144);
    let mut comments: Vec<Value> = (1..=30).map(|id| comment(id, &user("carol"), &long)).collect();
    comments.push(marked(31, &we()));
    assert_eq!(found(comments), Ok(Some("31".to_owned())));
}

#[test]
fn what_is_refused_is_an_error_and_not_none() {
    for (reply, expected, _) in cases() {
        // An empty list is one.
        if reply.body == "[]" {
            continue;
        }
        for path in [COMMENTS, USER] {
            // Whoever may not ask who they are is an app, and whom the API answers strangely is nobody.
            if path == USER && expected == Kind::Denied {
                continue;
            }
            let served = Served::new(world(vec![marked(1, &we())]));
            served.world().scripted.insert(path.to_owned(), [reply.clone()].into());
            let error = found_by(&served).expect_err("an error");
            assert_eq!(kind(&error), expected, "{path} {} {error}", reply.status);
        }
    }
    let error = connected(host(&Served::new(world(vec![]))).find(8, MARK)).expect_err("an error");
    assert_eq!(kind(&error), Kind::NotFound, "{error}");
}
