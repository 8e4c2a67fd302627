//! The action's `UserParameters`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    gate::source::Repository,
    ids::{ExecutionId, StackName},
    text,
};

/// What the action asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The pipeline's name.
    pub pipeline: String,
    /// The pipeline execution that wants to be released.
    pub execution: ExecutionId,
    /// The stage in which the action stands. Where that is the approvals' own, a retry of it asks people again.
    pub stage: Option<String>,
    /// What the action is for.
    #[serde(default)]
    pub phase: Phase,
    /// The names of the approval actions, each of which asks one person.
    pub approvals: Vec<String>,
    /// What a release needs.
    pub rules: Rules,
    /// The SSM parameter that maps principals, and the names that people commit under, to people.
    pub people: String,
    /// The path of the SSM parameters that override rules: one for each execution, by its id.
    pub overrides: Option<String>,
    /// The source revision. Checked by a rule, not here: a revision that is not one is a denial, and recorded.
    pub revision: Option<String>,
    /// The repository that the revision is of, which says who made it.
    pub repository: Option<Repository>,
    /// The branch that is released.
    pub branch: Option<String>,
    /// How long a decision may wait for what is not there yet, 1-60 minutes; the last job that looks does so for a minute.
    #[serde(default = "ten")]
    pub max_wait_minutes: u8,
}

/// What the action is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before people are asked: could they approve at all?
    Ask,
    /// After they answered: does what they said suffice?
    #[default]
    Decide,
    /// Before what was decided happens: is it still what they approved?
    Enter,
}

/// What a release needs; at least one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// People approved.
    pub approved: Option<Approved>,
    /// A pull request brought the revision, and was reviewed.
    pub pull_request: Option<Reviewed>,
    /// The tests of this execution passed.
    pub tested: Option<Tested>,
    /// The artifact is what the build made.
    pub digest: Option<Unchanged>,
    /// The stack that is to be changed is as its template says.
    pub no_drift: Option<Undrifted>,
}

/// The rule `approved`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// How many people, 1-3.
    pub count: usize,
    /// For how many hours an approval counts, 1-8760.
    #[serde(default = "a_week")]
    pub within_hours: u16,
}

/// The rule `pull_request`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewed {
    /// How many reviewers, 1-3.
    #[serde(default = "one")]
    pub count: usize,
}

/// The rule `tested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tested {
    /// The actions that run tests, as `STAGE/ACTION`.
    pub actions: Vec<String>,
}

/// The rule `digest`, which has no settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unchanged {}

/// The rule `no_drift`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undrifted {
    /// The stack.
    pub stack: StackName,
}

/// Why `UserParameters` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("UserParameters: {0}")]
pub struct InvalidParams(String);

const LONGEST_WAIT: u8 = 60;
const LONGEST_VALIDITY: u16 = 8760;

fn ten() -> u8 {
    10
}

fn a_week() -> u16 {
    7 * 24
}

fn one() -> usize {
    1
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
    let Params { pipeline, people, overrides, rules, max_wait_minutes, .. } = params;
    if pipeline.is_empty() || people.is_empty() {
        return Some("pipeline and people must not be empty".into());
    }
    if overrides.as_ref().is_some_and(|path| !path.starts_with('/') || path.ends_with('/')) {
        return Some("overrides is not a path such as /flowgate/SERVICE/overrides".into());
    }
    if !(1..=LONGEST_WAIT).contains(max_wait_minutes) {
        return Some(format!("max_wait_minutes is {max_wait_minutes}, not 1 to {LONGEST_WAIT}"));
    }
    let Rules { approved, pull_request, tested, digest, no_drift } = rules;
    if approved.is_none() && pull_request.is_none() && tested.is_none() && digest.is_none() && no_drift.is_none() {
        return Some(
            "there are no rules, so anything would pass; name approved, pull_request, tested, digest or no_drift"
                .into(),
        );
    }
    approved
        .and_then(|rule| unsatisfiable(rule, &params.approvals))
        .or_else(|| pull_request.and_then(|rule| unreviewable(rule, params)))
        .or_else(|| tested.as_ref().and_then(untestable))
}

/// A rule that no approval could ever meet is said at once.
fn unsatisfiable(Approved { count, within_hours }: Approved, approvals: &[String]) -> Option<String> {
    if !(1..=3).contains(&count) {
        return Some(format!("approved.count is {count}, not 1 to 3"));
    }
    if !(1..=LONGEST_VALIDITY).contains(&within_hours) {
        return Some(format!("approved.within_hours is {within_hours}, not 1 to {LONGEST_VALIDITY}"));
    }
    let names: BTreeSet<&String> = approvals.iter().collect();
    if names.len() < approvals.len() {
        return Some("an approval action is named twice".into());
    }
    (names.len() < count)
        .then(|| format!("approved.count is {count}, and only {} approval actions are named", names.len()))
}

fn unreviewable(Reviewed { count }: Reviewed, params: &Params) -> Option<String> {
    if !(1..=3).contains(&count) {
        return Some(format!("pull_request.count is {count}, not 1 to 3"));
    }
    let is_placed = params.repository.is_some() && params.branch.as_ref().is_some_and(|branch| !branch.is_empty());
    (!is_placed).then(|| "pull_request needs repository and branch, where the pull request was merged".into())
}

