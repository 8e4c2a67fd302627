//! `flowgate override`: rules of the gate that somebody answers for who may.

use std::collections::BTreeSet;

use aws_sdk_codepipeline::operation::get_pipeline::GetPipelineOutput;
use aws_sdk_ssm::types::ParameterType;
use serde_json::{Value, json};

use super::{ChangeError, Deed, ask, carries, execution, failures, is_meant, tell};
use crate::cli::args::Override;
use crate::cli::call::Called as _;
use crate::cli::client::{self, Chosen, ClientError};
use crate::cli::gate::{Gate, gates};
use crate::cli::observe;
use crate::cli::place::Place;
use crate::report::say;
use crate::report::view::{Execution, Stage, Status};

/// How long a reason may be, in characters: the gate records no more of it.
const LONGEST: usize = 500;

/// A stage whose gate denied an execution, or will decide about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) gate: Gate,
    pub(super) stage: Stage,
    pub(super) execution: Execution,
}

/// Who asks, and about what.
pub(super) struct Desk<'a> {
    pub(super) client: &'a aws_sdk_codepipeline::Client,
    pub(super) parameters: &'a aws_sdk_ssm::Client,
    pub(super) pipeline: &'a str,
}

pub(in crate::cli) async fn run(options: &Override) -> Result<(), ClientError> {
    let Chosen { account, client, pipeline } = client::open_to_change(&options.pipeline, &options.caller).await?;
    let parameters = aws_sdk_ssm::Client::new(&account.sdk);
    set_aside(&Desk { client: &client, parameters: &parameters, pipeline: &pipeline }, options).await
}

pub(super) async fn set_aside(desk: &Desk<'_>, options: &Override) -> Result<(), ClientError> {
    let &Desk { client, parameters, pipeline } = desk;
    let reason = reason(&options.reason)?;
    let found = client.get_pipeline().name(pipeline).send().await.called("GetPipeline", pipeline)?;
    let place = Place::in_answer(&found);
    let status = observe::whole(client, pipeline).await?;
    let judged = choose(&status, &gates_of(&found), options)?;
    let id = &judged.execution.execution;
    let rules: BTreeSet<&str> = options.rules.iter().map(String::as_str).collect();
    let name = format!("{}/{id}", judged.gate.overrides);
    let before = before(parameters, &name).await;
    let dropped: BTreeSet<&str> = before.as_ref().map(rules_of).unwrap_or_default();
    let dropped: BTreeSet<&str> = dropped.difference(&rules).copied().collect();
    let deed = deed(pipeline, &judged, &rules, reason, &name, before.as_ref());
    if !options.ask.yes && ask::is_at_terminal() && !ask::confirm(deed.question(&place)).await {
        return Err(ClientError::NotChanged);
    }
    let value = json!({"rules": rules, "reason": reason}).to_string();
    let put = parameters.put_parameter().name(&name).value(value).r#type(ParameterType::String).overwrite(true);
    put.send().await.called("PutParameter", &name)?;
    let next = next(pipeline, &judged);
    let done = format!("{} set aside for execution {id} of {pipeline}, in {name}", are(&rules));
    let object = json!({
        "pipeline": pipeline, "stage": judged.stage.name, "execution": id, "commit": judged.execution.revision.commit,
        "rules": rules, "dropped": dropped, "reason": reason, "parameter": name, "next": next, "status": "Overridden",
    });
    tell(&place, &options.ask, &done, object);
    if !options.ask.json {
        if !dropped.is_empty() {
            say(format!("  {} no longer; to keep that, name it too", are(&dropped)));
        }
        say(match next {
            Some(retry) => format!("  now `{retry}`"),
            None => format!("  it holds when the gate of {} decides; there is nothing to retry yet", judged.stage.name),
        });
    }
    Ok(())
}

fn gates_of(answer: &GetPipelineOutput) -> Vec<Gate> {
    answer.pipeline().map(gates).unwrap_or_default()
}

/// What is set aside must be answered for.
pub(super) fn reason(text: &str) -> Result<&str, ChangeError> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(ChangeError::NoReason),
        length if length > LONGEST => Err(ChangeError::LongReason { length, longest: LONGEST }),
        _ => Ok(text),
    }
}

