//! `flowgate logs`: what the newest execution's builds and functions wrote.

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::builders::FilterLogEventsFluentBuilder;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use aws_sdk_codepipeline::types::ActionExecutionDetail;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::account::Default;
use super::call::{CallError, Called as _};
use super::client::{self, Chosen, ClientError};
use super::{args, observe};
use crate::report::{Paint, log_heading, printable, say};

/// A function's last lines are written after it has settled its job.
const AFTERWARDS: SignedDuration = SignedDuration::from_secs(30);

/// Part of a log group: what some actions wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) group: String,
    /// One stream of it; none is all of them.
    pub(super) stream: Option<String>,
    /// The actions, as `Stage Action`.
    pub(super) actions: Vec<String>,
    /// When they ran, in order and apart from one another: others may have used the function in between.
    pub(super) spans: Vec<Span>,
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

pub(super) async fn run(options: &args::Logs) -> Result<(), ClientError> {
    let Chosen { account, client, pipeline } =
        client::open(&options.pipeline, &options.caller, Default::Caller).await?;
    let newest = observe::executions(&client, &pipeline, 1).await?.pop();
    let newest = newest.ok_or_else(|| ClientError::NoExecution(pipeline.clone()))?;
    let mut actions = observe::actions(&client, &pipeline, &newest.execution).await?;
    if let Some(name) = &options.action {
        actions.retain(|action| action.action_name() == Some(name));
        if actions.is_empty() {
            return not_run(&client, &pipeline, &newest.execution, name).await;
        }
    }
    let parts = parts(&actions);
    if parts.is_empty() {
        eprintln!("nothing that writes a log has run yet in execution {}", newest.execution);
    }
    let logs = Client::new(&account.sdk);
    for part in parts {
        print(&part, &read(&logs, &part).await?, options.json);
    }
    Ok(())
}

/// Tells an action that is yet to run from one that there is not.
async fn not_run(
    client: &aws_sdk_codepipeline::Client,
    pipeline: &str,
    execution: &str,
    action: &str,
) -> Result<(), ClientError> {
    let status = observe::status(client, pipeline).await?;
    let mut known = status.stages.iter().flat_map(|stage| &stage.actions);
    if !known.any(|known| known.name == action) {
        return Err(ClientError::NoSuchAction(pipeline.to_owned(), action.to_owned()));
    }
    eprintln!("action {action} has not run yet in execution {execution}, the newest of {pipeline}");
    Ok(())
}

/// The parts of logs that actions wrote, in the order of the actions; they come the newest first.
fn parts(actions: &[ActionExecutionDetail]) -> Vec<Part> {
    let mut places = BTreeMap::new();
    let mut parts: Vec<Part> = Vec::new();
    for part in actions.iter().rev().filter_map(part) {
        // A function that several stages call has one log.
        let place = *places.entry((part.group.clone(), part.stream.clone())).or_insert(parts.len());
        match parts.get_mut(place) {
            Some(known) => {
                known.actions.extend(part.actions);
                part.spans.into_iter().for_each(|span| extend(&mut known.spans, span));
            }
            None => parts.push(part),
        }
    }
    parts
}

/// Adds a span that begins no earlier than the others.
fn extend(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
        _ => spans.push(span),
    }
}

fn part(action: &ActionExecutionDetail) -> Option<Part> {
    let input = action.input()?;
    let configured = |key: &str| input.resolved_configuration().or(input.configuration())?.get(key);
    let external = || action.output()?.execution_result()?.external_execution_id();
    let (group, stream) = match input.action_type_id()?.provider() {
        // A build's id is PROJECT:STREAM.
        "CodeBuild" => {
            (format!("/aws/codebuild/{}", configured("ProjectName")?), Some(external()?.split_once(':')?.1.to_owned()))
        }
        "Lambda" => (format!("/aws/lambda/{}", configured("FunctionName")?), None),
        _ => return None,
    };
    let at = |at: Option<&aws_sdk_codepipeline::primitives::DateTime>| at.and_then(observe::timestamp);
    let (from, to) = (at(action.start_time())?, at(action.last_update_time())?);
    let name = format!("{} {}", action.stage_name()?, action.action_name()?);
    let span = Span { from, to: to.saturating_add(AFTERWARDS).unwrap_or(to) };
    Some(Part { group, stream, actions: vec![name], spans: vec![span] })
}

