//! `flowgate approve` and `flowgate reject`.

use aws_sdk_codepipeline::Client;
use serde::Serialize;
use serde_json::json;

use super::account::Default;
use super::approvals::{self, Answer};
use super::call::CallError;
use super::client::{self, Chosen, ClientError};
use super::place::Place;
use super::{args, ask};
use crate::report::view::{Other, Waiting};
use crate::report::{self, say, subject};

pub(super) async fn run(options: &args::Answer, approved: bool) -> Result<(), ClientError> {
    let Chosen { account, client, pipeline } =
        client::open(&options.pipeline, &options.caller, Default::Approver).await?;
    let place = Place::of(&client, &pipeline).await?;
    let waiting = approvals::waiting(&client, &pipeline).await?;
    let meant = choose(&pipeline, waiting, options, approved)?;
    if ask::is_at_terminal() && !options.yes && options.commit.is_none() && options.execution.is_none() {
        let shown = format!("{}  in {}\n{}? [y/N] ", question(&meant), place, verb(approved).0);
        if !ask::confirm(shown).await {
            return Err(ClientError::NotAnswered);
        }
    }
    let answer = Answer { approved, comment: options.comment.clone() };
    give(&client, &meant, &answer, |answered| tell(answered, &place, approved, options.json)).await?;
    if !options.json {
        follow_up(&meant, approved, account.is_local());
    }
    Ok(())
}

/// Answers what was shown: each carries its token, and cannot reach another execution that took its place meanwhile. Tells
/// each answer once it is given, whatever comes of the next. That somebody else was quicker is an error only if they were
/// so every time.
pub(super) async fn give(
    client: &Client,
    meant: &[Waiting],
    answer: &Answer,
    mut told: impl FnMut(&Waiting),
) -> Result<(), CallError> {
    let (mut is_given, mut late) = (false, None);
    for waiting in meant {
        match approvals::answer(client, waiting, answer).await {
            Ok(()) => {
                is_given = true;
                told(waiting);
            }
            Err(error) if approvals::is_answered(&error) => late = Some(error),
            Err(error) => return Err(error),
        }
    }
    late.filter(|_| !is_given).map_or(Ok(()), Err)
}

/// What is to be answered. An approval is one person's, so of several in a stage the first is meant that waits; a rejection
/// decides for them all, and the stage ends only when none of them waits any more.
fn choose(
    pipeline: &str,
    waiting: Vec<Waiting>,
    options: &args::Answer,
    approved: bool,
) -> Result<Vec<Waiting>, ClientError> {
    let pipeline = pipeline.to_owned();
    let Some(first) = waiting.first().cloned() else { return Err(ClientError::NothingWaits(pipeline)) };
    let names = |all: &[Waiting]| all.iter().map(|one| one.action.clone()).collect();
    if let Some(action) = options.action.as_ref().filter(|action| waiting.iter().all(|one| one.action != **action)) {
        return Err(ClientError::NoSuchApproval { pipeline, action: action.clone(), waiting: names(&waiting) });
    }
    let named = |one: &Waiting| options.action.as_ref().is_none_or(|action| one.action == *action);
    let named: Vec<Waiting> = waiting.into_iter().filter(named).collect();
    let mut meant: Vec<Waiting> = named.iter().filter(|one| another(one, options).is_none()).cloned().collect();
    let Some(one) = meant.first() else {
        let shown = named.first().unwrap_or(&first);
        let asked = another(shown, options).unwrap_or_default();
        let waiting = format!("{}, execution {}", subject(shown), shown.execution);
        return Err(ClientError::Another { pipeline, asked, waiting });
    };
    let place = (one.stage.clone(), one.execution.clone());
    if meant.iter().any(|other| (&other.stage, &other.execution) != (&place.0, &place.1)) {
        return Err(ClientError::SeveralWait { pipeline, waiting: names(&meant) });
    }
    if approved {
        meant.truncate(1);
    }
    Ok(meant)
}

/// What was asked for and is not this.
fn another(waiting: &Waiting, options: &args::Answer) -> Option<String> {
    let commit = waiting.revision.commit.as_deref().unwrap_or_default();
    let meant = [("commit", &options.commit, commit), ("execution", &options.execution, &waiting.execution)];
    meant.into_iter().find_map(|(what, meant, id)| {
        meant.as_ref().filter(|meant| !id.to_lowercase().starts_with(*meant)).map(|meant| format!("{what} {meant}"))
    })
}

/// What is about to be answered, and with it.
fn question(meant: &[Waiting]) -> String {
    let Some((first, with)) = meant.split_first() else { return String::new() };
    let mut first = first.clone();
    first.others.retain(|other| with.iter().all(|one| one.action != other.action));
    let with: String = with.iter().map(|one| format!("  and with it {}\n", one.action)).collect();
    report::approval(&first) + &with
}

/// What is left to do, and by whom.
fn follow_up(meant: &[Waiting], approved: bool, is_local: bool) {
    let Some(answered) = meant.first() else { return };
    let is_left = |other: &&Other| meant.iter().all(|one| one.action != other.action);
    for other in answered.others.iter().filter(is_left) {
        say(format_args!("  {}{}", report::other(other), remedy(other, approved, is_local)));
    }
}

/// What is to be done about an approval that waits on.
fn remedy(other: &Other, approved: bool, is_local: bool) -> &'static str {
    match (other.approved, approved) {
        (None, true) if is_local => ", for another person: `flowgate approve --as reviewer`",
        (None, true) => ", for another person",
        (None, false) => ", and the stage ends only when it is answered: `flowgate reject`",
        (Some(_), _) => "",
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
#[path = "answer_tests.rs"]
mod tests;
