//! Gives each pull request, and each developer who wants one, a stack of the service, and takes it back.

use pipeline_aws::{
    client::from_environment,
    clock::SystemClock,
    cloudformation::Stacks,
    codepipeline::{Executions, PreviewPipeline},
    dynamodb::{LeaseTable, StateTable},
    environment::Environment,
    event_bus::EventBus,
    host::Host,
    previewing::{Itself, Previewer, Settings},
    runtime::Error,
    telemetry,
    webhook::{Webhook, secret_in},
};
use pipeline_core::{ids::Nonce, lease::perform::Leases, preview::look::Previewing};
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let environment = Environment::of_process();
    let Settings { table, margin, repository, home, webhook, previews, function } = Settings::read(&environment)?;
    let config = from_environment()?;
    let state = StateTable::new(&config, table);
    let executions = Executions::new(&config);
    let leases = Leases {
        clock: &SystemClock,
        store: &LeaseTable { table: state.clone(), place: home.place.clone() },
        stacks: &Stacks::new(&config),
        executions: &executions,
        place: home.place.clone(),
        margin,
        nonce: || Nonce::from_random(Uuid::new_v4()),
    };
    let previewer = Previewer {
        previewing: Previewing {
            clock: &SystemClock,
            store: &state,
            pulls: &Host::new(&config, &environment, &previews.service)?,
            stacks: &leases,
            pipeline: &PreviewPipeline { executions: executions.clone(), name: previews.pipeline.clone() },
            announce: &EventBus::new(&config, previews.service.clone()),
            settings: &previews,
            ids: Uuid::new_v4,
        },
        webhook: Webhook {
            clock: &SystemClock,
            secret: webhook.map(|source| secret_in(&config, source)),
            deliveries: &state,
            worker: &Itself::new(&config, function),
            repository,
        },
        home,
    };
    previewer.serve().await
}
