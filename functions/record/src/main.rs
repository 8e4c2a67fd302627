//! Keeps what events tell: what a build made, and who pushed; fails the jobs that nobody works on any more; and tells pull
//! requests of their previews, and people of releases.

use pipeline_aws::{
    client::{from_environment, variable},
    clock::SystemClock,
    codepipeline::{Executions, Jobs},
    dynamodb::StateTable,
    environment::Environment,
    events::Pipelines,
    host::Host,
    recorder::Recorder,
    runtime::Error,
    s3::{Artifacts, Packages},
    sns::Notices,
    telemetry,
};
use pipeline_core::{
    ids::Nonce,
    record::{console::Console, give_up::GiveUp, notice::perform::Notify, perform::Record, say::Place, tell::Tell},
};
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let config = from_environment()?;
    let pipelines = Pipelines { release: variable("SERVICE")?, previews: variable("PREVIEW_PIPELINE")? };
    let console = Console { region: variable("AWS_REGION")? };
    let place = |pipeline: &String| Place {
        service: pipelines.release.clone(),
        pipeline: pipeline.clone(),
        console: console.clone(),
    };
    let state = StateTable::new(&config, variable("STATE_TABLE")?);
    let (builds, packages) = (Artifacts::ours(&config), Packages::new(&config));
    let executions = Executions::new(&config);
    let host = Host::new(&config, &Environment::of_process(), &pipelines.release)?;
    let people = Notices::new(&config, variable("RELEASE_TOPIC_ARN")?);
    let nonce = || Nonce::from_random(Uuid::new_v4());
    let (previews, release) = (place(&pipelines.previews), place(&pipelines.release));
    let tell = Tell {
        clock: &SystemClock,
        previews: &state,
        executions: &executions,
        slips: &state,
        host: &host,
        place: previews,
        nonce,
    };
    let notify =
        Notify { clock: &SystemClock, executions: &executions, slips: &state, people: &people, place: release, nonce };
    let recorder = Recorder {
        record: Record { builds: &builds, packages: &packages, facts: &state },
        give_up: GiveUp { clock: &SystemClock, verdicts: &state, runs: &state, jobs: &Jobs::new(&config) },
        tell: async |sign: &_, until| tell.tell(sign, until).await,
        notify: async |turn: &_, until| notify.tell(turn, until).await,
        pipelines: pipelines.clone(),
        metrics: |line| println!("{line}"),
    };
    recorder.serve().await
}
