//! The action's `UserParameters`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    ids::{ExecutionId, FencingToken, StackName},
    preview::subject::Subject,
    text,
};

/// What the action asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The service, which names its stacks and its profiles.
    pub service: String,
    /// The pipeline execution.
    pub execution: ExecutionId,
    /// The source revision, such as a commit id.
    pub revision: String,
    /// What is deployed, by the name of the file that is to be written for it.
    pub targets: BTreeMap<String, Target>,
}

/// A stack that is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its packaged template, as a path in the input artifact.
    pub template: String,
    /// Its stage.
    pub stage: String,
    /// Whose profile it has.
    pub profile: String,
    /// The token of the lease that a preview's stack is deployed under.
    pub lease: Option<FencingToken>,
}

/// Why `UserParameters` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("UserParameters: {0}")]
pub struct InvalidParams(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    service: String,
    execution: ExecutionId,
    revision: String,
    /// For each stage of the release its template.
    #[serde(default)]
    stages: Option<BTreeMap<String, String>>,
    preview: Option<Subject>,
    /// The preview's stacks, by the names of their files.
    #[serde(default)]
    stacks: Option<BTreeMap<String, Wanted>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    template: String,
    stack: StackName,
    token: String,
}

const FORMS: &str =
    r#"give {"service", "execution", "revision"}, and "stages" for a release, or "preview" and "stacks" for a preview"#;

/// Reads and checks the parameters.
pub fn parse(text: Option<&str>) -> Result<Params, InvalidParams> {
    let text = text.ok_or_else(|| InvalidParams(format!("missing; {FORMS}")))?;
    let wire: Wire = serde_json::from_str(text).map_err(|error| InvalidParams(text::complaint(&error)))?;
    if !is_service(&wire.service) {
        return Err(InvalidParams(format!(
            "service cannot name a service (words of a-z and 0-9 with single - between them, {LONGEST} characters at \
             most; no word after the first may be {}); rename it",
            TAKEN.join(", ")
        )));
    }
    let targets = match (wire.stages, wire.preview, wire.stacks) {
        (Some(stages), None, None) => released(stages)?,
        (None, Some(preview), Some(stacks)) => previewed(&wire.service, &preview, stacks)?,
        _ => return Err(InvalidParams(FORMS.to_owned())),
    };
    Ok(Params { service: wire.service, execution: wire.execution, revision: wire.revision, targets })
}

fn released(stages: BTreeMap<String, String>) -> Result<BTreeMap<String, Target>, InvalidParams> {
    are_names("stages", &stages)?;
    let target = |(stage, template): (String, String)| {
        let profile = stage.clone();
        (stage.clone(), Target { template, stage, profile, lease: None })
    };
    Ok(stages.into_iter().map(target).collect())
}

/// All previews have one profile, and each is a stage of its own.
fn previewed(
    service: &str,
    preview: &Subject,
    stacks: BTreeMap<String, Wanted>,
) -> Result<BTreeMap<String, Target>, InvalidParams> {
    are_names("stacks", &stacks)?;
    let target = |(file, Wanted { template, stack, token }): (String, Wanted)| {
        if ![preview.stack(service), preview.tests_stack(service)].contains(&stack) {
            return Err(InvalidParams(format!("stacks: the stack of {file} is none of the preview {preview}")));
        }
        let lease = Some(decimal(&file, &token)?);
        Ok((file, Target { template, stage: preview.to_string(), profile: PREVIEW.to_owned(), lease }))
    };
    stacks.into_iter().map(target).collect()
}

fn are_names<T>(field: &str, map: &BTreeMap<String, T>) -> Result<(), InvalidParams> {
    match map.keys().find(|key| !is_name(key)) {
        Some(_) => Err(InvalidParams(format!("{field}: a key is not a name (a-z, 0-9 and -)"))),
        None if map.is_empty() => Err(InvalidParams(format!("{field}: nothing to configure"))),
        None => Ok(()),
    }
}

/// As sweep reads it in the stack's tag.
fn decimal(file: &str, token: &str) -> Result<FencingToken, InvalidParams> {
    let number = token.parse::<u64>().ok().filter(|number| number.to_string() == token);
    number.map(FencingToken).ok_or_else(|| InvalidParams(format!("stacks: the token of {file} is not a lease's")))
}

/// The profile of all previews.
const PREVIEW: &str = "preview";

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

    fn preview(change: impl FnOnce(&mut serde_json::Value)) -> Result<Params, InvalidParams> {
        let mut params = serde_json::json!({
            "service": "shop", "execution": "11111111-2222-3333-4444-555555555555", "revision": "r", "preview": "pr-42",
            "stacks": {
                "app": {"template": "app-output_sam.yaml", "stack": "shop-pr-42", "token": "1700000000"},
                "tests": {"template": "test-output_sam.yaml", "stack": "shop-pr-42-tests", "token": "1700000001"},
            },
        });
        change(&mut params);
        parse(Some(&params.to_string()))
    }

    #[test]
    fn the_stacks_of_a_preview_are_one_stage_with_the_profile_of_all_previews() {
        let params = preview(|_| ()).unwrap();
        let target = |file: &str| params.targets[file].clone();
        let expected = |template: &str, token| Target {
            template: template.into(),
            stage: "pr-42".into(),
            profile: "preview".into(),
            lease: Some(FencingToken(token)),
        };
        assert_eq!(target("app"), expected("app-output_sam.yaml", 1_700_000_000));
        assert_eq!(target("tests"), expected("test-output_sam.yaml", 1_700_000_001));
    }

    #[test]
    fn what_is_not_this_previews_is_refused() {
        use serde_json::{Value, json};
        type Change = fn(&mut Value);
        let cases: [(Change, &str); 12] = [
            (|it| it["preview"] = json!("pr-43"), "the stack of app is none of the preview pr-43"),
            (|it| it["stacks"]["app"]["stack"] = json!("shop-pr-420"), "the stack of app is none"),
            (|it| it["stacks"]["app"]["stack"] = json!("shop-prod"), "the stack of app is none"),
            (|it| it["preview"] = json!("prod"), "UserParameters: "),
            (|it| it["stacks"]["app"]["token"] = json!("007"), "the token of app is not a lease's"),
            (|it| it["stacks"]["app"]["token"] = json!("#{variables.Token}"), "the token of app is not a lease's"),
            (|it| it["stacks"]["app"]["token"] = json!(7), "invalid type"),
            (|it| it["stacks"] = json!({}), "stacks: nothing to configure"),
            (|it| it["stacks"]["App"] = it["stacks"]["app"].clone(), "stacks: a key is not a name"),
            (|it| it["stages"] = json!({"beta": "app.yaml"}), "\"stages\" for a release, or"),
            (|it| it["stacks"] = Value::Null, "\"stages\" for a release, or"),
            (|it| it["preview"] = Value::Null, "\"stages\" for a release, or"),
        ];
        for (change, words) in cases {
            let message = preview(change).unwrap_err().to_string();
            assert!(message.contains(words), "{words}: {message}");
        }
        let none =
            parse(Some(r#"{"service": "shop", "execution": "11111111-2222-3333-4444-555555555555", "revision": "r"}"#));
        assert!(none.unwrap_err().to_string().contains("\"preview\" and \"stacks\" for a preview"));
    }
}
