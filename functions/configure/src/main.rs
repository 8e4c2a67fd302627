//! Pipeline action: writes the parameters and tags of each stage for the CloudFormation actions.

use pipeline_aws::{
    client::{from_environment, variable},
    codepipeline::Jobs,
    dynamodb::StateTable,
    runtime::{Actions, Error},
    s3::Artifacts,
    ssm::Parameters,
    telemetry,
};
use pipeline_core::configure::perform::Configure;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let config = from_environment()?;
    let profiles = Parameters::new(&config);
    let actions = Actions {
        verdicts: StateTable::new(&config, variable("STATE_TABLE")?),
        jobs: Jobs::new(&config),
        action: |credentials: &_| Configure { artifacts: Artifacts::new(&config, credentials), profiles: &profiles },
    };
    actions.serve().await
}
