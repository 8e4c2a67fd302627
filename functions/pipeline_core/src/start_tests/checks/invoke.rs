//! Checks of a function's result.

use jiff::SignedDuration;
use serde_json::Value;

use crate::{
    ports::PortError,
    start_tests::{
        answer::{error_message, failed, not_answered},
        checks::{InvokeCheck, fill, http::not_json, matching, slow},
        ports::Answer,
        run::Outcome,
    },
};

impl InvokeCheck {
    /// The payload, with what the test is told filled in. An object tells the run, unless it says so itself.
    pub fn payload(&self, told: &Value) -> Value {
        let mut payload = fill::fill_value(&self.payload, told);
        if let Value::Object(fields) = &mut payload {
            let run_id = told.get("run_id").cloned().unwrap_or_default();
            fields.entry("run_id").or_insert(run_id);
        }
        payload
    }

    /// Whether the result is what it must be. `took` is this invocation's time alone.
    pub fn judge(&self, answer: Result<Answer, PortError>, took: SignedDuration) -> Outcome {
        match answer {
            Ok(answer) if answer.failed => failed(&error_message(&answer.payload)),
            Ok(answer) => self.fault(&answer, took).map_or(Outcome::Passed, |message| failed(&message)),
            Err(error) => not_answered(&error),
        }
    }

    fn fault(&self, answer: &Answer, took: SignedDuration) -> Option<String> {
        self.wrong_result(&answer.payload).or_else(|| slow(self.within, took))
    }

    fn wrong_result(&self, payload: &[u8]) -> Option<String> {
        let expected = self.result.as_ref()?;
        match serde_json::from_slice(payload) {
            Ok(found) => matching::difference(expected, &found),
            Err(_) => Some(not_json(payload)),
        }
    }
}
