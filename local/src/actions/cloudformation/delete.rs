//! Deleting a stack.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;

use super::error::Error;
use super::{Done, deploy};
use crate::actions::Observer;
use crate::actions::acting::Acting;
use crate::cloud::stack_wait::{self, CallError, Stack};

/// A stack that should not be.
#[derive(Debug, Clone)]
pub(super) struct Deletion {
    pub(super) stack: String,
    pub(super) role: String,
    /// Makes a repeated request the same request.
    pub(super) token: String,
}

/// Deletes the stack and waits for the end. One that does not exist is as good as deleted.
pub(super) async fn delete(acting: &Acting, wanted: &Deletion, observer: &dyn Observer) -> Result<Done, Error> {
    let client = &Client::new(&acting.sdk);
    let found = stack_wait::find(client, &wanted.stack).await?;
    let (summary, id) = match found.filter(|stack| stack.status != "DELETE_COMPLETE") {
        None => (format!("Stack {} does not exist.", wanted.stack), None),
        Some(stack) => {
            gone(client, &stack, wanted, observer).await?;
            (format!("Stack {} was deleted.", wanted.stack), Some(stack.id))
        }
    };
    Ok(Done { summary, id, outputs: BTreeMap::new() })
}

/// Deletes a stack that is there.
pub(super) async fn gone(
    client: &Client,
    stack: &Stack,
    wanted: &Deletion,
    observer: &dyn Observer,
) -> Result<(), Error> {
    // By its ARN: a younger stack of the name is another.
    let request = client.delete_stack().stack_name(&stack.id).role_arn(&wanted.role);
    let answer = request.client_request_token(&wanted.token).send().await;
    answer.map_err(|error| CallError::new("DeleteStack", &stack.name, &error))?;
    super::begun(observer, &stack.id);
    match stack_wait::settled(client, &stack.id).await? {
        Some(left) if left.status != "DELETE_COMPLETE" => Err(deploy::failure(client, left).await),
        _ => Ok(()),
    }
}
