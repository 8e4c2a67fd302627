//! `#{namespace.Name}` inside configuration values.

use std::collections::BTreeMap;
use std::fmt;

/// The most that one action's resolved configuration may hold.
const MAX_RESOLVED_BYTES: usize = 100 * 1024;

/// A reference to a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    /// An action's namespace, or `variables`, or `codepipeline`.
    pub namespace: &'a str,
    /// The variable's name.
    pub name: &'a str,
}

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{{{}.{}}}", self.namespace, self.name)
    }
}

/// A piece of a configuration value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Stands for itself.
    Text(&'a str),
    /// Stands for a variable's value.
    Reference(Reference<'a>),
}

/// Why a value does not resolve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// It starts like a reference and is none.
    #[error("{0:?} is not a variable reference; write #{{namespace.name}}")]
    Malformed(String),
    /// Nothing gave that variable a value.
    #[error("variable {0} could not be resolved; the action that owns the namespace did not produce it")]
    Unresolved(String),
    /// CodePipeline's limit on an action's configuration.
    #[error("the resolved configuration has {0} bytes; an action takes {MAX_RESOLVED_BYTES} at most")]
    TooLong(usize),
}

/// Cuts a value into text and references.
pub fn parse(value: &str) -> Result<Vec<Part<'_>>, VariableError> {
    let mut parts = Vec::new();
    let mut rest = value;
    while let Some((text, tail)) = rest.split_once("#{") {
        let malformed = || VariableError::Malformed(format!("#{{{}", tail.split_inclusive('}').next().unwrap_or("")));
        let (inside, after) = tail.split_once('}').ok_or_else(malformed)?;
        parts.push(Part::Text(text));
        parts.push(Part::Reference(reference(inside).ok_or_else(malformed)?));
        rest = after;
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    Ok(parts)
}

fn reference(inside: &str) -> Option<Reference<'_>> {
    let (namespace, name) = inside.split_once('.')?;
    (is_word(namespace) && is_word(name)).then_some(Reference { namespace, name })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "@-_".contains(c))
}

/// Every variable that an action can read.
#[derive(Debug, Default)]
pub struct Scope<'a> {
    values: BTreeMap<(&'a str, &'a str), &'a str>,
}

impl<'a> Scope<'a> {
    /// Adds the variables of a namespace; of two with one name the later counts.
    pub fn add(&mut self, namespace: &'a str, variables: impl IntoIterator<Item = (&'a String, &'a String)>) {
        let variables = variables.into_iter().map(|(name, value)| ((namespace, name.as_str()), value.as_str()));
        self.values.extend(variables);
    }

    /// Adds `#{codepipeline.PipelineExecutionId}`.
    pub fn add_execution(&mut self, id: &'a str) {
        self.values.insert(("codepipeline", "PipelineExecutionId"), id);
    }

    /// The value with its references replaced, once: a reference inside a variable's value is only text.
    pub fn resolve(&self, value: &str) -> Result<String, VariableError> {
        parse(value)?.into_iter().map(|part| self.part(part)).collect()
    }

    /// Resolves each value of a configuration.
    pub fn resolve_all(
        &self,
        configuration: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, VariableError> {
        let resolved: BTreeMap<String, String> = configuration
            .iter()
            .map(|(key, value)| Ok((key.clone(), self.resolve(value)?)))
            .collect::<Result<_, VariableError>>()?;
        match resolved.iter().map(|(key, value)| key.len() + value.len()).sum() {
            0..=MAX_RESOLVED_BYTES => Ok(resolved),
            bytes => Err(VariableError::TooLong(bytes)),
        }
    }

    fn part<'p>(&'p self, part: Part<'p>) -> Result<&'p str, VariableError> {
        match part {
            Part::Text(text) => Ok(text),
            Part::Reference(reference) => self
                .values
                .get(&(reference.namespace, reference.name))
                .copied()
                .ok_or_else(|| VariableError::Unresolved(reference.to_string())),
        }
    }
}

#[cfg(test)]
mod tests;
