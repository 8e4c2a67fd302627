//! What a template names.

use crate::{
    digest::{
        Object, Reference,
        locations::{Unresolved, locations, objects},
        node::Node,
    },
    text,
};

/// Why nobody can say what a template names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// It is not YAML or JSON as CloudFormation takes it.
    #[error("it cannot be read as a template: {0}")]
    Unreadable(String),
    /// What is deployed depends on more than the template.
    #[error(
        "{property} of {resource} does not say in plain text which object of S3 it means; package the template, and \
         leave functions and parameters out of the location"
    )]
    Unresolved {
        /// The logical id, or what else holds the location.
        resource: String,
        /// The property.
        property: String,
    },
}

/// The objects that a template, or a part that is included in one, names.
pub fn references(text: &[u8]) -> Result<Vec<Reference>, InvalidTemplate> {
    let yaml = std::str::from_utf8(text).map_err(|error| InvalidTemplate::Unreadable(error.to_string()))?;
    let template: Node =
        serde_saphyr::from_str(yaml).map_err(|error| InvalidTemplate::Unreadable(text::yaml_complaint(&error)))?;
    let mut found = globals(&template)?;
    walk("the template", &template, &mut found)?;
    Ok(found)
}

/// The same of a file that may be no template at all, and then names nothing.
pub fn references_of_any(text: &[u8]) -> Result<Vec<Reference>, InvalidTemplate> {
    let resources = b"Resources";
    match references(text) {
        Err(InvalidTemplate::Unreadable(_)) if !text.windows(resources.len()).any(|part| part == resources) => {
            Ok(vec![])
        }
        found => found,
    }
}

/// A resource is known by its shape, wherever it stands: loops and included parts put it in other places, too.
fn walk(name: &str, node: &Node, found: &mut Vec<Reference>) -> Result<(), InvalidTemplate> {
    match node {
        Node::List(items) => items.iter().try_for_each(|item| walk(name, item, found)),
        Node::Map(entries) => {
            found.extend(included(name, node)?);
            if let Some(kind) = node.text("Type") {
                found.extend(named(name, kind, node, &["Properties"])?);
            }
            entries.iter().try_for_each(|(key, value)| walk(key, value, found))
        }
        Node::Text(_) | Node::Else => Ok(()),
    }
}

/// `{Name: AWS::Include, Parameters: {Location}}`, which CloudFormation replaces by what is there.
fn included(name: &str, node: &Node) -> Result<Vec<Reference>, InvalidTemplate> {
    if node.text("Name") != Some("AWS::Include") {
        return Ok(vec![]);
    }
    let found = objects(node, &["Parameters", "Location"]).unwrap_or_default();
    if found.is_empty() {
        return Err(unresolved(name, "Location"));
    }
    Ok(found.into_iter().map(Reference::Template).collect())
}

/// What SAM gives to every resource of a type that does not say it itself.
fn globals(template: &Node) -> Result<Vec<Reference>, InvalidTemplate> {
    let sections = template.get("Globals").map(Node::entries).unwrap_or_default();
    let of = |(section, properties): &(String, Node)| {
        named(&format!("Globals.{section}"), &format!("AWS::Serverless::{section}"), properties, &[])
    };
    Ok(sections.iter().map(of).collect::<Result<Vec<_>, _>>()?.concat())
}

/// What a resource of type `kind` names by its properties, which are at `place` below `node`.
fn named(name: &str, kind: &str, node: &Node, place: &[&str]) -> Result<Vec<Reference>, InvalidTemplate> {
    let mut found = vec![];
    for (property, refer) in locations(kind) {
        let path: Vec<&str> = place.iter().copied().chain(property.split('.')).collect();
        let objects: Vec<Object> = objects(node, &path).map_err(|Unresolved| unresolved(name, property))?;
        found.extend(objects.into_iter().map(refer));
    }
    Ok(found)
}

