//! The CodeBuild projects that a pipeline names, where the same template has them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::judge::{items, text};
use super::problem::{MOST, Problem};
use super::resolver::Resolver;
use crate::buildspec;

const PROJECT: &str = "AWS::CodeBuild::Project";

/// The template's projects that are made: their logical names by what builds call them.
pub(super) type Projects = BTreeMap<String, String>;

/// Finds them.
pub(super) fn all(resolver: &mut Resolver<'_>) -> Projects {
    let template = resolver.template;
    let made: Vec<_> = template.of_type(PROJECT).filter(|logical| resolver.is_made(logical)).collect();
    made.into_iter().map(|logical| (resolver.name(logical), logical.to_owned())).collect()
}

/// What of the pipeline's projects would not run, each told where it is built first, and what is worth knowing of them.
pub(super) fn check(
    resolver: &mut Resolver<'_>,
    projects: &Projects,
    declaration: &Value,
) -> (Vec<Problem>, Vec<String>) {
    let (mut problems, mut notes, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (place, name) in builds(declaration) {
        let Some(logical) = projects.get(name).filter(|logical| seen.insert(*logical)) else { continue };
        let properties = resolver.properties(logical);
        let refusal = refusal(&properties).filter(|_| problems.len() < MOST);
        problems.extend(refusal.map(|(field, message)| Problem {
            field: Some(format!("project {logical}, {field}")),
            message,
            ..place
        }));
        notes.extend(said(logical, &properties));
    }
    (problems, notes)
}

/// The actions that build something, and what.
fn builds(declaration: &Value) -> impl Iterator<Item = (Problem, &str)> {
    let build = |stage, action| {
        let place = Problem { stage: text(stage, "name"), action: text(action, "name"), ..Problem::default() };
        Some((place, project(action)?))
    };
    let stages = items(declaration, "stages").iter();
    stages.flat_map(move |stage| items(stage, "actions").iter().filter_map(move |action| build(stage, action)))
}

/// The project that the action builds.
fn project(action: &Value) -> Option<&str> {
    let builds = action.pointer("/actionTypeId/provider")? == "CodeBuild";
    action.pointer("/configuration/ProjectName")?.as_str().filter(|_| builds)
}

/// What would not run first, and where in the project.
fn refusal(project: &Value) -> Option<(&'static str, String)> {
    let kind = project.pointer("/Environment/Type").and_then(Value::as_str);
    let foreign = kind.and_then(buildspec::machine::refusal).map(|refusal| ("Environment.Type", refusal));
    let inline = || inline(project).and_then(|text| buildspec::parse(text).err());
    foreign.or_else(|| inline().map(|error| ("Source.BuildSpec", error.to_string())))
}

/// The text of a buildspec that is not a path.
fn inline(project: &Value) -> Option<&str> {
    let text = project.pointer("/Source/BuildSpec")?.as_str()?;
    (text.contains('\n') || text.trim_start().starts_with('{')).then_some(text)
}

fn said(name: &str, project: &Value) -> Vec<String> {
    let privileged = project.pointer("/Environment/PrivilegedMode").is_some_and(|mode| mode == true || mode == "true");
    let docker =
        privileged.then(|| format!("project {name} is privileged: builds run on this machine, and need its docker"));
    let path = project.pointer("/Source/BuildSpec").and_then(Value::as_str).filter(|_| inline(project).is_none());
    let path = path.unwrap_or("buildspec.yml");
    let read =
        inline(project).is_none().then(|| format!("project {name} reads {path} of its source, which was not checked"));
    docker.into_iter().chain(read).collect()
}

impl Resolver<'_> {
    /// What `Ref` gives of a resource.
    pub(super) fn name(&mut self, resource: &str) -> String {
        self.reference(resource, "").as_ref().map(super::resolver::text).unwrap_or_default()
    }
}
