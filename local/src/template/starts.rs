//! What starts a pipeline.

use serde_json::Value;

use super::judge::{items, text};
use super::resolver::Resolver;
use crate::pipeline::definition::{Action, Globs, Pipeline, PullRequestEvent, PullRequestFilter, PushFilter};

/// A rule or webhook of the template.
#[derive(Debug)]
pub(super) struct Start {
    /// The pipeline's name, or its ARN.
    target: String,
    /// In words.
    what: String,
}

/// The template's rules and webhooks.
pub(super) fn all(resolver: &mut Resolver<'_>) -> Vec<Start> {
    let template = resolver.template;
    let rules = template
        .of_type("AWS::Events::Rule")
        .flat_map(|name| rule(name, &resolver.made_properties(name)))
        .collect::<Vec<_>>();
    let webhooks = template
        .of_type("AWS::CodePipeline::Webhook")
        .filter_map(|name| webhook(name, &resolver.made_properties(name)));
    rules.into_iter().chain(webhooks.collect::<Vec<_>>()).collect()
}

fn rule(name: &str, properties: &Value) -> Vec<Start> {
    let source = properties.pointer("/EventPattern/source/0").and_then(Value::as_str);
    let when = text(properties, "ScheduleExpression").or_else(|| Some(format!("events of {}", source?)));
    let what = format!("events rule {name}: {}", when.unwrap_or_else(|| "its events".to_owned()));
    let targets = items(properties, "Targets").iter().filter_map(|target| text(target, "Arn"));
    targets.map(|target| Start { target, what: what.clone() }).collect()
}

fn webhook(name: &str, properties: &Value) -> Option<Start> {
    let target = text(properties, "TargetPipeline")?;
    Some(Start { target, what: format!("webhook {name}, which nobody calls here") })
}

/// What starts this pipeline, beside people.
pub(super) fn of(pipeline: &Pipeline, starts: &[Start]) -> Vec<String> {
    let sources = pipeline.stages.iter().flat_map(|stage| &stage.actions).filter(|action| action.provider.is_source());
    let sources = sources.flat_map(|action| source(pipeline, action));
    let is_its = |start: &&Start| {
        start.target == pipeline.name
            || start.target.starts_with("arn:") && start.target.rsplit(':').next() == Some(pipeline.name.as_str())
    };
    sources.chain(starts.iter().filter(is_its).map(|start| start.what.clone())).collect()
}

fn source(pipeline: &Pipeline, action: &Action) -> Vec<String> {
    let of = |key: &str| action.configuration.get(key).map_or("", String::as_str);
    let from = match action.provider.name {
        "CodeCommit" => format!("CodeCommit repository {}, branch {}", of("RepositoryName"), of("BranchName")),
        "S3" => format!("object {} of bucket {}", of("S3ObjectKey"), of("S3Bucket")),
        _ => format!("repository {}, branch {}", of("FullRepositoryId"), of("BranchName")),
    };
    let filters: Vec<_> = pipeline.triggers.iter().filter(|trigger| trigger.source_action == action.name).collect();
    if filters.is_empty() {
        return vec![from];
    }
    let pushes = filters.iter().flat_map(|trigger| &trigger.push).map(push);
    let pulls = filters.iter().flat_map(|trigger| &trigger.pull_request).map(pull_request);
    let told: Vec<_> =
        pushes.chain(pulls).map(|what| format!("repository {}: {what}", of("FullRepositoryId"))).collect();
    // Without a filter the trigger is about the action's branch.
    if told.is_empty() { vec![from] } else { told }
}

fn push(filter: &PushFilter) -> String {
    let parts = [("branches", &filter.branches), ("tags", &filter.tags), ("files", &filter.file_paths)];
    format!("pushes{}", globs(&parts))
}

fn pull_request(filter: &PullRequestFilter) -> String {
    let event = |event: &PullRequestEvent| match event {
        PullRequestEvent::Open => "opened",
        PullRequestEvent::Updated => "updated",
        PullRequestEvent::Closed => "closed",
    };
    let events: Vec<_> = filter.events.iter().map(event).collect();
    let events = if events.is_empty() { String::new() } else { format!(" {}", events.join(" or ")) };
    let parts = [("into branches", &filter.branches), ("files", &filter.file_paths)];
    format!("pull requests{events}{}", globs(&parts))
}

/// ` to branches main, not next`.
fn globs(parts: &[(&str, &Option<Globs>)]) -> String {
    let words = |(what, globs): &(&str, &Option<Globs>)| {
        let Globs { includes, excludes } = globs.as_ref()?;
        let not = if excludes.is_empty() { String::new() } else { format!(" but {}", excludes.join(", ")) };
        let all = if includes.is_empty() { "all".to_owned() } else { includes.join(", ") };
        Some(format!(", {what} {all}{not}"))
    };
    parts.iter().filter_map(words).collect()
}

impl Resolver<'_> {
    /// The properties of a resource; none of one that is not made.
    fn made_properties(&mut self, resource: &str) -> Value {
        if self.is_made(resource) { self.properties(resource) } else { Value::Null }
    }
}
