//! Leases as an action of a pipeline.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    drive::Action,
    ids::Nonce,
    job::Job,
    lease::{
        due::later,
        perform::Leases,
        refusal::Refusal,
        request::{Release, Request},
        store::{FindLeases, ReadLeases, WriteLeases},
        view::{Answer, View},
    },
    ports::Clock,
    sweep::ports::{InspectStacks, WatchExecutions},
    verdict::{FailureKind, Report, Verdict},
};

/// The action: `UserParameters` is a request, of those that are about one lease and change it.
#[derive(Debug)]
pub struct LeaseAction<'a, C, S, I, E, N> {
    /// What does it.
    pub leases: Leases<'a, C, S, I, E, N>,
}

impl<C, S, I, E, N> Action for LeaseAction<'_, C, S, I, E, N>
where
    C: Clock,
    S: ReadLeases + FindLeases + WriteLeases,
    I: InspectStacks,
    E: WatchExecutions,
    N: Fn() -> Nonce,
{
    async fn perform(&self, job: &Job, until: Timestamp) -> Verdict {
        self.attempt(job, until).await.unwrap_or_else(failure).into()
    }
}

impl<C, S, I, E, N> LeaseAction<'_, C, S, I, E, N>
where
    C: Clock,
    S: ReadLeases + FindLeases + WriteLeases,
    I: InspectStacks,
    E: WatchExecutions,
    N: Fn() -> Nonce,
{
    async fn attempt(&self, job: &Job, until: Timestamp) -> Result<Report, Refusal> {
        let text = job.user_parameters.as_deref().ok_or_else(|| unsuited(r#"missing; give {"operation": "…", …}"#))?;
        let request = Request::parse(text).map_err(|refusal| unsuited(&refusal.to_string()))?;
        suits(&request)?;
        let began = self.leases.clock.now();
        let until = if matches!(request, Request::Enter(_)) { until.min(later(began, LOOK)) } else { until };
        match self.leases.handle(request, until).await {
            Ok(Answer::Lease(view)) => Ok(success(&view)),
            Ok(Answer::Leases { .. }) => Err(unsuited("several leases are no action's result")),
            Err(refusal @ Refusal::Busy { passes: true, .. }) => wait(job, began, refusal),
            Err(refusal) => Err(refusal),
        }
    }
}

/// How long one job waits for what is in the way: no function is kept for it.
const LOOK: SignedDuration = SignedDuration::from_secs(40);
/// How long they wait in all: longer than deploying takes that was begun before.
const LONGEST: SignedDuration = SignedDuration::from_hours(2);

/// Has CodePipeline ask again; the token says since when.
fn wait(job: &Job, now: Timestamp, refusal: Refusal) -> Result<Report, Refusal> {
    let since = match &job.continuation {
        None => now,
        // A clock that was ahead, or a token that was made up, does not make the wait longer.
        Some(token) => {
            token.parse::<Timestamp>().map_err(|_| unsuited("the continuation token is none of ours"))?.min(now)
        }
    };
    let waited = now.duration_since(since);
    if waited >= LONGEST {
        return Err(refusal);
    }
    let percent = waited.as_secs().saturating_mul(100).checked_div(LONGEST.as_secs()).unwrap_or_default();
    Ok(Report::proceed(&since.to_string(), u8::try_from(percent).unwrap_or_default(), &refusal.to_string()))
}

fn unsuited(why: &str) -> Refusal {
    Refusal::BadRequest(format!("UserParameters: {why}"))
}

fn suits(request: &Request) -> Result<(), Refusal> {
    match request {
        Request::List(_) | Request::Show(_) => {
            Err(unsuited("list and show are not for a pipeline; call the function itself"))
        }
        // I4: leaving quarantine needs a person.
        Request::Release(Release { quarantined: true, .. }) => {
            Err(unsuited("quarantined: only a person can tell what was mended; call the function itself"))
        }
        _ => Ok(()),
    }
}

fn success(view: &View) -> Report {
    let mut outputs = BTreeMap::from([("token".to_owned(), view.token.to_string())]);
    outputs.extend(view.expires_at.map(|at| ("expires_at".to_owned(), at.to_string())));
    outputs.extend(view.stack_id.as_ref().map(|id| ("stack_id".to_owned(), id.to_string())));
    Report::succeed(&format!("stack {} is {}, token {}", view.stack, view.state, view.token), outputs)
}

fn failure(refusal: Refusal) -> Report {
    match refusal {
        Refusal::Unavailable(error) => error.into(),
        Refusal::BadRequest(_) | Refusal::WrongStack { .. } => Report::misconfigured(&refusal.to_string()),
        Refusal::NoLease(_)
        | Refusal::Held { .. }
        | Refusal::Dirty { .. }
        | Refusal::Deleting(_)
        | Refusal::Quarantined { .. }
        | Refusal::StaleToken { .. }
        | Refusal::Expired { .. }
        | Refusal::Superseded(_)
        | Refusal::Busy { .. } => Report::fail(FailureKind::JobFailed, &refusal.to_string()),
    }
}
