//! The comment, in Markdown that also reads well as plain text.

use crate::{
    preview::record::{Run, Wait, Why},
    record::{
        say::{
            Place,
            markup::{block, code, link},
            situation::{Doing, Situation},
        },
        told::short,
        watch::Step,
    },
};

/// The most of a name that is shown, such as a branch's.
const NAME: usize = 200;
/// The most of a reason that is shown, in characters and in lines.
const REASON: (usize, usize) = (3000, 60);

/// The paragraphs on this situation.
pub(super) fn of(situation: &Situation<'_>, place: &Place) -> String {
    let paragraphs = match situation {
        Situation::Waits { commit, branch, for_what } => {
            let title = if for_what.is_none() { "starting" } else { "waiting" };
            let mut all = vec![heading(title)];
            all.extend(for_what.map(waits));
            all.push(format!("{} is to be deployed.", commit_of(short(commit), Some(branch))));
            all
        }
        Situation::Runs { run, branch, url, doing } => runs(run, *branch, *url, doing, place),
        Situation::Removing(why) => vec![heading("being removed"), because(*why).to_owned()],
        Situation::Removed(Why::Fork) => vec![heading("none"), because(Why::Fork).to_owned()],
        Situation::Removed(why) => vec![heading("removed"), because(*why).to_owned()],
    };
    paragraphs.join("\n\n")
}

fn runs(run: &Run, branch: Option<&str>, url: Option<&str>, doing: &Doing<'_>, place: &Place) -> Vec<String> {
    let (title, reason) = told(doing);
    let mut all = vec![heading(&title)];
    all.extend(url.map(link));
    all.push(format!("{}.", commit_of(short(&run.commit), branch)));
    all.extend(reason.map(|reason| block(&reason, REASON.0, REASON.1)).filter(|block| !block.is_empty()));
    all.push(format!("Execution: {}", link(&place.console.execution(&place.pipeline, &run.execution))));
    all
}

fn heading(title: &str) -> String {
    format!("**Preview: {title}**")
}

fn commit_of(commit: &str, branch: Option<&str>) -> String {
    let branch = branch.map(|branch| format!(" of {}", code(branch, NAME))).unwrap_or_default();
    format!("Commit `{commit}`{branch}")
}

/// What it is at or came to, and why, in the words of whatever failed.
fn told(doing: &Doing<'_>) -> (String, Option<String>) {
    let place = |step: &Step| code(&place_of(step), NAME);
    match doing {
        Doing::Starting => ("starting".to_owned(), None),
        Doing::At(step) => (phrase(step).map_or_else(|| format!("at {}", place(step)), str::to_owned), None),
        Doing::Testing => ("deployed, being tested".to_owned(), None),
        Doing::Passed(test) => {
            let counts = test.and_then(counts).map(|counts| format!(", {counts}")).unwrap_or_default();
            (format!("deployed{counts}"), None)
        }
        Doing::TestsFailed(test) => {
            let counts = counts(test).map(|counts| format!(", {counts}")).unwrap_or_default();
            (format!("tests failed{counts}"), Some(failures(test)))
        }
        Doing::Failed(step) => {
            let what = phrase(step).map(|phrase| format!("{phrase} ")).unwrap_or_default();
            (format!("{what}failed at {}", place(step)), step.error.as_deref().map(said))
        }
        Doing::Broke(why) => ("the pipeline failed".to_owned(), why.map(said)),
        Doing::Stopped => ("stopped".to_owned(), None),
    }
}

/// What an action does, for people; `None` of one that is not known here.
pub(super) fn phrase(step: &Step) -> Option<&'static str> {
    match &step.action[..] {
        "Source" => Some("fetching the source"),
        "Build" | "Configure" => Some("building"),
        "Enter" | "EnterTests" => Some("waiting for its stack"),
        "Deploy" | "DeployTests" | "Bind" | "BindTests" => Some("deploying"),
        _ => None,
    }
}

/// Where an action is.
pub(super) fn place_of(step: &Step) -> String {
    format!("{}/{}", step.stage, step.action)
}

