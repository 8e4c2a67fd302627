//! Tags of pipelines and of webhooks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;
use super::page::Paging;
use super::records;

/// How many tags one of them may have.
const MOST: usize = 50;

/// A tag as requests and answers have it.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct Tag {
    key: String,
    value: String,
}

/// `ListTagsForResource`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    resource_arn: String,
    #[serde(flatten)]
    paging: Paging,
}

/// `TagResource`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Add {
    resource_arn: String,
    tags: Vec<Tag>,
}

/// `UntagResource`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Remove {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(super) fn list(api: &Api, request: &List) -> Result<Value, ApiError> {
    let tags = Resource::named(&request.resource_arn)?.tags(api)?;
    let page = request.paging.page(written(&tags), |tag| &tag.key, |_| true)?;
    Ok(json!({"tags": page.items, "nextToken": page.next_token}))
}

pub(super) fn add(api: &Api, request: Add) -> Result<Value, ApiError> {
    let Add { resource_arn, tags: new } = request;
    Resource::named(&resource_arn)?.change(api, |tags| checked(tags, new))?;
    Ok(json!({}))
}

pub(super) fn remove(api: &Api, request: &Remove) -> Result<Value, ApiError> {
    let kept = |tags: &BTreeMap<String, String>| -> Result<_, ApiError> {
        let kept = tags.iter().filter(|(key, _)| !request.tag_keys.contains(key));
        Ok(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
    };
    Resource::named(&request.resource_arn)?.change(api, kept)?;
    Ok(json!({}))
}

/// The tags as answers have them.
pub(super) fn written(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

/// `tags` and the new ones, which replace those of their keys.
pub(super) fn checked(tags: &BTreeMap<String, String>, new: Vec<Tag>) -> Result<BTreeMap<String, String>, ApiError> {
    let (mut tags, mut seen) = (tags.clone(), Vec::new());
    for Tag { key, value } in new {
        if key.to_lowercase().starts_with("aws:") {
            return Err(ApiError::tags(format!("{key:?} begins with aws:, which is reserved")));
        }
        if seen.contains(&key) {
            return Err(ApiError::tags(format!("{key:?} is given twice")));
        }
        seen.push(key.clone());
        tags.insert(key, value);
    }
    if tags.len() > MOST { Err(ApiError::too_many_tags(tags.len())) } else { Ok(tags) }
}

/// What has tags.
enum Resource<'a> {
    Pipeline { arn: &'a str, name: &'a str },
    Webhook { arn: &'a str, name: &'a str },
}

type Tags = BTreeMap<String, String>;

impl<'a> Resource<'a> {
    fn named(arn: &'a str) -> Result<Self, ApiError> {
        let webhook = arn.strip_prefix(&records::webhook_arn("")).map(|name| Self::Webhook { arn, name });
        let pipeline = || arn.strip_prefix(&records::arn("")).map(|name| Self::Pipeline { arn, name });
        webhook.or_else(pipeline).ok_or_else(|| ApiError::arn(arn))
    }

    fn tags(self, api: &Api) -> Result<Tags, ApiError> {
        match self {
            Self::Pipeline { arn, name } => api.runner.tags(name).map_err(|error| missing(error.into(), arn)),
            Self::Webhook { arn, name } => {
                let webhook = api.webhooks.all()?.remove(name);
                Ok(webhook.ok_or_else(|| ApiError::no_resource(arn))?.tags)
            }
        }
    }

    fn change(self, api: &Api, change: impl FnOnce(&Tags) -> Result<Tags, ApiError>) -> Result<(), ApiError> {
        match self {
            Self::Pipeline { arn, name } => api.runner.tag(name, change).map_err(|error| missing(error, arn)),
            Self::Webhook { arn, name } => api.webhooks.change(|all| {
                let webhook = all.get_mut(name).ok_or_else(|| ApiError::no_resource(arn))?;
                webhook.tags = change(&webhook.tags)?;
                Ok(())
            }),
        }
    }
}

fn missing(error: ApiError, arn: &str) -> ApiError {
    if error.exception() == "PipelineNotFoundException" { ApiError::no_resource(arn) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str) -> Tag {
        Tag { key: key.to_owned(), value: "v".to_owned() }
    }

    fn refusal(new: Vec<Tag>) -> &'static str {
        checked(&BTreeMap::from([("team".to_owned(), "old".to_owned())]), new).unwrap_err().exception()
    }

    #[test]
    fn new_tags_replace_those_of_their_keys() {
        let tags =
            checked(&BTreeMap::from([("team".to_owned(), "old".to_owned())]), vec![tag("team"), tag("a")]).unwrap();
        assert_eq!(tags["team"], "v");
        assert_eq!(tags.len(), 2);
    }

    #[test]
    fn reserved_repeated_and_too_many_tags_are_refused() {
        assert_eq!(refusal(vec![tag("AWS:x")]), "InvalidTagsException");
        assert_eq!(refusal(vec![tag("a"), tag("a")]), "InvalidTagsException");
        assert_eq!(refusal((0..50).map(|n| tag(&n.to_string())).collect()), "TooManyTagsException");
    }
}