fn untestable(Tested { actions }: &Tested) -> Option<String> {
    if actions.is_empty() {
        return Some("tested.actions is empty, so nothing would be tested; name them as STAGE/ACTION".into());
    }
    let is_placed = |name: &String| {
        name.split_once('/')
            .is_some_and(|(stage, action)| !stage.is_empty() && !action.is_empty() && !action.contains('/'))
    };
    (!actions.iter().all(is_placed)).then(|| "tested.actions names an action not as STAGE/ACTION".into())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn whole() -> Value {
        json!({
            "pipeline": "time-service", "execution": "22222222-abcd-1111-abcd-111111abcdef", "stage": "Prod",
            "phase": "enter", "approvals": ["Approve"],
            "rules": {
                "approved": {"count": 1}, "pull_request": {}, "tested": {"actions": ["Beta/Test", "Gamma/Test"]},
                "digest": {}, "no_drift": {"stack": "time-service-prod"},
            },
            "people": "/flowgate/time-service/people", "overrides": "/flowgate/time-service/overrides",
            "revision": "8f2c", "repository": {"codecommit": "time_service"}, "branch": "main",
        })
    }

    fn read(change: impl FnOnce(&mut Value)) -> Result<Params, InvalidParams> {
        let mut value = whole();
        change(&mut value);
        parse(Some(&value.to_string()))
    }

    #[test]
    fn what_the_template_passes_is_read_and_what_it_leaves_out_has_a_default() {
        let params = read(|_| ()).unwrap();
        assert_eq!((params.max_wait_minutes, params.phase), (10, Phase::Enter));
        assert_eq!(params.rules.approved, Some(Approved { count: 1, within_hours: 168 }));
        assert_eq!(params.rules.pull_request, Some(Reviewed { count: 1 }));
        assert_eq!(params.repository, Some(Repository::CodeCommit("time_service".into())));
        let params = read(|v| {
            v["repository"] = json!({"github": "ada/time"});
            v.as_object_mut().unwrap().remove("phase");
        });
        let params = params.unwrap();
        assert_eq!(params.repository, Some(Repository::GitHub("ada/time".into())));
        assert_eq!(params.phase, Phase::Decide);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        type Spoil = fn(&mut Value);
        let cases: [(Spoil, &str); 29] = [
            (|v| v["rules"] = json!({}), "there are no rules"),
            (|v| v["rules"]["approve"] = json!({}), "unknown field `approve`, expected one of `approved`"),
            (|v| v["rules"]["digest"] = json!({"sha": 1}), "unknown field"),
            (|v| v["rules"]["approved"] = json!({}), "missing field `count`"),
            (|v| v["rules"]["approved"]["count"] = json!(0), "approved.count is 0"),
            (|v| v["rules"]["approved"]["count"] = json!(4), "approved.count is 4"),
            (|v| v["rules"]["approved"]["count"] = json!(-1), "invalid value"),
            (|v| v["rules"]["approved"]["count"] = json!(2), "only 1 approval actions are named"),
            (|v| v["rules"]["approved"]["within_hours"] = json!(0), "approved.within_hours is 0, not 1 to 8760"),
            (|v| v["rules"]["approved"]["within_hours"] = json!(8761), "approved.within_hours is 8761"),
            (|v| v["rules"]["pull_request"]["count"] = json!(0), "pull_request.count is 0"),
            (|v| v["rules"]["pull_request"]["count"] = json!(4), "pull_request.count is 4"),
            (|v| v["branch"] = json!(""), "pull_request needs repository and branch"),
            (|v| v["repository"] = json!(null), "pull_request needs repository and branch"),
            (|v| v["repository"] = json!({"gitlab": "a/b"}), "unknown variant"),
            (|v| v["repository"] = json!("time_service"), "unknown variant"),
            (|v| v["rules"]["tested"]["actions"] = json!([]), "tested.actions is empty"),
            (|v| v["rules"]["tested"]["actions"] = json!(["Test"]), "not as STAGE/ACTION"),
            (|v| v["rules"]["tested"]["actions"] = json!(["/Test"]), "not as STAGE/ACTION"),
            (|v| v["rules"]["tested"]["actions"] = json!(["Beta/"]), "not as STAGE/ACTION"),
            (|v| v["rules"]["no_drift"] = json!({}), "missing field `stack`"),
            (|v| v["approvals"] = json!(["Approve", "Approve"]), "named twice"),
            (|v| v["approvals"] = json!([]), "only 0 approval actions"),
            (|v| v["execution"] = json!("#{codepipeline.PipelineExecutionId}"), "is not a pipeline execution id"),
            (|v| v["people"] = json!(""), "must not be empty"),
            (|v| v["overrides"] = json!("overrides"), "overrides is not a path"),
            (|v| v["phase"] = json!("after"), "unknown variant"),
            (|v| v["max_wait_minutes"] = json!(61), "max_wait_minutes is 61"),
            (|v| v["max_wait_minutes"] = json!(0), "max_wait_minutes is 0"),
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