/// How many tests passed, such as `7 of 8 passed`: how the tests' action begins, or what it counted.
pub(super) fn counts(test: &Step) -> Option<String> {
    let said = test.error.as_deref().or(test.summary.as_deref()).unwrap_or_default();
    let head = said.split(['\n', ';']).next().unwrap_or_default().trim();
    let words: Vec<&str> = head.split(' ').collect();
    if let [passed, "of", all, "passed"] = words[..]
        && [passed, all].iter().all(|number| number.len() < 10 && number.parse::<u32>().is_ok())
    {
        return Some(head.to_owned());
    }
    let counted = |name: &str| test.outputs.get(name)?.parse::<u32>().ok();
    let (passed, failed) = (counted("Passed")?, counted("Failed")?);
    Some(format!("{passed} of {} passed", passed.saturating_add(failed)))
}

/// The tests that failed, and how, on one line: what stands behind the counts. Where their report is stored is not for
/// everybody who reads a pull request.
pub(super) fn tests(test: &Step) -> String {
    let why = said(test.error.as_deref().unwrap_or("the tests failed"));
    let told = why.rsplit_once("; report: s3://").map_or(&why[..], |(told, _)| told);
    told.trim_end().to_owned()
}

/// The same, each on a line of its own.
fn failures(test: &Step) -> String {
    let why = tests(test);
    let rest = counts(test).and_then(|counts| why.strip_prefix(&counts).map(str::to_owned)).unwrap_or(why);
    let mut lines: Vec<String> = vec![];
    for part in rest.trim_start_matches("; ").split("; ") {
        match lines.last_mut().filter(|_| !is_of_a_test(part)) {
            // A test's own words go on.
            Some(line) => line.extend(["; ", part]),
            None => lines.push(part.to_owned()),
        }
    }
    lines.join("\n")
}

/// Whether this begins what is said of a test, of several, or of their report.
fn is_of_a_test(part: &str) -> bool {
    let told = ["failed: ", "could not be started: ", "was lost: ", "was not started: ", "never answered"];
    let others = ["tests were not started: ", "report is missing: ", "and "];
    let (whom, words) = part.split_once(' ').unwrap_or_default();
    let is_other = whom == "the" || whom == "…" || whom.bytes().all(|byte| byte.is_ascii_digit());
    told.iter().any(|told| words.starts_with(told)) || is_other && others.iter().any(|told| words.starts_with(told))
}

/// I26: the first paragraph. Behind it are the ends of logs, and a pull request may be read by anybody.
pub(super) fn said(why: &str) -> String {
    why.split("\n\n").next().unwrap_or_default().to_owned()
}

fn waits(wait: &Wait) -> String {
    match wait {
        Wait::AuthorsQuota { limit } => format!(
            "Its author has {limit} previews already, which is as many as one may have. This one begins when one of them \
             is gone: close a pull request, or make it a draft."
        ),
        Wait::Quota { limit } => format!(
            "There are {limit} previews already, which is as many as there may be. This one begins when one of them is \
             gone and nobody waits longer."
        ),
        Wait::Deletion => {
            "What stood there before is being deleted by the sweep, which deletes by itself where SweepMode is apply, and \
             else with `flowgate sweep --apply`. This one begins when that is gone."
                .to_owned()
        }
        Wait::Person { what } => format!("It needs a person:\n\n{}", block(what, REASON.0, REASON.1)),
        Wait::Executions => {
            "As many executions of the preview pipeline run as may. This one begins when one of them has ended."
                .to_owned()
        }
    }
}

fn because(why: Why) -> &'static str {
    match why {
        Why::Closed => "The pull request was closed.",
        Why::Merged => "The pull request was merged.",
        Why::Draft => "The pull request is a draft. It has a preview when it is marked as ready for review.",
        Why::Fork => {
            "No previews for forks: its code would be built and run with credentials of this repository's account. Who may \
             push here can push the branch to this repository, once it was read, and open a pull request from there."
        }
        Why::BranchDeleted => "Its branch was deleted.",
        Why::Down => "It was given back.",
        Why::RanOut => "Nobody pushed for so long that its time was over. The next push brings it back.",
    }
}
