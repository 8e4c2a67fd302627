//! CloudFormation actions: `CREATE_UPDATE`, with what AWS would refuse refused before a stack is touched.

mod deploy;
mod settings;
mod template;

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Capability, Parameter, Tag};
use sha2::{Digest as _, Sha256};

use super::acting::{self, Acting};
use super::{Context, Observer, archive, config, store};
use crate::pipeline::action::{Artifact, Failure, Location, Progress, Request, Success};
use deploy::{Change, Deployment, TemplateSource};
use settings::{Attribute, Override, TemplateConfiguration, Text};
use template::Template;

/// The longest template that a request may hold, in bytes; a longer one is read from S3.
const BODY_LIMIT: usize = 51_200;

/// Why a CloudFormation action failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] config::Error),
    /// An artifact, or a file in it, cannot be had or written.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A file is not what it should be.
    #[error("{origin} cannot be read: {reason}")]
    File {
        /// The file and its artifact.
        origin: String,
        /// What is wrong, with the line.
        reason: String,
    },
    /// Parameters were given that the template has not.
    #[error("parameters [{}] do not exist in the template {origin}", .names.join(", "))]
    Undeclared {
        /// Their names.
        names: Vec<String>,
        /// The template and its artifact.
        origin: String,
    },
    /// The template has parameters without a value.
    #[error("parameters [{}] of the template {origin} must have values", .names.join(", "))]
    Unset {
        /// Their names.
        names: Vec<String>,
        /// The template and its artifact.
        origin: String,
    },
    /// The template does what must be acknowledged.
    #[error("requires capabilities: [{}], add them to Capabilities of the action to deploy {origin}", .names.join(", "))]
    InsufficientCapabilities {
        /// The missing ones.
        names: Vec<&'static str>,
        /// The template and its artifact.
        origin: String,
    },
    /// A file lacks a key that a parameter is taken from.
    #[error("{origin} has no text under the key {key:?}")]
    NoKey {
        /// The file and its artifact.
        origin: String,
        /// The key.
        key: String,
    },
    /// The stack is not what it should be.
    #[error(transparent)]
    Deploy(#[from] deploy::Error),
    /// The outputs cannot be packed.
    #[error("the stack's outputs cannot be written: {0}")]
    Outputs(#[from] archive::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Deploy(deploy::Error::Refused(refused)) => return acting::refusal(refused),
            Error::Deploy(deploy::Error::Call(call)) if call.code.as_deref().is_some_and(store::is_denial) => {
                return super::denied(error);
            }
            Error::Store(denial) if denial.is_denial() => return super::denied(error),
            Error::Deploy(_) | Error::Outputs(_) | Error::Store(store::Error::Store { .. }) => "JobFailed",
            _ => "ConfigurationError",
        };
        let stack = match &error {
            Error::Deploy(deploy::Error::Failed { stack, .. }) => Some(stack.id.clone()),
            _ => None,
        };
        Self { external_execution_id: stack, ..super::failed(code, error.to_string()) }
    }
}

pub(super) async fn run(acting: &Acting, request: &Request, observer: &dyn Observer) -> Result<Success, Error> {
    match config::required(request, "ActionMode")? {
        "CREATE_UPDATE" => {}
        other => return Err(config::unsupported(request, "ActionMode", other, ", CREATE_UPDATE does").into()),
    }
    let wanted = deployment(acting, request).await?;
    let name = wanted.stack.clone();
    let on_start =
        |id: &str| observer.progress(Progress { external_execution_id: Some(id.to_owned()), ..Progress::default() });
    let (stack, change) = deploy::deploy(acting, wanted, on_start).await?;
    write_outputs(acting, request, &stack.outputs).await?;
    Ok(Success {
        summary: Some(summary(&name, change)),
        external_execution_id: Some(stack.id),
        variables: stack.outputs,
        revision: None,
    })
}

/// Reads and checks all that the action says, before anything is changed.
async fn deployment(context: &Context, request: &Request) -> Result<Deployment, Error> {
    let stack = config::required(request, "StackName")?.to_owned();
    let file = store::input_file(context, request, "TemplatePath", config::required(request, "TemplatePath")?).await?;
    let template = Template::parse(&file.text)
        .map_err(|error| Error::File { origin: file.origin.clone(), reason: error.to_string() })?;
    let settings = template_configuration(context, request).await?;
    let mut parameters: BTreeMap<_, _> =
        settings.parameters.into_iter().map(|(name, Text(value))| (name, value)).collect();
    parameters.extend(overrides(context, request).await?);
    let capabilities = settings::capabilities(config::optional(request, "Capabilities").unwrap_or_default());
    check(&template, &file.origin, &parameters, &capabilities)?;
    Ok(Deployment {
        stack,
        template: template_source(context, request, file.text).await?,
        parameters: parameters.into_iter().map(parameter).collect(),
        tags: settings.tags.into_iter().map(tag).collect(),
        capabilities: capabilities.into_iter().map(Capability::from).collect(),
        policy: settings.stack_policy.map(|policy| policy.to_string()),
        role: config::optional(request, "RoleArn").map(str::to_owned),
        token: request.id.clone(),
    })
}

