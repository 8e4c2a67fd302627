//! `flowgate override`: rules of the gate that somebody answers for who may.

use std::collections::BTreeSet;

use aws_sdk_codepipeline::types::{PipelineDeclaration, StageDeclaration};
use serde_json::json;

use super::stands::{Aside, listed};
use super::turn::{Turn, unanswered};
use super::{ChangeError, Deed, ask, carries, execution, failures, is_meant, tell};
use crate::cli::args::Override;
use crate::cli::call::Called as _;
use crate::cli::client::{self, Chosen, ClientError};
use crate::cli::gate::{self, Gate, gates};
use crate::cli::observe;
use crate::cli::parameter;
use crate::cli::place::Place;
use crate::report::say;
use crate::report::view::{Execution, Stage, Status};

/// How long a reason may be, in characters: the gate records no more of it.
pub(super) const LONGEST: usize = 500;

/// A stage whose gates denied an execution, or will decide about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    /// One at least.
    pub(super) gates: Vec<Gate>,
    /// Its actions that ask somebody.
    pub(super) approvals: Vec<String>,
    pub(super) stage: Stage,
    pub(super) execution: Execution,
}

impl Judged {
    fn rules(&self) -> BTreeSet<String> {
        self.gates.iter().flat_map(|gate| gate.rules.iter().cloned()).collect()
    }

    /// Where its rules are set aside.
    fn parameter(&self) -> String {
        let folder = self.gates.first().map(|gate| &*gate.overrides).unwrap_or_default();
        format!("{folder}/{}", self.execution.execution)
    }
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
    let asked = asked(options)?;
    let (place, judged) = held_up(desk, options).await?;
    let turn = turn(desk.pipeline, &judged, &asked)?;
    let name = judged.parameter();
    let stands = parameter::read(desk.parameters, &name).await.map_err(ClientError::Unread)?;
    let deed = deed(desk.pipeline, &judged, &asked, &name, stands.as_deref());
    if !options.ask.yes && ask::is_at_terminal() && !ask::confirm(deed.question(&place)).await {
        return Err(ClientError::NotChanged);
    }
    let written = asked.after(stands.as_deref().and_then(Aside::parse).as_ref());
    parameter::write(desk.parameters, &name, json!(written).to_string(), stands.is_some()).await?;
    report(desk.pipeline, &judged, turn, &written, &place, options);
    Ok(())
}

fn asked(options: &Override) -> Result<Aside, ChangeError> {
    Ok(Aside { rules: options.rules.iter().cloned().collect(), reason: reason(&options.reason)?.to_owned() })
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

/// Where the named execution is held up, with what its own actions did there.
async fn held_up(desk: &Desk<'_>, options: &Override) -> Result<(Place, Judged), ClientError> {
    let &Desk { client, pipeline, .. } = desk;
    let found = client.get_pipeline().name(pipeline).send().await.called("GetPipeline", pipeline)?;
    let status = observe::whole(client, pipeline).await?;
    let gates = found.pipeline().map(gates).unwrap_or_default();
    let mut judged = choose(&status, &gates, options)?;
    let declared = found.pipeline().map(PipelineDeclaration::stages).unwrap_or_default();
    judged.approvals = approvals(declared, &judged.stage.name);
    // A stage's state has runs of executions before this one, where this one did not come to it.
    let ran = observe::place(client, pipeline, &judged.execution.execution).await?;
    judged.stage.actions = ran.filter(|ran| ran.name == judged.stage.name).map(|ran| ran.actions).unwrap_or_default();
    Ok((Place::in_answer(&found), judged))
}

fn approvals(declared: &[StageDeclaration], stage: &str) -> Vec<String> {
    declared.iter().filter(|one| one.name() == stage).flat_map(gate::approvals).map(str::to_owned).collect()
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
        return Err(not_judged(status, &options.execution, &others));
    };
    let rules = judged.rules();
    match options.rules.iter().find(|rule| !rules.contains(*rule)) {
        Some(rule) => {
            let (stage, rule) = (judged.stage.name, rule.clone());
            Err(ChangeError::NotAsked { pipeline, stage, rule, there: rules.into_iter().collect() })
        }
        None => Ok(judged),
    }
}

