//! Keeps what events tell: what a build made, and who pushed; and fails the jobs that nobody works on any more.

use pipeline_aws::{
    client::{from_environment, variable},
    clock::SystemClock,
    codepipeline::Jobs,
    dynamodb::StateTable,
    recorder::Recorder,
    runtime::Error,
    s3::{Artifacts, Packages},
    telemetry,
};
use pipeline_core::record::{give_up::GiveUp, perform::Record};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let config = from_environment()?;
    let state = StateTable::new(&config, variable("STATE_TABLE")?);
    let (builds, packages) = (Artifacts::ours(&config), Packages::new(&config));
    let recorder = Recorder {
        record: Record { builds: &builds, packages: &packages, facts: &state },
        give_up: GiveUp { clock: &SystemClock, verdicts: &state, runs: &state, jobs: &Jobs::new(&config) },
        service: variable("SERVICE")?,
        metrics: |line| println!("{line}"),
    };
    recorder.serve().await
}
