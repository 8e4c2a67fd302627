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
        say(report::sweep(&report, &applying(options, &function.service), Paint::of_stdout()).trim_end());
    }
    Ok(if report.has_failed() { End::Failed } else { End::Succeeded })
}

/// The command that does what was planned: the same caller, kind of work and service.
fn applying(options: &args::Sweep, service: &str) -> String {
    let adopt = if options.adopt { " --adopt" } else { "" };
    let caller = options.caller.name.as_deref().map(|name| format!(" --as {}", word(name))).unwrap_or_default();
    format!("flowgate sweep --apply{adopt}{caller} {service}")
}

/// One word of a shell; a profile may have any name.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.@/+:".contains(c);
    let is_word = !text.is_empty() && text.chars().all(is_plain);
    if is_word { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
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

    fn options(args: &[&str]) -> args::Sweep {
        let words = ["flowgate", "sweep"].iter().chain(args);
        let Some(Subcommand::Sweep(options)) = Args::parse_from(words).command else { panic!("no sweep") };
        options
    }

    #[test]
    fn what_was_planned_is_applied_by_the_same_caller() {
        let cases: [(&[&str], &str); 5] = [
            (&[], "flowgate sweep --apply shop"),
            (&["shop", "--json"], "flowgate sweep --apply shop"),
            (&["--adopt", "--as", "approver"], "flowgate sweep --apply --adopt --as approver shop"),
            (&["--as", "my profile"], "flowgate sweep --apply --as 'my profile' shop"),
            (&["--as", "it's; $x"], r"flowgate sweep --apply --as 'it'\''s; $x' shop"),
        ];
        for (args, expected) in cases {
            assert_eq!(applying(&options(args), "shop"), expected);
        }
    }

    #[test]
    fn nothing_but_apply_applies() {
        let event = |args: &[&str]| event(&options(args));
        assert_eq!(event(&[]), json!({"mode": "plan"}));
        assert_eq!(event(&["shop", "--json"]), json!({"mode": "plan"}));
        assert_eq!(event(&["--adopt"]), json!({"mode": "plan", "adopt": true}));
        assert_eq!(event(&["--apply", "shop"]), json!({"mode": "apply"}));
        assert_eq!(event(&["--apply", "--adopt"]), json!({"mode": "apply", "adopt": true}));
    }
}
