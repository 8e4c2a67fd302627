//! Something that was started, and runs or has ended.

use super::*;
use crate::pipeline::action::{Request, RuleRequest};
use crate::pipeline::definition::{Action, Rule};

/// Documented for Lambda: without a word it ends after 20 minutes, and after a day in any case.
const SILENCE: SignedDuration = SignedDuration::from_mins(20);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Documented for all actions of which nothing else is said.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[derive(Clone)]
pub(super) struct Started {
    pub(super) what: What,
    ends: Option<Timestamp>,
    silent: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum What {
    Action(Request),
    Rule(RuleRequest),
}

impl Started {
    pub(super) fn action(request: &Request, declared: &Action, now: Timestamp) -> Self {
        let minutes = declared.timeout_minutes.unwrap_or(7 * 24 * 60);
        let (ends, silent) = match request.type_id.category.as_str() {
            "Approval" => (now + SignedDuration::from_mins(minutes.into()), None),
            "Source" => (now + HOUR, None),
            _ => (now + DAY, Some(now + SILENCE)),
        };
        Self { what: What::Action(request.clone()), ends: Some(ends), silent }
    }

    pub(super) fn rule(request: &RuleRequest, declared: &Rule, now: Timestamp) -> Self {
        let ends = declared.timeout_minutes.map(|minutes| now + SignedDuration::from_mins(minutes.into()));
        Self { what: What::Rule(request.clone()), ends, silent: None }
    }

    /// It said something that breaks its silence.
    pub(super) fn goes_on(&mut self, now: Timestamp) {
        self.silent = self.silent.map(|_| now + SILENCE);
    }

    pub(super) fn execution(&self) -> &str {
        match &self.what {
            What::Action(request) => &request.execution,
            What::Rule(request) => &request.execution,
        }
    }

    pub(super) fn until(&self) -> Option<Timestamp> {
        self.ends.into_iter().chain(self.silent).min()
    }

    pub(super) fn request(&self) -> Option<&Request> {
        match &self.what {
            What::Action(request) => Some(request),
            What::Rule(_) => None,
        }
    }

    pub(super) fn is_rule(&self) -> bool {
        self.request().is_none()
    }

    /// Nobody knows what became of it when nobody was there.
    pub(super) fn is_lost(&self) -> bool {
        self.is_work() || matches!(&self.what, What::Rule(request) if request.type_id.provider == "LambdaInvoke")
    }

    pub(super) fn is_approval(&self) -> bool {
        self.request().is_some_and(|request| request.approval.is_some())
    }

    pub(super) fn is_work(&self) -> bool {
        !self.is_rule() && !self.is_approval()
    }
}
