//! Flowgate's own functions, asked directly: what they answer, refuse, or fail with.

use std::fmt::Display;

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::account::{Account, Default};
use super::call::{CallError, Called as _};
use super::client::{self, ClientError};
use super::{End, args};
use crate::cloud::stack_wait;
use crate::report::printable;

/// The code of a refusal that is none: what the function needs did not answer it.
const UNAVAILABLE: &str = "Unavailable";

/// Why a function did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum FunctionError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("service {service} has no function {function} in this account and region: {why}")]
    Missing { service: String, function: String, why: String },
    #[error("{function} failed: {message}; its log group is /aws/lambda/{function}")]
    Failed { function: String, message: String },
    #[error("{function} answered what this flowgate does not understand: {reason}; use the flowgate of its version")]
    Unreadable { function: String, reason: String },
    #[error("{message} ({code})")]
    Refused { code: String, message: String },
}

impl FunctionError {
    /// The word by which it was refused.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    pub(super) fn end(&self) -> End {
        match self {
            Self::Call(error) => error.end(),
            Self::Failed { .. } | Self::Unreadable { .. } => End::NoCloud,
            Self::Refused { code, .. } if code == UNAVAILABLE => End::NoCloud,
            Self::Missing { .. } | Self::Refused { .. } => End::BadInput,
        }
    }
}

/// One of the functions of a service's Flowgate.
pub(super) struct Function {
    client: Client,
    stacks: CloudFormation,
    /// The service that it works for.
    pub(super) service: String,
    name: String,
}

impl Function {
    /// The function of this service, or of the only one there is.
    pub(super) async fn open(kind: &str, service: Option<String>, caller: &args::Caller) -> Result<Self, ClientError> {
        let chosen = client::open(&args::Pipeline { name: service }, caller, Default::Caller).await?;
        Ok(Self::of(kind, &chosen.pipeline, &chosen.account))
    }

    /// The function of this service.
    pub(super) fn of(kind: &str, service: &str, account: &Account) -> Self {
        let sdk = &account.sdk;
        // It may work for minutes, and sends nothing until it has ended.
        let config = Builder::from(sdk).stalled_stream_protection(StalledStreamProtectionConfig::disabled()).build();
        let name = format!("{service}-flowgate-{kind}");
        let (client, stacks) = (Client::from_conf(config), CloudFormation::new(sdk));
        Self { client, stacks, service: service.to_owned(), name }
    }

    /// What it answers, as it is.
    pub(super) async fn ask(&self, request: &Value) -> Result<Value, FunctionError> {
        let payload = Blob::new(request.to_string());
        let sent = self.client.invoke().function_name(&self.name).payload(payload).send().await;
        match sent.called("Invoke", &self.name) {
            Ok(output) => answer(&self.name, &output),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Err(self.missing().await),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads an answer, or a part of one.
    pub(super) fn read<T: DeserializeOwned>(&self, answer: &Value) -> Result<T, FunctionError> {
        T::deserialize(answer).map_err(|error| self.unreadable(&error))
    }

    pub(super) fn unreadable(&self, reason: &dyn Display) -> FunctionError {
        FunctionError::Unreadable { function: self.name.clone(), reason: reason.to_string() }
    }

    async fn missing(&self) -> FunctionError {
        let stack = format!("{}-flowgate", self.service);
        let is_there = stack_wait::find(&self.stacks, &stack).await.map(|found| found.is_some());
        let why = match is_there {
            Ok(false) => format!("it has no stack {stack}; deploy Flowgate's template.yaml first, as the README tells"),
            Ok(true) => format!("its stack {stack} is older; deploy Flowgate's template.yaml again"),
            Err(_) => format!("its stack {stack} is not there or older; deploy Flowgate's template.yaml"),
        };
        FunctionError::Missing { service: self.service.clone(), function: self.name.clone(), why }
    }
}

#[derive(Deserialize)]
struct Refusal {
    error: Refused,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
    message: String,
}

fn answer(function: &str, output: &InvokeOutput) -> Result<Value, FunctionError> {
    let bytes = output.payload().map(Blob::as_ref).unwrap_or_default();
    let function = function.to_owned();
    if let Some(kind) = output.function_error() {
        return Err(FunctionError::Failed { function, message: failure(kind, bytes) });
    }
    let answer: Value = serde_json::from_slice(bytes)
        .map_err(|error| FunctionError::Unreadable { function, reason: error.to_string() })?;
    match Refusal::deserialize(&answer) {
        Ok(Refusal { error: Refused { code, message } }) => {
            Err(FunctionError::Refused { code: printable(&code), message: printable(&message) })
        }
        Err(_) => Ok(answer),
    }
}

/// What Lambda says of a function that failed.
fn failure(kind: &str, payload: &[u8]) -> String {
    let said: Value = serde_json::from_slice(payload).unwrap_or_default();
    printable(said["errorMessage"].as_str().unwrap_or(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(error: Option<&str>, payload: &str) -> Result<Value, (End, String)> {
        let output = InvokeOutput::builder().set_function_error(error.map(str::to_owned)).payload(Blob::new(payload));
        answer("shop-flowgate-lease", &output.build()).map_err(|error| (error.end(), error.to_string()))
    }

    #[test]
    fn an_answer_is_told_from_a_refusal_and_a_failure() {
        assert_eq!(answered(None, r#"{"leases": []}"#), Ok(serde_json::json!({"leases": []})));
        let cases = [
            (
                None,
                r#"{"error": {"code": "Held", "message": "held\u001b[2J"}}"#,
                End::BadInput,
                "held\u{fffd}[2J (Held)",
            ),
            (
                None,
                r#"{"error": {"code": "Unavailable", "message": "could not read the lease of x: 500; ask again"}}"#,
                End::NoCloud,
                "could not read the lease of x: 500; ask again (Unavailable)",
            ),
            (
                Some("Unhandled"),
                r#"{"errorType": "Panic", "errorMessage": "no table"}"#,
                End::NoCloud,
                "shop-flowgate-lease failed: no table; its log group is /aws/lambda/shop-flowgate-lease",
            ),
            (
                Some("Unhandled"),
                "",
                End::NoCloud,
                "shop-flowgate-lease failed: Unhandled; its log group is /aws/lambda/shop-flowgate-lease",
            ),
            (
                None,
                "",
                End::NoCloud,
                "shop-flowgate-lease answered what this flowgate does not understand: EOF while parsing a value at line \
                 1 column 0; use the flowgate of its version",
            ),
        ];
        for (error, payload, end, message) in cases {
            assert_eq!(answered(error, payload), Err((end, message.to_owned())), "{payload}");
        }
    }
}
