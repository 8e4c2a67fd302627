//! What the reader of definitions says of one declaration.

use serde_json::Value;

use super::check::CheckedPipeline;
use super::problem::{MOST, Problem};
use super::resolver;
use super::starts::{self, Start};
use crate::pipeline::action::TypeId;
use crate::pipeline::definition::{DefinitionError, Pipeline, Provider, problems};

/// How large the pipeline is, what starts it, and what would not run. `starts` are those beside its sources.
pub(super) fn judge(declaration: &Value, starts: &[Start]) -> CheckedPipeline {
    let stages = items(declaration, "stages");
    let instead = format!("; use {}", Provider::list());
    let mut problems: Vec<Problem> = problems(declaration).into_iter().map(|error| shorter(error, &instead)).collect();
    // What cannot be read as a whole says nothing of its actions.
    let unknown: Vec<Problem> = stages.iter().flat_map(unknown_actions).take(MOST).collect();
    let note = (!unknown.is_empty()).then(|| format!("these actions run here: {}", Provider::list()));
    problems.extend(unknown.into_iter().filter(|unknown| !problems.contains(unknown)).collect::<Vec<_>>());
    let starts = Pipeline::from_declaration(declaration).map_or_else(|_| Vec::new(), |read| starts::of(&read, starts));
    CheckedPipeline {
        pipeline: declaration.get("name").map(resolver::text).unwrap_or_default(),
        stages: stages.len(),
        actions: stages.iter().map(|stage| items(stage, "actions").len()).sum(),
        starts,
        problems,
        notes: note.into_iter().collect(),
        ..CheckedPipeline::default()
    }
}

/// Without what runs instead, which a note says once.
fn shorter(error: DefinitionError, instead: &str) -> Problem {
    let problem = Problem::from(error);
    let message = problem.message.strip_suffix(instead).unwrap_or(&problem.message).to_owned();
    Problem { message, ..problem }
}

fn unknown_actions(stage: &Value) -> impl Iterator<Item = Problem> {
    let unknown = move |action: &Value| {
        let id: TypeId = serde_json::from_value(action.get("actionTypeId")?.clone()).ok()?;
        let TypeId { category, owner, provider, version } = &id;
        let message = format!("{category}/{owner}/{provider} version {version} cannot run here");
        Provider::find(&id).is_none().then(|| Problem {
            stage: text(stage, "name"),
            action: text(action, "name"),
            field: Some("actionTypeId".to_owned()),
            message,
        })
    };
    items(stage, "actions").iter().filter_map(unknown)
}

pub(super) fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}
