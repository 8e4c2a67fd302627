//! The jobs that Lambda actions wait for, and their settling by `PutJobSuccessResult` and `PutJobFailureResult`.
//!
//! An action creates a job and awaits its receiver; the API settles it by id, once. Limits are those of CodePipeline's
//! API reference.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::limits;
pub use super::limits::Invalid;

/// Of so many jobs it is remembered that they are over.
const REMEMBERED: usize = 1000;

/// A job's id: a UUID, new for every invocation, continuations included.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(String);

impl JobId {
    /// The id as it stands in a request; whether such a job exists is for [`Jobs`] to say.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as CodePipeline writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `executionDetails` of a success.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionDetails {
    /// One line for people, 1 to 2048 characters.
    pub summary: Option<String>,
    /// The provider's own id for its work, 1 to 1500 characters.
    pub external_execution_id: Option<String>,
    /// 0 to 100.
    pub percent_complete: Option<i64>,
}

/// `failureDetails` of a failure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureDetails {
    /// One of CodePipeline's six failure types.
    #[serde(rename = "type")]
    pub kind: String,
    /// Why, 1 to 5000 characters.
    pub message: String,
    /// The provider's own id for its work, 1 to 1500 characters.
    pub external_execution_id: Option<String>,
}

/// How a job was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The work is done.
    Succeeded {
        /// What the function said about its work.
        details: ExecutionDetails,
        /// What later actions may read.
        variables: BTreeMap<String, String>,
    },
    /// The work goes on: the function wants to be invoked again with this token.
    Continued {
        /// What the function said about its work so far.
        details: ExecutionDetails,
        /// Handed to the next invocation unchanged.
        token: String,
    },
    /// The work failed.
    Failed(FailureDetails),
}

/// Why a job could not be settled; each is an error of CodePipeline's API.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum JobError {
    /// `JobNotFoundException`.
    #[error("job {0} does not exist")]
    JobNotFound(JobId),
    /// `InvalidJobStateException`.
    #[error("job {0} is already settled, or nobody waits for it any more")]
    InvalidJobState(JobId),
    /// `ValidationException`.
    #[error(transparent)]
    Validation(#[from] Invalid),
    /// `OutputVariablesSizeExceededException`.
    #[error("output variables take {0} bytes, at most {max} are allowed", max = limits::VARIABLES_BYTES)]
    OutputVariablesSizeExceeded(usize),
}

/// The jobs of this process that are open, and the last that were. Clones share one table.
#[derive(Debug, Clone, Default)]
pub struct Jobs(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    open: HashMap<JobId, oneshot::Sender<Settlement>>,
    /// Settled, or nobody waits for them any more; the oldest first.
    over: VecDeque<JobId>,
}

impl Table {
    /// Gives who waits for the job, if it was open.
    fn end(&mut self, job: &JobId) -> Option<oneshot::Sender<Settlement>> {
        let waiting = self.open.remove(job)?;
        if self.over.len() == REMEMBERED {
            self.over.pop_front();
        }
        self.over.push_back(job.clone());
        Some(waiting)
    }
}

/// An open job: resolves when it is settled. Dropping it ends the job: it can no longer be settled.
#[derive(Debug)]
pub struct Open {
    id: JobId,
    settlement: oneshot::Receiver<Settlement>,
    jobs: Jobs,
}

impl Future for Open {
    type Output = Result<Settlement, oneshot::error::RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.settlement).poll(context)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        drop(self.jobs.table().end(&self.id));
    }
}

impl Jobs {
    /// Opens a job with a new id.
    pub fn create(&self) -> (JobId, Open) {
        let id = JobId(Uuid::new_v4().to_string());
        let (sender, settlement) = oneshot::channel();
        self.table().open.insert(id.clone(), sender);
        (id.clone(), Open { id, settlement, jobs: self.clone() })
    }

    /// `PutJobSuccessResult`: ends the job, or with a token asks for another invocation.
    pub fn settle_success(
        &self,
        job: &JobId,
        details: ExecutionDetails,
        continuation_token: Option<String>,
        output_variables: BTreeMap<String, String>,
    ) -> Result<(), JobError> {
        limits::execution_details(&details)?;
        limits::continuation_token(continuation_token.as_deref(), &output_variables)?;
        limits::variable_names(&output_variables)?;
        let bytes = limits::variables_bytes(&output_variables);
        if bytes > limits::VARIABLES_BYTES {
            return Err(JobError::OutputVariablesSizeExceeded(bytes));
        }
        let settlement = match continuation_token {
            Some(token) => Settlement::Continued { details, token },
            None => Settlement::Succeeded { details, variables: output_variables },
        };
        self.settle(job, settlement)
    }

