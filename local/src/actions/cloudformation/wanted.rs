//! Reads and checks all that an action says, before anything is changed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::types::{Capability, Parameter, Tag};
use sha2::{Digest as _, Sha256};

use super::delete::Deletion;
use super::deploy::{Deployment, TemplateSource};
use super::error::Error;
use super::mode;
use super::settings::{Attribute, Override, TemplateConfiguration, Text, reason};
use super::template::{Macros, Template};
use crate::actions::{Context, config, store};
use crate::cloud::client::REGION;
use crate::pipeline::action::{Artifact, Location, Request};
use crate::pipeline::values;

/// The longest template that a request may hold, in bytes; a longer one is read from S3.
const BODY_LIMIT: usize = 51_200;

pub(super) fn deletion(request: &Request) -> Result<Deletion, config::Error> {
    Ok(Deletion {
        stack: mode::stack_name(request)?.to_owned(),
        role: config::required(request, "RoleArn")?.to_owned(),
        token: request.id.clone(),
    })
}

pub(super) async fn deployment(context: &Context, request: &Request, macros: Macros) -> Result<Deployment, Error> {
    let stack = mode::stack_name(request)?.to_owned();
    let role = config::required(request, "RoleArn")?.to_owned();
    let capabilities = capabilities(request)?;
    let file = store::input_file(context, request, "TemplatePath", config::required(request, "TemplatePath")?).await?;
    let template = Template::parse(&file.text)
        .map_err(|error| Error::File { origin: file.origin.clone(), reason: error.to_string() })?;
    let settings = template_configuration(context, request).await?;
    let mut parameters: BTreeMap<_, _> =
        settings.parameters.into_iter().map(|(name, Text(value))| (name, value)).collect();
    parameters.extend(overrides(context, request).await?);
    check(&template, &file.origin, &parameters)?;
    let missing = template.missing_capabilities(&capabilities, macros);
    if !missing.is_empty() {
        return Err(Error::InsufficientCapabilities { names: missing, origin: file.origin });
    }
    Ok(Deployment {
        stack,
        template: template_source(context, request, file.text).await?,
        parameters: parameters.into_iter().map(parameter).collect(),
        tags: settings.tags.into_iter().map(tag).collect(),
        capabilities: capabilities.into_iter().map(Capability::from).collect(),
        policy: settings.stack_policy.map(|policy| policy.to_string()),
        role,
        token: request.id.clone(),
    })
}

fn capabilities(request: &Request) -> Result<BTreeSet<&str>, config::Error> {
    let text = config::optional(request, "Capabilities").unwrap_or_default();
    values::capabilities(text).map_err(|reason| config::malformed(request, "Capabilities", &reason))
}

fn check(template: &Template, origin: &str, parameters: &BTreeMap<String, String>) -> Result<(), Error> {
    let undeclared = template.undeclared(parameters.keys());
    if !undeclared.is_empty() {
        return Err(Error::Undeclared { names: undeclared, origin: origin.to_owned() });
    }
    let unset = template.unset(parameters);
    if unset.is_empty() { Ok(()) } else { Err(Error::Unset { names: unset, origin: origin.to_owned() }) }
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
    let overrides: BTreeMap<String, Override> = serde_json::from_str(text)
        .map_err(|error| config::malformed(request, "ParameterOverrides", &reason(&error)))?;
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
                .map_err(|error| Error::File { origin: file.origin.clone(), reason: reason(&error) })?;
            let text = content.get(&key).cloned().and_then(|value| Text::try_from(value).ok());
            text.map(|Text(text)| text).ok_or(Error::NoKey { origin: file.origin, key })
        }
    }
}

fn attribute_of(location: &Location, attribute: Attribute) -> String {
    match attribute {
        Attribute::BucketName => location.bucket.clone(),
        Attribute::ObjectKey => location.key.clone(),
        Attribute::Url => format!("https://s3.{REGION}.amazonaws.com/{}/{}", location.bucket, location.key),
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
    store::put_as(context, &artifact, "text/plain", text.into_bytes()).await?;
    Ok(TemplateSource::Url(url))
}

fn parameter((name, value): (String, String)) -> Parameter {
    Parameter::builder().parameter_key(name).parameter_value(value).build()
}

fn tag((key, Text(value)): (String, Text)) -> Tag {
    Tag::builder().key(key).value(value).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_an_artifact_lies_is_told_as_documented() {
        let location = Location { bucket: "store".into(), key: "test/TemplateSo/1ABCyZZ.zip".into() };
        for (attribute, expected) in [
            (Attribute::BucketName, "store"),
            (Attribute::ObjectKey, "test/TemplateSo/1ABCyZZ.zip"),
            (Attribute::Url, "https://s3.us-east-1.amazonaws.com/store/test/TemplateSo/1ABCyZZ.zip"),
        ] {
            assert_eq!(attribute_of(&location, attribute), expected);
        }
    }
}
