//! What the reader of definitions says of one declaration.

use serde_json::Value;

use super::check::CheckedPipeline;
use super::problem::Problem;
use super::resolver;
use super::starts::{self, Start};
use crate::pipeline::action::TypeId;
use crate::pipeline::definition::{Pipeline, Provider};

/// How large the pipeline is, what starts it, and what would not run. `starts` are those beside its sources.
pub(super) fn judge(declaration: &Value, starts: &[Start]) -> CheckedPipeline {
    let stages = items(declaration, "stages");
    let unknown: Vec<Problem> = stages.iter().flat_map(unknown_actions).collect();
    let instead = (!unknown.is_empty()).then(|| format!("these actions run here: {}", Provider::list()));
    let (starts, problems) = match Pipeline::from_declaration(declaration) {
        Ok(pipeline) => (starts::of(&pipeline, starts), unknown),
        Err(error) => (Vec::new(), with_first(unknown, error.into())),
    };
    CheckedPipeline {
        pipeline: declaration.get("name").map(resolver::text).unwrap_or_default(),
        stages: stages.len(),
        actions: stages.iter().map(|stage| items(stage, "actions").len()).sum(),
        starts,
        problems,
        notes: instead.into_iter().collect(),
        ..CheckedPipeline::default()
    }
}

/// The reader of definitions stops at the first problem; actions that nobody runs are all named.
fn with_first(mut unknown: Vec<Problem>, first: Problem) -> Vec<Problem> {
    let is_it = |problem: &Problem| {
        (&problem.stage, &problem.action, &problem.field) == (&first.stage, &first.action, &first.field)
    };
    if !unknown.iter().any(is_it) {
        unknown.insert(0, first);
    }
    unknown
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
