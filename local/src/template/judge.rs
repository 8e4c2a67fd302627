//! What the reader of definitions says of one declaration.

use serde_json::Value;

use super::check::CheckedPipeline;
use super::problem::Problem;
use super::resolver;
use super::starts::{self, Start};
use crate::pipeline::action::TypeId;
use crate::pipeline::definition::{DefinitionError, Pipeline, Provider};

/// How large the pipeline is, what starts it, and what would not run. `starts` are those beside its sources.
pub(super) fn judge(declaration: &Value, starts: &[Start]) -> CheckedPipeline {
    let stages = items(declaration, "stages");
    let (starts, problems) = match Pipeline::from_declaration(declaration) {
        Ok(pipeline) => (starts::of(&pipeline, starts), Vec::new()),
        Err(error) => (Vec::new(), problems(stages, error)),
    };
    CheckedPipeline {
        pipeline: declaration.get("name").map(resolver::text).unwrap_or_default(),
        stages: stages.len(),
        actions: stages.iter().map(|stage| items(stage, "actions").len()).sum(),
        starts,
        problems,
        ..CheckedPipeline::default()
    }
}

/// The reader stops at the first problem; actions that nobody runs are all named.
fn problems(stages: &[Value], first: DefinitionError) -> Vec<Problem> {
    let first = Problem::from(first);
    let mut problems: Vec<Problem> = stages.iter().flat_map(unknown_actions).collect();
    let is_there = |problem: &Problem| {
        (&problem.stage, &problem.action, &problem.field) == (&first.stage, &first.action, &first.field)
    };
    if !problems.iter().any(is_there) {
        problems.insert(0, first);
    }
    problems
}

fn unknown_actions(stage: &Value) -> impl Iterator<Item = Problem> {
    let unknown = move |action: &Value| {
        let id: TypeId = serde_json::from_value(action.get("actionTypeId")?.clone()).ok()?;
        let TypeId { category, owner, provider, version } = &id;
        let message =
            format!("{category}/{owner}/{provider} version {version} cannot run here; use {}", Provider::list());
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
