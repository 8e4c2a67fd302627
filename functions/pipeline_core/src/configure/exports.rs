//! What a template exports when it is deployed for a preview. The names of exports are one account's and region's: each has
//! to be made of the stack's name, or no two previews could be there at once, nor one beside the release.
//!
//! A name counts as made of it where it surely differs from preview to preview, whose parameters are the same but for
//! `Stage`: it is, or puts as a whole into a text by `Fn::Sub` or `Fn::Join`, `AWS::StackName`, `AWS::StackId`, or the
//! parameter `Stage`, which is the preview's own name. Both ways of an `Fn::If` have to be. A part that `Fn::Select` or the
//! like takes of it can be the same in two, so it does not count.
//!
//! Not seen is what is not in the template yet: outputs that a macro or `AWS::Include` adds, and the templates of nested
//! stacks. Nor are other names that a template gives, such as a function's. Where two stacks want one of those,
//! CloudFormation refuses the second.

use std::collections::{BTreeMap, BTreeSet};

use crate::{digest::node::Node, text::fit};

/// What a stack has for itself alone.
const OWN: [&str; 2] = ["AWS::StackName", "AWS::StackId"];
/// The parameter that we set.
const STAGE: &str = "Stage";
/// The longest name that is repeated, in characters.
const SHOWN: usize = 200;

/// An export whose name two previews could have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{path}: output {output} exports {name}, which is not made of the stack's name: two previews, or a preview and the \
     release, would both want it; use ${{AWS::StackName}} in it, as in !Sub \"${{AWS::StackName}}-{output}\""
)]
pub struct FixedExport {
    path: String,
    output: String,
    name: String,
}

/// Refuses the first export of `template` that two previews could want.
pub(super) fn check(path: &str, template: &Node) -> Result<(), FixedExport> {
    let Some(outputs) = template.get("Outputs") else { return Ok(()) };
    let mut own = BTreeSet::from(OWN);
    own.extend(sets_stage(template).then_some(STAGE));
    match fixed("Outputs", outputs, &own) {
        None => Ok(()),
        Some((output, name)) => Err(FixedExport { path: path.to_owned(), output: output.to_owned(), name }),
    }
}

/// Whether `Stage` is what we set: not a resource of that name, nor a parameter that only names where the value is.
fn sets_stage(template: &Node) -> bool {
    let stage = template.get("Parameters").and_then(|parameters| parameters.get(STAGE));
    stage.is_some_and(|stage| stage.text("Type") == Some("String"))
}

/// The output with such an export, wherever it stands: loops put outputs in other places, too.
fn fixed<'a>(key: &'a str, node: &'a Node, own: &BTreeSet<&str>) -> Option<(&'a str, String)> {
    match node {
        Node::List(items) => items.iter().find_map(|item| fixed(key, item, own)),
        Node::Map(entries) => {
            let export = node.get("Export").filter(|export| !export.get("Name").is_some_and(|name| is_own(name, own)));
            match export {
                Some(export) => Some((key, shown(export.get("Name")))),
                None => entries.iter().find_map(|(key, value)| fixed(key, value, own)),
            }
        }
        Node::Text(_) | Node::Else => None,
    }
}

/// Whether no two previews have this text.
fn is_own(node: &Node, own: &BTreeSet<&str>) -> bool {
    match node.call() {
        Some(("Ref", Node::Text(name))) => own.contains(name.as_str()),
        Some(("Fn::Sub", Node::Text(text))) => variables(text).any(|name| own.contains(name)),
        Some(("Fn::Sub", Node::List(items))) => is_own_sub(items, own),
        Some(("Fn::Join", Node::List(items))) => match &items[..] {
            [_, Node::List(parts)] => parts.iter().any(|part| is_own(part, own)),
            _ => false,
        },
        Some(("Fn::If", Node::List(items))) => match &items[..] {
            [_, yes, no] => is_own(yes, own) && is_own(no, own),
            _ => false,
        },
        _ => false,
    }
}

/// `[text, {variable: value}]`, whose variables hide the template's names.
fn is_own_sub(items: &[Node], own: &BTreeSet<&str>) -> bool {
    let [Node::Text(text), Node::Map(values)] = items else { return false };
    let values: BTreeMap<&str, &Node> = values.iter().map(|(name, value)| (name.as_str(), value)).collect();
    variables(text).any(|name| values.get(name).map_or_else(|| own.contains(name), |value| is_own(value, own)))
}

/// The names in `${…}`; `${!…}` is that text itself.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    names.filter(|name| !name.starts_with('!'))
}