fn unresolved(resource: &str, property: &str) -> InvalidTemplate {
    InvalidTemplate::Unresolved { resource: resource.to_owned(), property: property.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let show = |reference: Reference| match reference {
            Reference::Package(object) => object.to_string(),
            Reference::Template(object) => format!("{object} and what it names"),
        };
        references(text.as_bytes()).unwrap().into_iter().map(show).collect()
    }

    fn refused(text: &str) -> String {
        references(text.as_bytes()).expect_err(text).to_string()
    }

    /// A resource of this type and these properties.
    fn resource(kind: &str, properties: &str) -> String {
        format!("Resources: {{Thing: {{Type: '{kind}', Properties: {properties}}}}}")
    }

    #[test]
    fn every_form_of_a_location_and_nothing_else() {
        let text = r#"
Transform: AWS::Serverless-2016-10-31
Metadata: {Docs: s3://outside/metadata}
Globals:
  Function: {Timeout: 3, CodeUri: s3://p/global}
Resources:
  Environment:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://p/sam
      Environment: {Variables: {DATA: s3://data/today}}
      Layers: [!Ref Layer]
      Policies: [{Statement: {Resource: s3://data/policy}}]
  Plain:
    Type: AWS::Lambda::Function
    Properties:
      Code: {S3Bucket: p, S3Key: plain, S3ObjectVersion: v7}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      DefinitionUri: {Bucket: p, Key: api, Version: '8'}
  Nested:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: "https://s3.eu-west-1.amazonaws.com/p/nested.template"}
  Application:
    Type: AWS::Serverless::Application
    Properties: {Location: "https://p.s3.amazonaws.com/application.template"}
  Fn::ForEach::Functions:
    - Name
    - [A, B]
    - "F${Name}": {Type: AWS::Serverless::Function, Properties: {CodeUri: 's3://p/loop?versionId=v1'}}
Outputs:
  Bucket: {Value: s3://outside/output}
"#;
        assert_eq!(
            named(text),
            [
                "s3://p/global",
                "s3://p/sam",
                "s3://p/plain in version v7",
                "s3://p/api in version 8",
                "s3://p/nested.template and what it names",
                "s3://p/application.template and what it names",
                "s3://p/loop in version v1",
            ]
        );
    }

    #[test]
    fn every_property_that_packaging_fills_in() {
        let bucket = "{Bucket: p, Key: k}";
        let s3 = "{S3Bucket: p, S3Key: k}";
        for (kind, properties) in [
            ("AWS::ApiGateway::RestApi", format!("{{BodyS3Location: {bucket}}}")),
            ("AWS::ApiGatewayV2::Api", format!("{{BodyS3Location: {bucket}}}")),
            ("AWS::AppSync::FunctionConfiguration", "{CodeS3Location: 's3://p/k'}".into()),
            ("AWS::AppSync::FunctionConfiguration", "{RequestMappingTemplateS3Location: 's3://p/k'}".into()),
            ("AWS::AppSync::FunctionConfiguration", "{ResponseMappingTemplateS3Location: 's3://p/k'}".into()),
            ("AWS::AppSync::GraphQLSchema", "{DefinitionS3Location: 's3://p/k'}".into()),
            ("AWS::AppSync::Resolver", "{CodeS3Location: 's3://p/k'}".into()),
            ("AWS::AppSync::Resolver", "{RequestMappingTemplateS3Location: 's3://p/k'}".into()),
            ("AWS::AppSync::Resolver", "{ResponseMappingTemplateS3Location: 's3://p/k'}".into()),
            ("AWS::CloudFormation::ModuleVersion", "{ModulePackage: 's3://p/k'}".into()),
            ("AWS::CloudFormation::ResourceVersion", "{SchemaHandlerPackage: 's3://p/k'}".into()),
            ("AWS::CloudFormation::StackSet", "{TemplateURL: 'https://s3.amazonaws.com/p/k'}".into()),
            ("AWS::CodeCommit::Repository", format!("{{Code: {{S3: {bucket}, BranchName: main}}}}")),
            ("AWS::ElasticBeanstalk::ApplicationVersion", format!("{{SourceBundle: {s3}}}")),
            ("AWS::Glue::Job", "{Command: {Name: glueetl, ScriptLocation: 's3://p/k'}}".into()),
            ("AWS::Lambda::LayerVersion", format!("{{Content: {s3}}}")),
            ("AWS::Serverless::GraphQLApi", "{SchemaUri: 's3://p/k'}".into()),
            ("AWS::Serverless::GraphQLApi", "{Functions: {F: {CodeUri: 's3://p/k'}}}".into()),
            ("AWS::Serverless::GraphQLApi", "{Resolvers: {Query: {F: {CodeUri: 's3://p/k'}}}}".into()),
            ("AWS::Serverless::HttpApi", "{DefinitionUri: 's3://p/k'}".into()),
            ("AWS::Serverless::LayerVersion", "{ContentUri: 's3://p/k'}".into()),
            ("AWS::Serverless::StateMachine", format!("{{DefinitionUri: {bucket}}}")),
            ("AWS::Serverless::WebFunction", "{CodeUri: 's3://p/k'}".into()),
            ("AWS::StepFunctions::StateMachine", format!("{{DefinitionS3Location: {bucket}}}")),
        ] {
            let found = named(&resource(kind, &properties));
            assert!(found[..] == ["s3://p/k"] || found[..] == ["s3://p/k and what it names"], "{kind}: {found:?}");
        }
    }

    #[test]
    fn an_included_part_is_a_template_wherever_it_stands() {
        let include = "{Name: AWS::Include, Parameters: {Location: 's3://p/part.yaml'}}";
        for text in [
            format!("Transform: [AWS::Serverless-2016-10-31, {include}]\nResources: {{}}"),
            format!("Resources: {{Fn::Transform: {include}}}"),
            format!("Mappings: {{M: {{Fn::Transform: {include}}}}}\nResources: {{}}"),
            format!("Outputs: {{O: {{Value: !Transform {include}}}}}"),
            resource("AWS::Serverless::Api", &format!("{{DefinitionBody: {{Fn::Transform: {include}}}}}")),
        ] {
            assert_eq!(named(&text), ["s3://p/part.yaml and what it names"], "{text}");
        }
        for parameters in ["{Location: !Sub 's3://${B}/part.yaml'}", "{Location: part.yaml}", "{}", "!Ref P"] {
            let text = format!("Resources: {{Fn::Transform: {{Name: AWS::Include, Parameters: {parameters}}}}}");
            assert!(refused(&text).starts_with("Location of Fn::Transform does not say"), "{text}");
        }
    }

    #[test]
    fn a_part_of_a_template_is_read_as_one() {
        let text = r#"{"F": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "s3://b/k"}}}"#;
        assert_eq!(named(text), ["s3://b/k"]);
        assert!(named("paths: {/: {get: {responses: {200: {description: ok}}}}}").is_empty());
    }

    #[test]
    fn what_an_intrinsic_function_decides_is_refused_by_its_resource_and_property() {
        for location in [
            "{S3Bucket: !Ref Bucket, S3Key: k}",
            "{S3Bucket: b, S3Key: !Sub '${Name}/k'}",
            "{S3Bucket: b, S3Key: k, S3ObjectVersion: !Ref Version}",
            "{S3Bucket: {Ref: Bucket}, S3Key: {Fn::Sub: '${Name}'}}",
            "{S3Bucket: b}",
            "{S3Bucket: b, S3Key: 7}",
            "{S3Bucket: b, S3Key: 12e34}",
            "{Fn::If: [A, {S3Bucket: b, S3Key: k}, {ZipFile: x}]}",
            "!If [A, {S3Bucket: b, S3Key: k}, {ZipFile: x}]",
            "!Ref Code",
            "'s3://${Bucket}/k'",
            "'s3://b/folder/'",
            "'ftp://b/k'",
            "{}",
            "[]",
            "7",
        ] {
            let said = refused(&resource("AWS::Lambda::Function", &format!("{{Code: {location}}}")));
            assert!(said.starts_with("Code of Thing does not say"), "{location}: {said}");
        }
        for (text, words) in [
            (resource("AWS::Glue::Job", "{Command: !Ref C}"), "Command.ScriptLocation of Thing"),
            (resource("AWS::Lambda::Function", "{Fn::Transform: {Name: Mine}}"), "Code of Thing"),
            ("R: {F: {Type: AWS::Lambda::Function, Fn::Transform: {Name: Mine}}}".into(), "Code of F"),
            ("Globals: {Function: {CodeUri: !Ref C}}\nResources: {}".into(), "CodeUri of Globals.Function"),
        ] {
            assert!(refused(&text).starts_with(words), "{text}: {}", refused(&text));
        }
    }

    #[test]
    fn code_that_is_not_in_s3_is_not_named() {
        for (kind, properties) in [
            ("AWS::Lambda::Function", "{Code: {ZipFile: !Sub 'x = ${X}'}}"),
            ("AWS::Lambda::Function", "{PackageType: Image, Code: {ImageUri: !Ref Image}}"),
            ("AWS::Serverless::Function", "{InlineCode: 'x = 1'}"),
            ("AWS::Serverless::Function", "{ImageUri: !Ref Image}"),
            ("AWS::Serverless::Api", "{DefinitionBody: {openapi: 3.0.1}}"),
            ("AWS::Serverless::Application", "{Location: {ApplicationId: !Ref A, SemanticVersion: 1.0.0}}"),
            ("AWS::Serverless::Function", "{CodeUri: ./src}"),
            ("AWS::SNS::Topic", "{Code: !Ref C}"),
        ] {
            assert!(named(&resource(kind, properties)).is_empty(), "{kind} {properties}");
        }
        assert!(named("Resources: {F: {Type: AWS::Serverless::Function}}").is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_refused_unless_it_is_no_template() {
        let deep = format!("Resources: {}1{}", "[".repeat(5000), "]".repeat(5000));
        for text in
            ["Resources: [", "Resources: {}\nResources: {}", "Resources: {A: 1e999}", "Resources: {A: .nan}", &deep]
        {
            assert!(refused(text).starts_with("it cannot be read as a template"), "{text:.40}");
            assert!(references_of_any(text.as_bytes()).is_err(), "{text:.40}");
        }
        for text in ["", "[]", "{", "null", "a: s3://b/k", "{{ helm }}", "\u{0}"] {
            assert_eq!(references_of_any(text.as_bytes()), Ok(vec![]), "{text:?}");
        }
        assert_eq!(references_of_any(b"\xff"), Ok(vec![]));
        assert!(references_of_any(b"\xff Resources").is_err());
    }
}
