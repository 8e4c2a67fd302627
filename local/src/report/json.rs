//! One JSON object a line, for programs.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::view::Waiting;
use super::words::key;
use super::{Reporter, Summary, say};
use crate::pipeline::engine::{Change, Subject};
use crate::runner::News;

/// Writes JSON lines to standard output. Lines of logs are left out; they are in the log files.
pub(super) struct Json;

impl Reporter for Json {
    fn preparing(&mut self, what: &str) {
        say(json!({"at": Timestamp::now(), "status": "Preparing", "message": what}));
    }

    fn note(&mut self, text: &str) {
        say(json!({"at": Timestamp::now(), "status": "Note", "message": text}));
    }

    fn news(&mut self, news: &News) {
        match news {
            News::Changed(change) => say(changed(change)),
            News::Deleted { pipeline } => {
                say(json!({"at": Timestamp::now(), "pipeline": pipeline, "status": "Deleted"}));
            }
            News::Line { .. } => {}
        }
    }

    fn asked(&mut self, waiting: &Waiting) {
        say(json!(Stamped { at: Timestamp::now(), rest: &json!({"status": "Waiting"}), more: Some(waiting) }));
    }

    fn broke_off(&mut self, status: &str, why: &str) {
        say(json!({"at": Timestamp::now(), "status": status, "message": why}));
    }

    fn end(&mut self, summary: &Summary, afterwards: &str) {
        // First, because the summary is what the last line is for.
        self.note(afterwards);
        say(json!(Stamped { at: Timestamp::now(), rest: summary, more: None::<()> }));
    }
}

/// Every line says when it was written.
#[derive(Serialize)]
struct Stamped<'a, T: Serialize, U: Serialize> {
    at: Timestamp,
    #[serde(flatten)]
    rest: &'a T,
    #[serde(flatten)]
    more: Option<U>,
}

fn changed(change: &Change) -> Value {
    let mut line = json!({"at": change.at, "pipeline": change.pipeline, "execution": change.execution});
    let rest = match &change.subject {
        Subject::Pipeline { status, summary } => json!({"status": status, "message": summary}),
        Subject::Stage { stage, status, .. } => json!({"stage": stage, "status": status}),
        Subject::Rule(rule) => json!({
            "stage": rule.stage,
            "condition": key(rule.kind),
            "rule": rule.rule,
            "status": rule.status,
            "message": rule.summary,
        }),
        Subject::Action(action) => json!({
            "stage": action.stage,
            "action": action.action,
            "status": action.status,
            "message": action.error_details.as_ref().map(|error| &error.message).or(action.summary.as_ref()),
            "externalExecutionId": action.external_execution_id,
        }),
    };
    if let (Value::Object(line), Value::Object(rest)) = (&mut line, rest) {
        line.extend(rest.into_iter().filter(|(_, value)| !value.is_null()));
    }
    line
}
