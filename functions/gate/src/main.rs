//! Pipeline action: says whether a release was approved, by whom, and whether it is what was built.

use pipeline_aws::{
    client::{from_environment, variable},
    clock::SystemClock,
    codepipeline::{Executions, Jobs},
    dynamodb::StateTable,
    runtime::{Actions, Error},
    s3::{Artifacts, Packages},
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
    let packages = Packages::new(&config);
    let actions = Actions {
        ports: Ports { clock: &SystemClock, verdicts: &state, jobs: &Jobs::new(&config) },
        action: |access: &_| Gate {
            clock: &SystemClock,
            executions: &executions,
            parameters: &parameters,
            state: &state,
            builds: Artifacts::new(&config, access),
            packages: &packages,
        },
    };
    actions.serve().await
}
