//! From the API's JSON to a [`Pipeline`].

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::{DefinitionError, ErrorKind, Place};
use super::read::read;
use super::refused::{Refused, both};
use super::wire::{Declaration, ExecutionMode, PipelineType};
use super::{Pipeline, names, order, stage, store, trigger, unique, wire};

/// The most variables of a pipeline.
const VARIABLES: usize = 50;

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
        checked(declaration).map_err(|refused| *refused.first)
    }
}

/// Everything that [`Pipeline::from_declaration`] would refuse, of which it tells the first. What only shows across actions
/// is among it where each of them by itself is right.
pub fn problems(declaration: &Value) -> Vec<DefinitionError> {
    checked(declaration).err().map_or_else(Vec::new, Refused::all)
}

fn checked(declaration: &Value) -> Result<Pipeline, Refused> {
    let declaration = read(declaration)?;
    let (stages, head) = both(stage::check_all(&declaration.stages), Head::check(&declaration).map_err(Refused::from))?;
    let Head { bucket, execution_mode, variables } = head;
    let pipeline = Pipeline {
        name: declaration.name.clone(),
        bucket,
        version: declaration.version,
        execution_mode,
        variables,
        triggers: trigger::check(&declaration.triggers, &stages)?,
        stages,
        declaration,
    };
    unique::check(&pipeline)?;
    order::check(&pipeline)?;
    Ok(pipeline)
}

/// What a pipeline says beside its stages and triggers.
struct Head {
    bucket: String,
    execution_mode: ExecutionMode,
    variables: BTreeMap<String, Option<String>>,
}

impl Head {
    fn check(declaration: &Declaration) -> Result<Self, DefinitionError> {
        names::name(&Place::pipeline().field("name"), &declaration.name)?;
        let bucket = store::bucket(declaration)?;
        version(declaration)?;
        Ok(Self { bucket, execution_mode: execution_mode(declaration)?, variables: variables(declaration)? })
    }
}

fn version(declaration: &Declaration) -> Result<(), DefinitionError> {
    match declaration.version {
        0 => Err(Place::pipeline().field("version").error(ErrorKind::Validation, "is 0; it must be 1 or more")),
        _ => Ok(()),
    }
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
    if declaration.variables.len() > VARIABLES {
        let message = format!("has {} items; {VARIABLES} is the most", declaration.variables.len());
        return Err(place.error(ErrorKind::Validation, message));
    }
    let mut variables = BTreeMap::new();
    for variable in &declaration.variables {
        let name = names::variable(&place.within("name"), &variable.name)?;
        let place = place.within(&name);
        if let Some(value) = &variable.default_value {
            names::length(&place.within("defaultValue"), value, 1..=1000)?;
        }
        if let Some(text) = &variable.description {
            names::length(&place.within("description"), text, 0..=200)?;
        }
        if variables.insert(name, variable.default_value.clone()).is_some() {
            return Err(place.error(ErrorKind::Validation, "two variables have this name; rename one"));
        }
    }
    Ok(variables)
}
