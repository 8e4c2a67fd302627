//! The services by their wire, which is the same for all of them.

use regex_lite::Regex;
use serde_json::Value;

/// A request to a service.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) service: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// Of a service with a JSON protocol; `target` is its API and operation.
pub(super) fn call(service: &'static str, target: &str, body: &Value) -> Call {
    let headers = vec![("x-amz-target", target.to_owned()), ("content-type", "application/x-amz-json-1.1".to_owned())];
    Call { service, method: "POST", path: "/", headers, body: body.to_string() }
}

/// Of a service with the query protocol.
pub(super) fn query(service: &'static str, action: &str, parameters: &[(&str, &str)]) -> Call {
    let pairs = parameters.iter().map(|(name, value)| format!("&{name}={}", encoded(value)));
    let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    Call { service, method: "POST", path: "/", headers, body: format!("Action={action}{}", pairs.collect::<String>()) }
}

#[expect(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]
pub(super) fn rest(service: &'static str, method: &'static str, path: &'static str, body: impl ToString) -> Call {
    Call { service, method, path, headers: Vec::new(), body: body.to_string() }
}

fn encoded(text: &str) -> String {
    let byte =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

impl Call {
    pub(super) async fn send(&self, endpoint: &str) -> Result<String, String> {
        let scope = format!("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request", self.service);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let method = self.method.parse().unwrap();
        let mut request = http.request(method, format!("{endpoint}{}", self.path)).body(self.body.clone());
        request = request.header("authorization", format!("{scope}, SignedHeaders=host, Signature=none"));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        let text = Regex::new("<RequestId>[^<]*</RequestId>").unwrap().replace_all(&text, "").into_owned();
        if status.is_success() { Ok(text) } else { Err(text) }
    }
}
