//! Defects on purpose. Each stands between the core's ports and the network: it changes what is asked, or what is
//! answered, as a wrong adapter, plan or step would. The oracle has to see each of them.

mod answers;
mod jobs;
mod records;
mod requests;
mod stateful;

use std::pin::Pin;

use pipeline_core::ports::PortError;

use crate::{
    link::Link,
    op::{Op, Reply},
    scenario::CLAIMERS,
};

/// What comes of a call.
pub(crate) type Answer = Result<Reply, PortError>;
/// A call under way.
pub(crate) type Calling<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// A defect.
pub(crate) trait Mutant {
    /// Makes the call, wrongly.
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a>;
}

/// A defect by name.
#[derive(Debug)]
pub struct Named {
    /// Its name.
    pub name: &'static str,
    make: fn() -> Box<dyn Mutant>,
}

impl Named {
    /// One of it, for one seed.
    pub(crate) fn make(&self) -> Box<dyn Mutant> {
        (self.make)()
    }
}

/// Who makes a wrong call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Claimers,
    Sweepers,
    All,
}

impl Who {
    fn includes(self, actor: usize) -> bool {
        match self {
            Self::All => true,
            Self::Claimers => actor < CLAIMERS,
            Self::Sweepers => actor >= CLAIMERS,
        }
    }
}

/// A defect without a memory: what is asked instead, and what is answered instead.
pub(crate) struct Edited {
    pub(crate) who: Who,
    pub(crate) ask: fn(Op) -> Op,
    pub(crate) answer: fn(&Op, Answer) -> Answer,
}

impl Mutant for Edited {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            if !self.who.includes(link.actor) {
                return link.send(op).await;
            }
            let asked = (self.ask)(op);
            let kept = asked.clone();
            (self.answer)(&kept, link.send(asked).await)
        })
    }
}

/// Asks something else.
pub(crate) fn asking(who: Who, ask: fn(Op) -> Op) -> Box<dyn Mutant> {
    Box::new(Edited { who, ask, answer: |_, answer| answer })
}

/// Is answered something else.
pub(crate) fn answered(who: Who, answer: fn(&Op, Answer) -> Answer) -> Box<dyn Mutant> {
    Box::new(Edited { who, ask: |op| op, answer })
}

/// All of them.
pub const ALL: &[Named] = &[
    // What is asked.
    Named { name: "delete-by-name", make: requests::delete_by_name },
    Named { name: "tombstone-unconditional", make: requests::tombstone_unconditional },
    Named { name: "condition-on-state-not-token", make: requests::condition_on_state },
    Named { name: "condition-without-nonce", make: requests::condition_without_nonce },
    Named { name: "renew-unconditioned", make: requests::renew_unconditioned },
    Named { name: "gone-unconditioned", make: requests::gone_unconditioned },
    Named { name: "claim-unconditioned", make: requests::claim_unconditioned },
    Named { name: "tokens-restart-after-gone", make: requests::tokens_restart },
    Named { name: "grace-from-the-mark", make: requests::grace_from_mark },
    Named { name: "marked-as-told", make: requests::marked_as_told },
    Named { name: "reuse-keeps-the-token", make: requests::reuse_keeps_token },
    Named { name: "request-token-never-new", make: requests::same_request_tokens },
    Named { name: "request-token-always-new", make: requests::fresh_request_tokens },
    // What is answered.
    Named { name: "no-margin", make: answers::no_margin },
    Named { name: "due-because-the-index-says-so", make: answers::due_by_index },
    Named { name: "hold-ignored", make: answers::hold_ignored },
    Named { name: "emptying-without-opt-in", make: answers::opt_in_ignored },
    Named { name: "absent-once-is-gone", make: answers::absent_once },
    Named { name: "running-execution-ignored", make: answers::running_ignored },
    Named { name: "tag-compared-without-case", make: answers::tag_case },
    Named { name: "other-services-tag-accepted", make: answers::service_ignored },
    Named { name: "unknown-protection-is-off", make: answers::protection_unknown },
    Named { name: "not-found-is-gone", make: answers::not_found_is_gone },
    Named { name: "unknown-status-is-settled", make: answers::unknown_status },
    Named { name: "foreign-role-accepted", make: answers::role_ignored },
    Named { name: "nested-accepted", make: answers::nested_accepted },
    Named { name: "importers-ignored", make: answers::importers_ignored },
    Named { name: "trust-policy-ignored", make: answers::trust_ignored },
    Named { name: "truncated-list-is-complete", make: answers::truncated_list },
    Named { name: "switch-unreadable-is-allowed", make: answers::switch_unreadable },
    Named { name: "switch-absent-is-allowed", make: answers::switch_absent },
    Named { name: "lost-reply-is-success", make: answers::lost_is_success },
    Named { name: "conflict-is-success", make: answers::conflict_is_success },
    Named { name: "untold-is-told", make: answers::untold_is_told },
    Named { name: "failed-deletion-is-done", make: answers::deletion_lost },
    // What takes a memory.
    Named { name: "claim-ignores-deleting", make: stateful::claim_ignores_deleting },
    Named { name: "expired-is-free", make: stateful::expired_is_free },
    Named { name: "weak-owner-check", make: stateful::weak_owner_check },
    Named { name: "people-never-told", make: stateful::never_told },
    Named { name: "untombstone-on-error", make: stateful::untombstone },
    Named { name: "tombstone-after-delete", make: stateful::tombstone_after_delete },
    Named { name: "lost-reply-is-failure", make: stateful::lost_is_failure },
    Named { name: "no-read-after-tombstone", make: stateful::no_second_read },
    Named { name: "stacks-read-from-a-cache", make: stateful::cached_stacks },
    Named { name: "switch-read-once", make: stateful::switch_once },
    Named { name: "update-does-not-clear-the-mark", make: stateful::update_ignored },
    Named { name: "name-by-prefix", make: stateful::name_by_prefix },
    Named { name: "bucket-owner-ignored", make: stateful::owner_ignored },
    Named { name: "plan-applies", make: stateful::plan_applies },
    // What is made of a record.
    Named { name: "stray-is-deployed", make: records::stray_is_deployed },
    Named { name: "release-covers-all", make: records::release_covers_all },
    Named { name: "hold-keeps-the-mark", make: records::hold_keeps_mark },
    Named { name: "claim-drops-the-hold", make: records::claim_drops_hold },
    Named { name: "error-quarantines", make: records::error_quarantines },
    Named { name: "error-counts-as-attempt", make: records::error_counts },
    Named { name: "entered-execution-forgotten", make: records::entered_forgotten },
    Named { name: "superseded-holder-forgotten", make: records::superseded_forgotten },
    Named { name: "tombstoned-id-bound-again", make: records::tombstoned_id_bound },
    // Jobs.
    Named { name: "verdict-unconditioned", make: jobs::verdict_unconditioned },
    Named { name: "run-unconditioned", make: jobs::run_unconditioned },
    Named { name: "result-of-another-run", make: jobs::other_runs_results },
    Named { name: "lost-test-passed", make: jobs::lost_test_passed },
    Named { name: "lost-test-started-again", make: jobs::test_repeated },
    Named { name: "unrecorded-verdict-is-recorded", make: jobs::unrecorded },
    Named { name: "unrecorded-result-is-recorded", make: jobs::result_lost },
];
