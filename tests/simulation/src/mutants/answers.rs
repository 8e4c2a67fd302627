//! Answers that are misread.

use pipeline_core::{
    lease::{
        due::later,
        record::{Lease, Notice, State},
        store::Replaced,
    },
    ports::Parameter,
    sweep::stack::{StackFacts, StackStatus},
};

use super::{Answer, Edited, Mutant, Who, answered};
use crate::{
    cloud::{DEPLOY_ROLE, SERVICE, at},
    op::{Op, Reply},
    scenario::{MARGIN, ms},
    world::BEGIN,
};

/// Leases look otherwise.
fn lease(answer: Answer, edit: impl FnOnce(&mut Lease)) -> Answer {
    answer.map(|reply| match reply {
        Reply::Lease(Some(mut lease)) => {
            edit(&mut lease);
            Reply::Lease(Some(lease))
        }
        other => other,
    })
}

/// Stacks look otherwise.
fn facts(answer: Answer, edit: fn(&mut StackFacts)) -> Answer {
    answer.map(|reply| match reply {
        Reply::Facts(Some(mut facts)) => {
            edit(&mut facts);
            Reply::Facts(Some(facts))
        }
        Reply::Listed { mut stacks, more } => {
            stacks.iter_mut().for_each(edit);
            Reply::Listed { stacks, more }
        }
        other => other,
    })
}

fn stacks(edit: fn(&Op, Answer) -> Answer) -> Box<dyn Mutant> {
    answered(Who::Sweepers, edit)
}

pub(super) fn no_margin() -> Box<dyn Mutant> {
    let ask = |op| match op {
        Op::Due { now, limit } => Op::Due { now: later(now, ms(MARGIN)), limit },
        other => other,
    };
    let answer = |_: &Op, answer| {
        lease(answer, |lease| {
            if let State::Held { expires_at } = &mut lease.state {
                *expires_at = later(*expires_at, ms(-MARGIN));
                lease.due = lease.due.map(|due| later(due, ms(-MARGIN)));
            }
        })
    };
    Box::new(Edited { who: Who::Sweepers, ask, answer })
}

/// The index lags behind; whoever believes it acts on what is not due any more.
pub(super) fn due_by_index() -> Box<dyn Mutant> {
    answered(Who::Sweepers, |_, answer| {
        lease(answer, |lease| {
            if matches!(lease.state, State::Dirty { notice: Notice::Mark { told_at: Some(_), .. }, .. }) {
                lease.due = lease.due.map(|_| at(BEGIN));
            }
        })
    })
}

pub(super) fn hold_ignored() -> Box<dyn Mutant> {
    let ask = |op| match op {
        Op::Due { now, limit } => Op::Due { now: later(now, ms(7_200_000)), limit },
        other => other,
    };
    let answer = |_: &Op, answer| {
        lease(answer, |lease| {
            if let Some(until) = lease.hold_until.take() {
                let grace_over =
                    matches!(&lease.state, State::Dirty { notice: Notice::Mark { told_at: Some(_), .. }, .. });
                if lease.due == Some(until) || grace_over {
                    lease.due = Some(at(BEGIN));
                }
            }
        })
    };
    Box::new(Edited { who: Who::Sweepers, ask, answer })
}

pub(super) fn opt_in_ignored() -> Box<dyn Mutant> {
    answered(Who::Sweepers, |_, answer| lease(answer, |lease| lease.empty_buckets = true))
}

pub(super) fn absent_once() -> Box<dyn Mutant> {
    answered(Who::Sweepers, |_, answer| {
        lease(answer, |lease| {
            if let (State::Dirty { absent_at, .. }, None) = (&mut lease.state, &lease.bound) {
                *absent_at = Some(at(BEGIN));
            }
        })
    })
}

pub(super) fn running_ignored() -> Box<dyn Mutant> {
    answered(Who::Sweepers, |op, answer| match op {
        Op::IsRunning(_) => Ok(Reply::Flag(false)),
        _ => answer,
    })
}

/// Whoever enters finds nobody in.
pub(super) fn enter_does_not_wait() -> Box<dyn Mutant> {
    answered(Who::Claimers, |op, answer| match op {
        Op::IsRunning(_) => Ok(Reply::Flag(false)),
        _ => answer,
    })
}

/// Sweep asks about no execution, as it reads of none.
pub(super) fn executions_unread() -> Box<dyn Mutant> {
    answered(Who::Sweepers, |_, answer| match answer {
        Ok(Reply::Lease(Some(mut lease))) => {
            lease.executions.clear();
            Ok(Reply::Lease(Some(lease)))
        }
        other => other,
    })
}

