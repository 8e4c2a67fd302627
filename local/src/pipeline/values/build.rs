//! Values of CodeBuild actions.

use serde::Deserialize;

/// Where the value of an environment variable comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableType {
    /// It is the value itself.
    Plaintext,
    /// It names a parameter of Systems Manager.
    ParameterStore,
    /// It names a secret of Secrets Manager.
    SecretsManager,
}

/// One of an action's environment variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, or where that is.
    pub value: String,
    /// Which of both.
    pub kind: VariableType,
}

/// A variable comes from nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {name} is of type {kind}: make it PLAINTEXT, PARAMETER_STORE or SECRETS_MANAGER")]
pub struct UnknownType {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
}

/// Why `EnvironmentVariables` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VariableError {
    /// It is no list of variables.
    #[error(transparent)]
    Malformed(#[from] serde_json::Error),
    /// One of them comes from nowhere.
    #[error(transparent)]
    Type(#[from] UnknownType),
}

impl VariableType {
    /// The type of this name, for the variable `variable`.
    pub fn named(name: &str, variable: &str) -> Result<Self, UnknownType> {
        match name {
            "PLAINTEXT" => Ok(Self::Plaintext),
            "PARAMETER_STORE" => Ok(Self::ParameterStore),
            "SECRETS_MANAGER" => Ok(Self::SecretsManager),
            _ => Err(UnknownType { name: variable.to_owned(), kind: name.to_owned() }),
        }
    }
}

/// A variable as it is written.
#[derive(Deserialize)]
struct Written {
    name: String,
    value: String,
    r#type: Option<String>,
}

/// `EnvironmentVariables`: a JSON list of `{"name", "value", "type"}`.
pub fn environment_variables(text: &str) -> Result<Vec<Variable>, VariableError> {
    let written: Vec<Written> = serde_json::from_str(text)?;
    written.into_iter().map(variable).collect()
}

fn variable(Written { name, value, r#type }: Written) -> Result<Variable, VariableError> {
    let kind = VariableType::named(r#type.as_deref().unwrap_or("PLAINTEXT"), &name)?;
    Ok(Variable { name, value, kind })
}

/// Whether a project may be called so.
pub fn is_project_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_plain_unless_they_say_otherwise() {
        let text = r#"[{"name": "A", "value": "1"}, {"name": "B", "value": "/b", "type": "PARAMETER_STORE"}]"#;
        let [plain, stored] = environment_variables(text).unwrap().try_into().unwrap();
        assert_eq!((plain.name.as_str(), plain.value.as_str(), plain.kind), ("A", "1", VariableType::Plaintext));
        assert_eq!((stored.name.as_str(), stored.kind), ("B", VariableType::ParameterStore));
        let error = environment_variables(r#"[{"name": "V", "value": "x", "type": "VAULT"}]"#).unwrap_err();
        assert!(error.to_string().starts_with("environment variable V is of type VAULT: make it "), "{error}");
        for wrong in ["", "not json", "{}", r#"[{"name": "A"}]"#, r#"[{"name": "A", "value": 1}]"#] {
            assert!(matches!(environment_variables(wrong), Err(VariableError::Malformed(_))), "{wrong}");
        }
    }

    #[test]
    fn projects_are_called_by_letters_and_digits() {
        for (name, accepted) in [("My_project-1", true), ("", false), ("my project", false), ("a/b", false)] {
            assert_eq!(is_project_name(name), accepted, "{name}");
        }
    }
}