/// A name as its author knows it again.
fn shown(name: Option<&Node>) -> String {
    let text = match name {
        Some(Node::Text(text)) => Some(text),
        Some(name) => match name.call() {
            Some(("Fn::Sub", Node::Text(text))) => Some(text),
            Some(("Fn::Sub", Node::List(items))) => match items.first() {
                Some(Node::Text(text)) => Some(text),
                _ => None,
            },
            Some((function, _)) => return format!("what {function} gives"),
            None => None,
        },
        None => None,
    };
    text.map_or_else(|| "a name that is no text".to_owned(), |text| format!("{:?}", fit(text, SHOWN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message about a template with these parameters and one output of this export.
    fn said(parameters: &str, export: &str) -> Option<String> {
        let text = format!(
            "Parameters: {parameters}\nResources: {{A: {{Type: AWS::SNS::Topic}}}}\n\
             Outputs: {{Plain: {{Value: x}}, Url: {{Value: x, Export: {export}}}}}"
        );
        of(&text)
    }

    fn of(text: &str) -> Option<String> {
        let template: Node = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        check("app-output_sam.yaml", &template).err().map(|error| error.to_string())
    }

    const STAGED: &str = "{Stage: {Type: String}}";

    #[test]
    fn a_name_that_is_made_of_the_stacks_is_every_previews_own() {
        for name in [
            "!Ref AWS::StackName",
            "!Ref 'AWS::StackId'",
            "{Ref: AWS::StackName}",
            "!Sub '${AWS::StackName}-url'",
            "!Sub 'a-${Other}-${AWS::StackName}'",
            "{Fn::Sub: '${AWS::StackName}:Url'}",
            "!Sub ['${Name}-url', {Name: !Ref AWS::StackName}]",
            "!Sub ['${AWS::StackName}-${Name}', {Name: fixed}]",
            "{Fn::Sub: ['${Name}', {Name: {Fn::Join: ['-', [a, {Ref: AWS::StackName}]]}}]}",
            "!Join ['-', [!Ref AWS::StackName, url]]",
            "!Join ['-', [url, !Sub '${AWS::StackName}']]",
            "!If [A, !Ref AWS::StackName, !Sub 'x-${AWS::StackName}']",
            "!Sub 'url-${Stage}'",
            "!Ref Stage",
        ] {
            assert_eq!(said(STAGED, &format!("{{Name: {name}}}")), None, "{name}");
        }
        let json = r#"{"Outputs": {"Url": {"Value": "x", "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-url"}}}}}"#;
        assert_eq!(of(json), None);
    }

    #[test]
    fn a_name_that_two_previews_could_have_is_refused() {
        for name in [
            "ApiUrl",
            "'${AWS::StackName}-url'",
            "AWS::StackName",
            "7",
            "!Sub ApiUrl",
            "!Sub '${!AWS::StackName}-url'",
            "!Sub '${AWS::Region}-url'",
            "!Sub '${AWS::StackName'",
            "!Sub ['${AWS::StackName}-url', {AWS::StackName: fixed}]",
            "!Sub ['${Name}-url', {Name: !Ref Other, Unused: !Ref AWS::StackName}]",
            "!Sub ['${Stage}', {Stage: prod}]",
            "!Sub [!Ref AWS::StackName]",
            "!Ref Other",
            "!Ref AWS::Region",
            "!GetAtt A.TopicName",
            "!ImportValue other",
            "!Join [!Ref AWS::StackName, [a, b]]",
            "!Join ['-', !Split ['-', !Ref AWS::StackName]]",
            "!Select [0, !Split ['-', !Ref AWS::StackName]]",
            "!If [A, !Ref AWS::StackName, prod-url]",
            "!If [A, !Ref AWS::StackName]",
            "!FindInMap [A, B, !Ref AWS::StackName]",
            "{Fn::Transform: {Name: Mine}}",
            "{Fn::Sub: '${AWS::StackName}', Ref: x}",
        ] {
            assert!(said(STAGED, &format!("{{Name: {name}}}")).is_some(), "{name}");
        }
        for export in ["ApiUrl", "{}", "!If [A, {Name: x}, !Ref AWS::NoValue]", "[{Name: !Ref AWS::StackName}]"] {
            assert!(said(STAGED, export).is_some(), "{export}");
        }
    }

    #[test]
    fn the_stage_counts_only_where_it_is_what_we_set() {
        for parameters in ["{}", "{Stage: {Type: 'AWS::SSM::Parameter::Value<String>'}}", "{Other: {Type: String}}"] {
            assert!(said(parameters, "{Name: !Sub 'url-${Stage}'}").is_some(), "{parameters}");
        }
    }

    #[test]
    fn the_file_the_output_and_the_export_are_named() {
        let words = "app-output_sam.yaml: output Url exports \"ApiUrl-${AWS::Region}\", which is not made of the stack's \
                     name: two previews, or a preview and the release, would both want it; use ${AWS::StackName} in it, as \
                     in !Sub \"${AWS::StackName}-Url\"";
        assert_eq!(said("{}", "{Name: !Sub 'ApiUrl-${AWS::Region}'}").as_deref(), Some(words));
        assert!(said("{}", "{Name: !ImportValue x}").unwrap().contains("exports what Fn::ImportValue gives, which"));
        let long = said("{}", &format!("{{Name: {}}}", "x".repeat(5000))).unwrap();
        assert!(long.len() < 600 && long.contains("(cut)"), "{long}");
    }

    #[test]
    fn every_output_counts_also_in_a_loop_and_under_a_condition() {
        let text = r#"
Outputs:
  Fn::ForEach::Topics:
    - Id
    - [A, B]
    - "Topic${Id}": {Condition: IsProd, Value: x, Export: {Name: !Sub "topic-${Id}"}}
"#;
        assert!(of(text).unwrap().contains("output Topic${Id} exports \"topic-${Id}\""));
        assert_eq!(of(&text.replace("topic-${Id}", "${AWS::StackName}-${Id}")), None);
        assert_eq!(of("Resources: {A: {Type: T, Properties: {Export: {Name: x}}}}"), None);
    }
}
