//! Would these pipelines run here?

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::document::{self, Document};
use super::judge::judge;
use super::path::Path;
use super::placeholder;
use super::problem::{Error, MOST, Problem};
use super::projects::{self, Projects};
use super::resolver::{Found, Resolver};
use super::section::Template;
use super::spelling;
use super::starts::{self, Start};
use crate::pipeline::definition::from_cloudformation;

const PIPELINE: &str = "AWS::CodePipeline::Pipeline";

/// What a file says about its pipelines.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Its pipelines.
    pub pipelines: Vec<CheckedPipeline>,
    /// What is wrong beside them.
    pub problems: Vec<Problem>,
    /// What was not looked at, and the like.
    pub notes: Vec<String>,
}

/// A pipeline, and whether it would run here.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckedPipeline {
    /// Its name.
    pub pipeline: String,
    /// How many stages it has.
    pub stages: usize,
    /// How many actions they have.
    pub actions: usize,
    /// What starts it.
    pub starts: Vec<String>,
    /// Why it would not run.
    pub problems: Vec<Problem>,
    /// What only an account knows; something else stood for it.
    pub open: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

impl Checked {
    /// Whether all of them would run.
    pub fn runs(&self) -> bool {
        self.problems.is_empty() && self.pipelines.iter().all(CheckedPipeline::runs)
    }
}

impl CheckedPipeline {
    /// Whether it would run.
    pub fn runs(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Judges the pipelines of a template with these parameters, or the one that a document of the API declares. `stack`
/// stands for the stack's name.
///
/// # Errors
/// When the text is neither, or declares no pipeline.
pub fn check(text: &str, given: &BTreeMap<String, String>, stack: &str) -> Result<Checked, Error> {
    let Document { value: document, repeated } = document::read(text)?;
    let twice = repeated.iter().map(|path| format!("{path} stands more than once; only the last one counts"));
    let checked = checked(&document, given, stack)?;
    Ok(Checked { notes: twice.chain(checked.notes).collect(), ..checked })
}

fn checked(document: &Value, given: &BTreeMap<String, String>, stack: &str) -> Result<Checked, Error> {
    if document.get("Resources").is_some() {
        return template(&Template::read(document)?, given, stack);
    }
    let declaration = document.get("pipeline").ok_or(Error::Neither)?;
    if !given.is_empty() {
        return Err(no_parameter(given.keys(), &BTreeMap::<String, ()>::new()));
    }
    Ok(Checked { pipelines: vec![judge(declaration, &[])], ..Checked::default() })
}

fn template(template: &Template, given: &BTreeMap<String, String>, stack: &str) -> Result<Checked, Error> {
    let unknown = || given.keys().filter(|name| !template.parameters.contains_key(*name));
    if unknown().next().is_some() {
        return Err(no_parameter(unknown(), &template.parameters));
    }
    let mut resolver = Resolver::new(template, given, stack);
    let mut notes = notes(template);
    let (made, not_made): (Vec<_>, Vec<_>) = template.of_type(PIPELINE).partition(|name| resolver.is_made(name));
    notes.extend(not_made.iter().map(|name| format!("pipeline {name} is not made: its condition does not hold")));
    if made.is_empty() {
        return Err(Error::NoPipeline(why_none(template, &not_made)));
    }
    let (starts, projects) = (starts::all(&mut resolver), projects::all(&mut resolver));
    let Found { mut problems, .. } = resolver.take_found();
    problems.splice(0..0, template.problems(given));
    problems.truncate(MOST);
    let pipelines = made.into_iter().map(|name| pipeline(&mut resolver, name, &starts, &projects)).collect();
    Ok(Checked { pipelines, problems, notes })
}

fn no_parameter<'a, T>(names: impl Iterator<Item = &'a String>, declared: &BTreeMap<String, T>) -> Error {
    Error::NoParameter { names: names.cloned().collect(), declared: declared.keys().cloned().collect() }
}

fn why_none(template: &Template, not_made: &[&str]) -> &'static str {
    if !not_made.is_empty() {
        return " whose condition holds; change it with --parameter";
    }
    match template.nested().next() {
        Some(_) => " of its own, and nested stacks are not looked into; check their templates",
        None if !template.macros().is_empty() => " that stands there before its macros make one; check what they make",
        None => "",
    }
}

fn notes(template: &Template) -> Vec<String> {
    let macros = template
        .macros()
        .into_iter()
        .map(|name| format!("macro {name} does not run here; what it changes is not seen"));
    let nested = template.nested().map(|name| format!("nested stack {name} is not looked into"));
    let unexpanded = template.unexpanded().map(|name| format!("Resources.{name} is not expanded here"));
    macros.chain(nested).chain(unexpanded).collect()
}

fn pipeline(resolver: &mut Resolver<'_>, logical: &str, starts: &[Start], projects: &Projects) -> CheckedPipeline {
    let properties = resolver.properties(logical);
    let mut declaration = from_cloudformation(&properties, logical);
    let stages = declaration.get_mut("stages").and_then(Value::as_array_mut).into_iter().flatten();
    let actions = stages.filter_map(|stage| stage.get_mut("actions")?.as_array_mut()).flatten();
    actions.for_each(placeholder::lead_into_input);
    let mut checked = judge(&declaration, starts);
    let (problems, notes) = projects::check(resolver, projects, &declaration);
    let found = resolver.take_found();
    let said: BTreeSet<_> = found.notes.into_iter().chain(notes).collect();
    let spelling = spelling::check(&properties, &format!("Resources.{logical}.Properties"));
    checked.problems = [found.problems, spelling, checked.problems, problems].concat();
    checked.problems.truncate(MOST);
    checked.open = found.open.into_iter().collect();
    checked.notes.extend(said);
    checked
}

impl Resolver<'_> {
    /// Whether the resource has no condition, or one that holds.
    pub(super) fn is_made(&mut self, resource: &str) -> bool {
        let template = self.template;
        let condition = template.resources.get(resource).and_then(|resource| resource.get("Condition"));
        self.at = Path::new(["Resources", resource]);
        condition.and_then(Value::as_str).is_none_or(|name| self.condition(name))
    }
}
