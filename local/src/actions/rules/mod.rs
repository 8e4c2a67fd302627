//! The rules of stage conditions: one file for each kind. What a rule decides is a pure function of its configuration,
//! of what it sees and of the time; here is what looks and waits.

mod cloudwatch_alarm;
mod deployment_window;
mod lambda_invoke;
#[cfg(test)]
mod tests;
mod variable_check;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use jiff::Timestamp;

use super::{Context, PERMISSION_ERROR, failed};
use crate::clock::Clock;
use crate::pipeline::action::{Failure, Outcome, RuleRequest, Success};
use cloudwatch_alarm::{Alarm, Alarms};
use deployment_window::Window;

/// The code of a rule that was evaluated and does not hold. Every other says that it could not be evaluated, of which the
/// engine makes something else.
const UNMET: &str = "JobFailed";
/// The code for what is no fault of the pipeline's.
const SYSTEM_UNAVAILABLE: &str = "SystemUnavailable";

/// What a rule says that could be evaluated: that it holds, or what is in its way.
type Verdict = Result<Success, Failure>;

/// What a rule decides at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Decision {
    /// It holds, and why.
    Pass(String),
    /// It does not, and why.
    Fail(String),
    /// It cannot be said before then.
    Wait(Timestamp),
}

/// Why a rule cannot be evaluated as it is configured.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("rule {rule} needs {key} in its configuration")]
    Missing { rule: String, key: &'static str },
    #[error("{key} {value:?} of rule {rule} cannot be used: {reason}")]
    Malformed { rule: String, key: &'static str, value: String, reason: String },
    #[error("rule {rule} is by {provider}, which does not run here")]
    Provider { rule: String, provider: String },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        failed("ConfigurationError", error.to_string())
    }
}

/// Hears what a rule waits for, in one line for people; perhaps the same again and again.
pub type Waiting<'a> = &'a (dyn Fn(String) + Send + Sync);

/// Evaluates a rule, however long that takes. Every failure, a panic included, is an outcome; its code is `JobFailed` when
/// the rule does not hold, and never when nobody can say.
pub async fn run(context: &Context, request: &RuleRequest, clock: &Clock, waiting: Waiting<'_>) -> Outcome {
    match AssertUnwindSafe(dispatch(context, request, clock, waiting)).catch_unwind().await {
        Ok(Ok(Ok(success))) => Outcome::Succeeded(success),
        Ok(Ok(Err(unmet))) => Outcome::Failed(Failure { code: UNMET.to_owned(), ..unmet }),
        Ok(Err(why)) => Outcome::Failed(undecided(why)),
        Err(_) => Outcome::Failed(failed(
            SYSTEM_UNAVAILABLE,
            format!("rule {} broke off: this is a defect of flowgate, its panic message is in the log", request.rule),
        )),
    }
}

/// A failure that is no verdict, and is not to be taken for one.
fn undecided(why: Failure) -> Failure {
    let code = if why.code == UNMET { SYSTEM_UNAVAILABLE.to_owned() } else { why.code };
    Failure { code, ..why }
}

async fn dispatch(
    context: &Context,
    request: &RuleRequest,
    clock: &Clock,
    waiting: Waiting<'_>,
) -> Result<Verdict, Failure> {
    match request.type_id.provider.as_str() {
        "DeploymentWindow" => wait(clock, &Window::new(request)?, waiting).await,
        "CloudWatchAlarm" => {
            let alarm = Alarm::new(request)?;
            let acting = context.acting_as(&request.pipeline, &request.execution, &request.roles).await?;
            wait(clock, &Watched { alarm, alarms: Alarms::new(&acting) }, waiting).await
        }
        "VariableCheck" => Ok(variable_check::run(request)?),
        "LambdaInvoke" => {
            let acting = context.acting_as(&request.pipeline, &request.execution, &request.roles).await?;
            lambda_invoke::run(&acting, request, clock, waiting).await
        }
        provider => Err(Error::Provider { rule: request.rule.clone(), provider: provider.to_owned() }.into()),
    }
}

/// What a rule looks at.
trait Look {
    /// Looks, and decides by what there is to see now.
    async fn look(&self, now: Timestamp) -> Result<Decision, Failure>;

    /// What it waits for, when it will look again at `next`.
    fn waits(&self, next: Timestamp) -> String;
}

impl Look for Window {
    async fn look(&self, now: Timestamp) -> Result<Decision, Failure> {
        self.decide(now)
    }

    fn waits(&self, next: Timestamp) -> String {
        self.opens(next)
    }
}

struct Watched {
    alarm: Alarm,
    alarms: Alarms,
}

impl Look for Watched {
    async fn look(&self, now: Timestamp) -> Result<Decision, Failure> {
        match self.alarms.state(self.alarm.name()).await {
            Ok(Some(state)) => Ok(self.alarm.decide(state, now)),
            Ok(None) => Err(self.alarm.missing()),
            // No moment's trouble.
            Err(why) if why.code == PERMISSION_ERROR => Err(why),
            Err(why) => self.alarm.unread(why, now),
        }
    }

    fn waits(&self, _next: Timestamp) -> String {
        self.alarm.watched()
    }
}

/// Looks again whenever the rule says, until it decides. Its timeout is the engine's business.
async fn wait(clock: &Clock, at: &impl Look, waiting: Waiting<'_>) -> Result<Verdict, Failure> {
    loop {
        match at.look(clock.now()).await? {
            Decision::Pass(summary) => return Ok(Ok(holds(summary))),
            Decision::Fail(message) => return Ok(unmet(message)),
            Decision::Wait(next) => {
                waiting(at.waits(next));
                clock.sleep_until(next).await;
            }
        }
    }
}

fn holds(summary: String) -> Success {
    Success { summary: Some(summary), ..Success::default() }
}

fn unmet(message: String) -> Verdict {
    Err(failed(UNMET, message))
}

fn required<'a>(request: &'a RuleRequest, key: &'static str) -> Result<&'a str, Error> {
    optional(request, key).ok_or_else(|| Error::Missing { rule: request.rule.clone(), key })
}

fn optional<'a>(request: &'a RuleRequest, key: &str) -> Option<&'a str> {
    request.configuration.get(key).map(|value| value.trim()).filter(|value| !value.is_empty())
}

fn malformed(request: &RuleRequest, key: &'static str, value: &str, reason: &impl ToString) -> Error {
    Error::Malformed { rule: request.rule.clone(), key, value: value.to_owned(), reason: reason.to_string() }
}
