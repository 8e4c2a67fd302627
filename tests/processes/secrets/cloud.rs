//! A cloud that keeps all it is sent, and repeats what it is told to repeat.

use std::io::{Cursor, Read, Write};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use flowgate::cloud::client::{ACCOUNT, REGION};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::call::Call;
use crate::secrets::sentinels::{APPROVAL, CHECK, PARAMETER, SESSION_KEY, SESSION_SECRET, SESSION_TOKEN};

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As AWS would, to somebody who is allowed all of it, and finds secrets everywhere.
    Serves,
    /// So that what is begun succeeds.
    Succeeds,
    /// This service, or this call of it, refuses with the request in its message: `s3`, `dynamodb:PutItem`.
    Repeats(&'static str),
    /// It answers with what cannot be read, and holds secrets.
    Babbles(&'static str),
}

/// One for each function, so that what it sent is known.
pub(crate) struct Cloud {
    pub(crate) endpoint: String,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

struct Shared {
    manner: Manner,
    endpoint: String,
    received: Mutex<Vec<Received>>,
    /// The leases that were stored.
    leases: Mutex<Vec<Value>>,
}

/// A request, without what signs it.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// `service:operation`.
    pub(crate) name: String,
    /// Everything in it; a zip unpacked.
    pub(crate) text: String,
}

impl Cloud {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (received, leases) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { manner, endpoint: endpoint.clone(), received, leases });
        let app = Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(Arc::clone(&shared));
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { endpoint, shared, _task: task }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }
}

/// A request of a check.
pub(crate) const CHECKED: &str = "checked";
/// The header that it proves its right with.
const KEY: &str = "x-key";

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call::new(Timestamp::now(), &method, &uri, &headers, &body);
    // Nobody signs what is sent to the service that is tested.
    let name = if call.service.is_empty() { CHECKED.to_owned() } else { call.name() };
    let text = format!("{method} {uri}\n{}\n{}", shown(&headers, false), unpacked(&body));
    shared.received.lock().unwrap().push(Received { name: name.clone(), text });
    let is = |what: &str| what == name || what == call.service;
    match shared.manner {
        Manner::Repeats(what) if is(what) => refusal(&call.service, &format!("no: {}", shown(&headers, true))),
        Manner::Babbles(what) if is(what) => babble(&call.service),
        Manner::Succeeds if name == CHECKED => (StatusCode::OK, "fine").into_response(),
        _ if name == CHECKED => (StatusCode::UNAUTHORIZED, shown(&headers, true)).into_response(),
        Manner::Succeeds => shared.succeeded(&call).unwrap_or_else(|| shared.served(&call, &method)),
        _ => shared.served(&call, &method),
    }
}

impl Shared {
    /// Profiles are there, tests pass, and leases last.
    fn succeeded(&self, call: &Call) -> Option<Response> {
        let leases = || self.leases.lock().unwrap();
        Some(match (call.service.as_str(), call.operation.as_str()) {
            ("ssm", _) => parameter("String", &json!({"Undeclared": PARAMETER}).to_string()),
            ("lambda", _) => (StatusCode::OK, json!({"passed": true}).to_string()).into_response(),
            ("cloudformation", "DescribeStacks")
                if !call.target.contains("shop-beta") && !call.target.contains("shop-tests") =>
            {
                form(&call.operation, &format!("<Stacks>{}</Stacks>", self.stack("shop-pr-7")))
            }
            ("dynamodb", "PutItem") if call.target.starts_with("lease#") => {
                leases().push(call.json()["Item"].clone());
                json_answer(&json!({}))
            }
            ("dynamodb", "GetItem") if call.target.starts_with("lease#") => {
                json_answer(&leases().last().map_or_else(|| json!({}), |item| json!({ "Item": item })))
            }
            ("dynamodb", "Query") => json_answer(&json!({"Items": leases().last().into_iter().collect::<Vec<_>>()})),
            ("sns", "GetTopicAttributes") => {
                let confirmed = "<entry><key>SubscriptionsConfirmed</key><value>1</value></entry>";
                form(&call.operation, &format!("<Attributes>{confirmed}</Attributes>"))
            }
            ("sns", "Publish") => form(&call.operation, "<MessageId>m</MessageId>"),
            _ => return None,
        })
    }
}

impl Shared {
    fn served(&self, call: &Call, method: &Method) -> Response {
        match (call.service.as_str(), call.operation.as_str()) {
            ("cloudformation", "DescribeStacks") => {
                form(&call.operation, &format!("<Stacks>{}</Stacks>", self.stack("shop-beta")))
            }
            _ => anything(call, method),
        }
    }

    fn stack(&self, name: &str) -> String {
        stack(name, &self.endpoint)
    }
}

/// The headers; those that prove a right, which hold credentials and must, only if `all` is asked for.
fn shown(headers: &HeaderMap, all: bool) -> String {
    let proves = |name: &str| ["authorization", "x-amz-security-token", KEY].contains(&name);
    let lines = headers.iter().filter(|(name, _)| all || !proves(name.as_str()));
    lines.map(|(name, value)| format!("{name}:{}\n", String::from_utf8_lossy(value.as_bytes()))).collect()
}

