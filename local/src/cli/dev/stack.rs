//! The functions of a developer's stack.

use aws_sdk_cloudformation::Client;

use super::{DevError, Developer};
use crate::cli::call::{CallError, Called as _};
use crate::cli::client::ClientError;
use crate::report::Preview;

/// The type of what is looked for.
const FUNCTION: &str = "AWS::Lambda::Function";

/// A function of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StackFunction {
    /// Its logical id in the template.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
}

/// The functions of a developer's stack, by their logical ids, and the stack's name.
pub(super) async fn functions(developer: &Developer) -> Result<(String, Vec<StackFunction>), ClientError> {
    let preview = developer.preview().await?;
    let found = resources(&Client::new(&developer.target.account.sdk), &preview.stack).await;
    let mut functions = match found {
        Err(error) if is_missing(&error) => return Err(not_there(preview).into()),
        found => found?,
    };
    if functions.is_empty() {
        return Err(DevError::NoFunctions(preview.stack).into());
    }
    functions.sort_by(|one, other| one.id.cmp(&other.id));
    Ok((preview.stack, functions))
}

async fn resources(client: &Client, stack: &str) -> Result<Vec<StackFunction>, CallError> {
    let mut pages = client.list_stack_resources().stack_name(stack).into_paginator().items().send();
    let mut functions = Vec::new();
    while let Some(resource) = pages.next().await {
        let resource = resource.called("ListStackResources", stack)?;
        let Some(name) = resource.physical_resource_id() else { continue };
        if resource.resource_type() == Some(FUNCTION) {
            let id = resource.logical_resource_id().unwrap_or_default().to_owned();
            functions.push(StackFunction { id, name: name.to_owned() });
        }
    }
    Ok(functions)
}

/// CloudFormation has no code of its own for that.
fn is_missing(error: &CallError) -> bool {
    let CallError::Refused { code, message, .. } = error else { return false };
    code == "ValidationError" && message.contains("does not exist")
}

fn not_there(preview: Preview) -> DevError {
    let why = match (&preview.waits, preview.absence()) {
        (Some(waits), _) => format!("it waits {waits}"),
        (None, Some(why)) => why.to_owned(),
        (None, None) => format!("it is {}", preview.phase),
    };
    DevError::NotThere { stack: preview.stack, why }
}

/// The one that was named by its logical id or its name, or the only one.
pub(super) fn one(
    stack: &str,
    mut functions: Vec<StackFunction>,
    named: Option<&str>,
) -> Result<StackFunction, DevError> {
    let there: Vec<String> = functions.iter().map(|function| function.id.clone()).collect();
    if let Some(asked) = named {
        let is_it = |function: &StackFunction| function.id == asked || function.name == asked;
        let none = || DevError::NoFunction { stack: stack.to_owned(), asked: asked.to_owned(), there };
        return functions.into_iter().find(is_it).ok_or_else(none);
    }
    let several = DevError::Several { stack: stack.to_owned(), there };
    if functions.len() > 1 { Err(several) } else { functions.pop().ok_or(several) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_by_either_of_its_names_or_is_the_only_one() {
        let function = |id: &str| StackFunction { id: id.into(), name: format!("shop-dev-ada-{id}-X") };
        let (two, only) = (vec![function("A"), function("B")], vec![function("A")]);
        let one = |functions: &[StackFunction], named| {
            one("shop-dev-ada", functions.to_vec(), named).map(|function| function.id)
        };
        assert_eq!(one(&two, Some("B")), Ok("B".into()));
        assert_eq!(one(&two, Some("shop-dev-ada-A-X")), Ok("A".into()));
        assert_eq!(one(&only, None), Ok("A".into()));
        let message = |functions, named| one(functions, named).unwrap_err().to_string();
        assert_eq!(message(&two, None), "stack shop-dev-ada has several functions, name one: A, B");
        assert_eq!(message(&two, Some("C")), "stack shop-dev-ada has no function C; it has A, B");
    }

    #[test]
    fn a_stack_that_is_not_there_says_why() {
        let preview = |why: Option<&str>, waits: Option<&str>| Preview {
            stack: "shop-dev-ada".into(),
            phase: "RUNNING".into(),
            why: why.map(str::to_owned),
            waits: waits.map(str::to_owned),
            ..Preview::default()
        };
        let message = |why, waits| not_there(preview(why, waits)).to_string();
        assert_eq!(message(None, None), "stack shop-dev-ada is not there yet: it is RUNNING");
        assert!(message(Some("DOWN"), None).ends_with("its developer gave it back"));
        assert!(
            message(None, Some("for the stack before it to be deleted"))
                .ends_with("it waits for the stack before it to be deleted")
        );
    }
}
