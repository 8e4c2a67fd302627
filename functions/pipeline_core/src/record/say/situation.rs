//! How a preview is, named: one pure function from what is known to one of these.

use crate::{
    ids::CommitId,
    preview::record::{Head, Phase, Preview, Run, Wait, Wanted, Why},
    record::watch::{ExecutionState, Progress, Step, StepState},
};

/// The action that deploys the service's stack, and whose outputs are that stack's.
const DEPLOY: &str = "Deploy";
/// The output that is the preview's URL.
const URL: &str = "ApiUrl";
/// The action that runs the tests.
const TEST: &str = "Test";

/// How a preview is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Situation<'a> {
    /// It is to be, and nothing runs for it yet.
    Waits { commit: &'a CommitId, branch: &'a str, for_what: Option<&'a Wait> },
    /// An execution was started.
    Runs {
        run: &'a Run,
        branch: Option<&'a str>,
        /// Where it answers, once it is deployed.
        url: Option<&'a str>,
        doing: Doing<'a>,
    },
    /// It goes.
    Removing(Why),
    /// It is not there.
    Removed(Why),
}

/// What an execution is at, or came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Doing<'a> {
    /// Nothing is known of it yet.
    Starting,
    /// This action, or the one after it.
    At(&'a Step),
    /// The tests.
    Testing,
    /// All went well; these are the tests' own words.
    Passed(Option<&'a Step>),
    /// The tests did not pass.
    TestsFailed(&'a Step),
    /// Another action failed.
    Failed(&'a Step),
    /// It failed otherwise, which CodePipeline may say why.
    Broke(Option<&'a str>),
    /// Somebody ended it.
    Stopped,
}

/// What `preview` is in, whose latest execution is as far as `progress`.
pub(super) fn of<'a>(preview: &'a Preview, progress: Option<&'a Progress>) -> Situation<'a> {
    match (&preview.phase, &preview.wanted) {
        (Phase::Running(run), Wanted::Deployed(head)) if head.commit == run.commit => {
            runs(run, Some(&head.branch), progress)
        }
        (Phase::Starting { waits, .. }, Wanted::Deployed(head)) => waiting(head, waits.as_ref()),
        // Something newer is wanted, which is taken up next.
        (Phase::Running(_), Wanted::Deployed(head)) => waiting(head, None),
        (Phase::Removed { why, .. }, _) => Situation::Removed(*why),
        // Its lease ran out: what was wanted then is not wanted again before somebody pushes.
        (Phase::Removing { why, .. }, Wanted::Deployed(_)) | (_, Wanted::Removed { why }) => Situation::Removing(*why),
    }
}

fn waiting<'a>(head: &'a Head, for_what: Option<&'a Wait>) -> Situation<'a> {
    Situation::Waits { commit: &head.commit, branch: &head.branch, for_what }
}

fn runs<'a>(run: &'a Run, branch: Option<&'a str>, progress: Option<&'a Progress>) -> Situation<'a> {
    let deployed = progress.and_then(|progress| progress.latest(DEPLOY));
    let deployed = deployed.filter(|step| step.state == StepState::Succeeded);
    let url = deployed.and_then(|step| step.outputs.get(URL)).map(String::as_str);
    Situation::Runs { run, branch, url, doing: progress.map_or(Doing::Starting, doing) }
}

fn doing(progress: &Progress) -> Doing<'_> {
    if let Some(failed) = progress.failed() {
        return if failed.action == TEST { Doing::TestsFailed(failed) } else { Doing::Failed(failed) };
    }
    match progress.state {
        ExecutionState::Running => at(progress),
        ExecutionState::Succeeded => Doing::Passed(progress.latest(TEST)),
        ExecutionState::Failed => Doing::Broke(progress.why.as_deref()),
        ExecutionState::Stopping | ExecutionState::Stopped | ExecutionState::Superseded | ExecutionState::Cancelled => {
            Doing::Stopped
        }
    }
}

fn at(progress: &Progress) -> Doing<'_> {
    let running = progress.steps.iter().rev().find(|step| step.state == StepState::Running);
    match running.or(progress.steps.last()) {
        None => Doing::Starting,
        Some(step) if step.action == TEST => Doing::Testing,
        Some(step) => Doing::At(step),
    }
}

impl Situation<'_> {
    /// Whether it is worth a first comment.
    pub(super) fn begins(&self) -> bool {
        match self {
            Self::Waits { .. } | Self::Runs { .. } => true,
            // Who opened it is told why there is none.
            Self::Removed(why) | Self::Removing(why) => *why == Why::Fork,
        }
    }
}
