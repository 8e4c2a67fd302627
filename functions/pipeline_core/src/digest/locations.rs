//! Where a resource names objects in S3: the properties that `aws cloudformation package` and `sam package` fill in.

use crate::digest::{
    Object, Reference,
    node::Node,
    reference::{object, s3_uri, s3_url},
};

/// Something is named here, and which bucket and key it is cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unresolved;

/// A type of resource, the path of a property, and what that refers to. `*` is any name.
type Location = (&'static str, &'static str, fn(Object) -> Reference);

const LOCATIONS: [Location; 31] = [
    ("AWS::ApiGateway::RestApi", "BodyS3Location", Reference::Package),
    ("AWS::ApiGatewayV2::Api", "BodyS3Location", Reference::Package),
    ("AWS::AppSync::FunctionConfiguration", "CodeS3Location", Reference::Package),
    ("AWS::AppSync::FunctionConfiguration", "RequestMappingTemplateS3Location", Reference::Package),
    ("AWS::AppSync::FunctionConfiguration", "ResponseMappingTemplateS3Location", Reference::Package),
    ("AWS::AppSync::GraphQLSchema", "DefinitionS3Location", Reference::Package),
    ("AWS::AppSync::Resolver", "CodeS3Location", Reference::Package),
    ("AWS::AppSync::Resolver", "RequestMappingTemplateS3Location", Reference::Package),
    ("AWS::AppSync::Resolver", "ResponseMappingTemplateS3Location", Reference::Package),
    ("AWS::CloudFormation::ModuleVersion", "ModulePackage", Reference::Package),
    ("AWS::CloudFormation::ResourceVersion", "SchemaHandlerPackage", Reference::Package),
    ("AWS::CloudFormation::Stack", "TemplateURL", Reference::Template),
    ("AWS::CloudFormation::StackSet", "TemplateURL", Reference::Template),
    ("AWS::CodeCommit::Repository", "Code.S3", Reference::Package),
    ("AWS::ElasticBeanstalk::ApplicationVersion", "SourceBundle", Reference::Package),
    ("AWS::Glue::Job", "Command.ScriptLocation", Reference::Package),
    ("AWS::Lambda::Function", "Code", Reference::Package),
    ("AWS::Lambda::LayerVersion", "Content", Reference::Package),
    ("AWS::Serverless::Api", "DefinitionUri", Reference::Package),
    ("AWS::Serverless::Application", "Location", Reference::Template),
    ("AWS::Serverless::Function", "CodeUri", Reference::Package),
    ("AWS::Serverless::GraphQLApi", "Functions.*.CodeUri", Reference::Package),
    ("AWS::Serverless::GraphQLApi", "Resolvers.*.*.CodeUri", Reference::Package),
    ("AWS::Serverless::GraphQLApi", "SchemaUri", Reference::Package),
    ("AWS::Serverless::HttpApi", "DefinitionUri", Reference::Package),
    ("AWS::Serverless::LayerVersion", "ContentUri", Reference::Package),
    ("AWS::Serverless::StateMachine", "DefinitionUri", Reference::Package),
    ("AWS::Serverless::WebFunction", "CodeUri", Reference::Package),
    ("AWS::ServerlessRepo::Application", "LicenseUrl", Reference::Package),
    ("AWS::ServerlessRepo::Application", "ReadmeUrl", Reference::Package),
    ("AWS::StepFunctions::StateMachine", "DefinitionS3Location", Reference::Package),
];

/// Keys that say that the code is not in S3: it stands in the template, or is an image, or an application of the
/// repository, by a version that nobody can move.
const ELSEWHERE: [&str; 3] = ["ZipFile", "ImageUri", "ApplicationId"];

/// The properties by which a resource of this type names objects, each with what it refers to.
pub(super) fn locations(kind: &str) -> impl Iterator<Item = (&'static str, fn(Object) -> Reference)> {
    LOCATIONS.into_iter().filter(move |(of, ..)| *of == kind).map(|(_, path, refer)| (path, refer))
}

/// The objects that stand at `path` below `node`.
pub(super) fn objects(node: &Node, path: &[&str]) -> Result<Vec<Object>, Unresolved> {
    let [step, rest @ ..] = path else { return Ok(named(node)?.into_iter().collect()) };
    let Node::Map(entries) = node else { return Err(Unresolved) };
    if node.is_function() {
        return Err(Unresolved);
    }
    let below = entries.iter().filter(|(key, _)| *step == "*" || key == step);
    let found: Result<Vec<_>, _> = below.map(|(_, value)| objects(value, rest)).collect();
    Ok(found?.concat())
}

/// The object that a location names; `None` when it names none in S3.
fn named(node: &Node) -> Result<Option<Object>, Unresolved> {
    match node {
        // CloudFormation takes no path of somebody's disk: such a template is not deployed.
        Node::Text(text) if !text.contains(':') && !text.contains("${") => Ok(None),
        Node::Text(text) => s3_uri(text).or_else(|| s3_url(text)).map(Some).ok_or(Unresolved),
        Node::Map(_) => in_parts(node),
        Node::List(_) | Node::Else => Err(Unresolved),
    }
}

/// `{S3Bucket, S3Key, S3ObjectVersion}`, `{Bucket, Key, Version}` or `{Bucket, Key, ObjectVersion}`.
fn in_parts(node: &Node) -> Result<Option<Object>, Unresolved> {
    let has = |keys: &[&str]| keys.iter().any(|key| node.get(key).is_some());
    let (bucket, key, versions) = if has(&["S3Bucket", "S3Key"]) {
        ("S3Bucket", "S3Key", ["S3ObjectVersion", "S3ObjectVersion"])
    } else if has(&["Bucket", "Key"]) {
        ("Bucket", "Key", ["Version", "ObjectVersion"])
    } else if has(&ELSEWHERE) {
        return Ok(None);
    } else {
        return Err(Unresolved);
    };
    let version = match versions.iter().find_map(|version| node.get(version)) {
        None => None,
        Some(Node::Text(version)) => Some(version.as_str()),
        Some(Node::List(_) | Node::Map(_) | Node::Else) => return Err(Unresolved),
    };
    let (bucket, key) = node.text(bucket).zip(node.text(key)).ok_or(Unresolved)?;
    object(bucket, key, version).map(Some).ok_or(Unresolved)
}
