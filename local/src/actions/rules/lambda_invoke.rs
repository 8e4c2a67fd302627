//! `LambdaInvoke`: a rule that asks a function.
//!
//! How the function answers is not documented. Here it gets a job and settles it, as the function of a Lambda action
//! does: a success is that the rule holds. Of a stage that failed it is the other way round: an error that the function
//! reports "meets the criteria for On Failure conditions". Whatever kind of error it reports, it has answered.

use jiff::SignedDuration;
use tokio::sync::Notify;

use super::{UNMET, Verdict, Waiting, failed, holds, required, unmet};
use crate::actions::acting::Acting;
use crate::actions::lambda::{self, Answer, Work};
use crate::clock::Clock;
use crate::pipeline::action::{ConditionKind, Failure, Progress, RuleRequest};

/// How long to wait for an answer to one invocation, as of a Lambda action.
const SILENCE: SignedDuration = SignedDuration::from_mins(20);
/// How long it may go on, all its continuations together.
const TOTAL: SignedDuration = SignedDuration::from_hours(24);

pub(super) async fn run(
    acting: &Acting,
    request: &RuleRequest,
    clock: &Clock,
    waiting: Waiting<'_>,
) -> Result<Verdict, Failure> {
    let function = required(request, "FunctionName")?;
    let work = Work { configuration: &request.configuration, inputs: &request.inputs, outputs: &[] };
    let heard = Notify::new();
    let continued = |progress: Progress| {
        heard.notify_one();
        waiting(progress.summary.unwrap_or_else(|| format!("function {function} goes on")));
    };
    waiting(format!("function {function} was asked"));
    tokio::select! {
        answer = lambda::ask(acting, function, &work, &continued) => Ok(meant(function, request.kind, answer?)),
        () = silence(clock, &heard) => {
            let why = "it must call PutJobSuccessResult or PutJobFailureResult";
            Err(failed("JobTimedOut", format!("no reply for 20 minutes from function {function}: {why}")))
        }
        () = clock.sleep_until(request.started + TOTAL) => {
            Err(failed("JobTimedOut", format!("function {function} did not end within 24 hours")))
        }
    }
}

/// What an answer means for the condition.
fn meant(function: &str, kind: ConditionKind, answer: Answer) -> Verdict {
    match (kind, answer) {
        (ConditionKind::BeforeEntry | ConditionKind::OnSuccess, answer) => answer.map_err(reported),
        (ConditionKind::OnFailure, Err(failure)) => {
            Ok(holds(format!("function {function} reports an error: {}", reported(failure).message)))
        }
        (ConditionKind::OnFailure, Ok(_)) => unmet(format!("function {function} reports no error")),
    }
}

/// A failure that the function reports is the rule's verdict, and its kind a part of what it says.
fn reported(failure: Failure) -> Failure {
    if failure.code == UNMET {
        return failure;
    }
    let message = format!("{}: {}", failure.code, failure.message);
    Failure { code: UNMET.to_owned(), message, ..failure }
}

/// Returns when nothing was heard for too long.
async fn silence(clock: &Clock, heard: &Notify) {
    loop {
        tokio::select! {
            () = heard.notified() => {}
            () = clock.sleep_until(clock.now() + SILENCE) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::action::Success;

    #[test]
    fn an_error_is_what_a_failed_stage_asks_for_and_stands_in_the_way_of_every_other() {
        let failure = || Err(failed("JobFailed", "no"));
        for kind in [ConditionKind::BeforeEntry, ConditionKind::OnSuccess] {
            assert_eq!(meant("f", kind, Ok(Success::default())), Ok(Success::default()));
            assert_eq!(meant("f", kind, failure()), failure());
        }
        let met = meant("f", ConditionKind::OnFailure, failure()).unwrap();
        assert_eq!(met.summary.as_deref(), Some("function f reports an error: no"));
        let unmet = meant("f", ConditionKind::OnFailure, Ok(Success::default())).unwrap_err();
        assert_eq!(unmet.message, "function f reports no error");
    }

    #[test]
    fn whatever_a_function_reports_is_the_rules_verdict() {
        let failure = || Failure { external_execution_id: Some("x".to_owned()), ..failed("ConfigurationError", "no") };
        let unmet = Failure { code: "JobFailed".to_owned(), message: "ConfigurationError: no".to_owned(), ..failure() };
        assert_eq!(meant("f", ConditionKind::BeforeEntry, Err(failure())), Err(unmet));
        let met = meant("f", ConditionKind::OnFailure, Err(failure())).unwrap();
        assert_eq!(met.summary.as_deref(), Some("function f reports an error: ConfigurationError: no"));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_after_twenty_minutes_in_which_nothing_was_heard() {
        let (clock, heard) = (Clock::starting("2026-01-01T00:00:00Z".parse().unwrap()), Notify::new());
        let begin = clock.now();
        let speaks = async {
            clock.sleep_until(begin + SignedDuration::from_mins(19)).await;
            heard.notify_one();
        };
        tokio::join!(silence(&clock, &heard), speaks);
        assert_eq!(clock.now().duration_since(begin).as_mins(), 39);
    }
}
