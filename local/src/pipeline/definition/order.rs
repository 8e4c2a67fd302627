//! The checks across actions: who comes first, who writes what, and who may read it.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{self, ConditionResult, Rule};
use super::error::{DefinitionError, ErrorKind, Place};
use super::{Action, ExecutionMode, Pipeline, Stage};
use crate::pipeline::action::ConditionKind;
use crate::pipeline::variables::{self, Part, Reference};

type Checked = Result<(), DefinitionError>;

/// What the actions before a certain one have produced.
#[derive(Default)]
struct Produced<'a> {
    artifacts: BTreeSet<&'a str>,
    namespaces: BTreeSet<&'a str>,
}

/// Checks everything that needs more than one action to be seen.
pub(super) fn check(pipeline: &Pipeline) -> Checked {
    sources_first(pipeline)?;
    one_region(pipeline)?;
    no_rollback(pipeline)?;
    let mut produced = Produced::default();
    for stage in &pipeline.stages {
        rules_read_what_exists(pipeline, stage, ConditionKind::BeforeEntry, &produced)?;
        let orders: BTreeSet<u32> = stage.actions.iter().map(|action| action.run_order).collect();
        for order in orders {
            let group: Vec<&Action> = stage.actions.iter().filter(|action| action.run_order == order).collect();
            for action in &group {
                reads_what_exists(&Place::stage(&stage.name).action(&action.name), pipeline, action, &produced)?;
            }
            for action in group {
                produced.artifacts.extend(action.outputs.iter().map(String::as_str));
                produced.namespaces.extend(action.namespace.as_deref());
            }
        }
        rules_read_what_exists(pipeline, stage, ConditionKind::OnSuccess, &produced)?;
        rules_read_what_exists(pipeline, stage, ConditionKind::OnFailure, &produced)?;
    }
    Ok(())
}

/// What fetches sources has nothing to go back to, and executions that run beside each other have no before.
fn no_rollback(pipeline: &Pipeline) -> Checked {
    let parallel = pipeline.execution_mode == ExecutionMode::Parallel;
    for (number, stage) in pipeline.stages.iter().enumerate() {
        let rolls_back = |kind| stage.condition(kind).is_some_and(|found| found.result == ConditionResult::Rollback);
        let kinds = [ConditionKind::OnSuccess, ConditionKind::OnFailure];
        let Some(kind) = kinds.into_iter().find(|kind| rolls_back(*kind)) else { continue };
        let message = match number {
            0 => "a stage of source actions cannot be rolled back; remove it",
            _ if parallel => "a pipeline in mode PARALLEL has no rollback; remove it, or change executionMode",
            _ => continue,
        };
        return Err(Place::stage(&stage.name).field(condition::field(kind)).error(ErrorKind::Stage, message));
    }
    Ok(())
}

fn sources_first(pipeline: &Pipeline) -> Checked {
    for (number, stage) in pipeline.stages.iter().enumerate() {
        if let Some(stray) = stage.actions.iter().find(|action| action.provider.is_source() != (number == 0)) {
            let message = match number {
                0 => "the first stage contains source actions only; move this one",
                _ => "source actions stand in the first stage only; move this one",
            };
            return Err(Place::stage(&stage.name).action(&stray.name).error(ErrorKind::Structure, message));
        }
    }
    Ok(())
}

fn one_region(pipeline: &Pipeline) -> Checked {
    let stores = pipeline.declaration.artifact_stores.iter().flat_map(|stores| stores.keys());
    let mut first: Option<&String> = stores.into_iter().next();
    let actions = actions(pipeline).map(|(place, action)| (ErrorKind::Action, place, action.region.as_ref()));
    let rules = rules(pipeline).map(|(place, rule)| (ErrorKind::Stage, place, rule.region.as_ref()));
    for (kind, place, here) in actions.chain(rules) {
        if let (Some(first), Some(here)) = (first, here)
            && first != here
        {
            let message = format!("is {here:?}, and {first:?} elsewhere; only one region can run here");
            return Err(place.within("region").error(kind, message));
        }
        first = first.or(here);
    }
    Ok(())
}

fn reads_what_exists(place: &Place, pipeline: &Pipeline, action: &Action, produced: &Produced<'_>) -> Checked {
    written(&place.field("inputArtifacts"), ErrorKind::Action, &action.inputs, pipeline, produced)?;
    resolvable(&place.field("configuration"), ErrorKind::Action, &action.configuration, pipeline, produced)
}

