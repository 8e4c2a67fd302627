//! `flowgate sweep`: what sweep would do now, or doing it.

use serde_json::{Value, json};

use super::End;
use super::account::{Account, Default};
use super::args;
use super::client::ClientError;
use super::function::Function;
use crate::report::{self, Paint, SweepReport, say};

/// The function's name, after the service's.
const FUNCTION: &str = "sweep";

pub(super) async fn run(options: &args::Sweep) -> Result<End, ClientError> {
    if options.apply && options.service.is_none() {
        let account = Account::open(options.caller.name.as_deref(), Default::Caller).await?;
        if !account.is_local() {
            return Err(ClientError::UnnamedService);
        }
    }
    let function = Function::open(FUNCTION, options.service.clone(), &options.caller).await?;
    let answer = function.ask(&event(options)).await?;
    let report: SweepReport = function.read(&answer)?;
    if options.json {
        say(&answer);
    } else {
        let apply = if options.adopt { "--apply --adopt" } else { "--apply" };
        let apply = format!("flowgate sweep {apply} {}", function.service);
        say(report::sweep(&report, &apply, Paint::of_stdout()).trim_end());
    }
    Ok(if report.has_failed() { End::Failed } else { End::Succeeded })
}

/// A mode is always named: what the stack does by itself is not what was asked for here.
fn event(options: &args::Sweep) -> Value {
    let mode = if options.apply { "apply" } else { "plan" };
    if options.adopt { json!({"mode": mode, "adopt": true}) } else { json!({"mode": mode}) }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Args, Subcommand};

    #[test]
    fn nothing_but_apply_applies() {
        let event = |args: &[&str]| {
            let words = ["flowgate", "sweep"].iter().chain(args);
            let Some(Subcommand::Sweep(options)) = Args::parse_from(words).command else { panic!("no sweep") };
            event(&options)
        };
        assert_eq!(event(&[]), json!({"mode": "plan"}));
        assert_eq!(event(&["shop", "--json"]), json!({"mode": "plan"}));
        assert_eq!(event(&["--adopt"]), json!({"mode": "plan", "adopt": true}));
        assert_eq!(event(&["--apply", "shop"]), json!({"mode": "apply"}));
        assert_eq!(event(&["--apply", "--adopt"]), json!({"mode": "apply", "adopt": true}));
    }
}
