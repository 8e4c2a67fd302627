//! Which pipeline a command is about.

use aws_sdk_codepipeline::Client;

use super::call::{CallError, Called as _};

/// What the name of a service's pipeline of previews ends in.
const PREVIEWS: &str = "-flowgate-previews";

/// Why none was chosen.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChooseError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("there is no pipeline; make one with `flowgate push DIR`")]
    None,
    #[error("there are several pipelines, name one: {}", .0.join(", "))]
    Several(Vec<String>),
}

/// The pipeline that was named, or the only one there is.
pub(super) async fn pipeline(client: &Client, named: Option<&str>) -> Result<String, ChooseError> {
    if let Some(name) = named {
        return Ok(name.to_owned());
    }
    only(&names(client).await?)
}

async fn names(client: &Client) -> Result<Vec<String>, CallError> {
    let mut pages = client.list_pipelines().into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(pipeline) = pages.next().await {
        let pipeline = pipeline.called("ListPipelines", "the account")?;
        names.extend(pipeline.name);
    }
    Ok(names)
}

fn only(names: &[String]) -> Result<String, ChooseError> {
    let mut names: Vec<_> = names.iter().filter(|name| !is_of_previews(name, names)).cloned().collect();
    match (names.pop(), names.is_empty()) {
        (Some(name), true) => Ok(name),
        (None, _) => Err(ChooseError::None),
        (Some(last), false) => {
            names.push(last);
            Err(ChooseError::Several(names))
        }
    }
}

/// Whether it is the pipeline beside another that makes the previews of that one's service.
fn is_of_previews(name: &str, names: &[String]) -> bool {
    let service = name.strip_suffix(PREVIEWS);
    service.is_some_and(|service| names.iter().any(|name| name == service))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pipeline_needs_no_name_and_several_are_named() {
        let chosen = |names: &[&str]| only(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(chosen(&["a"]).unwrap(), "a");
        let message = |names| chosen(names).unwrap_err().to_string();
        assert_eq!(message(&[]), "there is no pipeline; make one with `flowgate push DIR`");
        assert_eq!(chosen(&["a-flowgate-previews", "a"]).unwrap(), "a");
        assert_eq!(chosen(&["a-flowgate-previews"]).unwrap(), "a-flowgate-previews");
        assert_eq!(message(&["a", "b"]), "there are several pipelines, name one: a, b");
    }
}
