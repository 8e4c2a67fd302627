use std::cell::RefCell;
use std::collections::VecDeque;

use super::*;
use crate::report::view::{Execution, Status};

/// What is seen at one look after the other; the last stays.
struct World {
    previews: RefCell<VecDeque<Result<Option<Preview>, ClientError>>>,
    runs: RefCell<VecDeque<&'static str>>,
}

impl Look for World {
    async fn preview(&self, _: &str) -> Result<Option<Preview>, ClientError> {
        let mut previews = self.previews.borrow_mut();
        match (previews.len(), previews.front()) {
            (1, Some(Ok(last))) => Ok(last.clone()),
            _ => previews.pop_front().unwrap(),
        }
    }

    async fn progress(&self, pipeline: &str, execution: &str) -> Result<Progress, ClientError> {
        let status = self.runs.borrow_mut().pop_front().unwrap();
        let execution = Execution { execution: execution.into(), status: status.into(), ..Execution::default() };
        let status = Status { pipeline: pipeline.into(), executions: vec![execution], ..Status::default() };
        Ok(Progress { status, ..Progress::default() })
    }
}

fn preview(phase: &str, commit: &str, execution: Option<&str>) -> Preview {
    Preview {
        preview: "pr-7".into(),
        stack: "shop-pr-7".into(),
        phase: phase.into(),
        commit: Some(commit.into()),
        execution: execution.map(str::to_owned),
        ..Preview::default()
    }
}

fn gone() -> Preview {
    Preview { why: Some("CLOSED".into()), ..preview("REMOVING", "new", None) }
}

fn unreachable() -> Result<Option<Preview>, ClientError> {
    Err(CallError::Unreachable { operation: "Invoke", detail: "no route".into() }.into())
}

async fn followed(
    previews: impl IntoIterator<Item = Result<Option<Preview>, ClientError>>,
    runs: &[&'static str],
) -> Result<serde_json::Value, String> {
    let world = World {
        previews: RefCell::new(previews.into_iter().collect()),
        runs: RefCell::new(runs.iter().copied().collect()),
    };
    let before = Some(preview("RUNNING", "old", Some("0")));
    let expected = Expected { preview: "pr-7".into(), commit: "new".into(), before };
    let (function, turn) = ("shop-flowgate-preview".to_owned(), TURN);
    let following = Following { look: &world, expected: &expected, turn, json: true, function, said: None };
    let ended = following.run().await.map_err(|error| error.to_string())?;
    assert!(world.runs.borrow().is_empty(), "looked at all");
    Ok(ended.object(Some(7)))
}

fn running(execution: &str) -> Preview {
    preview("RUNNING", "new", Some(execution))
}

#[tokio::test(start_paused = true)]
async fn a_preview_is_followed_from_the_event_to_the_end_of_its_execution() {
    let old = || preview("RUNNING", "old", Some("0"));
    let waits = Preview { waits: Some("for a place".into()), ..preview("STARTING", "new", None) };
    let seen = [old(), old(), waits, running("1"), running("1")];
    let seen = [None].into_iter().chain(seen.map(Some)).map(Ok);
    let ended = followed(seen, &["InProgress", "InProgress", "Succeeded"]).await.unwrap();
    assert_eq!((&ended["status"], &ended["commit"]), (&json!("Succeeded"), &json!("new")));
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_ended_because_another_took_its_place_is_not_the_end() {
    // At its end the preview has another execution, which is followed.
    let seen = [running("1"), running("2"), running("2"), running("2")];
    let ended = followed(seen.map(|seen| Ok(Some(seen))), &["Stopped", "Succeeded"]).await.unwrap();
    assert_eq!((&ended["status"], &ended["execution"]), (&json!("Succeeded"), &json!("2")));
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_is_closed_meanwhile_ends_so() {
    let ended = followed([running("1"), gone(), gone()].map(|seen| Ok(Some(seen))), &["Stopped"]).await.unwrap();
    assert_eq!((&ended["status"], &ended["why"]), (&json!("Removed"), &json!("its pull request is closed")));
}

#[tokio::test(start_paused = true)]
async fn what_is_never_heard_of_ends_with_whom_to_ask() {
    let message = followed([Ok(None)], &[]).await.unwrap_err();
    assert!(
        message.starts_with("nothing was heard of preview pr-7 for 5 minutes: does shop-flowgate-preview get"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn that_nobody_answers_is_borne_for_a_while() {
    let passing = (0..PATIENCE).map(|_| unreachable()).chain([running("1"), running("1")].map(|seen| Ok(Some(seen))));
    assert_eq!(followed(passing, &["Succeeded"]).await.unwrap()["status"], "Succeeded");
    let lasting = (0..=PATIENCE).map(|_| unreachable());
    assert!(followed(lasting, &[]).await.unwrap_err().starts_with("Invoke got no answer: no route"));
}