fn check(
    template: &Template,
    origin: &str,
    parameters: &BTreeMap<String, String>,
    capabilities: &std::collections::BTreeSet<&str>,
) -> Result<(), Error> {
    let origin = origin.to_owned();
    let undeclared = template.undeclared(parameters.keys());
    if !undeclared.is_empty() {
        return Err(Error::Undeclared { names: undeclared, origin });
    }
    let unset = template.unset(parameters);
    if !unset.is_empty() {
        return Err(Error::Unset { names: unset, origin });
    }
    let missing = template.missing_capabilities(capabilities);
    if missing.is_empty() { Ok(()) } else { Err(Error::InsufficientCapabilities { names: missing, origin }) }
}

async fn template_configuration(context: &Context, request: &Request) -> Result<TemplateConfiguration, Error> {
    let Some(reference) = config::optional(request, "TemplateConfiguration") else {
        return Ok(TemplateConfiguration::default());
    };
    let file = store::input_file(context, request, "TemplateConfiguration", reference).await?;
    TemplateConfiguration::parse(&file.text).map_err(|reason| Error::File { origin: file.origin, reason })
}

async fn overrides(context: &Context, request: &Request) -> Result<BTreeMap<String, String>, Error> {
    let text = config::optional(request, "ParameterOverrides").unwrap_or("{}");
    let overrides: BTreeMap<String, Override> =
        serde_json::from_str(text).map_err(|error| config::malformed(request, "ParameterOverrides", &error))?;
    let mut values = BTreeMap::new();
    for (name, value) in overrides {
        values.insert(name, resolve(context, request, value).await?);
    }
    Ok(values)
}

async fn resolve(context: &Context, request: &Request, value: Override) -> Result<String, Error> {
    match value {
        Override::Text(text) => Ok(text),
        Override::ArtifactAttribute { artifact, attribute } => {
            Ok(attribute_of(&store::input(request, &artifact)?.location, attribute))
        }
        Override::FileKey { artifact, file, key } => {
            let file =
                store::input_file(context, request, "ParameterOverrides", &format!("{artifact}::{file}")).await?;
            let content: BTreeMap<String, serde_json::Value> = serde_json::from_str(&file.text)
                .map_err(|error| Error::File { origin: file.origin.clone(), reason: error.to_string() })?;
            let text = content.get(&key).cloned().and_then(|value| Text::try_from(value).ok());
            text.map(|Text(text)| text).ok_or(Error::NoKey { origin: file.origin, key })
        }
    }
}

fn attribute_of(location: &Location, attribute: Attribute) -> String {
    match attribute {
        Attribute::BucketName => location.bucket.clone(),
        Attribute::ObjectKey => location.key.clone(),
        Attribute::Url => format!("https://s3.amazonaws.com/{}/{}", location.bucket, location.key),
    }
}

async fn template_source(context: &Context, request: &Request, text: String) -> Result<TemplateSource, Error> {
    if text.len() <= BODY_LIMIT {
        return Ok(TemplateSource::Body(text));
    }
    let reference = config::required(request, "TemplatePath")?;
    let (name, _) = reference.split_once("::").unwrap_or((reference, ""));
    let bucket = store::input(request, name)?.location.bucket.clone();
    let digest = Sha256::digest(text.as_bytes());
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let location = Location { bucket, key: format!("{}/templates/{hash}", request.pipeline) };
    let url = attribute_of(&location, Attribute::Url);
    let artifact = Artifact { name: name.to_owned(), location, revision: None };
    store::put(context, &artifact, text.into_bytes()).await?;
    Ok(TemplateSource::Url(url))
}

async fn write_outputs(context: &Context, request: &Request, outputs: &BTreeMap<String, String>) -> Result<(), Error> {
    let (Some(file), Some(artifact)) = (config::optional(request, "OutputFileName"), request.outputs.first()) else {
        return Ok(());
    };
    let content = serde_json::json!(outputs).to_string();
    store::put(context, artifact, archive::pack_one(file, content.as_bytes())?).await?;
    Ok(())
}

fn parameter((name, value): (String, String)) -> Parameter {
    Parameter::builder().parameter_key(name).parameter_value(value).build()
}

fn tag((key, Text(value)): (String, Text)) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn summary(stack: &str, change: Change) -> String {
    match change {
        Change::Created => format!("Stack {stack} was created."),
        Change::Updated => format!("Stack {stack} was updated."),
        Change::Unchanged => format!("Stack {stack} is up to date."),
    }
}
