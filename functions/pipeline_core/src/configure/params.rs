//! The action's `UserParameters`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{ids::ExecutionId, text};

/// What the action asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The service, which names its stacks and its profiles.
    pub service: String,
    /// The pipeline execution.
    pub execution: ExecutionId,
    /// The source revision, such as a commit id.
    pub revision: String,
    /// For each stage the packaged template that it deploys, as a path in the input artifact.
    pub stages: BTreeMap<String, String>,
}

/// Why `UserParameters` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("UserParameters: {0}")]
pub struct InvalidParams(String);

/// Reads and checks the parameters.
pub fn parse(text: Option<&str>) -> Result<Params, InvalidParams> {
    let text =
        text.ok_or_else(|| InvalidParams(r#"missing; give {"service", "execution", "revision", "stages"}"#.into()))?;
    let params: Params = serde_json::from_str(text).map_err(|error| InvalidParams(text::complaint(&error)))?;
    if !is_service(&params.service) {
        return Err(InvalidParams(format!(
            "service cannot name a service (words of a-z and 0-9 with single - between them, {LONGEST} characters at \
             most; no word after the first may be {}); rename it",
            TAKEN.join(", ")
        )));
    }
    match params.stages.keys().find(|stage| !is_name(stage)) {
        Some(_) => Err(InvalidParams("stages: a key is not a name (a-z, 0-9 and -)".into())),
        None if params.stages.is_empty() => Err(InvalidParams("no stage to configure".into())),
        None => Ok(params),
    }
}

/// CloudFormation cuts the names that it makes to 64 characters. Of a service's name and the stage after it, 25 are sure
/// to stay, and by those the deploy roles know what they may change.
const LONGEST: usize = 19;

/// A service with such a word has stacks that look like another service's, or like its previews.
const TAKEN: [&str; 8] = ["pr", "dev", "pool", "tests", "beta", "gamma", "prod", "flowgate"];

fn is_service(name: &str) -> bool {
    let is_free = |word: &str| !word.is_empty() && !TAKEN.contains(&word);
    is_name(name) && name.len() <= LONGEST && name.split('-').skip(1).all(is_free)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 100
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> Result<Params, InvalidParams> {
        let text = r#"{"service": "NAME", "execution": "11111111-2222-3333-4444-555555555555", "revision": "r",
            "stages": {"beta": "app.yaml"}}"#;
        parse(Some(&text.replace("NAME", name)))
    }

    #[test]
    fn a_service_may_be_named_like_a_stage_where_that_misleads_nobody() {
        for name in ["time-service", "beta", "prod-tools", "shop-product", "a23456789-123456789"] {
            assert_eq!(service(name).map(|params| params.service).as_deref(), Ok(name));
        }
    }

    #[test]
    fn a_service_that_could_be_taken_for_anothers_stage_or_preview_is_refused() {
        for name in ["shop-beta", "shop-prod-x", "shop-flowgate", "shop-tests", "shop-gamma", "shop-pr-1", "shop-dev"] {
            let message = service(name).unwrap_err().to_string();
            assert!(message.contains("service cannot name a service"), "{name}: {message}");
        }
    }

    #[test]
    fn a_service_whose_stage_would_be_cut_off_is_refused() {
        let message = service("a23456789-1234567890").unwrap_err().to_string();
        assert!(message.contains("19 characters at most"), "{message}");
    }

    #[test]
    fn what_is_no_name_at_all_is_refused() {
        for name in ["", "-", "shop-", "shop--x", "Shop", "1st", "shop_x", "naïve"] {
            let message = service(name).unwrap_err().to_string();
            assert!(message.contains("service cannot name a service"), "{name}: {message}");
        }
    }
}
