//! Pipeline action: runs the integration tests of a deployed stage and settles the job.

use pipeline_aws::{
    client::{from_environment, variable},
    clock::SystemClock,
    codepipeline::Jobs,
    dynamodb::StateTable,
    http::Http,
    runtime::{Actions, Error},
    s3::Artifacts,
    sites::Sites,
    telemetry,
};
use pipeline_core::{drive::Ports, ids::Nonce, start_tests::perform::StartTests};
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let config = from_environment()?;
    let state = StateTable::new(&config, variable("STATE_TABLE")?);
    let (sites, http) = (Sites::new(&config), Http::new(&config));
    let test_function = variable("TEST_FUNCTION").ok();
    let actions = Actions {
        ports: Ports { clock: &SystemClock, verdicts: &state, jobs: &Jobs::new(&config) },
        action: |access: &_| StartTests {
            clock: &SystemClock,
            sites: &sites,
            runs: &state,
            http: &http,
            artifacts: Artifacts::new(&config, access),
            test_function: test_function.as_deref(),
            nonce: Nonce::from_random(Uuid::new_v4()),
        },
    };
    actions.serve().await
}
