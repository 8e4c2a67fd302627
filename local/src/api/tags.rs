//! Tags of pipelines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;
use super::page::Paging;
use super::records;

/// How many tags a pipeline may have.
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
    let tags = of(&request.resource_arn, |name| Ok(api.runner.tags(name)?))?;
    let page = request.paging.page(written(&tags), |tag| &tag.key, |_| true)?;
    Ok(json!({"tags": page.items, "nextToken": page.next_token}))
}

pub(super) fn add(api: &Api, request: Add) -> Result<Value, ApiError> {
    let Add { resource_arn, tags: new } = request;
    of(&resource_arn, |name| api.runner.tag(name, |tags| checked(tags, new)))?;
    Ok(json!({}))
}

pub(super) fn remove(api: &Api, request: &Remove) -> Result<Value, ApiError> {
    let kept = |tags: &BTreeMap<String, String>| -> Result<_, ApiError> {
        let kept = tags.iter().filter(|(key, _)| !request.tag_keys.contains(key));
        Ok(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
    };
    of(&request.resource_arn, |name| api.runner.tag(name, kept))?;
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

/// With the pipeline that the ARN names.
fn of<T>(arn: &str, work: impl FnOnce(&str) -> Result<T, ApiError>) -> Result<T, ApiError> {
    let name = arn.strip_prefix(&records::arn("")).ok_or_else(|| ApiError::arn(arn))?;
    work(name).map_err(|error| match error.exception() {
        "PipelineNotFoundException" => ApiError::no_resource(arn),
        _ => error,
    })
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
