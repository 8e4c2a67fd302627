//! CodeConnections' own JSON API, which answers under its older name too.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Shared;
use super::book::{Book, Connection, Tag};
use crate::cloud::client::{ACCOUNT, REGION};
use crate::json_api::{self, Refusal, read};

/// What stands before the operation's name in `X-Amz-Target`, and the service in the ARNs of what is made there.
const SERVICES: [(&str, &str); 2] = [
    ("com.amazonaws.codeconnections.CodeConnections_20231201.", "codeconnections"),
    ("com.amazonaws.codestar.connections.CodeStar_connections_20191201.", "codestar-connections"),
];
const PROVIDERS: [&str; 6] =
    ["Bitbucket", "GitHub", "GitHubEnterpriseServer", "GitLab", "GitLabSelfManaged", "AzureDevOps"];
/// The longest name of a connection.
const NAME_LIMIT: usize = 32;
/// The most tags of a connection.
const TAG_LIMIT: usize = 200;
/// The most of a page.
const PAGE_LIMIT: usize = 100;

/// Answers what is addressed to CodeConnections, and hands everything else on.
pub(super) async fn answer_ours(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let ours = SERVICES.iter().find_map(|(prefix, service)| Some((*service, target.strip_prefix(prefix)?.to_owned())));
    let Some((service, operation)) = ours else { return next.run(request).await };
    let answer = match json_api::body(request.into_body()).await {
        Ok(body) => handle(&shared.book, service, &operation, &body),
        Err(refusal) => Err(refusal),
    };
    json_api::answer("1.0", answer)
}

fn handle(book: &Book, service: &str, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
    match operation {
        "CreateConnection" => create(book, service, read(body)?),
        "GetConnection" => get(book, &read(body)?),
        "ListConnections" => list(book, &read(body)?),
        "DeleteConnection" => delete(book, &read(body)?),
        "ListTagsForResource" => tags(book, &read(body)?),
        "TagResource" => tag(book, read(body)?),
        "UntagResource" => untag(book, &read(body)?),
        _ => {
            let message = format!("operation {operation:?} is not served by the local CodeConnections");
            Err(Refusal::new("UnknownOperationException", message))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    connection_name: Option<String>,
    provider_type: Option<String>,
    host_arn: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// A request about one connection.
#[derive(Debug, Deserialize)]
struct Named {
    #[serde(rename = "ConnectionArn", alias = "ResourceArn")]
    arn: String,
    #[serde(rename = "Tags", default)]
    tags: Vec<Tag>,
    #[serde(rename = "TagKeys", default)]
    tag_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    provider_type_filter: Option<String>,
    host_arn_filter: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

fn create(book: &Book, service: &str, request: Create) -> Result<Value, Refusal> {
    let Create { connection_name, provider_type, host_arn, tags } = request;
    let connection_name = connection_name.unwrap_or_default();
    if !(1..=NAME_LIMIT).contains(&connection_name.chars().count()) {
        return Err(invalid(format!("ConnectionName {connection_name:?} must have 1 to {NAME_LIMIT} characters")));
    }
    if let Some(host) = host_arn {
        return Err(Refusal::new(
            "ResourceNotFoundException",
            format!("there is no host {host}: none can be made here"),
        ));
    }
    let provider_type = provider_type.ok_or_else(|| invalid("give ProviderType"))?;
    if !PROVIDERS.contains(&provider_type.as_str()) {
        return Err(invalid(format!("ProviderType {provider_type:?} is none of {}", PROVIDERS.join(", "))));
    }
    let tags = tagged(Vec::new(), tags)?;
    let connection_arn = format!("arn:aws:{service}:{REGION}:{ACCOUNT}:connection/{}", Uuid::new_v4());
    let answer = json!({"ConnectionArn": connection_arn, "Tags": tags});
    book.change(|all| {
        all.push(Connection { arn: connection_arn, name: connection_name, provider_type, tags });
        Ok(answer)
    })
}

fn get(book: &Book, request: &Named) -> Result<Value, Refusal> {
    let all = book.all()?;
    Ok(json!({"Connection": shown(&all[place(&all, &request.arn)?])}))
}

fn list(book: &Book, request: &List) -> Result<Value, Refusal> {
    let List { provider_type_filter, host_arn_filter, max_results, next_token } = request;
    let wanted = |one: &&Connection| {
        host_arn_filter.is_none() && provider_type_filter.as_ref().is_none_or(|provider| *provider == one.provider_type)
    };
    let all = book.all()?;
    let rest = match next_token {
        None => &all[..],
        Some(last) => {
            &all[1 + place(&all, last).map_err(|_| invalid(format!("NextToken {last:?} is of no page")))?..]
        }
    };
    let mut rest = rest.iter().filter(wanted).peekable();
    let size = max_results.filter(|size| *size > 0).unwrap_or(PAGE_LIMIT).min(PAGE_LIMIT);
    let page: Vec<&Connection> = rest.by_ref().take(size).collect();
    let mut answer = json!({"Connections": page.iter().map(|one| shown(one)).collect::<Vec<_>>()});
    if let (Some(last), true) = (page.last(), rest.peek().is_some()) {
        answer["NextToken"] = json!(last.arn);
    }
    Ok(answer)
}

fn delete(book: &Book, request: &Named) -> Result<Value, Refusal> {
    book.change(|all| {
        all.remove(place(all, &request.arn)?);
        Ok(json!({}))
    })
}

fn tags(book: &Book, request: &Named) -> Result<Value, Refusal> {
    let all = book.all()?;
    Ok(json!({"Tags": all[place(&all, &request.arn)?].tags}))
}

fn tag(book: &Book, request: Named) -> Result<Value, Refusal> {
    book.change(|all| {
        let at = place(all, &request.arn)?;
        all[at].tags = tagged(std::mem::take(&mut all[at].tags), request.tags)?;
        Ok(json!({}))
    })
}

fn untag(book: &Book, request: &Named) -> Result<Value, Refusal> {
    book.change(|all| {
        let at = place(all, &request.arn)?;
        all[at].tags.retain(|tag| !request.tag_keys.contains(&tag.key));
        Ok(json!({}))
    })
}

/// `Connection`. Nobody has to complete a handshake with a provider that is not there.
fn shown(connection: &Connection) -> Value {
    json!({
        "ConnectionName": connection.name,
        "ConnectionArn": connection.arn,
        "ProviderType": connection.provider_type,
        "OwnerAccountId": ACCOUNT,
        "ConnectionStatus": "AVAILABLE",
    })
}

fn tagged(mut present: Vec<Tag>, more: Vec<Tag>) -> Result<Vec<Tag>, Refusal> {
    if let Some(tag) =
        more.iter().find(|tag| !(1..=128).contains(&tag.key.chars().count()) || tag.value.chars().count() > 256)
    {
        return Err(invalid(format!(
            "tag {:?} needs a key of 1 to 128 characters, and a value of 256 at most",
            tag.key
        )));
    }
    present.retain(|tag| more.iter().all(|other| other.key != tag.key));
    present.extend(more);
    if present.len() > TAG_LIMIT {
        return Err(Refusal::new("LimitExceededException", format!("a connection has {TAG_LIMIT} tags at most")));
    }
    Ok(present)
}

fn place(all: &[Connection], arn: &str) -> Result<usize, Refusal> {
    let found = all.iter().position(|one| one.arn == arn);
    found.ok_or_else(|| Refusal::new("ResourceNotFoundException", format!("there is no connection {arn}")))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidInputException", message)
}
