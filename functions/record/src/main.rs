//! Keeps what events tell: what a build made, who pushed, which jobs nobody settled.

use pipeline_aws::{
    client::{from_environment, variable},
    clock::SystemClock,
    dynamodb::StateTable,
    recorder::Recorder,
    runtime::Error,
    s3::{Artifacts, Packages},
    telemetry,
};
use pipeline_core::record::perform::Record;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let config = from_environment()?;
    let state = StateTable::new(&config, variable("STATE_TABLE")?);
    let (builds, packages) = (Artifacts::ours(&config), Packages::new(&config));
    let recorder = Recorder {
        clock: &SystemClock,
        record: Record { builds: &builds, packages: &packages, facts: &state },
        service: variable("SERVICE")?,
        metrics: |line| println!("{line}"),
    };
    recorder.serve().await
}
