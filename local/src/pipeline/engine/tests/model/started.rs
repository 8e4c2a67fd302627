//! Something that was started, and runs or has ended.

use super::*;
use crate::pipeline::action::{Request, RuleRequest};

#[derive(Clone)]
pub(super) enum Started {
    Action(Request),
    Rule(RuleRequest, Option<Timestamp>),
}

impl Started {
    pub(super) fn rule(request: &RuleRequest, timeout_minutes: Option<u32>, now: Timestamp) -> Self {
        let until = timeout_minutes.map(|minutes| now + SignedDuration::from_mins(minutes.into()));
        Self::Rule(request.clone(), until)
    }

    pub(super) fn execution(&self) -> &str {
        match self {
            Self::Action(request) => &request.execution,
            Self::Rule(request, _) => &request.execution,
        }
    }

    pub(super) fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Action(request) => request.approval.as_ref().map(|approval| approval.expires),
            Self::Rule(_, until) => *until,
        }
    }

    pub(super) fn is_rule(&self) -> bool {
        matches!(self, Self::Rule(..))
    }

    pub(super) fn is_approval(&self) -> bool {
        matches!(self, Self::Action(request) if request.approval.is_some())
    }

    pub(super) fn is_work(&self) -> bool {
        !self.is_rule() && !self.is_approval()
    }
}
