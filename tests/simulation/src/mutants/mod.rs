//! Defects on purpose. Each stands between the core's ports and the network: it changes what is asked, or what is
//! answered, as a wrong adapter, plan or step would. The oracle has to see each of them.

mod answers;
mod jobs;
mod records;
mod repairs;
mod requests;
mod runs;
mod stateful;

use std::pin::Pin;

use pipeline_core::ports::PortError;

use crate::{
    link::Link,
    op::{Op, Reply},
    scenario::{CLAIMERS, SWEEPERS},
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
    /// The promises that it breaks: what else goes wrong with it shows nothing of it.
    pub invariants: &'static [&'static str],
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
    /// Sweepers, where they repair.
    Repairs,
    Deliveries,
    All,
}

impl Who {
    fn includes(self, actor: usize) -> bool {
        match self {
            Self::All => true,
            Self::Claimers => actor < CLAIMERS,
            Self::Sweepers => actor >= CLAIMERS,
            Self::Repairs => (CLAIMERS..CLAIMERS + SWEEPERS).contains(&actor),
            Self::Deliveries => actor >= CLAIMERS + SWEEPERS,
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
    Named { name: "delete-by-name", invariants: &["I5"], make: requests::delete_by_name },
    Named {
        name: "tombstone-unconditional",
        invariants: &["I2", "I3", "I4", "I11"],
        make: requests::tombstone_unconditional,
    },
    Named { name: "condition-on-state-not-token", invariants: &["I2", "I7"], make: requests::condition_on_state },
    Named {
        name: "condition-without-nonce",
        invariants: &["I6", "I8", "I11"],
        make: requests::condition_without_nonce,
    },
    Named { name: "renew-unconditioned", invariants: &["I1", "I2", "I4", "I7"], make: requests::renew_unconditioned },
    Named { name: "enter-unconditioned", invariants: &["I2", "I4", "I7", "I28"], make: records::enter_unconditioned },
    Named { name: "gone-unconditioned", invariants: &["I2", "I6"], make: requests::gone_unconditioned },
    Named { name: "claim-unconditioned", invariants: &["I1", "I2", "I4"], make: requests::claim_unconditioned },
    Named { name: "tokens-restart-after-gone", invariants: &["I2"], make: requests::tokens_restart },
    Named { name: "grace-from-the-mark", invariants: &["I11"], make: requests::grace_from_mark },
    Named { name: "marked-as-told", invariants: &["I11"], make: requests::marked_as_told },
    Named { name: "reuse-keeps-the-token", invariants: &["I2"], make: requests::reuse_keeps_token },
    Named { name: "request-token-never-new", invariants: &["I15"], make: requests::same_request_tokens },
    Named { name: "attempts-not-counted", invariants: &["I14"], make: requests::attempts_not_counted },
    // What is answered.
    Named { name: "no-margin", invariants: &["I1", "I3"], make: answers::no_margin },
    Named { name: "due-because-the-index-says-so", invariants: &["I3"], make: answers::due_by_index },
    Named { name: "hold-ignored", invariants: &["I11"], make: answers::hold_ignored },
    Named { name: "emptying-without-opt-in", invariants: &["I14"], make: answers::opt_in_ignored },
    Named { name: "absent-once-is-gone", invariants: &["I6"], make: answers::absent_once },
    Named { name: "running-execution-ignored", invariants: &["I6"], make: answers::running_ignored },
    Named { name: "enter-does-not-wait", invariants: &["I28"], make: answers::enter_does_not_wait },
    Named { name: "executions-read-as-none", invariants: &["I6", "I28"], make: answers::executions_unread },
    Named { name: "tag-compared-without-case", invariants: &["I9"], make: answers::tag_case },
    Named { name: "other-services-tag-accepted", invariants: &["I9"], make: answers::service_ignored },
    Named { name: "unknown-protection-is-off", invariants: &["I9"], make: answers::protection_unknown },
    Named { name: "not-found-is-gone", invariants: &["I6"], make: answers::not_found_is_gone },
    Named { name: "unknown-status-is-settled", invariants: &["I9"], make: answers::unknown_status },
    Named { name: "foreign-role-accepted", invariants: &["I9"], make: answers::role_ignored },
    Named { name: "nested-accepted", invariants: &["I9"], make: answers::nested_accepted },
    Named { name: "importers-ignored", invariants: &["I9"], make: answers::importers_ignored },
    Named { name: "trust-policy-ignored", invariants: &["I9"], make: answers::trust_ignored },
    Named { name: "truncated-list-is-complete", invariants: &["I10"], make: answers::truncated_list },
    Named { name: "switch-unreadable-is-allowed", invariants: &["I12"], make: answers::switch_unreadable },
    Named { name: "switch-absent-is-allowed", invariants: &["I12"], make: answers::switch_absent },
    Named { name: "lost-reply-is-success", invariants: &["I8"], make: answers::lost_is_success },
    Named { name: "conflict-is-success", invariants: &["I8"], make: answers::conflict_is_success },
    Named { name: "untold-is-told", invariants: &["I11"], make: answers::untold_is_told },
    Named { name: "failed-deletion-is-done", invariants: &["I6"], make: answers::deletion_lost },
    // What takes a memory.
    Named { name: "claim-ignores-deleting", invariants: &["I4"], make: stateful::claim_ignores_deleting },
    Named { name: "expired-is-free", invariants: &["I1", "I4"], make: stateful::expired_is_free },
    Named { name: "weak-owner-check", invariants: &["I2", "I7"], make: stateful::weak_owner_check },
    Named { name: "people-never-told", invariants: &["I11"], make: stateful::never_told },
    Named { name: "untombstone-on-error", invariants: &["I4"], make: stateful::untombstone },
    Named { name: "tombstone-after-delete", invariants: &["I3"], make: stateful::tombstone_after_delete },
    Named { name: "lost-reply-is-failure", invariants: &["I8"], make: stateful::lost_is_failure },
    Named { name: "no-read-after-tombstone", invariants: &["I9"], make: stateful::no_second_read },
    Named { name: "stacks-read-from-a-cache", invariants: &["I9"], make: stateful::cached_stacks },
    Named { name: "switch-read-once", invariants: &["I12"], make: stateful::switch_once },
    Named { name: "update-does-not-clear-the-mark", invariants: &["I11"], make: stateful::update_ignored },
    Named { name: "name-by-prefix", invariants: &["I5"], make: stateful::name_by_prefix },
    Named { name: "bucket-owner-ignored", invariants: &["I14"], make: stateful::owner_ignored },
    Named { name: "plan-applies", invariants: &["I13"], make: stateful::plan_applies },
    // What is made of a record.
    Named { name: "stray-is-deployed", invariants: &["I9", "I11"], make: records::stray_is_deployed },
    Named { name: "release-covers-all", invariants: &["I11"], make: records::release_covers_all },
    Named { name: "hold-keeps-the-mark", invariants: &["I11"], make: records::hold_keeps_mark },
    Named { name: "claim-drops-the-hold", invariants: &["I11"], make: records::claim_drops_hold },
    Named { name: "error-quarantines", invariants: &["I9"], make: records::error_quarantines },
    Named { name: "error-counts-as-attempt", invariants: &["I9"], make: records::error_counts },
    Named { name: "entered-execution-forgotten", invariants: &["I6", "I28"], make: records::entered_forgotten },
    Named { name: "bound-execution-forgotten", invariants: &["I6", "I28"], make: records::bound_execution_forgotten },
    Named { name: "superseded-holder-forgotten", invariants: &["I1"], make: records::superseded_forgotten },
    Named { name: "tombstoned-id-bound-again", invariants: &["I4"], make: records::tombstoned_id_bound },
    // Jobs.
    Named { name: "verdict-unconditioned", invariants: &["I16"], make: jobs::verdict_unconditioned },
    Named { name: "run-unconditioned", invariants: &["I19"], make: jobs::run_unconditioned },
    Named { name: "result-of-another-run", invariants: &["I18"], make: jobs::other_runs_results },
    Named { name: "lost-test-passed", invariants: &["I18"], make: jobs::lost_test_passed },
    Named { name: "lost-test-started-again", invariants: &["I19"], make: jobs::test_repeated },
    Named { name: "unrecorded-verdict-is-recorded", invariants: &["I16", "I18"], make: jobs::unrecorded },
    Named { name: "unrecorded-result-is-recorded", invariants: &["I18"], make: jobs::result_lost },
    // Runs of tests, and their repair.
    Named { name: "unannounced-run-is-announced", invariants: &["I18"], make: runs::unannounced_is_announced },
    Named { name: "throttled-test-passed", invariants: &["I18"], make: runs::throttled_test_passed },
    Named { name: "failed-result-kept-as-passed", invariants: &["I18"], make: runs::result_as_passed },
    Named { name: "set-up-ignored", invariants: &["I18"], make: runs::setup_ignored },
    Named { name: "tear-down-ignored", invariants: &["I18"], make: runs::teardown_ignored },
    Named { name: "tear-down-skipped-after-a-failure", invariants: &["I19"], make: runs::no_teardown_after_failure },
    Named { name: "tear-down-before-the-tests-end", invariants: &["I19"], make: runs::hasty_teardown },
    Named { name: "tear-down-not-started-late", invariants: &["I19"], make: runs::no_late_teardown },
    Named { name: "lost-claim-is-ours", invariants: &["I19"], make: runs::lost_claim_is_ours },
    Named { name: "their-claim-is-ours", invariants: &["I19"], make: runs::their_claim_is_ours },
    Named { name: "failed-claim-is-theirs", invariants: &["I17"], make: runs::failed_claim_is_theirs },
    Named { name: "refusal-is-trouble", invariants: &["I20"], make: runs::refusal_is_trouble },
    Named { name: "marked-before-it-is-sent", invariants: &["I17"], make: runs::marked_before_sent },
    Named { name: "owner-taken-for-dead", invariants: &["I19"], make: runs::owner_taken_for_dead },
    Named { name: "no-margin-after-a-runs-end", invariants: &["I19"], make: runs::no_margin_after_the_end },
    Named { name: "owner-outlives-its-run", invariants: &["I18", "I19"], make: runs::owner_outlives_its_run },
    Named { name: "unwritten-report-is-written", invariants: &["I18"], make: runs::unwritten_report_is_written },
    Named { name: "unsent-is-sent", invariants: &["I17"], make: runs::unsent_is_sent },
    Named { name: "repair-before-the-runs-end", invariants: &["I19"], make: repairs::repair_too_early },
    Named {
        name: "throttled-tear-down-is-started",
        invariants: &["I19"],
        make: repairs::throttled_teardown_is_started,
    },
    Named { name: "lost-tear-down-is-torn-down", invariants: &["I19"], make: repairs::lost_teardown_is_torn_down },
    Named { name: "repair-takes-absent-for-passed", invariants: &["I18"], make: repairs::absent_is_passed },
    Named { name: "repair-expects-no-report", invariants: &["I18"], make: repairs::report_not_expected },
    Named { name: "repair-closes-before-it-sends", invariants: &["I17"], make: repairs::closed_before_sent },
    Named { name: "repair-closes-what-failed", invariants: &["I17"], make: repairs::closed_on_error },
    Named { name: "repair-overlooks-runs", invariants: &["I17", "I19"], make: repairs::runs_overlooked },
    Named { name: "repair-overlooks-verdicts", invariants: &["I17"], make: repairs::verdicts_overlooked },
    Named { name: "repair-overwrites-the-verdict", invariants: &["I16"], make: repairs::verdict_overwritten },
    Named { name: "set-up-not-awaited", invariants: &["I18"], make: runs::setup_not_awaited },
];
