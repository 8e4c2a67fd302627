//! Wrong requests.

use pipeline_core::{
    ids::FencingToken,
    lease::{
        due::later,
        record::{Notice, State},
    },
};

use super::{Mutant, Who, asking};
use crate::{
    cloud::at,
    op::{Condition, Op, Target},
    scenario::ms,
};

pub(super) fn delete_by_name() -> Box<dyn Mutant> {
    asking(Who::All, |op| match op {
        Op::Delete { target: Target::Id(id), request_token } => {
            Op::Delete { target: Target::Name(id.name()), request_token }
        }
        other => other,
    })
}

pub(super) fn tombstone_unconditional() -> Box<dyn Mutant> {
    asking(Who::Sweepers, |op| always(op, |state| matches!(state, State::Deleting { .. })))
}

pub(super) fn condition_on_state() -> Box<dyn Mutant> {
    asking(Who::All, |op| match op {
        Op::Write { condition: Condition::Stands(Some(seen)), next } => {
            Op::Write { condition: Condition::State(seen.state), next }
        }
        other => other,
    })
}

pub(super) fn condition_without_nonce() -> Box<dyn Mutant> {
    asking(Who::All, |op| match op {
        Op::Write { condition: Condition::Stands(Some(seen)), next } => {
            Op::Write { condition: Condition::Like(seen), next }
        }
        other => other,
    })
}

pub(super) fn renew_unconditioned() -> Box<dyn Mutant> {
    asking(Who::Claimers, |op| match op {
        Op::Write { condition: Condition::Stands(Some(seen)), next }
            if seen.state == "HELD" && seen.token == next.token && next.expires_at().is_some() =>
        {
            Op::Write { condition: Condition::Always, next }
        }
        other => other,
    })
}

pub(super) fn gone_unconditioned() -> Box<dyn Mutant> {
    asking(Who::Sweepers, |op| always(op, |state| matches!(state, State::Gone { .. })))
}

pub(super) fn claim_unconditioned() -> Box<dyn Mutant> {
    asking(Who::Claimers, |op| match op {
        Op::Write { condition: Condition::Stands(seen), next }
            if seen.as_ref().is_none_or(|seen| seen.token != next.token) =>
        {
            Op::Write { condition: Condition::Always, next }
        }
        other => other,
    })
}

fn always(op: Op, is_meant: fn(&State) -> bool) -> Op {
    match op {
        Op::Write { next, .. } if is_meant(&next.state) => Op::Write { condition: Condition::Always, next },
        other => other,
    }
}

pub(super) fn tokens_restart() -> Box<dyn Mutant> {
    asking(Who::Claimers, |op| match op {
        Op::Write { condition: Condition::Stands(seen), mut next } => {
            if seen.as_ref().is_none_or(|seen| seen.state == "GONE") {
                (next.token, next.first) = (FencingToken(1), FencingToken(1));
            }
            Op::Write { condition: Condition::Stands(seen), next }
        }
        other => other,
    })
}

pub(super) fn grace_from_mark() -> Box<dyn Mutant> {
    asking(Who::Sweepers, |op| match op {
        Op::Write { condition, mut next } => {
            if let State::Dirty { notice: Notice::Mark { at, told_at: Some(told_at), .. }, .. } = &mut next.state {
                let early = told_at.duration_since(*at);
                *told_at = *at;
                next.due = next.due.map(|due| later(due, -early));
            }
            Op::Write { condition, next }
        }
        other => other,
    })
}

pub(super) fn marked_as_told() -> Box<dyn Mutant> {
    asking(Who::Sweepers, |op| match op {
        Op::Write { condition, mut next } => {
            if let State::Dirty { notice: Notice::Mark { at, told_at: told_at @ None, .. }, .. } = &mut next.state {
                *told_at = Some(*at);
            }
            Op::Write { condition, next }
        }
        other => other,
    })
}

pub(super) fn reuse_keeps_token() -> Box<dyn Mutant> {
    asking(Who::Claimers, |op| match op {
        Op::Write { condition: Condition::Stands(Some(seen)), mut next } => {
            if seen.state == "DIRTY" || seen.state == "HELD" {
                next.token = seen.token;
            }
            Op::Write { condition: Condition::Stands(Some(seen)), next }
        }
        other => other,
    })
}

pub(super) fn same_request_tokens() -> Box<dyn Mutant> {
    asking(Who::Sweepers, |op| match op {
        Op::Delete { target, .. } => Op::Delete { target, request_token: "flowgate".to_owned() },
        other => other,
    })
}

pub(super) fn attempts_not_counted() -> Box<dyn Mutant> {
    struct Fresh;
    impl Mutant for Fresh {
        fn call<'a>(&'a self, link: crate::link::Link<'a>, op: Op) -> super::Calling<'a> {
            let op = match op {
                Op::Delete { target, .. } => Op::Delete { target, request_token: link.world.uuid().to_string() },
                // Nor is it counted how often.
                Op::Write { condition, mut next } => {
                    if let State::Deleting { attempts, .. } = &mut next.state {
                        *attempts = 0;
                        next.due = Some(later(at(link.world.now()), ms(60_000)));
                    }
                    Op::Write { condition, next }
                }
                other => other,
            };
            Box::pin(link.send(op))
        }
    }
    Box::new(Fresh)
}