    /// `PutJobFailureResult`: ends the job.
    pub fn settle_failure(&self, job: &JobId, details: FailureDetails) -> Result<(), JobError> {
        limits::failure_details(&details)?;
        self.settle(job, Settlement::Failed(details))
    }

    fn settle(&self, job: &JobId, settlement: Settlement) -> Result<(), JobError> {
        let mut table = self.table();
        let Some(waiting) = table.end(job) else {
            let is_over = table.over.contains(job);
            return Err(if is_over { JobError::InvalidJobState } else { JobError::JobNotFound }(job.clone()));
        };
        waiting.send(settlement).map_err(|_| JobError::InvalidJobState(job.clone()))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // The table is whole after every statement, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn failure(kind: &str, message: &str) -> FailureDetails {
        FailureDetails { kind: kind.into(), message: message.into(), external_execution_id: None }
    }

    #[tokio::test]
    async fn the_first_settlement_reaches_the_waiting_action_and_the_second_is_refused() {
        let jobs = Jobs::default();
        let (id, receiver) = jobs.create();
        let outputs = variables(&[("Url", "http://x")]);
        jobs.settle_success(&id, ExecutionDetails::default(), None, outputs.clone()).unwrap();
        let again = jobs.settle_failure(&id, failure("JobFailed", "late"));
        assert_eq!(again, Err(JobError::InvalidJobState(id)));
        let expected = Settlement::Succeeded { details: ExecutionDetails::default(), variables: outputs };
        assert_eq!(receiver.await.unwrap(), expected);
    }

    #[test]
    fn a_job_nobody_waits_for_is_in_an_invalid_state_and_an_unknown_one_is_not_found() {
        let jobs = Jobs::default();
        let (id, receiver) = jobs.create();
        drop(receiver);
        let late = jobs.settle_failure(&id, failure("JobFailed", "late"));
        assert_eq!(late, Err(JobError::InvalidJobState(id)));
        let unknown = JobId::new("nope");
        let answer = jobs.settle_failure(&unknown, failure("JobFailed", "who"));
        assert_eq!(answer, Err(JobError::JobNotFound(unknown)));
    }

    #[tokio::test]
    async fn jobs_that_are_over_are_forgotten_in_time() {
        let jobs = Jobs::default();
        let (first, waiting) = jobs.create();
        jobs.settle_failure(&first, failure("JobFailed", "no")).unwrap();
        assert!(matches!(waiting.await, Ok(Settlement::Failed(_))));
        let abandoned: Vec<_> = (1..REMEMBERED).map(|_| jobs.create().0).collect();
        let again = || jobs.settle_failure(&first, failure("JobFailed", "late")).unwrap_err();
        assert_eq!(again(), JobError::InvalidJobState(first.clone()));
        let (last, _waiting) = jobs.create();
        jobs.settle_failure(&last, failure("JobFailed", "no")).unwrap();
        assert_eq!(again(), JobError::JobNotFound(first.clone()));
        let late = jobs.settle_failure(&abandoned[0], failure("JobFailed", "late"));
        assert_eq!(late, Err(JobError::InvalidJobState(abandoned[0].clone())));
        let table = jobs.table();
        assert_eq!((table.open.len(), table.over.len()), (0, REMEMBERED));
    }

    #[tokio::test]
    async fn a_token_asks_for_another_invocation() {
        let jobs = Jobs::default();
        let (id, receiver) = jobs.create();
        jobs.settle_success(&id, ExecutionDetails::default(), Some("t".into()), BTreeMap::new()).unwrap();
        let expected = Settlement::Continued { details: ExecutionDetails::default(), token: "t".into() };
        assert_eq!(receiver.await.unwrap(), expected);
    }

    #[test]
    fn a_refused_request_leaves_the_job_open() {
        let jobs = Jobs::default();
        let (id, _receiver) = jobs.create();
        let details = ExecutionDetails { percent_complete: Some(101), ..Default::default() };
        let refused = jobs.settle_success(&id, details, None, BTreeMap::new());
        assert!(matches!(refused, Err(JobError::Validation(_))), "{refused:?}");
        let big = variables(&[("K", &"v".repeat(limits::VARIABLES_BYTES))]);
        let refused = jobs.settle_success(&id, ExecutionDetails::default(), None, big);
        assert_eq!(refused, Err(JobError::OutputVariablesSizeExceeded(limits::VARIABLES_BYTES + 1)));
        jobs.settle_failure(&id, failure("JobFailed", "still open")).unwrap();
    }
}