pub(super) fn tag_case() -> Box<dyn Mutant> {
    stacks(|_, answer| {
        facts(answer, |facts| {
            if let Some(tag) = facts.tags.get_mut("flowgate:ephemeral") {
                *tag = tag.trim().to_lowercase();
            }
        })
    })
}

pub(super) fn service_ignored() -> Box<dyn Mutant> {
    stacks(|_, answer| {
        facts(answer, |facts| {
            facts.tags.insert("flowgate:service".to_owned(), SERVICE.to_owned());
        })
    })
}

pub(super) fn protection_unknown() -> Box<dyn Mutant> {
    stacks(|_, answer| facts(answer, |facts| facts.protected = Some(facts.protected.unwrap_or(false))))
}

pub(super) fn not_found_is_gone() -> Box<dyn Mutant> {
    stacks(|op, answer| match (op, answer) {
        (Op::ById(id), Ok(Reply::Facts(None))) => Ok(Reply::Facts(Some(Box::new(StackFacts {
            id: id.clone(),
            status: StackStatus("DELETE_COMPLETE".to_owned()),
            reason: None,
            tags: std::collections::BTreeMap::new(),
            parent: None,
            protected: None,
            role: None,
            created: at(BEGIN),
            changed: None,
            exports: Vec::new(),
        })))),
        (_, answer) => answer,
    })
}

pub(super) fn unknown_status() -> Box<dyn Mutant> {
    stacks(|_, answer| {
        facts(answer, |facts| {
            if ["FROBNICATED", "IMPORT_COMPLETE", "REVIEW_IN_PROGRESS"].contains(&facts.status.0.as_str()) {
                facts.status = StackStatus("CREATE_COMPLETE".to_owned());
            }
        })
    })
}

pub(super) fn role_ignored() -> Box<dyn Mutant> {
    stacks(|_, answer| facts(answer, |facts| facts.role = Some(DEPLOY_ROLE.to_owned())))
}

pub(super) fn nested_accepted() -> Box<dyn Mutant> {
    stacks(|_, answer| facts(answer, |facts| facts.parent = None))
}

pub(super) fn importers_ignored() -> Box<dyn Mutant> {
    stacks(|op, answer| match op {
        Op::Importers(_) => Ok(Reply::Texts(Vec::new())),
        _ => answer,
    })
}

pub(super) fn trust_ignored() -> Box<dyn Mutant> {
    stacks(|_, answer| {
        answer.map(|reply| match reply {
            Reply::Text(Some(policy)) => {
                Reply::Text(Some(policy.replace("cloudformation.amazonaws.com", "lambda.amazonaws.com")))
            }
            other => other,
        })
    })
}

pub(super) fn truncated_list() -> Box<dyn Mutant> {
    stacks(|op, answer| match (op, answer) {
        (Op::Stacks { page }, Err(_)) if *page > 0 => Ok(Reply::Listed { stacks: Vec::new(), more: false }),
        (_, answer) => answer,
    })
}

fn allowed() -> Reply {
    Reply::Parameter(Some(Parameter::Plain("allowed".to_owned())))
}

pub(super) fn switch_unreadable() -> Box<dyn Mutant> {
    answered(Who::Sweepers, |op, answer| match (op, answer) {
        (Op::Parameter(_), Err(_)) => Ok(allowed()),
        (_, answer) => answer,
    })
}

pub(super) fn switch_absent() -> Box<dyn Mutant> {
    answered(Who::Sweepers, |op, answer| match (op, answer) {
        (Op::Parameter(_), Ok(Reply::Parameter(None))) => Ok(allowed()),
        (_, answer) => answer,
    })
}

fn done() -> Reply {
    Reply::Written(Box::new(Replaced::Done))
}

pub(super) fn lost_is_success() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| match (op, answer) {
        (Op::Write { .. }, Err(_)) => Ok(done()),
        (_, answer) => answer,
    })
}

pub(super) fn conflict_is_success() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| match (op, answer) {
        (Op::Write { .. }, Ok(_)) => Ok(done()),
        (_, answer) => answer,
    })
}

pub(super) fn untold_is_told() -> Box<dyn Mutant> {
    answered(Who::Sweepers, |op, answer| match (op, answer) {
        (Op::Tell { .. }, Err(_)) => Ok(Reply::Done),
        (_, answer) => answer,
    })
}

/// A deletion that did not arrive is taken for one that did, and the stack for gone.
pub(super) fn deletion_lost() -> Box<dyn Mutant> {
    stacks(|op, answer| match op {
        Op::Delete { .. } => Ok(Reply::Done),
        _ => facts(answer, |facts| {
            if facts.status.0 == "DELETE_IN_PROGRESS" {
                facts.status = StackStatus("DELETE_COMPLETE".to_owned());
            }
        }),
    })
}
