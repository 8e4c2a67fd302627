//! AWS from a can: gives prepared answers in turn, and keeps what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Region,
    http::{HttpRequest, HttpResponse},
    retry::RetryConfig,
};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_types::SdkConfig;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// AWS as one test needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Canned(Arc<Mutex<Can>>);

#[derive(Debug, Default)]
struct Can {
    answers: VecDeque<(u16, String)>,
    asked: Vec<Asked>,
}

/// A request as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) body: String,
    headers: Vec<(String, String)>,
}

impl Canned {
    /// With these answers to come, each with its status.
    pub(crate) fn new(answers: impl IntoIterator<Item = (u16, String)>) -> Self {
        Self(Arc::new(Mutex::new(Can { answers: answers.into_iter().collect(), asked: vec![] })))
    }

    /// What clients are made of.
    pub(crate) fn config(&self) -> SdkConfig {
        let connector = SharedHttpConnector::new(self.clone());
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test")))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build()
    }

    /// What it was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.0.lock().expect("a lock that nobody panicked with").asked.clone()
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut can = self.0.lock().expect("a lock that nobody panicked with");
        let body = request.body().bytes().unwrap_or_default();
        can.asked.push(Asked {
            method: request.method().to_owned(),
            body: String::from_utf8_lossy(body).into_owned(),
            headers: request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        });
        let (status, text) = can.answers.pop_front().expect("an answer for every call");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().expect("a status"), text.into())))
    }
}

impl Asked {
    /// The field of this name in a form; `None` where it is not sent.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let value = self.body.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?.1;
        Some(percent_decode_str(&value.replace('+', " ")).decode_utf8().expect("text").into_owned())
    }

    /// The names of all fields of a form.
    pub(crate) fn fields(&self) -> Vec<&str> {
        self.body.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, _)| key).collect()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| &value[..])
    }
}

/// Runs what waits for nothing but the can, and for pauses between attempts.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

/// An error of the Query protocol.
pub(crate) fn refused(code: &str, message: &str) -> (u16, String) {
    let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>");
    (400, format!("<ErrorResponse><Error>{error}</Error><RequestId>r</RequestId></ErrorResponse>"))
}

/// An answer of the Query protocol.
pub(crate) fn answered(operation: &str, result: &str) -> (u16, String) {
    let result = format!("<{operation}Result>{result}</{operation}Result>");
    (200, format!("<{operation}Response>{result}</{operation}Response>"))
}
