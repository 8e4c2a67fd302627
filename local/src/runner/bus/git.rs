//! What the events of an execution tell of the commit that started it over a connection.

use serde_json::{Map, Value};

use crate::connections::Detail;
use crate::pipeline::engine::{ActionRun, Execution};

/// The documented `execution-trigger` of an execution that a push or a pull request started, as far as a local repository
/// knows it: it has no provider with accounts of its own.
pub(super) fn trigger(execution: &Execution) -> Option<Value> {
    let detail = Detail::of(&execution.trigger)?;
    let its = |run: &&ActionRun| run.output_variables.get("CommitId") == Some(&detail.commit_id);
    let source = execution.succeeded().find(its);
    let said = |variable: &str| source.and_then(|run| run.output_variables.get(variable)).cloned();
    let members = [
        ("full-repository-name", Some(detail.full_repository_name.clone())),
        ("connection-arn", Some(detail.connection_arn.clone())),
        ("commit-id", Some(detail.commit_id.clone())),
        ("branch-name", detail.branch_name.clone()),
        ("tag-name", detail.tag_name.clone()),
        ("commit-message", said("CommitMessage")),
        ("author-date", said("AuthorDate")),
    ];
    let known = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))));
    Some(Value::Object(known.collect::<Map<_, _>>()))
}
