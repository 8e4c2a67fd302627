//! `flowgate lease`: who may use which stack, and until when.

pub(super) mod args;
mod change;
mod look;
pub(super) mod names;
pub(super) mod when;

use serde_json::{Value, json};
use uuid::Uuid;

use super::client::ClientError;
use super::function::Function;
use crate::report::{self, Lease, say};
use args::{About, Claim, Command};

/// The function's name, after the service's.
const FUNCTION: &str = "lease";

pub(super) async fn run(options: &args::Lease) -> Result<(), ClientError> {
    match &options.command {
        Command::Claim(options) => claim(options).await,
        Command::Renew(options) => change::renew(options).await,
        Command::Release(options) => change::release(options).await,
        Command::Hold(options) => change::hold(options).await,
        Command::List(options) => look::list(options).await,
        Command::Show(options) => look::show(&options.about).await,
    }
}

async fn claim(options: &Claim) -> Result<(), ClientError> {
    let About { stack, .. } = &options.about;
    let function = open(&options.about).await?;
    let request = json!({
        "operation": "claim",
        "stack": stack,
        "holder": options.holder.unwrap_or_else(Uuid::new_v4),
        "ttl": options.ttl.as_secs(),
        "source": options.source.clone().unwrap_or_else(names::source),
        "empty_buckets": options.empty_buckets,
    });
    let answer = function.ask(&request).await?;
    tell(&function, &answer, options.about.json, |lease| report::claimed(lease, &function.service))
}

/// The function that knows this lease.
async fn open(about: &About) -> Result<Function, ClientError> {
    let service = about.service.clone().or_else(|| names::service(&about.stack).map(str::to_owned));
    Function::open(FUNCTION, service, &about.caller).await
}

/// Prints the lease that was answered: as it is, or in words.
fn tell(
    function: &Function,
    answer: &Value,
    json: bool,
    words: impl FnOnce(&Lease) -> String,
) -> Result<(), ClientError> {
    let lease = function.read(answer)?;
    if json {
        say(answer);
    } else {
        say(words(&lease).trim_end());
    }
    Ok(())
}
