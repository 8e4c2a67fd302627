//! The checks of one action by itself.

use std::collections::BTreeSet;

use super::error::{DefinitionError, ErrorKind, Place};
use super::{Action, Provider, artifacts, names, values, wire};
use crate::pipeline::action::TypeId;

type Checked<T = ()> = Result<T, DefinitionError>;

/// The action, if it can run.
pub(super) fn check(stage: &Place, declared: &wire::Action) -> Checked<Action> {
    let name = names::name(&stage.field("actions.name"), &declared.name)?;
    let place = stage.action(&name);
    let provider = provider(&place, &declared.action_type_id)?;
    refuse_what_others_have(&place, declared)?;
    timeout(&place, provider, declared.timeout_in_minutes)?;
    run_order(&place, declared.run_order)?;
    configuration(&place, provider, declared)?;
    let (inputs, outputs) = (inputs(&place, provider, declared)?, outputs(&place, provider, declared)?);
    artifacts::check(&place.field("configuration"), provider, &declared.configuration, &inputs)?;
    Ok(Action {
        type_id: declared.action_type_id.clone(),
        provider,
        run_order: declared.run_order,
        configuration: declared.configuration.clone(),
        inputs,
        outputs,
        namespace: namespace(&place, declared.namespace.as_deref())?,
        role_arn: declared.role_arn.clone(),
        region: declared.region.clone(),
        timeout_minutes: declared.timeout_in_minutes,
        name,
    })
}

fn provider(place: &Place, id: &TypeId) -> Checked<&'static Provider> {
    Provider::find(id).ok_or_else(|| {
        let TypeId { category, owner, provider, version } = id;
        let message =
            format!("{category}/{owner}/{provider} version {version} cannot run here; use {}", Provider::list());
        place.field("actionTypeId").error(ErrorKind::Action, message)
    })
}

fn refuse_what_others_have(place: &Place, declared: &wire::Action) -> Checked {
    let compute = "is for Compute actions; remove it";
    let foreign = [
        ("commands", compute, !declared.commands.is_empty()),
        ("outputVariables", compute, !declared.output_variables.is_empty()),
        ("environmentVariables", compute, !declared.environment_variables.is_empty()),
        ("outputArtifacts.files", compute, declared.output_artifacts.iter().any(|output| !output.files.is_empty())),
    ];
    match foreign.into_iter().find(|(.., used)| *used) {
        None => Ok(()),
        Some((field, why, _)) => Err(place.field(field).error(ErrorKind::Action, why)),
    }
}

fn timeout(place: &Place, provider: &Provider, minutes: Option<u32>) -> Checked {
    let place = place.field("timeoutInMinutes");
    match minutes {
        Some(_) if !provider.is_approval() => Err(place.error(ErrorKind::Action, "is for manual approval; remove it")),
        Some(minutes) => names::timeout(&place, minutes),
        None => Ok(()),
    }
}

fn run_order(place: &Place, order: u32) -> Checked {
    if (1..=999).contains(&order) {
        return Ok(());
    }
    Err(place.field("runOrder").error(ErrorKind::Validation, format!("is {order}; it must be 1 to 999")))
}

fn configuration(place: &Place, provider: &Provider, declared: &wire::Action) -> Checked {
    let (place, configuration) = (place.field("configuration"), &declared.configuration);
    let keys = provider.keys(configuration);
    keys.map_err(|why| place.within("ActionMode").error(ErrorKind::Action, why))?.check(&place, configuration)?;
    values::check(&place, provider, configuration)
}

fn inputs(place: &Place, provider: &Provider, declared: &wire::Action) -> Checked<Vec<String>> {
    let place = place.field("inputArtifacts");
    count(&place, declared.input_artifacts.len(), &provider.inputs, provider)?;
    declared.input_artifacts.iter().map(|input| names::artifact(&place, &input.name)).collect()
}

fn outputs(place: &Place, provider: &Provider, declared: &wire::Action) -> Checked<Vec<String>> {
    let place = place.field("outputArtifacts");
    count(&place, declared.output_artifacts.len(), &provider.outputs, provider)?;
    let mut seen = BTreeSet::new();
    if let Some(twice) = declared.output_artifacts.iter().find(|output| !seen.insert(&output.name)) {
        return Err(place.error(ErrorKind::Action, format!("{:?} is written twice; remove one", twice.name)));
    }
    declared.output_artifacts.iter().map(|output| names::artifact(&place, &output.name)).collect()
}

fn count(place: &Place, count: usize, allowed: &std::ops::RangeInclusive<usize>, provider: &Provider) -> Checked {
    if allowed.contains(&count) {
        return Ok(());
    }
    let message = format!("{count} declared; {} takes {} to {}", provider.name, allowed.start(), allowed.end());
    Err(place.error(ErrorKind::Action, message))
}

fn namespace(place: &Place, declared: Option<&str>) -> Checked<Option<String>> {
    let place = place.field("namespace");
    match declared {
        Some(reserved @ ("codepipeline" | "variables")) => {
            Err(place.error(ErrorKind::Action, format!("{reserved:?} is reserved by CodePipeline; choose another")))
        }
        Some(name) => names::namespace(&place, name).map(Some),
        None => Ok(None),
    }
}
