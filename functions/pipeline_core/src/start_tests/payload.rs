//! What a test is told.

use serde_json::{Value, json};

use crate::{ids::TestName, start_tests::run::Run};

/// What this part of the run is told. The AWS sample's tests read `job_id` and `api_url`; fields are only ever added.
pub fn payload(run: &Run, part: &TestName) -> Value {
    json!({
        "job_id": run.job,
        "api_url": run.subject.api_url,
        "stage": run.stage,
        "stack": run.stack,
        "outputs": run.subject.outputs,
        "execution_id": run.execution,
        "correlation_id": run.execution.as_ref().map_or(run.job.as_str(), |execution| execution.as_str()),
        "revision": run.subject.revision,
        "run_id": run.id,
        "test": part,
    })
}
