//! Payloads that others published: each parses, or is answered as not mattering, and nothing that is changed about it is
//! taken for it.

use std::path::{Path, PathBuf};

use super::*;

/// A file, which event it is, and whether it matters to previews of its repository.
struct Published {
    name: String,
    body: Vec<u8>,
    event: &'static str,
    repository: String,
}

fn published() -> Vec<Published> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/webhooks");
    let Ok(entries) = folder.read_dir() else {
        println!("passed without the corpus: {} is not there", folder.display());
        return vec![];
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Published {
    let body = std::fs::read(path).unwrap();
    let payload: Value = serde_json::from_slice(&body).unwrap();
    let repository = payload["repository"]["full_name"].as_str().unwrap().to_owned();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    Published { event: event(&payload), name, body, repository }
}

/// The header is not part of what was published; what the payload holds tells.
fn event(payload: &Value) -> &'static str {
    let has = |field: &str| payload.get(field).is_some();
    match () {
        () if has("comment") => "pull_request_review_comment",
        () if has("review") => "pull_request_review",
        () if has("pull_request") => "pull_request",
        () if has("workflow_run") => "workflow_run",
        () if has("hook") => "ping",
        () if has("master_branch") => "create",
        () if has("ref_type") => "delete",
        () if has("pusher") => "push",
        () => panic!("an event of an unknown kind"),
    }
}

impl Published {
    fn sent(&self) -> Sent {
        Sent::by_github(self.event, self.body.clone())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// What it tells.
    fn expected(&self) -> Option<Change> {
        let payload = self.json();
        let pull = &payload["pull_request"];
        match self.event {
            "pull_request" => Some(Change::PullRequest {
                number: payload["number"].as_u64().unwrap(),
                updated: Some(at(pull["updated_at"].as_str().unwrap())),
                head: Some(pull["head"]["sha"].as_str().unwrap().parse().unwrap()),
            }),
            "delete" => Some(Change::BranchDeleted { branch: payload["ref"].as_str().unwrap().to_owned() }),
            _ => None,
        }
    }

    fn answers(&self, here: &Here, sent: &Sent) -> Answer {
        here.answered_by(&here.webhook_of(&self.repository), sent)
    }

    /// Nothing comes of what was sent.
    fn is_refused(&self, why: &str, sent: &Sent) {
        let here = Here::new();
        let answer = self.answers(&here, sent);
        assert!([400, 401].contains(&answer.status), "{}, {why}: {answer:?}", self.name);
        assert!(here.passed_on().is_empty() && here.known.borrow().is_empty(), "{}, {why}", self.name);
    }
}

#[test]
fn each_is_read_or_does_not_matter() {
    let all = published();
    for one in &all {
        for sent in [one.sent(), one.sent().into_form(), Sent { encoded: true, ..one.sent() }] {
            let here = Here::new();
            let expected = one.expected();
            let answer = one.answers(&here, &sent);
            assert_eq!(answer.status, if expected.is_some() { 202 } else { 200 }, "{}: {answer:?}", one.name);
            assert_eq!(here.passed_on(), Vec::from_iter(expected), "{}", one.name);
            // Again: no effect.
            let again = one.answers(&here, &sent);
            assert_eq!((again.status, here.passed_on()), (200, vec![]), "{}: {again:?}", one.name);
        }
    }
    let matter = all.iter().filter(|one| one.expected().is_some()).count();
    println!("{} published payloads, of which {matter} matter to previews", all.len());
}

#[test]
fn each_is_refused_when_anything_is_wrong_with_its_signature() {
    let all = published();
    for (number, one) in all.iter().enumerate() {
        let other = &all[(number + 1) % all.len()];
        one.is_refused("unsigned", &one.sent().without("x-hub-signature-256"));
        one.is_refused("a wrong secret", &one.sent().signed("a wrong secret"));
        one.is_refused("of another body", &one.sent().with("x-hub-signature-256", &signature(&other.body, SECRET)));
        for place in places(one.body.len()) {
            let mut flipped = one.body.clone();
            flipped[place] ^= 1 << (place % 8);
            one.is_refused("a flipped bit", &one.sent().with_body(flipped));
            one.is_refused("cut", &one.sent().with_body(&one.body[..place]));
        }
    }
}

#[test]
fn each_is_refused_when_it_was_cut_before_it_was_signed() {
    for one in published() {
        for place in places(one.body.trim_ascii_end().len()) {
            let cut = Sent::by_github(one.event, &one.body[..place]);
            one.is_refused("cut", &cut);
        }
    }
}

/// Some places of a body: its first and last byte, and others.
fn places(length: usize) -> impl Iterator<Item = usize> {
    let few = [0, 1, length / 3, length / 2, length - 2, length - 1];
    few.into_iter().chain((0..length).step_by(4001))
}

#[test]
fn each_changes_nothing_in_another_repository() {
    for one in published() {
        let here = Here::new();
        let answer = here.answered_by(&here.webhook_of("octocat/another"), &one.sent());
        assert_eq!((answer.status, here.passed_on()), (200, vec![]), "{}: {answer:?}", one.name);
    }
}