/// The events of a part, in order; none when nothing was ever written there.
pub(super) async fn read(client: &Client, part: &Part) -> Result<Vec<FilteredLogEvent>, CallError> {
    let of_group = || client.filter_log_events().log_group_name(&part.group);
    let requests: Vec<_> = match &part.stream {
        Some(stream) => vec![of_group().log_stream_names(stream)],
        None => part.spans.iter().map(|span| within(of_group(), *span)).collect(),
    };
    let mut events = Vec::new();
    for request in requests {
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            match page.called("FilterLogEvents", &part.group) {
                Ok(page) => events.extend(page.events.unwrap_or_default()),
                Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(Vec::new()),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(events)
}

fn within(request: FilterLogEventsFluentBuilder, span: Span) -> FilterLogEventsFluentBuilder {
    request.start_time(span.from.as_millisecond()).end_time(span.to.as_millisecond())
}

fn print(part: &Part, events: &[FilteredLogEvent], json: bool) {
    let actions = part.actions.join(", ");
    if !json {
        say(log_heading(&actions, &part.group, Paint::of_stdout()));
        if events.is_empty() {
            say("nothing was written");
        }
    }
    for event in events {
        let message = event.message().unwrap_or_default().trim_end();
        let at = event.timestamp().and_then(|at| Timestamp::from_millisecond(at).ok());
        if json {
            say(json!({"at": at, "group": part.group, "actions": part.actions, "message": message}));
        } else {
            say(printable(message));
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_codepipeline::primitives::DateTime;
    use aws_sdk_codepipeline::types::{
        ActionCategory, ActionExecutionInput, ActionExecutionOutput, ActionExecutionResult, ActionOwner, ActionTypeId,
    };

    use super::*;

    fn ran(stage: &str, provider: &str, (key, value): (&str, &str), second: i64) -> ActionExecutionDetail {
        let id = ActionTypeId::builder().category(ActionCategory::Invoke).owner(ActionOwner::Aws);
        let id = id.provider(provider).version("1").build().unwrap();
        let result = ActionExecutionResult::builder().external_execution_id("shop-build:4711").build();
        ActionExecutionDetail::builder()
            .stage_name(stage)
            .action_name("It")
            .start_time(DateTime::from_secs(second))
            .last_update_time(DateTime::from_secs(second + 1))
            .input(ActionExecutionInput::builder().action_type_id(id).configuration(key, value).build())
            .output(ActionExecutionOutput::builder().execution_result(result).build())
            .build()
    }

    #[test]
    fn a_build_has_a_stream_and_a_function_that_stages_share_one_log() {
        let function = ("FunctionName", "shop-flowgate-start-tests");
        let actions = [
            ran("Gamma", "Lambda", function, 300),
            ran("Beta", "Lambda", function, 200),
            ran("Beta", "CloudFormation", ("StackName", "shop-beta"), 150),
            ran("Build", "CodeBuild", ("ProjectName", "shop-build"), 100),
        ];
        let at = |second| Timestamp::from_second(second).unwrap();
        let span = |from, to| Span { from: at(from), to: at(to) };
        let build = Part {
            group: "/aws/codebuild/shop-build".to_owned(),
            stream: Some("4711".to_owned()),
            actions: vec!["Build It".to_owned()],
            spans: vec![span(100, 131)],
        };
        let tests = Part {
            group: "/aws/lambda/shop-flowgate-start-tests".to_owned(),
            stream: None,
            actions: vec!["Beta It".to_owned(), "Gamma It".to_owned()],
            spans: vec![span(200, 231), span(300, 331)],
        };
        assert_eq!(parts(&actions), [build, tests]);
    }

    #[test]
    fn actions_that_ran_at_once_are_read_once() {
        let function = ("FunctionName", "f");
        let actions = [ran("B", "Lambda", function, 110), ran("A", "Lambda", function, 100)];
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(parts(&actions)[0].spans, [Span { from: at(100), to: at(141) }]);
    }
}
