//! A request on the wire, as far as a test asks about it.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use jiff::Timestamp;
use reqwest::Url;
use serde_json::Value;

/// One request of a function to AWS.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) at: Timestamp,
    /// As it signs itself, such as `dynamodb`.
    pub(crate) service: String,
    /// Such as `GetItem`.
    pub(crate) operation: String,
    /// What it is about, such as a stack or the key of an item.
    pub(crate) target: String,
    pub(crate) body: String,
    /// What the cloud answered, as soon as it has.
    pub(crate) answered: Arc<OnceLock<Answered>>,
}

/// The cloud's answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) at: Timestamp,
    pub(crate) status: u16,
}

impl Call {
    pub(crate) fn new(at: Timestamp, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Self {
        let body = String::from_utf8_lossy(body).into_owned();
        let service = service(headers);
        let json = header(headers, "x-amz-target").rsplit('.').next().filter(|name| !name.is_empty());
        let (operation, target) = match (json, field(&body, "Action")) {
            (Some(operation), _) => (operation.to_owned(), json_target(&body)),
            (None, Some(action)) if service != "s3" => (action, form_target(&body)),
            _ => (rest_operation(method, uri), uri.path().to_owned()),
        };
        Self { at, service, operation, target, body, answered: Arc::default() }
    }

    /// `service:operation`.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// By when it was done, if it was.
    pub(crate) fn done(&self) -> Option<Timestamp> {
        self.answered.get().filter(|answer| answer.status == 200).map(|answer| answer.at)
    }

    /// A field of a form, such as `ClientRequestToken`.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        field(&self.body, name)
    }

    /// A member of a JSON body.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// From the scope of the signature: `Credential=KEY/DAY/REGION/SERVICE/aws4_request`.
fn service(headers: &HeaderMap) -> String {
    let (_, credential) = header(headers, "authorization").split_once("Credential=").unwrap_or_default();
    credential.split('/').nth(3).unwrap_or_default().to_owned()
}

fn field(form: &str, name: &str) -> Option<String> {
    let form = Url::parse(&format!("form:?{form}")).ok()?;
    form.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn form_target(body: &str) -> String {
    let names = ["StackName", "ExportName", "RoleName", "TopicArn"];
    names.iter().find_map(|name| field(body, name)).unwrap_or_default()
}

fn json_target(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let key = ["/Key/pk/S", "/Item/pk/S", "/Name", "/pipelineExecutionId", "/IndexName"];
    key.iter().find_map(|key| body.pointer(key)?.as_str()).unwrap_or_default().to_owned()
}

/// S3's operations are told by method and query.
fn rest_operation(method: &Method, uri: &Uri) -> String {
    let asks = |name: &str| uri.query().unwrap_or_default().split('&').any(|part| part.split('=').next() == Some(name));
    if *method == Method::POST && uri.path().ends_with("/invocations") {
        return "Invoke".to_owned();
    }
    // As newer clients name it themselves.
    let named = uri.query().unwrap_or_default().split('&').find_map(|part| part.strip_prefix("x-id="));
    if let Some(operation) = named {
        return operation.to_owned();
    }
    let known = [
        (Method::GET, "tagging", "GetBucketTagging"),
        (Method::GET, "versions", "ListObjectVersions"),
        (Method::GET, "uploads", "ListMultipartUploads"),
        (Method::POST, "delete", "DeleteObjects"),
    ];
    let found = known.iter().find(|(of, name, _)| of == method && asks(name));
    found.map_or_else(|| format!("{method} {uri}"), |(.., operation)| (*operation).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: &Method, uri: &str, service: &str, target: Option<&str>, body: &str) -> (String, String) {
        let mut headers = HeaderMap::new();
        let signed = format!("AWS4-HMAC-SHA256 Credential=key/20261121/us-east-1/{service}/aws4_request, Signature=x");
        headers.insert("authorization", signed.parse().unwrap());
        if let Some(target) = target {
            headers.insert("x-amz-target", target.parse().unwrap());
        }
        let body = Bytes::copy_from_slice(body.as_bytes());
        let call = Call::new(Timestamp::now(), method, &uri.parse().unwrap(), &headers, &body);
        (call.name(), call.target)
    }

    #[test]
    fn requests_are_told_apart_whatever_their_protocol() {
        let get = r#"{"TableName": "t", "Key": {"pk": {"S": "lease#a"}}}"#;
        let form = "Action=DeleteStack&Version=2010-05-15&StackName=arn%3Aaws%3Ax&ClientRequestToken=a+b";
        for (call, name, target) in [
            (
                call(&Method::POST, "/", "dynamodb", Some("DynamoDB_20120810.GetItem"), get),
                "dynamodb:GetItem",
                "lease#a",
            ),
            (call(&Method::POST, "/", "cloudformation", None, form), "cloudformation:DeleteStack", "arn:aws:x"),
            (call(&Method::GET, "/bucket?tagging", "s3", None, ""), "s3:GetBucketTagging", "/bucket"),
            (call(&Method::POST, "/bucket?delete", "s3", None, "<Delete/>"), "s3:DeleteObjects", "/bucket"),
            (call(&Method::DELETE, "/bucket", "s3", None, ""), "s3:DELETE /bucket", "/bucket"),
            (call(&Method::PUT, "/bucket/key?x-id=PutObject", "s3", None, ""), "s3:PutObject", "/bucket/key"),
            (
                call(&Method::POST, "/2015-03-31/functions/f/invocations", "lambda", None, "{}"),
                "lambda:Invoke",
                "/2015-03-31/functions/f/invocations",
            ),
        ] {
            assert_eq!(call, (name.to_owned(), target.to_owned()));
        }
        assert_eq!(field(form, "ClientRequestToken").as_deref(), Some("a b"));
    }
}