fn rules_read_what_exists(pipeline: &Pipeline, stage: &Stage, kind: ConditionKind, produced: &Produced<'_>) -> Checked {
    stage.condition(kind).into_iter().flat_map(|condition| &condition.rules).try_for_each(|rule| {
        let place = rule_place(stage, kind, rule);
        written(&place.within("inputArtifacts"), ErrorKind::Stage, &rule.inputs, pipeline, produced)?;
        resolvable(&place.within("configuration"), ErrorKind::Stage, &rule.configuration, pipeline, produced)
    })
}

/// What is read was written before: no artifact depends on itself, by however many actions.
fn written(place: &Place, kind: ErrorKind, inputs: &[String], pipeline: &Pipeline, produced: &Produced<'_>) -> Checked {
    let Some(missing) = inputs.iter().find(|input| !produced.artifacts.contains(input.as_str())) else { return Ok(()) };
    let message = match too_late(pipeline, place, |action| action.outputs.contains(missing)) {
        Some(writer) => format!("{missing:?} is written by {writer}; an action reads what an earlier one writes"),
        None => format!("{missing:?} is not an output of an earlier action"),
    };
    Err(place.error(kind, message))
}

/// Who provides it, too late for this reader.
fn too_late(pipeline: &Pipeline, reader: &Place, provides: impl Fn(&Action) -> bool) -> Option<String> {
    let (place, _) = actions(pipeline).find(|(_, action)| provides(action))?;
    let itself = (&place.stage, &place.action) == (&reader.stage, &reader.action);
    Some(if itself {
        "this action itself".to_owned()
    } else {
        format!("{}, which does not run earlier", of_action(&place))
    })
}

/// The action, inside a sentence.
pub(super) fn of_action(place: &Place) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    format!("action {:?} of stage {:?}", name(&place.action), name(&place.stage))
}

fn resolvable(
    place: &Place,
    kind: ErrorKind,
    configuration: &BTreeMap<String, String>,
    pipeline: &Pipeline,
    produced: &Produced<'_>,
) -> Checked {
    for (key, value) in configuration {
        let place = place.within(key);
        let parts = variables::parse(value).map_err(|error| place.error(kind, error.to_string()))?;
        for part in parts {
            if let Part::Reference(reference) = part
                && !exists(&reference, pipeline, produced)
            {
                return Err(place.error(kind, unresolvable(&reference, pipeline, &place)));
            }
        }
    }
    Ok(())
}

fn unresolvable(reference: &Reference<'_>, pipeline: &Pipeline, reader: &Place) -> String {
    let owns = |action: &Action| action.namespace.as_deref() == Some(reference.namespace);
    match too_late(pipeline, reader, owns) {
        Some(owner) => format!("{reference} is provided by {owner}; an action reads what an earlier one provides"),
        None => format!("{reference} names nothing that an earlier action or the pipeline provides"),
    }
}

fn exists(reference: &Reference<'_>, pipeline: &Pipeline, produced: &Produced<'_>) -> bool {
    match reference.namespace {
        "codepipeline" => reference.name == "PipelineExecutionId",
        "variables" => pipeline.variables.contains_key(reference.name),
        namespace => produced.namespaces.contains(namespace),
    }
}

fn rules(pipeline: &Pipeline) -> impl Iterator<Item = (Place, &Rule)> {
    let kinds = [ConditionKind::BeforeEntry, ConditionKind::OnSuccess, ConditionKind::OnFailure];
    pipeline.stages.iter().flat_map(move |stage| {
        let conditions = kinds.into_iter().filter_map(|kind| Some((kind, stage.condition(kind)?)));
        conditions.flat_map(move |(kind, condition)| {
            condition.rules.iter().map(move |rule| (rule_place(stage, kind, rule), rule))
        })
    })
}

fn rule_place(stage: &Stage, kind: ConditionKind, rule: &Rule) -> Place {
    Place::stage(&stage.name).field(condition::field(kind)).within("conditions").within("rules").within(&rule.name)
}

/// Every action, with its place.
pub(super) fn actions(pipeline: &Pipeline) -> impl Iterator<Item = (Place, &Action)> {
    pipeline.stages.iter().flat_map(|stage| {
        let place = Place::stage(&stage.name);
        stage.actions.iter().map(move |action| (place.action(&action.name), action))
    })
}
