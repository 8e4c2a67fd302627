//! The action's `UserParameters`.

use serde::Deserialize;

use crate::{ids::ExecutionId, text};

/// What the action asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The pipeline's name.
    pub pipeline: String,
    /// The pipeline execution that wants to be released.
    pub execution: ExecutionId,
    /// The names of the approval actions, each of which asks one person.
    pub approvals: Vec<String>,
    /// What a release needs.
    pub rules: Rules,
    /// The SSM parameter that maps principals, and the addresses that people commit with, to people.
    pub people: String,
    /// The source revision. Checked by a rule, not here: a revision that is not one is a denial, and recorded.
    pub revision: Option<String>,
    /// The CodeCommit repository, whose recorded pushes say who pushed the revision.
    pub repository: Option<String>,
    /// The e-mail address of the revision's author, where the source tells it. Whoever commits writes it: somebody who
    /// pushes under another's address can approve their own work, until the pusher is known, too.
    pub author: Option<String>,
    /// How long a decision may wait for what is not there yet, 1-14 minutes.
    #[serde(default = "ten")]
    pub max_wait_minutes: u8,
}

/// What a release needs; at least one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// People approved.
    pub approved: Option<Approved>,
    /// The artifact is what the build made.
    pub digest: Option<Unchanged>,
}

/// The rule `approved`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// How many people, 1-3.
    pub count: usize,
}

/// The rule `digest`, which has no settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unchanged {}

/// Why `UserParameters` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("UserParameters: {0}")]
pub struct InvalidParams(String);

const LONGEST_WAIT: u8 = 14;

fn ten() -> u8 {
    10
}

/// Reads and checks the parameters.
pub fn parse(text: Option<&str>) -> Result<Params, InvalidParams> {
    let text = text.ok_or_else(|| {
        InvalidParams(r#"missing; give {"pipeline", "execution", "approvals", "rules", "people", "revision"}"#.into())
    })?;
    let params: Params = serde_json::from_str(text).map_err(|error| InvalidParams(text::complaint(&error)))?;
    match complaint(&params) {
        Some(complaint) => Err(InvalidParams(complaint)),
        None => Ok(params),
    }
}

fn complaint(params: &Params) -> Option<String> {
    if params.pipeline.is_empty() || params.people.is_empty() {
        return Some("pipeline and people must not be empty".into());
    }
    if params.rules.approved.is_none() && params.rules.digest.is_none() {
        return Some("there are no rules, so anything would pass; name approved, digest or both".into());
    }
    if !(1..=LONGEST_WAIT).contains(&params.max_wait_minutes) {
        return Some(format!("max_wait_minutes is {}, not 1 to {LONGEST_WAIT}", params.max_wait_minutes));
    }
    params.rules.approved.and_then(|rule| unsatisfiable(rule, &params.approvals))
}

/// A rule that no approval could ever meet is said at once.
fn unsatisfiable(Approved { count }: Approved, approvals: &[String]) -> Option<String> {
    if !(1..=3).contains(&count) {
        return Some(format!("approved.count is {count}, not 1 to 3"));
    }
    let mut names: Vec<&String> = approvals.iter().collect();
    names.sort();
    names.dedup();
    if names.len() < approvals.len() {
        return Some("an approval action is named twice".into());
    }
    (names.len() < count)
        .then(|| format!("approved.count is {count}, and only {} approval actions are named", names.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn whole() -> Value {
        json!({
            "pipeline": "time-service", "execution": "22222222-abcd-1111-abcd-111111abcdef",
            "approvals": ["Approve"], "rules": {"approved": {"count": 1}, "digest": {}},
            "people": "/flowgate/time-service/people", "revision": "8f2c", "repository": "time_service",
        })
    }

    fn read(change: impl FnOnce(&mut Value)) -> Result<Params, InvalidParams> {
        let mut value = whole();
        change(&mut value);
        parse(Some(&value.to_string()))
    }

    #[test]
    fn what_the_template_passes_is_read_and_a_wait_of_ten_minutes_is_the_default() {
        let params = read(|_| ()).unwrap();
        assert_eq!((params.max_wait_minutes, params.author), (10, None));
        assert_eq!(params.rules.approved, Some(Approved { count: 1 }));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        type Spoil = fn(&mut Value);
        let cases: [(Spoil, &str); 13] = [
            (|v| v["rules"] = json!({}), "there are no rules"),
            (|v| v["rules"]["approve"] = json!({}), "unknown field `approve`, expected `approved` or `digest`"),
            (|v| v["rules"]["digest"] = json!({"sha": 1}), "unknown field"),
            (|v| v["rules"]["approved"] = json!({}), "missing field `count`"),
            (|v| v["rules"]["approved"]["count"] = json!(0), "approved.count is 0"),
            (|v| v["rules"]["approved"]["count"] = json!(4), "approved.count is 4"),
            (|v| v["rules"]["approved"]["count"] = json!(-1), "invalid value"),
            (|v| v["rules"]["approved"]["count"] = json!(2), "only 1 approval actions are named"),
            (|v| v["approvals"] = json!(["Approve", "Approve"]), "named twice"),
            (|v| v["approvals"] = json!([]), "only 0 approval actions"),
            (|v| v["execution"] = json!("#{codepipeline.PipelineExecutionId}"), "is not a pipeline execution id"),
            (|v| v["people"] = json!(""), "must not be empty"),
            (|v| v["max_wait_minutes"] = json!(15), "max_wait_minutes is 15"),
        ];
        for (spoil, words) in cases {
            let message = read(spoil).unwrap_err().to_string();
            assert!(message.starts_with("UserParameters: ") && message.contains(words), "{message}");
        }
        for text in [
            None,
            Some(""),
            Some("null"),
            Some("[]"),
            Some("Approve"),
            Some("{\"pipeline\": \"a\", \"pipeline\": \"b\"}"),
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
