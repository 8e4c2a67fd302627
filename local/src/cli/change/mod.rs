//! `flowgate retry`, `stop`, `rollback` and `override`: what changes where a pipeline's executions are.
//!
//! Each reads the pipeline, decides what is meant, says so and asks, and then asks for exactly that: an execution that
//! came meanwhile is not touched, and the service refuses what can no longer be done.

mod error;
mod retry;
mod rollback;
#[cfg(test)]
mod served_tests;
mod set_aside;
#[cfg(test)]
mod set_aside_tests;
mod stands;
mod stop;
#[cfg(test)]
mod tests;
mod turn;

use serde_json::{Value, json};

use super::args::Ask;
use super::ask;
use super::client::ClientError;
use super::place::Place;
use crate::report::view::{Execution, Stage, Status};
use crate::report::{self, printable, say};
pub(super) use error::ChangeError;
pub(super) use retry::run as retry;
pub(super) use rollback::run as roll_back;
pub(super) use set_aside::run as set_aside;
pub(super) use stop::run as stop;

/// What a command is about to do, in words: the first line, and what else to know before.
struct Deed {
    verb: &'static str,
    what: String,
    details: Vec<String>,
}

impl Deed {
    /// Asks at a terminal, unless what is meant was named exactly.
    async fn agree(&self, place: &Place, options: &Ask, is_named: bool) -> Result<(), ClientError> {
        if options.yes || is_named {
            return Ok(());
        }
        if !ask::is_at_terminal() {
            // In an account, nothing is changed that nobody named.
            return if place.is_local() { Ok(()) } else { Err(ClientError::UnnamedChange) };
        }
        if ask::confirm(self.question(place)).await { Ok(()) } else { Err(ClientError::NotChanged) }
    }

    fn question(&self, place: &Place) -> String {
        let details: String = self.details.iter().map(|detail| format!("  {}\n", printable(detail))).collect();
        format!("{}\n{details}  in {place}\n{}? [y/N] ", printable(&self.what), self.verb)
    }
}

/// Says what was done.
fn tell(place: &Place, options: &Ask, done: &str, object: Value) {
    if !options.json {
        return say(format_args!("{done}, {place}"));
    }
    let mut line = json!(place);
    if let (Value::Object(line), Value::Object(object)) = (&mut line, object) {
        line.extend(object.into_iter().filter(|(_, value)| !value.is_null()));
    }
    say(line);
}

/// An execution by its id; what a list did not have is known by that alone.
fn execution(status: &Status, id: &str) -> Execution {
    let found = status.executions.iter().find(|execution| execution.execution == id).cloned();
    found.unwrap_or_else(|| Execution { execution: id.to_owned(), ..Execution::default() })
}

/// What an execution carries, as the first of the details.
fn carries(execution: &Execution) -> String {
    report::commit(&execution.revision)
}

/// What ended badly in a stage, and why.
fn failures(stage: &Stage) -> impl Iterator<Item = String> {
    let ended = stage.actions.iter().filter(|action| matches!(action.status.as_deref(), Some("Failed" | "Abandoned")));
    ended.map(|action| {
        let said = action.summary.as_deref().and_then(|said| said.lines().next());
        let said = said.map(|said| format!(": {said}")).unwrap_or_default();
        format!("{} {}{said}", action.name, action.status.as_deref().unwrap_or_default())
    })
}

/// Whether an id is the one that was named, or none was.
fn is_meant(id: &str, named: Option<&str>) -> bool {
    named.is_none_or(|named| id.to_lowercase().starts_with(named))
}
