//! Actions and rules at work. Their tasks are the runner's own, so they hold it weakly.

use std::sync::Weak;

use super::{Inner, News, Runner};
use crate::actions::{self, Observer, rules};
use crate::pipeline::action::{Progress, Request, RuleRequest};
use crate::pipeline::engine::{Event, RunId};

/// Runs an action and reports its outcome.
pub(super) async fn action(runner: Weak<Inner>, request: Request) {
    let Some(context) = runner.upgrade().map(|inner| inner.context.clone()) else { return };
    let observer = ActionObserver { runner, request: &request };
    let outcome = actions::run(&context, &request, &observer).await;
    observer.tell(Event::ActionFinished { run: RunId(request.id.clone()), outcome });
}

/// Evaluates a rule and reports its outcome.
pub(super) async fn rule(runner: Weak<Inner>, request: RuleRequest) {
    let Some((context, clock)) = runner.upgrade().map(|inner| (inner.context.clone(), inner.clock)) else { return };
    let run = RunId(request.id.clone());
    let tell = |event| {
        if let Some(inner) = runner.upgrade() {
            Runner(inner).tell(&request.pipeline, event);
        }
    };
    let waiting = |summary| tell(Event::RuleProgressed { run: run.clone(), summary });
    let outcome = rules::run(&context, &request, &clock, &waiting).await;
    tell(Event::RuleFinished { run: run.clone(), outcome });
}

/// Passes on what one action says.
struct ActionObserver<'a> {
    runner: Weak<Inner>,
    request: &'a Request,
}

impl ActionObserver<'_> {
    fn tell(&self, event: Event) {
        if let Some(inner) = self.runner.upgrade() {
            Runner(inner).tell(&self.request.pipeline, event);
        }
    }
}

impl Observer for ActionObserver<'_> {
    fn continued(&self, progress: Progress) {
        self.tell(Event::ActionContinued { run: RunId(self.request.id.clone()), progress });
    }

    fn progress(&self, progress: Progress) {
        self.tell(Event::ActionProgressed { run: RunId(self.request.id.clone()), progress });
    }

    fn line(&self, line: &str) {
        if let Some(inner) = self.runner.upgrade() {
            let Request { stage, action, .. } = self.request;
            let run = RunId(self.request.id.clone());
            let line = News::Line { stage: stage.clone(), action: action.clone(), run, text: line.to_owned() };
            drop(inner.news.send(line));
        }
    }
}