/// The gate that denied the named execution or will decide about it, and that has the rules.
pub(super) fn choose(status: &Status, gates: &[Gate], options: &Override) -> Result<Judged, ChangeError> {
    let (pipeline, named) = (status.pipeline.clone(), Some(options.execution.as_str()));
    if gates.is_empty() {
        return Err(ChangeError::NoGate(pipeline));
    }
    let judged = status.stages.iter().filter_map(|stage| judged(status, gates, stage));
    let (meant, others): (Vec<Judged>, Vec<Judged>) =
        judged.partition(|judged| is_meant(&judged.execution.execution, named));
    let Some(judged) = meant.into_iter().next_back() else {
        let known = status.executions.iter().find(|one| is_meant(&one.execution, named));
        let there = others.iter().map(|one| format!("{} ({})", one.execution.execution, one.stage.name)).collect();
        return Err(match known {
            Some(known) => {
                let (execution, status) = (known.execution.clone(), known.status.clone());
                ChangeError::NotJudged { pipeline, execution, status, there }
            }
            None => ChangeError::NoSuchExecution { pipeline, asked: options.execution.clone(), there },
        });
    };
    let unasked = options.rules.iter().find(|rule| !judged.gate.rules.contains(*rule));
    match unasked {
        Some(rule) => {
            let (stage, rule) = (judged.stage.name, rule.clone());
            Err(ChangeError::NotAsked { pipeline, stage, rule, there: judged.gate.rules.into_iter().collect() })
        }
        None => Ok(judged),
    }
}

/// A stage with a gate that an execution is held up in: it waits there, or failed.
fn judged(status: &Status, gates: &[Gate], stage: &Stage) -> Option<Judged> {
    let is_held_up = matches!(stage.status.as_deref(), Some("Failed" | "Stopped" | "InProgress"));
    // A stage with several gates asks each for its rules.
    let mut here = gates.iter().filter(|gate| gate.stage == stage.name).cloned();
    let mut gate = here.next().filter(|_| is_held_up)?;
    gate.rules.extend(here.flat_map(|gate| gate.rules));
    let execution = execution(status, stage.execution.as_deref()?);
    Some(Judged { gate, stage: stage.clone(), execution })
}

/// What somebody set aside for the execution before. Who may not read it need not know.
async fn before(parameters: &aws_sdk_ssm::Client, name: &str) -> Option<Value> {
    let found = parameters.get_parameter().name(name).send().await.ok()?;
    serde_json::from_str(found.parameter()?.value()?).ok()
}

pub(super) fn deed(
    pipeline: &str,
    judged: &Judged,
    rules: &BTreeSet<&str>,
    reason: &str,
    parameter: &str,
    before: Option<&Value>,
) -> Deed {
    let Judged { stage, execution, .. } = judged;
    let what = format!("set {} aside for execution {} of {pipeline}", listed(rules), execution.execution);
    let replaced = before.map(|before| {
        format!(
            "in place of what was set aside before, {}: {}",
            listed(&rules_of(before)),
            before["reason"].as_str().unwrap_or("-")
        )
    });
    let record = format!("written in your name to {parameter}, and told by `flowgate history`");
    let details = std::iter::once(carries(execution)).chain(failures(stage)).chain(replaced);
    Deed { verb: "set aside", what, details: details.chain([format!("because: {reason}"), record]).collect() }
}

/// What makes the gate decide again; nothing, where it is yet to decide.
pub(super) fn next(pipeline: &str, judged: &Judged) -> Option<String> {
    let Judged { stage, execution, .. } = judged;
    let is_over = stage.status.as_deref() != Some("InProgress");
    is_over.then(|| format!("flowgate retry {pipeline} --stage {} --execution {}", stage.name, execution.execution))
}

fn rules_of(before: &Value) -> BTreeSet<&str> {
    before["rules"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn listed(rules: &BTreeSet<&str>) -> String {
    rules.iter().copied().collect::<Vec<_>>().join(" and ")
}

fn are(rules: &BTreeSet<&str>) -> String {
    let verb = if rules.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", listed(rules))
}
