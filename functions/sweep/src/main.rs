//! Deletes the stacks whose leases ran out, and nothing else; and repairs what got stuck about jobs.

use pipeline_aws::{
    client::from_environment,
    clock::SystemClock,
    cloudformation::Stacks,
    codepipeline::{Executions, Jobs},
    dynamodb::{LeaseTable, StateTable},
    environment::Environment,
    iam::Roles,
    runtime::Error,
    s3::Buckets,
    sites::Sites,
    sns::Topic,
    ssm::Parameters,
    sweeper::{Settings, Sweeper},
    telemetry,
};
use pipeline_core::{
    repair::perform::Repair,
    sweep::{
        perform::Sweep,
        reach::{Eyes, Hands},
    },
};
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let Settings { table, mode, topic, policy } = Settings::read(&Environment::of_process())?;
    let config = from_environment()?;
    let state = StateTable::new(&config, table);
    let leases = LeaseTable { table: state.clone(), place: policy.place.clone() };
    let stacks = Stacks::paced(&config);
    let buckets = Buckets::new(&config, &policy.place.account);
    let eyes = Eyes {
        leases: &leases,
        stacks: &stacks,
        all: &stacks,
        roles: &Roles::new(&config),
        buckets: &buckets,
        executions: &Executions::new(&config),
        switch: &Parameters::new(&config),
    };
    let hands = Hands { leases: &leases, stacks: &stacks, buckets: &buckets, people: &Topic::new(&config, topic) };
    let sweep = Sweep { clock: &SystemClock, eyes, hands, policy, random: Uuid::new_v4 };
    let (jobs, sites) = (Jobs::new(&config), Sites::new(&config));
    let repair =
        Repair { clock: &SystemClock, open: &state, verdicts: &state, jobs: &jobs, runs: &state, sites: &sites };
    let repair = async |until| repair.run(until).await;
    Sweeper { sweep, repair, mode, metrics: |line| println!("{line}") }.serve().await
}
