//! Commands as people read them.

use super::*;
use crate::pipeline::action::{Artifact, Request, RuleRequest};

pub(super) fn shown(command: &Command) -> String {
    match command {
        Command::Run(request) => {
            let artifacts = shown_artifacts(request);
            words(&[&shown_request(request), &artifacts])
        }
        Command::RunRule(request) => shown_rule(request),
        Command::Changed(change) => format!("{} {}", change.execution, shown_subject(&change.subject)),
    }
}

/// A line for each execution in turn. That something begins is in what asks for it.
pub(super) fn in_brief(commands: &[Command]) -> Vec<String> {
    let mut lines: Vec<(&str, Vec<String>)> = Vec::new();
    for (place, command) in commands.iter().enumerate() {
        let (execution, what) = match command {
            Command::Run(request) => (request.execution.as_str(), shown_request(request)),
            Command::RunRule(request) => (request.execution.as_str(), shown_rule(request)),
            Command::Changed(change) if begins(&change.subject, commands.get(place + 1)) => continue,
            Command::Changed(change) => (change.execution.0.as_str(), shown_subject(&change.subject)),
        };
        let what = what.replacen(&format!("{execution} "), "", 1);
        match lines.last_mut() {
            Some((last, all)) if *last == execution => all.push(what),
            _ => lines.push((execution, vec![what])),
        }
    }
    lines.into_iter().map(|(execution, all)| format!("{execution} {}", all.join(", "))).collect()
}

fn begins(subject: &Subject, next: Option<&Command>) -> bool {
    match (subject, next) {
        (Subject::Action(action), Some(Command::Run(request))) => action.run.0 == request.id,
        (Subject::Rule(rule), Some(Command::RunRule(request))) => rule.run.0 == request.id,
        _ => false,
    }
}

fn shown_subject(subject: &Subject) -> String {
    match subject {
        Subject::Pipeline { status, summary } => words(&[&format!("{status:?}"), summary.as_deref().unwrap_or("")]),
        Subject::Stage { stage, status, .. } => format!("{stage} {status:?}"),
        Subject::Rule(rule) => {
            let what = format!("{}/{:?}/{} {:?}", rule.stage, rule.kind, rule.rule, rule.status);
            words(&[&what, rule.summary.as_deref().unwrap_or("")])
        }
        Subject::Action(action) => {
            let percent = action.percent_complete.map(|percent| format!("{percent}%")).unwrap_or_default();
            let error = action.error_details.as_ref().map(|error| format!("{}: {}", error.code, error.message));
            let what = format!("{}/{} {:?}", action.stage, action.action, action.status);
            words(&[&what, &percent, action.summary.as_deref().unwrap_or(""), &error.unwrap_or_default()])
        }
    }
}

fn shown_request(request: &Request) -> String {
    let argument = request.configuration.get("UserParameters").map_or("", String::as_str);
    let what = format!("run {} {}/{}", request.execution, request.stage, request.action);
    let until = |approval: &Approval| format!("?{} until {}", approval.token.expose(), approval.expires);
    words(&[&what, argument, &request.approval.as_ref().map(until).unwrap_or_default()])
}

fn shown_artifacts(request: &Request) -> String {
    let artifact = |sign: &str, artifact: &Artifact| {
        let revision = artifact.revision.as_ref().map(|revision| format!("@{revision}")).unwrap_or_default();
        format!("{sign}{}{revision} {}/{}", artifact.name, artifact.location.bucket, artifact.location.key)
    };
    let inputs = request.inputs.iter().map(|input| artifact("<", input));
    let outputs = request.outputs.iter().map(|output| artifact(">", output));
    inputs.chain(outputs).collect::<Vec<_>>().join(" ")
}

fn shown_rule(request: &RuleRequest) -> String {
    let RuleRequest { execution, stage, kind, rule, configuration, .. } = request;
    format!("ask {execution} {stage}/{kind:?}/{rule} {}", looked_at(configuration))
}

fn words(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}
