//! Pipeline action: writes the parameters and tags of each stage for the CloudFormation actions.

use pipeline_aws::{
    client::{from_environment, variable},
    clock::SystemClock,
    codepipeline::Jobs,
    dynamodb::StateTable,
    runtime::{Actions, Error},
    s3::Artifacts,
    ssm::Parameters,
    telemetry,
};
use pipeline_core::{configure::perform::Configure, drive::Ports};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let config = from_environment()?;
    let state = StateTable::new(&config, variable("STATE_TABLE")?);
    let parameters = Parameters::new(&config);
    let actions = Actions {
        ports: Ports { clock: &SystemClock, verdicts: &state, jobs: &Jobs::new(&config) },
        action: |access: &_| Configure { artifacts: Artifacts::new(&config, access), parameters: &parameters },
    };
    actions.serve().await
}
