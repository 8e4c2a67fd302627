//! Deleting stacks.

use aws_sdk_cloudformation::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::delete_stack::DeleteStackError,
};
use pipeline_core::{ids::StackArn, ports::PortError, sweep::ports::DeleteStacks};

use crate::{cloudformation::Stacks, error::port_error};

impl DeleteStacks for Stacks {
    async fn delete(&self, id: &StackArn, request_token: &str) -> Result<(), PortError> {
        // I5: the full ARN. I14: no DeletionMode, no RetainResources, and no role but the stack's own.
        let request = self.0.delete_stack().stack_name(id.as_str()).client_request_token(request_token);
        match request.send().await {
            Ok(_) => Ok(()),
            // Taken before, though its reply was lost: the next run reads what became of it.
            Err(error) if error.as_service_error().is_some_and(was_taken) => Ok(()),
            Err(error) => Err(refusal(id, &error)),
        }
    }
}

/// The token is made of the stack and of the one write of its lease that came before, and so is in nobody else's request.
fn was_taken(error: &DeleteStackError) -> bool {
    error.is_token_already_exists_exception()
}

fn refusal(id: &StackArn, error: &SdkError<DeleteStackError, HttpResponse>) -> PortError {
    match error.as_service_error() {
        Some(refused) if is_final(refused) => PortError::Unusable {
            what: format!("stack {id}"),
            why: refused.message().unwrap_or("CloudFormation refuses to delete it, and does not say why").to_owned(),
        },
        _ => port_error(&format!("delete stack {id}"), error),
    }
}

/// Such as of a protected stack, or of a role that is gone: asking again changes nothing.
fn is_final(error: &DeleteStackError) -> bool {
    // I9: something began since the stack was read, which is no refusal, and passes.
    let busy = error.message().is_some_and(|words| words.contains("_IN_PROGRESS"));
    error.code() == Some("ValidationError") && !busy
}
