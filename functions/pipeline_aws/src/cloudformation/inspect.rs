//! Looking at one stack.

use aws_sdk_cloudformation::{config::http::HttpResponse, error::SdkError, operation::list_imports::ListImportsError};
use pipeline_core::{
    ids::{StackArn, StackName},
    ports::PortError,
    sweep::{
        ports::InspectStacks,
        stack::{Resource, StackFacts, Standing},
    },
};

use crate::{
    cloudformation::{
        Stacks,
        facts::{facts, resource},
        validation_error,
    },
    error::port_error,
    pages,
};

impl InspectStacks for Stacks {
    async fn by_id(&self, id: &StackArn) -> Result<Option<StackFacts>, PortError> {
        let found = self.find(id.as_str()).await?.as_ref().map(facts).transpose()?;
        answers(&format!("stack {id}"), found, |facts| facts.id == *id)
    }

    async fn by_name(&self, name: &StackName) -> Result<Option<StackFacts>, PortError> {
        let found = self.find(name.as_str()).await?.as_ref().map(facts).transpose()?;
        let found = answers(&format!("stack {name}"), found, |facts| facts.id.name() == *name)?;
        Ok(found.filter(|facts| facts.status.standing() != Standing::Deleted))
    }

    async fn resources(&self, id: &StackArn) -> Result<Vec<Resource>, PortError> {
        let operation = format!("list the resources of stack {id}");
        let summaries = pages::all(&operation, async |token| {
            let request = self.0.list_stack_resources().stack_name(id.as_str()).set_next_token(token);
            let answer = request.send().await.map_err(|error| port_error(&operation, &error))?;
            Ok((answer.stack_resource_summaries.unwrap_or_default(), answer.next_token))
        });
        Ok(summaries.await?.iter().map(resource).collect())
    }

    async fn importers(&self, export: &str) -> Result<Vec<String>, PortError> {
        let operation = format!("list who imports {export}");
        let page = async |token| match self.0.list_imports().export_name(export).set_next_token(token).send().await {
            Ok(answer) => Ok((answer.imports.unwrap_or_default(), answer.next_token)),
            Err(error) if is_unused(export, &error) => Ok((vec![], None)),
            Err(error) => Err(port_error(&operation, &error)),
        };
        pages::all(&operation, page).await
    }
}

/// I5: what is told of another stack than the one asked for is not about it.
fn answers(
    asked: &str,
    found: Option<StackFacts>,
    is_it: impl Fn(&StackFacts) -> bool,
) -> Result<Option<StackFacts>, PortError> {
    match found {
        Some(facts) if !is_it(&facts) => Err(PortError::Unavailable {
            operation: format!("read {asked}"),
            detail: format!("CloudFormation answered with {}", facts.id),
        }),
        found => Ok(found),
    }
}

/// CloudFormation's way of saying that nobody imports an export.
fn is_unused(export: &str, error: &SdkError<ListImportsError, HttpResponse>) -> bool {
    let unused = format!("Export '{export}' is not imported by any stack");
    validation_error(error).is_some_and(|words| words.trim_end_matches('.') == unused)
}