fn unpacked(body: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(body).into_owned();
    if let Ok(mut zip) = ZipArchive::new(Cursor::new(body)) {
        for index in 0..zip.len() {
            zip.by_index(index).unwrap().read_to_string(&mut text).unwrap();
        }
    }
    text
}

/// In the form of the service's errors.
fn refusal(service: &str, message: &str) -> Response {
    let escaped = message.replace('&', "&amp;").replace('<', "&lt;");
    let error = format!("<Code>InvalidSignatureException</Code><Message>{escaped}</Message>");
    let body = match service {
        "s3" => format!("<Error>{error}<CanonicalRequest>{escaped}</CanonicalRequest></Error>"),
        "cloudformation" | "iam" | "sns" | "sts" => format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>"),
        _ => json!({"__type": "InvalidSignatureException", "message": message, "Type": "User"}).to_string(),
    };
    (StatusCode::FORBIDDEN, [("x-amzn-errortype", "InvalidSignatureException")], body).into_response()
}

/// What no reader expects.
fn babble(service: &str) -> Response {
    match service {
        "s3" => {
            let junk = format!("{PARAMETER}: 1\n{PARAMETER}: [\"{PARAMETER}\n");
            (StatusCode::OK, archive(&junk, &junk)).into_response()
        }
        "ssm" => parameter("String", PARAMETER),
        "dynamodb" => {
            let item = json!({"v": {"N": "1"}, "body": {"S": format!("{{\"report\": \"{PARAMETER}\"}}")}});
            json_answer(&json!({"Item": item, "Items": [item], "Count": 1}))
        }
        _ => (StatusCode::OK, PARAMETER).into_response(),
    }
}

fn anything(call: &Call, method: &Method) -> Response {
    match (call.service.as_str(), call.operation.as_str()) {
        ("s3", _) if method == Method::GET => {
            let checks = format!("http: [{{ name: checked, path: /checked, headers: {{ {KEY}: \"{CHECK}\" }} }}]\n");
            archive("Resources: {}\n", &checks).into_response()
        }
        ("sts", _) => form(&call.operation, &session()),
        ("ssm", _) => parameter("SecureString", PARAMETER),
        ("cloudformation" | "iam" | "sns", _) => form(&call.operation, ""),
        // A test that sends back all it was sent.
        ("lambda", _) => {
            let error = json!({"errorType": "Echo", "errorMessage": call.body, "headers": call.body});
            (StatusCode::OK, [("x-amz-function-error", "Unhandled")], error.to_string()).into_response()
        }
        ("codepipeline", "GetPipelineExecution" | "ListActionExecutions") => json_answer(&json!({
            "pipelineExecution": {"pipelineName": "shop", "status": "InProgress", "artifactRevisions": []},
            "actionExecutionDetails": [{
                "stageName": "Approve", "actionName": "Approve", "status": "Succeeded", "updatedBy": "arn:aws:iam::1:user/b",
                "input": {"actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}},
                "output": {"executionResult": {"externalExecutionId": APPROVAL}},
            }],
        })),
        _ => json_answer(&json!({})),
    }
}

fn json_answer(body: &Value) -> Response {
    (StatusCode::OK, body.to_string()).into_response()
}

fn parameter(kind: &str, value: &str) -> Response {
    json_answer(&json!({"Parameter": {"Name": "/flowgate/shop/beta", "Type": kind, "Value": value, "Version": 1}}))
}

fn form(operation: &str, result: &str) -> Response {
    format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>")
        .into_response()
}

fn session() -> String {
    format!(
        "<Credentials><AccessKeyId>{SESSION_KEY}</AccessKeyId><SecretAccessKey>{SESSION_SECRET}</SecretAccessKey>\
         <SessionToken>{SESSION_TOKEN}</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>"
    )
}

fn stack(name: &str, url: &str) -> String {
    let tag = |key: &str, value: &str| format!("<member><Key>{key}</Key><Value>{value}</Value></member>");
    let output = |key: &str, value: &str| {
        format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
    };
    format!(
        "<member><StackId>arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/1</StackId><StackName>{name}</StackName>\
         <StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-21T12:00:00Z</CreationTime>\
         <EnableTerminationProtection>false</EnableTerminationProtection><Description>{PARAMETER}</Description>\
         <RoleARN>arn:aws:iam::{ACCOUNT}:role/deploy</RoleARN><Tags>{}{}</Tags><Outputs>{}{}</Outputs>\
         <Parameters><member><ParameterKey>Key</ParameterKey><ParameterValue>{PARAMETER}</ParameterValue></member></Parameters></member>",
        tag("flowgate:ephemeral", "true"),
        tag("flowgate:service", "shop"),
        output("ApiUrl", url),
        output("TestFunctionA", "shop-tests-a"),
    )
}

/// An artifact with this template and these tests.
fn archive(template: &str, tests: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [("app.yaml", template), ("tests.yaml", tests)] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
