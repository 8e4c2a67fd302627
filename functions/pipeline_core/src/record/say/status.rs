//! One line for the commit.

use crate::{
    ids::CommitId,
    preview::record::Wait,
    record::{
        say::{
            Place,
            markup::{is_url, line},
            situation::{Doing, Situation},
            words::{self, counts},
        },
        speak::{Light, Status},
    },
};

/// The longest line that GitHub takes.
const LINE: usize = 140;

/// The status that a commit has in this situation.
pub(super) fn of(situation: &Situation<'_>, place: &Place) -> Option<(CommitId, Status)> {
    match situation {
        Situation::Waits { commit, for_what, .. } => {
            let status = Status { light: Light::Pending, line: waits(*for_what).to_owned(), url: None };
            Some(((*commit).clone(), status))
        }
        Situation::Runs { run, url, doing, .. } => {
            let (light, said) = told(doing);
            let console = place.console.execution(&place.pipeline, &run.execution);
            // Who reviews may look at the preview, and need not be able to look at the pipeline.
            let url = url.filter(|url| light == Light::Success && is_url(url)).map_or(console, str::to_owned);
            Some((run.commit.clone(), Status { light, line: line(&said, LINE), url: Some(url) }))
        }
        Situation::Removing(_) | Situation::Removed(_) => None,
    }
}

fn waits(for_what: Option<&Wait>) -> &'static str {
    match for_what {
        None => "Starting.",
        Some(Wait::AuthorsQuota { .. }) => "Waiting: its author has as many previews as one may have.",
        Some(Wait::Quota { .. }) => "Waiting: there are as many previews as there may be.",
        Some(Wait::Deletion) => "Waiting until what stood there before is deleted.",
        Some(Wait::Person { .. }) => "Waiting for a person; the comment says for what.",
        Some(Wait::Executions) => "Waiting: as many executions run as may.",
    }
}

fn told(doing: &Doing<'_>) -> (Light, String) {
    match doing {
        Doing::Starting => (Light::Pending, "Starting.".to_owned()),
        Doing::At(step) => {
            let at = words::phrase(step).map_or_else(|| format!("at {}", words::place_of(step)), str::to_owned);
            (Light::Pending, format!("{}.", capital(&at)))
        }
        Doing::Testing => (Light::Pending, "Deployed, being tested.".to_owned()),
        Doing::Passed(test) => (Light::Success, format!("Deployed{}.", prefixed(", ", test.and_then(counts)))),
        Doing::TestsFailed(test) => (Light::Failure, format!("Deployed, {}", words::tests(test))),
        Doing::Failed(step) => {
            let why = words::said(step.error.as_deref().unwrap_or("no reason was given"));
            (Light::Error, format!("{} failed: {why}", words::place_of(step)))
        }
        Doing::Broke(why) => (Light::Error, format!("The pipeline failed{}", prefixed(": ", why.map(str::to_owned)))),
        Doing::Stopped => (Light::Error, "The execution was stopped.".to_owned()),
    }
}

fn prefixed(with: &str, text: Option<String>) -> String {
    text.map(|text| format!("{with}{text}")).unwrap_or_default()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
