//! Deletes the stacks whose leases ran out, and nothing else.

use pipeline_aws::{
    client::from_environment,
    clock::SystemClock,
    cloudformation::Stacks,
    codepipeline::Executions,
    dynamodb::{LeaseTable, StateTable},
    environment::Environment,
    iam::Roles,
    runtime::Error,
    s3::Buckets,
    sns::Topic,
    ssm::Parameters,
    sweeper::{Settings, Sweeper},
    telemetry,
};
use pipeline_core::sweep::{
    perform::Sweep,
    reach::{Eyes, Hands},
};
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let Settings { table, mode, topic, policy } = Settings::read(&Environment::of_process())?;
    let config = from_environment()?;
    let leases = LeaseTable { table: StateTable::new(&config, table), place: policy.place.clone() };
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
    Sweeper { sweep, mode, metrics: |line| println!("{line}") }.serve().await
}
