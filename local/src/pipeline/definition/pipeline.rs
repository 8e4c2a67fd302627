//! From the API's JSON to a [`Pipeline`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::condition::{self, Conditions};
use super::error::{DefinitionError, ErrorKind, Place};
use super::read::read;
use super::wire::{Declaration, ExecutionMode, PipelineType};
use super::{Pipeline, Stage, action, names, order, trigger, wire};

impl Pipeline {
    /// Reads `{"pipeline": {…}}`, the document that `create-pipeline` takes; `metadata` and the like beside it are not
    /// part of a definition.
    pub fn from_document(document: &str) -> Result<Self, DefinitionError> {
        let document: Value = serde_json::from_str(document)
            .map_err(|error| Place::pipeline().error(ErrorKind::Validation, format!("not JSON: {error}")))?;
        let place = Place::pipeline().field("pipeline");
        let declaration = document
            .get("pipeline")
            .ok_or_else(|| place.error(ErrorKind::Validation, "is missing from the document"))?;
        Self::from_declaration(declaration)
    }

    /// Reads the value of `pipeline`, as `CreatePipeline` and `UpdatePipeline` get it.
    pub fn from_declaration(declaration: &Value) -> Result<Self, DefinitionError> {
        let declaration = read(declaration)?;
        let stages = stages(&declaration.stages)?;
        let pipeline = Self {
            name: names::name(&Place::pipeline().field("name"), &declaration.name)?,
            bucket: bucket(&declaration)?,
            version: declaration.version,
            execution_mode: execution_mode(&declaration)?,
            variables: variables(&declaration)?,
            triggers: trigger::check(&declaration.triggers, &stages)?,
            stages,
            declaration,
        };
        order::check(&pipeline)?;
        Ok(pipeline)
    }
}

fn bucket(declaration: &Declaration) -> Result<String, DefinitionError> {
    let store = match (&declaration.artifact_store, &declaration.artifact_stores) {
        (Some(store), None) => store,
        (None, Some(stores)) => only_store(stores)?,
        _ => {
            let message = "give either artifactStore or artifactStores";
            return Err(Place::pipeline().error(ErrorKind::Structure, message));
        }
    };
    if store.kind != "S3" {
        let place = Place::pipeline().field("artifactStore.type");
        return Err(place.error(ErrorKind::Validation, format!("{:?} is unknown; use \"S3\"", store.kind)));
    }
    names::bucket(&Place::pipeline().field("artifactStore.location"), &store.location)
}

fn only_store(stores: &BTreeMap<String, wire::ArtifactStore>) -> Result<&wire::ArtifactStore, DefinitionError> {
    let mut stores = stores.values();
    if let (Some(store), None) = (stores.next(), stores.next()) {
        return Ok(store);
    }
    let message = "only one region can run here; name one store";
    Err(Place::pipeline().field("artifactStores").error(ErrorKind::Structure, message))
}

fn execution_mode(declaration: &Declaration) -> Result<ExecutionMode, DefinitionError> {
    let used = [
        ("executionMode", declaration.execution_mode != ExecutionMode::Superseded),
        ("variables", !declaration.variables.is_empty()),
        ("triggers", !declaration.triggers.is_empty()),
    ];
    let used = used.into_iter().filter(|(_, used)| *used).map(|(field, _)| Place::pipeline().field(field));
    let used = used.chain(conditions(&declaration.stages)).next();
    match used.filter(|_| declaration.pipeline_type == PipelineType::V1) {
        None => Ok(declaration.execution_mode),
        Some(place) => Err(place.error(ErrorKind::Structure, "needs a pipeline of type V2; set pipelineType")),
    }
}

/// Where a stage has a condition.
fn conditions(stages: &[wire::Stage]) -> impl Iterator<Item = Place> {
    stages.iter().flat_map(|stage| {
        let used = [
            ("beforeEntry", stage.before_entry.is_some()),
            ("onSuccess", stage.on_success.is_some()),
            ("onFailure", stage.on_failure.is_some()),
        ];
        used.into_iter().filter(|(_, used)| *used).map(|(field, _)| Place::stage(&stage.name).field(field))
    })
}

fn variables(declaration: &Declaration) -> Result<BTreeMap<String, Option<String>>, DefinitionError> {
    let place = Place::pipeline().field("variables");
    if declaration.variables.len() > 50 {
        return Err(place.error(ErrorKind::Limit, "more than 50 variables"));
    }
    let mut variables = BTreeMap::new();
    for variable in &declaration.variables {
        let name = names::variable(&place, &variable.name)?;
        if let Some(value) = &variable.default_value {
            names::length(&Place::pipeline().field(format!("variables.{name}.defaultValue")), value, 1..=1000)?;
        }
        if variables.insert(name, variable.default_value.clone()).is_some() {
            return Err(place.error(ErrorKind::Validation, format!("{:?} is declared twice", variable.name)));
        }
    }
    Ok(variables)
}

fn stages(declared: &[wire::Stage]) -> Result<Vec<Stage>, DefinitionError> {
    let place = Place::pipeline().field("stages");
    match declared.len() {
        0 | 1 => {
            let message = format!("the pipeline has {} stage(s); it needs at least two", declared.len());
            return Err(place.error(ErrorKind::Structure, message));
        }
        2..=50 => {}
        _ => return Err(place.error(ErrorKind::Limit, "more than 50 stages")),
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = declared.iter().find(|stage| !seen.insert(&stage.name)) {
        return Err(Place::stage(&twice.name).error(ErrorKind::Structure, "two stages have this name"));
    }
    declared.iter().map(stage).collect()
}

fn stage(declared: &wire::Stage) -> Result<Stage, DefinitionError> {
    let name = names::name(&Place::pipeline().field("stages.name"), &declared.name)?;
    let place = Place::stage(&name);
    if !declared.blockers.is_empty() {
        return Err(place.field("blockers").error(ErrorKind::Blocker, "is reserved by CodePipeline; remove it"));
    }
    match declared.actions.len() {
        0 => return Err(place.error(ErrorKind::Stage, "has no action")),
        1..=50 => {}
        _ => return Err(place.error(ErrorKind::Limit, "more than 50 actions")),
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = declared.actions.iter().find(|action| !seen.insert(&action.name)) {
        return Err(place.action(&twice.name).error(ErrorKind::Stage, "two actions of the stage have this name"));
    }
    let actions = declared.actions.iter().map(|declared| action::check(&place, declared)).collect::<Result<_, _>>()?;
    let Conditions { before_entry, on_success, on_failure, retry } = condition::check(&place, declared)?;
    Ok(Stage { name, actions, before_entry, on_success, on_failure, retry })
}