fn not_judged(status: &Status, asked: &str, others: &[Judged]) -> ChangeError {
    let (pipeline, asked) = (status.pipeline.clone(), asked.to_owned());
    let there = others.iter().map(|one| format!("{} ({})", one.execution.execution, one.stage.name)).collect();
    match status.executions.iter().find(|one| is_meant(&one.execution, Some(&asked))) {
        Some(known) => {
            let (execution, status) = (known.execution.clone(), known.status.clone());
            ChangeError::NotJudged { pipeline, execution, status, there }
        }
        None => ChangeError::NoSuchExecution { pipeline, asked, there },
    }
}

/// A stage with gates that an execution is held up in: it waits there, or failed.
fn judged(status: &Status, gates: &[Gate], stage: &Stage) -> Option<Judged> {
    let is_held_up = matches!(stage.status.as_deref(), Some("Failed" | "Stopped" | "InProgress"));
    let here: Vec<Gate> = gates.iter().filter(|gate| gate.stage == stage.name).cloned().collect();
    let execution = execution(status, stage.execution.as_deref()?);
    let judged = Judged { gates: here, approvals: Vec::new(), stage: stage.clone(), execution };
    (is_held_up && !judged.gates.is_empty()).then_some(judged)
}

/// How far the gate is. What has passed it is held up by none of its rules.
pub(super) fn turn(pipeline: &str, judged: &Judged, asked: &Aside) -> Result<Turn, ChangeError> {
    match Turn::of(judged, &asked.rules) {
        Turn::Passed => Err(ChangeError::LetThrough {
            pipeline: pipeline.to_owned(),
            stage: judged.stage.name.clone(),
            execution: judged.execution.execution.clone(),
            rules: asked.rules.iter().cloned().collect(),
        }),
        turn => Ok(turn),
    }
}

pub(super) fn deed(pipeline: &str, judged: &Judged, asked: &Aside, parameter: &str, stands: Option<&str>) -> Deed {
    let Judged { stage, execution, .. } = judged;
    let what = format!("set {} aside for execution {} of {pipeline}", asked.listed(), execution.execution);
    let record = format!("written in your name to {parameter}, and told by `flowgate history`");
    let details = std::iter::once(carries(execution)).chain(failures(stage)).chain(stands.map(kept));
    Deed { verb: "set aside", what, details: details.chain([format!("because: {}", asked.reason), record]).collect() }
}

/// What becomes of what stands there.
fn kept(stands: &str) -> String {
    Aside::parse(stands).map_or_else(
        || format!("in place of what the gate takes for no override: {stands}"),
        |before| format!("and with it what is set aside already, {}: {}", before.listed(), before.reason),
    )
}

/// What makes the gate decide again; nothing, where it is yet to decide.
pub(super) fn next(pipeline: &str, judged: &Judged, turn: Turn) -> Option<String> {
    let Judged { stage, execution, .. } = judged;
    let command = || format!("flowgate retry {pipeline} --stage {} --execution {}", stage.name, execution.execution);
    matches!(turn, Turn::Denied | Turn::Over).then(command)
}

fn report(pipeline: &str, judged: &Judged, turn: Turn, written: &Aside, place: &Place, options: &Override) {
    let Judged { stage, execution, .. } = judged;
    let (id, name, rules) = (&execution.execution, judged.parameter(), &written.rules);
    let verb = if rules.len() == 1 { "is" } else { "are" };
    let done = format!("{} {verb} set aside for execution {id} of {pipeline}, in {name}", listed(rules));
    let object = json!({
        "pipeline": pipeline, "stage": stage.name, "execution": id, "commit": execution.revision.commit,
        "rules": rules, "reason": written.reason, "parameter": name, "next": next(pipeline, judged, turn),
        "unanswered": unanswered(judged), "status": "Overridden",
    });
    tell(place, &options.ask, &done, object);
    if !options.ask.json {
        for line in what_follows(pipeline, judged, turn) {
            say(format_args!("  {line}"));
        }
    }
}

/// What is left to do.
pub(super) fn what_follows(pipeline: &str, judged: &Judged, turn: Turn) -> Vec<String> {
    let stage = &judged.stage.name;
    let first = match next(pipeline, judged, turn) {
        Some(retry) if turn == Turn::Denied => format!("once {stage} has ended, `{retry}`"),
        Some(retry) => format!("now `{retry}`"),
        None => format!("it holds when the gate of {stage} decides; there is nothing to retry yet"),
    };
    let left = unanswered(judged);
    let verb = if left.len() == 1 { "has" } else { "have" };
    let asks = (!left.is_empty()).then(|| format!("{} still {verb} to be answered", left.join(" and ")));
    std::iter::once(first).chain(asks).collect()
}
