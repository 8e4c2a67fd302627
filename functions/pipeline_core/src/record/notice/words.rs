//! What people are told of a release, as plain text.

use crate::{
    ids::ExecutionId,
    record::{
        notice::{News, What},
        say::Place,
        watch::{ExecutionState, Progress, Revision, Step, StepState},
    },
    sweep::notice::Message,
    text::{beginning, units},
};

/// The longest subject that SNS takes, in characters: fewer than 100.
const SUBJECT: usize = 99;
/// The most of a commit's message that is shown.
const SUMMARY: usize = 200;
/// The most of a reason that is shown.
const REASON: usize = 3000;
/// The category of actions that people answer.
const APPROVAL: &str = "Approval";

/// What a release that came to its end too early leaves behind.
const STAYS: &str = "What this release has deployed so far stays deployed, unless the stage rolls back.";

/// The message about this turn of an execution.
pub(super) fn message(news: &News, progress: &Progress, execution: &ExecutionId, place: &Place) -> Message {
    let service = &place.service;
    let what = if progress.is_rollback { "rollback" } else { "release" };
    let (came, reason, todo) = told(news, progress, service);
    let subject = format!("{service}: {what} {came}{}", commit(progress));
    let mut text = vec![format!("The {what} of {service} {came}.")];
    text.extend(known(progress).map(revision));
    text.extend(reason.map(|reason| cut(&reason, REASON)));
    text.extend(todo);
    text.push(format!("Pipeline: {}", place.console.pipeline(&place.pipeline)));
    text.push(format!("Execution: {}", place.console.execution(&place.pipeline, execution)));
    Message { subject: plain(&subject), text: format!("{}\n", printable(&text.join("\n\n"))) }
}

type Words = (String, Option<String>, Option<String>);

/// What came about, why, and what to do.
fn told(news: &News, progress: &Progress, service: &str) -> Words {
    match &news.what {
        What::Started => ("started".to_owned(), None, None),
        What::Waits { stage } => (
            format!("waits for approval at {stage}"),
            None,
            Some(format!(
                "To answer, open the pipeline's page and review it there, or: flowgate approve {service}, or flowgate \
                 reject {service}. Newer releases wait until somebody does."
            )),
        ),
        What::Stopped => stopped(progress, service),
        What::Failed => failed(progress, service),
        What::Succeeded => ("succeeded".to_owned(), None, None),
    }
}

fn stopped(progress: &Progress, service: &str) -> Words {
    let came = if progress.state == ExecutionState::Cancelled {
        "was ended by a change of the pipeline"
    } else {
        "was stopped"
    };
    let todo = format!("What it had deployed stays. To release it after all: flowgate retry {service}, or push again.");
    (came.to_owned(), progress.why.clone(), Some(todo))
}

fn failed(progress: &Progress, service: &str) -> Words {
    let last = progress.steps.iter().rev().find(|step| step.state == StepState::Failed);
    let step = progress.failed().or(last);
    let Some(step) = step else {
        let todo = format!(
            "No action failed, so look at the conditions of its stages on the pipeline's page. To try again: flowgate \
             retry {service}."
        );
        return ("failed".to_owned(), progress.why.clone(), Some(todo));
    };
    let Step { stage, action, category, summary, error, .. } = step;
    let reason = error.as_ref().or(summary.as_ref()).cloned();
    if category == APPROVAL {
        let todo =
            format!("{STAYS} To ask again, retry all actions of that stage; to release something else, push it.");
        return (format!("was rejected at {stage}"), reason, Some(todo));
    }
    let todo = format!(
        "{STAYS} If trying again may help: flowgate retry {service}, or retry the stage on the \
         pipeline's page. If not, push what mends it."
    );
    (format!("failed at {stage}/{action}"), reason, Some(todo))
}

/// The commit by which a mail is found; its message has no place in a subject.
fn commit(progress: &Progress) -> String {
    let id = known(progress).next().map(|revision| beginning(&revision.id, 7));
    id.map(|id| format!(" ({id})")).unwrap_or_default()
}

/// The revisions that CodePipeline knows by now: of one that is still being fetched it may name the artifact alone.
fn known(progress: &Progress) -> impl Iterator<Item = &Revision> {
    progress.revisions.iter().filter(|revision| !revision.id.trim().is_empty())
}

fn revision(revision: &Revision) -> String {
    let summary = revision.summary.as_deref().map(message_of).unwrap_or_default();
    format!("Commit {}{summary}", revision.id)
}

/// What CodeConnections puts into JSON, and CodeCommit does not: the first line of it.
fn message_of(summary: &str) -> String {
    let json: Option<serde_json::Value> = serde_json::from_str(summary).ok();
    let message = json.as_ref().and_then(|json| json.get("CommitMessage")?.as_str()).unwrap_or(summary);
    let first = message.lines().map(printable).find(|line| !line.trim().is_empty());
    first.map(|line| format!(": {}", cut(&line, SUMMARY))).unwrap_or_default()
}

fn cut(text: &str, limit: usize) -> String {
    let text = text.trim();
    if units(text) <= limit { text.to_owned() } else { format!("{}…", beginning(text, limit - 1)) }
}

/// Without what a terminal or a mail program would act on.
fn printable(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// A subject that SNS takes.
fn plain(subject: &str) -> String {
    subject.chars().filter(|c| matches!(c, ' '..='~')).take(SUBJECT).collect()
}
