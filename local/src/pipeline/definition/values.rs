//! The check of an action's values, as far as they are known before it runs: by what the action itself reads them with.

use std::collections::BTreeMap;

use super::Provider;
use super::error::{DefinitionError, ErrorKind, Place};
use crate::pipeline::values::{NAME_RULE, capabilities, environment_variables, is_project_name, is_stack_name};

/// Refuses what the action could not be run with. A value that refers to variables has to wait for them.
pub(super) fn check(
    place: &Place,
    provider: &Provider,
    configuration: &BTreeMap<String, String>,
) -> Result<(), DefinitionError> {
    let known = configuration.iter().filter(|(key, value)| !value.contains("#{") && provider.reads(key, configuration));
    known.into_iter().try_for_each(|(key, value)| match reason(provider.name, key, value) {
        None => Ok(()),
        Some(reason) => {
            let message = format!("{value:?} cannot be used: {reason}");
            Err(place.within(key).error(ErrorKind::Action, message))
        }
    })
}

/// Why the action cannot use a value.
fn reason(provider: &str, key: &str, value: &str) -> Option<String> {
    match (provider, key) {
        ("CodeBuild", "ProjectName") => (!is_project_name(value)).then(|| "use letters, digits, - and _".to_owned()),
        ("CodeBuild", "EnvironmentVariables") => environment_variables(value).err().map(|error| error.to_string()),
        ("CloudFormation", "StackName" | "ChangeSetName") => (!is_stack_name(value)).then(|| NAME_RULE.to_owned()),
        ("CloudFormation", "Capabilities") => capabilities(value).err(),
        _ => None,
    }
}
