//! The CodeBuild projects that a pipeline names, where the same template has them.

use serde_json::Value;

use super::judge::{items, text};
use super::problem::Problem;
use super::resolver::Resolver;
use crate::buildspec;

const PROJECT: &str = "AWS::CodeBuild::Project";

/// What of the pipeline's projects would not run, and what is worth knowing of them.
pub(super) fn check(resolver: &mut Resolver<'_>, declaration: &Value) -> (Vec<Problem>, Vec<String>) {
    let (mut problems, mut notes) = (Vec::new(), Vec::new());
    let template = resolver.template;
    let builds = builds(declaration);
    for logical in template.of_type(PROJECT) {
        let name = resolver.name(logical);
        let mut builders = builds.iter().filter(|(_, project)| *project == name).peekable();
        if builders.peek().is_none() {
            continue;
        }
        let properties = resolver.properties(logical);
        for (field, message) in refusals(&properties) {
            let field = Some(format!("project {logical}, {field}"));
            let at = |(place, _): &(Problem, &str)| Problem {
                field: field.clone(),
                message: message.clone(),
                ..place.clone()
            };
            problems.extend(builders.clone().map(at));
        }
        notes.extend(said(logical, &properties));
    }
    (problems, notes)
}

/// The actions that build something, and what.
fn builds(declaration: &Value) -> Vec<(Problem, &str)> {
    let build = |stage, action| {
        let place = Problem { stage: text(stage, "name"), action: text(action, "name"), ..Problem::default() };
        Some((place, project(action)?))
    };
    let stages = items(declaration, "stages").iter();
    stages.flat_map(|stage| items(stage, "actions").iter().filter_map(move |action| build(stage, action))).collect()
}

/// The project that the action builds.
fn project(action: &Value) -> Option<&str> {
    let builds = action.pointer("/actionTypeId/provider")? == "CodeBuild";
    action.pointer("/configuration/ProjectName")?.as_str().filter(|_| builds)
}

/// What would not run, and where in the project.
fn refusals(project: &Value) -> Vec<(&'static str, String)> {
    let kind = project.pointer("/Environment/Type").and_then(Value::as_str);
    let foreign = kind.filter(|kind| kind.starts_with("WINDOWS") || kind.starts_with("MAC"));
    let foreign = foreign.map(|kind| ("Environment.Type", format!("{kind} cannot run here; use a Linux environment")));
    let inline = inline(project).and_then(|text| buildspec::parse(text).err());
    foreign.into_iter().chain(inline.map(|error| ("Source.BuildSpec", error.to_string()))).collect()
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
