//! Pipeline action: says whether a release was approved, by whom, and whether it is what was built.

use pipeline_aws::{
    client::{from_environment, variable},
    clock::SystemClock,
    cloudformation::Drifts,
    codepipeline::{Executions, Jobs},
    dynamodb::StateTable,
    environment::Environment,
    runtime::{Actions, Error},
    s3::{Artifacts, Packages},
    source::Sources,
    ssm::Parameters,
    telemetry,
};
use pipeline_core::{drive::Ports, gate::perform::Gate};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let config = from_environment()?;
    let state = StateTable::new(&config, variable("STATE_TABLE")?);
    let executions = Executions::new(&config);
    let parameters = Parameters::new(&config);
    let source = Sources::new(&config, &Environment::of_process())?;
    let drift = Drifts::new(&config);
    let packages = Packages::new(&config);
    let actions = Actions {
        ports: Ports { clock: &SystemClock, verdicts: &state, jobs: &Jobs::new(&config) },
        action: |access: &_| Gate {
            clock: &SystemClock,
            executions: &executions,
            parameters: &parameters,
            state: &state,
            source: &source,
            drift: &drift,
            builds: Artifacts::new(&config, access),
            packages: &packages,
        },
    };
    actions.serve().await
}
