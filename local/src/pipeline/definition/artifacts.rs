//! The artifacts that an action's configuration names: each must be one of those that the action reads.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Provider;
use super::error::{DefinitionError, ErrorKind, Place};

type Checked = Result<(), DefinitionError>;

/// The most bytes of `ParameterOverrides`.
const OVERRIDES: usize = 1024;
/// Functions in `ParameterOverrides`, and how many arguments they take: the first names an artifact.
const FUNCTIONS: [(&str, usize); 2] = [("Fn::GetArtifactAtt", 2), ("Fn::GetParam", 3)];

/// Checks every such value. What a reference to a variable stands for is known only when it runs.
pub(super) fn check(
    place: &Place,
    provider: &Provider,
    configuration: &BTreeMap<String, String>,
    inputs: &[String],
) -> Checked {
    let known = |key: &str| configuration.get(key).filter(|value| !value.contains("#{")).map(String::as_str);
    if let Some(name) = known("PrimarySource") {
        is_input(&place.within("PrimarySource"), name, inputs)?;
    }
    if !provider.deploys_template(configuration) {
        return Ok(());
    }
    for key in ["TemplatePath", "TemplateConfiguration"] {
        known(key).map_or(Ok(()), |file| file_of_input(&place.within(key), file, inputs))?;
    }
    let place = place.within("ParameterOverrides");
    configuration.get("ParameterOverrides").map_or(Ok(()), |text| overrides(&place, text, inputs))
}

fn is_input(place: &Place, artifact: &str, inputs: &[String]) -> Checked {
    if artifact.contains("#{") || inputs.iter().any(|input| input == artifact) {
        return Ok(());
    }
    let message = format!("{artifact:?} is not an input artifact of the action; add it to inputArtifacts");
    Err(place.error(ErrorKind::Action, message))
}

fn file_of_input(place: &Place, file: &str, inputs: &[String]) -> Checked {
    match file.split_once("::") {
        Some((artifact, path)) if !path.is_empty() => is_input(place, artifact, inputs),
        _ => Err(place.error(ErrorKind::Action, format!("{file:?} is not of the form Artifact::file"))),
    }
}

fn overrides(place: &Place, text: &str, inputs: &[String]) -> Checked {
    if text.len() > OVERRIDES {
        let message = format!("has {} bytes; CloudFormation takes {OVERRIDES} at most", text.len());
        return Err(place.error(ErrorKind::Action, message));
    }
    let overrides: Map<String, Value> = match serde_json::from_str(text) {
        Ok(overrides) => overrides,
        // A variable may stand for a number, or for everything.
        Err(_) if text.contains("#{") => return Ok(()),
        Err(error) => return Err(place.error(ErrorKind::Action, format!("is not a JSON object: {error}"))),
    };
    overrides.iter().try_for_each(|(parameter, value)| an_override(&place.within(parameter), value, inputs))
}

fn an_override(place: &Place, value: &Value, inputs: &[String]) -> Checked {
    match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => return Ok(()),
        Value::Object(members) if members.len() == 1 => {
            for (function, arguments) in FUNCTIONS {
                if let Some(Value::Array(given)) = members.get(function)
                    && given.len() == arguments
                    && let Some(artifact) = given[0].as_str()
                {
                    return is_input(place, artifact, inputs);
                }
            }
        }
        _ => {}
    }
    let functions = FUNCTIONS.map(|(function, arguments)| format!("{function} of {arguments} arguments")).join(" or ");
    Err(place.error(ErrorKind::Action, format!("{value} is no text, nor {functions}")))
}
