//! What rules say, and those that have no file of their own. Each is a pure function over one observation.

use crate::{
    gate::{
        drift::Drift,
        observation::{Execution, Kind, Observation, Seen},
        params::{Params, Undrifted},
        say,
    },
    ids::{CommitId, Digest},
    ports::PortError,
};

/// Why a rule does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Objection {
    /// Time may help.
    Wait {
        /// Why it does not pass yet.
        because: String,
        /// What to do when time did not help.
        remedy: String,
    },
    /// It will not.
    Deny(String),
}

/// What a rule says: why it passes, or why it does not.
pub(super) type Ruling = Result<String, Objection>;

impl From<&PortError> for Objection {
    /// I24: what could not be seen waits while that may pass, and never passes.
    fn from(error: &PortError) -> Self {
        match error {
            PortError::Throttled { .. } | PortError::Unavailable { .. } => {
                Self::Wait { because: error.to_string(), remedy: "retry the stage".to_owned() }
            }
            PortError::NotFound { .. } | PortError::Denied { .. } | PortError::Unusable { .. } => {
                Self::Deny(error.to_string())
            }
        }
    }
}

pub(super) fn deny<T>(because: impl Into<String>) -> Result<T, Objection> {
    Err(Objection::Deny(because.into()))
}

/// The action means the execution's one source, by a name that nobody can move.
pub(super) fn revision(params: &Params, seen: &Observation) -> Ruling {
    let execution = seen.execution.as_ref()?;
    let Some(revision) = &params.revision else {
        return deny("the action names no revision: pass #{SourceVariables.CommitId}");
    };
    if let Err(error) = revision.parse::<CommitId>() {
        return deny(format!("the revision {error}"));
    }
    match (&execution.sources[..], &execution.kind) {
        ([source], _) if source.revision == *revision => Ok(format!("it is of commit {revision}")),
        ([source], _) => {
            deny(format!("the execution is of commit {}, and the action asks about {revision}", source.revision))
        }
        // Which release comes back is what the digest of a rollback is checked for.
        ([], Kind::Rollback(_)) => Ok(format!("it goes back to commit {revision}")),
        ([], Kind::Standard) => deny("the execution has no source revision"),
        (sources, _) => {
            let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
            deny(format!(
                "the execution has {} sources ({}), and a gate answers for one",
                names.len(),
                names.join(", ")
            ))
        }
    }
}

/// What would be deployed is what was built.
pub(super) fn digest(seen: &Observation) -> Ruling {
    let recorded = seen.recorded.as_ref()?;
    let found = seen.found.as_ref()?;
    match recorded {
        Some(recorded) if recorded == found => Ok(format!("the artifact is the one that was built, {found}")),
        Some(recorded) => deny(exchanged(recorded, found)),
        None => Err(Objection::Wait {
            because: "nothing recorded yet what was built".to_owned(),
            remedy: say::RELEASE_AGAIN.to_owned(),
        }),
    }
}

/// Nobody changed by hand what is to be deployed to. Going back does not wait for that: it may be why somebody did.
pub(super) fn no_drift(rule: &Undrifted, seen: &Observation) -> Ruling {
    let Undrifted { stack } = rule;
    if let Kind::Rollback(_) = &seen.execution.as_ref()?.kind {
        return Ok(format!("going back is not held up by drift of {stack}"));
    }
    let Some(drift) = &seen.drift else { return deny(format!("nobody looked whether {stack} has drifted")) };
    let wait = |because: String| Err(Objection::Wait { because, remedy: "retry the stage".to_owned() });
    match drift.as_ref()? {
        Drift::Absent => Ok(format!("{stack} is not there yet")),
        Drift::InSync => Ok(format!("{stack} has not drifted")),
        Drift::Detecting(_) => wait(format!("CloudFormation is looking whether {stack} has drifted")),
        Drift::Busy(why) => wait(format!("CloudFormation cannot look yet whether {stack} has drifted, as {why}")),
        Drift::Drifted(resources) => deny(say::drifted(stack, resources)),
        Drift::Failed(why) => deny(format!(
            "CloudFormation cannot say whether {stack} has drifted: {why}; put that right and retry the stage"
        )),
    }
}

/// I22: what was judged is still what would be deployed, seen again after the evaluation.
pub(super) fn unmoved(before: &Observation, execution: &Seen<Execution>, found: &Seen<Digest>) -> Ruling {
    if before.execution.as_ref()? != execution.as_ref()? {
        return deny("the execution is not the one that was judged a moment ago");
    }
    match (&before.found, found) {
        (Ok(before), Ok(now)) if before == now => Ok("it is unchanged".into()),
        (Ok(before), Ok(now)) => deny(exchanged(before, now)),
        (_, Err(error)) | (Err(error), _) => Err(error.into()),
    }
}

fn exchanged(expected: &Digest, found: &Digest) -> String {
    format!(
        "the artifact, or an object that its templates name, was exchanged: {expected} was built, and {found} is there \
         now; find out who changed it, and release again"
    )
}
