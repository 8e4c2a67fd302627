//! Claims, binds, renews, holds and releases leases on stacks, by direct invoke and as a pipeline action.

use pipeline_aws::{
    client::from_environment,
    clock::SystemClock,
    cloudformation::Stacks,
    codepipeline::{Executions, Jobs},
    dynamodb::{LeaseTable, StateTable},
    environment::Environment,
    leasing::{Leasing, Settings},
    runtime::Error,
    telemetry,
};
use pipeline_core::{drive::Ports, ids::Nonce, lease::perform::Leases};
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let Settings { table, place, margin } = Settings::read(&Environment::of_process())?;
    let config = from_environment()?;
    let table = StateTable::new(&config, table);
    let store = LeaseTable { table: table.clone(), place: place.clone() };
    let (stacks, executions) = (Stacks::new(&config), Executions::new(&config));
    let leasing = Leasing {
        ports: Ports { clock: &SystemClock, verdicts: &table, jobs: &Jobs::new(&config) },
        leases: || Leases {
            clock: &SystemClock,
            store: &store,
            stacks: &stacks,
            executions: &executions,
            place: place.clone(),
            margin,
            nonce: || Nonce::from_random(Uuid::new_v4()),
        },
    };
    leasing.serve().await
}
