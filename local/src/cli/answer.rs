//! `flowgate approve` and `flowgate reject`.

use serde::Serialize;
use serde_json::json;

use super::account::Default;
use super::approvals::{self, Answer};
use super::client::{self, Chosen, ClientError};
use super::place::Place;
use super::{args, ask};
use crate::report::view::Waiting;
use crate::report::{self, say, subject};

pub(super) async fn run(options: &args::Answer, approved: bool) -> Result<(), ClientError> {
    let Chosen { client, pipeline, .. } = client::open(&options.pipeline, &options.caller, Default::Approver).await?;
    let place = Place::of(&client, &pipeline).await?;
    let waiting = approvals::waiting(&client, &pipeline).await?;
    let waiting = choose(&pipeline, waiting, options.action.as_deref())?;
    check(&waiting, options)?;
    if ask::is_at_terminal() && !options.yes && options.commit.is_none() && options.execution.is_none() {
        let question = format!("{}  in {}\n{}? [y/N] ", report::approval(&waiting), place, verb(approved).0);
        if !ask::confirm(question).await {
            return Err(ClientError::NotAnswered);
        }
    }
    // The answer carries the token of what was shown: it cannot reach another execution that took its place meanwhile.
    let answer = Answer { approved, comment: options.comment.clone() };
    approvals::answer(&client, &waiting, &answer).await?;
    tell(&waiting, &place, approved, options.json);
    Ok(())
}

/// Refuses to answer what is not what was meant.
fn check(waiting: &Waiting, options: &args::Answer) -> Result<(), ClientError> {
    let commit = waiting.revision.commit.as_deref().unwrap_or_default();
    let meant = [("commit", &options.commit, commit), ("execution", &options.execution, &waiting.execution)];
    let other = meant.into_iter().find_map(|(what, meant, id)| {
        meant.as_ref().filter(|meant| !id.to_lowercase().starts_with(*meant)).map(|meant| format!("{what} {meant}"))
    });
    let Some(asked) = other else { return Ok(()) };
    let (pipeline, execution) = (waiting.pipeline.clone(), &waiting.execution);
    Err(ClientError::Another { pipeline, asked, waiting: format!("{}, execution {execution}", subject(waiting)) })
}

fn choose(pipeline: &str, mut waiting: Vec<Waiting>, action: Option<&str>) -> Result<Waiting, ClientError> {
    let names: Vec<String> = waiting.iter().map(|waiting| waiting.action.clone()).collect();
    let pipeline = pipeline.to_owned();
    if let Some(action) = action {
        waiting.retain(|waiting| waiting.action == action);
    }
    match (waiting.len(), action) {
        (1, _) => Ok(waiting.remove(0)),
        _ if names.is_empty() => Err(ClientError::NothingWaits(pipeline)),
        (0, Some(action)) => Err(ClientError::NoSuchApproval { pipeline, action: action.to_owned(), waiting: names }),
        _ => Err(ClientError::SeveralWait { pipeline, waiting: names }),
    }
}

fn tell(waiting: &Waiting, place: &Place, approved: bool, json: bool) {
    if json {
        let status = if approved { "Approved" } else { "Rejected" };
        return say(json!(Told { waiting, place, status }));
    }
    let Waiting { pipeline, stage, action, execution, .. } = waiting;
    let verb = verb(approved).1;
    say(format_args!("{verb} {} at {stage} {action} of {pipeline}, execution {execution}, {place}", subject(waiting)));
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    waiting: &'a Waiting,
    #[serde(flatten)]
    place: &'a Place,
    status: &'static str,
}

fn verb(approved: bool) -> (&'static str, &'static str) {
    if approved { ("approve", "approved") } else { ("reject", "rejected") }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Args, Subcommand};
    use crate::report::view::Revision;

    fn waiting(actions: &[&str]) -> Vec<Waiting> {
        actions.iter().map(|action| Waiting { action: (*action).to_owned(), ..Waiting::default() }).collect()
    }

    #[test]
    fn only_what_was_meant_is_answered() {
        let revision = Revision { commit: Some("0123456789".to_owned()), message: None };
        let waits =
            Waiting { pipeline: "p".to_owned(), execution: "11111111-aaaa".to_owned(), revision, ..Waiting::default() };
        let check = |args: &[&str]| {
            let words = ["flowgate", "approve"].iter().chain(args);
            let Some(Subcommand::Approve(options)) = Args::parse_from(words).command else { panic!("no approval") };
            check(&waits, &options).map_err(|error| error.to_string())
        };
        for args in [&[][..], &["--commit", "0123456"], &["--execution", "11111111-AAAA"]] {
            assert_eq!(check(args), Ok(()), "{args:?}");
        }
        let is_not = |asked: &str| {
            let waiting = "commit 01234567, execution 11111111-aaaa";
            Err(format!("{asked} is not what waits in pipeline p, but {waiting}; nothing was answered"))
        };
        assert_eq!(check(&["--commit", "0123457"]), is_not("commit 0123457"));
        assert_eq!(check(&["--commit", "0123456", "--execution", "11111112"]), is_not("execution 11111112"));
    }

    #[test]
    fn one_approval_needs_no_name_and_several_do() {
        let cases = [
            (&["A"][..], None, Ok("A")),
            (&["A", "B"], Some("B"), Ok("B")),
            (&["A", "B"], None, Err("several approvals wait in pipeline p, name one with --action: A, B")),
            (&["A"], Some("C"), Err("no approval named C waits in pipeline p; these do: A")),
            (&[], None, Err("no approval waits in pipeline p; `flowgate status p` shows where it is")),
            (&[], Some("A"), Err("no approval waits in pipeline p; `flowgate status p` shows where it is")),
        ];
        for (actions, action, expected) in cases {
            let chosen = choose("p", waiting(actions), action).map(|waiting| waiting.action);
            let chosen = chosen.map_err(|error| error.to_string());
            assert_eq!(chosen.as_deref().map_err(String::as_str), expected, "{actions:?} {action:?}");
        }
    }
}
