//! What is released without having been judged as it should be.

use super::Proof::{Rule, Test};
use super::Row;

const FORGED: &str = "tests/end_to_end/enforced/forged.rs";
const GATE_PEOPLE: &str = "functions/pipeline_core/tests/flow/gate/people.rs";
const GATE_HISTORY: &str = "functions/pipeline_core/tests/flow/gate/history.rs";
const GATE_ARTIFACT: &str = "functions/pipeline_core/tests/flow/gate/artifact.rs";
const GATE_OVERRIDES: &str = "functions/pipeline_core/tests/flow/gate/overrides.rs";
const RIDE_ALONG: &str = "functions/pipeline_core/tests/flow/gate/ride_along.rs";
const GITHUB_MERGES: &str = "functions/pipeline_aws/tests/adapters/github/merges.rs";
const GITHUB_RANGE: &str = "functions/pipeline_aws/tests/adapters/github/range.rs";
const CODECOMMIT_RANGE: &str = "functions/pipeline_aws/tests/adapters/codecommit/range.rs";
const CHECKED: &str = "tests/end_to_end/checked/mod.rs";
const ELSEWHERE: &str = "tests/end_to_end/checked/elsewhere.rs";
const NEAR_MISSES: &str = "functions/pipeline_core/tests/flow/sweep/near_misses.rs";

pub(super) const THREATS: &[Row] = &[
    Row {
        threat: "a forged job event through lambda:InvokeFunction",
        controls: &[
            (
                "only the pipeline's role may invoke",
                &[Test(FORGED, "somebody_who_may_not_invoke_cannot_send_a_job_event"), Rule("callers")],
            ),
            (
                "the job is settled by its id with CodePipeline, which knows whom it asked",
                &[Test(FORGED, "a_forged_job_event_of_somebody_who_may_invoke_releases_nothing")],
            ),
            (
                "a job of a foreign account is refused",
                &[Test(
                    "functions/pipeline_aws/tests/handler.rs",
                    "i17_a_job_whose_id_is_known_is_reported_however_broken_the_rest_is",
                )],
            ),
        ],
    },
    Row {
        threat: "approve A, deploy B",
        controls: &[
            (
                "the revision that was approved is the execution's own (I21)",
                &[Test(GATE_ARTIFACT, "the_revision_is_the_execution_s_own_and_whole")],
            ),
            (
                "revision and digest are read again after the evaluation (I22)",
                &[
                    Test(GATE_ARTIFACT, "i22_what_changes_at_any_time_before_the_last_look_is_denied"),
                    Test(
                        GATE_ARTIFACT,
                        "i22_what_changes_after_an_approval_was_stored_and_before_it_was_told_is_denied",
                    ),
                ],
            ),
            ("a gate stands first in Prod, and judges what Prod deploys", &[Rule("gated"), Rule("gates_agree")]),
            (
                "no PARALLEL: one release at a time",
                &[Test("tests/permissions/tests/threats/main.rs", "the_release_pipeline_is_never_parallel")],
            ),
        ],
    },
    Row {
        threat: "replayed approval",
        controls: &[
            (
                "a release uses up the approvals that it counted (I23)",
                &[Test(GATE_HISTORY, "i23_a_denial_uses_nothing_up_and_an_approval_uses_up_what_it_counted")],
            ),
            (
                "a rollback goes only to what as many people approved as are asked for, with the same digest (I23)",
                &[
                    Test(
                        GATE_HISTORY,
                        "i23_a_rollback_to_something_else_than_was_approved_is_denied_whatever_the_other_rules_are",
                    ),
                    Test(GATE_HISTORY, "i23_a_rollback_to_what_passed_by_fewer_rules_or_fewer_people_is_denied"),
                ],
            ),
            (
                "what people approved is decided in their own stage, so that a denial is retried by asking them again",
                &[Rule("gated")],
            ),
        ],
    },
    Row {
        threat: "one person, two identities",
        controls: &[
            (
                "who pushed is a person, not a principal (I21)",
                &[Test(GATE_PEOPLE, "i21_who_pushed_cannot_approve_under_any_identity")],
            ),
            (
                "a person counts once (I21)",
                &[Test(GATE_PEOPLE, "i21_as_many_people_as_asked_for_and_each_of_them_once")],
            ),
            (
                "a session's name is a person only for roles that the map marks (I21)",
                &[Test("functions/pipeline_core/src/gate/people.rs", "who_is_nobody_is_so_for_a_reason")],
            ),
        ],
    },
    Row {
        threat: "regex or prefix bypass of a name",
        controls: &[(
            "names are matched whole",
            &[
                Test(
                    "functions/pipeline_core/src/sweep/policy.rs",
                    "i9_only_whole_names_of_this_service_are_ephemeral",
                ),
                Test("tests/simulation/tests/names.rs", "only_whole_names_are_ephemeral_whatever_stands_around_them"),
                Test(NEAR_MISSES, "i9_other_names_are_kept_whatever_the_record_says"),
            ],
        )],
    },
    Row {
        threat: RIDES_ALONG,
        controls: &[(
            "whoever made any commit that the release adds must be known, and does not count (I21, I24)",
            &[
                Test(RIDE_ALONG, "i21_whoever_wrote_or_pushed_a_commit_that_rides_along_cannot_approve"),
                Test(RIDE_ALONG, "i24_nobody_unknown_rides_along"),
                Test(CODECOMMIT_RANGE, "who_made_what_the_commit_adds_had_a_part_in_it"),
                Test(GITHUB_RANGE, "who_made_what_the_commit_adds_had_a_part_in_it_and_who_pushed_that"),
            ],
        )],
    },
    Row {
        threat: AN_EVIL_MERGE,
        controls: &[(
            "a pull request was reviewed only as its own last commit, or as what its provider merged (I24)",
            &[Test(GITHUB_MERGES, "i24_a_merge_that_somebody_pushed_was_reviewed_by_nobody")],
        )],
    },
    Row {
        threat: BEHIND_A_BOT,
        controls: &[(
            "what a bot pushed was pushed by nobody who is known (I24)",
            &[Test(RIDE_ALONG, "i24_a_bot_that_others_can_make_push_hides_who_did")],
        )],
    },
    Row {
        threat: SET_ASIDE,
        controls: &[
            (
                "to write an override is a permission of its own, which nothing of ours and nothing that is deployed has",
                &[Rule("overrides_by_people"), Rule("powers"), Rule("flowgate_untouched")],
            ),
            (
                "it says why, and a person of the map answers for it",
                &[Test(GATE_OVERRIDES, "what_is_not_understood_or_by_nobody_sets_nothing_aside_and_says_so")],
            ),
            (
                "it is of one execution (I23), and of the rules that it names",
                &[
                    Test(GATE_OVERRIDES, "another_execution_s_override_has_no_effect"),
                    Test(GATE_OVERRIDES, "i23_an_override_is_good_for_its_own_execution_only"),
                    Test(GATE_OVERRIDES, "no_rule_is_set_aside_by_the_name_of_another"),
                ],
            ),
            (
                "what is released is never set aside (I22)",
                &[Test(GATE_OVERRIDES, "i22_nobody_answers_for_another_revision_or_another_artifact")],
            ),
        ],
    },
    Row {
        threat: WORDS_OF_A_COMMIT,
        controls: &[(
            "no function is told anything that whoever made the commit chose, and the gate what the stack's parameters ask for",
            &[Rule("words_of_nobody"), Rule("gates_agree")],
        )],
    },
    Row {
        threat: BETA_CALLS_PROD,
        controls: &[
            (
                "a run invokes only functions of its own two stacks",
                &[Test(CHECKED, "what_is_deployed_to_beta_cannot_have_prod_s_functions_invoked")],
            ),
            ("nobody else invokes what the service deploys", &[Rule("testers")]),
        ],
    },
    Row {
        threat: A_ROLE_OF_ANY_ACCOUNT,
        controls: &[(
            "only roles that the stack's parameters name are assumed",
            &[Test(ELSEWHERE, "only_a_role_that_a_parameter_names_is_assumed"), Rule("powers")],
        )],
    },
];

/// Beta's templates, which nobody approved, name a function of Prod as a test or in a check: the role of `start_tests` may
/// invoke it.
const BETA_CALLS_PROD: &str = "what is deployed to Beta has Prod's functions invoked";
/// A pipeline's definition names it as a Test action's `role_arn`.
const A_ROLE_OF_ANY_ACCOUNT: &str = "tests run as a role that nobody meant";
/// Somebody pushes a commit, and then another pushes theirs on top, which is looked at and approved.
const RIDES_ALONG: &str = "somebody approves what they had a part in, as another's commit is on top of theirs";
/// A pull request is merged by hand and pushed, with more in it than was reviewed.
const AN_EVIL_MERGE: &str = "a merge brings what nobody reviewed";
/// A workflow that its author started pushes, or merges, in the name of its bot.
const BEHIND_A_BOT: &str = "a bot hides who had it push";
/// Whoever may release puts an override beside it, or what a release deploys does.
const SET_ASIDE: &str = "a rule of the gate is set aside by somebody who may not";
/// An author's name or a message ends a string of the gate's parameters, and goes on with other rules.
const WORDS_OF_A_COMMIT: &str = "a commit says what the gate is to ask";

/// What the document does not name.
pub(super) const FOUND_HERE: &[&str] =
    &[BETA_CALLS_PROD, A_ROLE_OF_ANY_ACCOUNT, RIDES_ALONG, AN_EVIL_MERGE, BEHIND_A_BOT, SET_ASIDE, WORDS_OF_A_COMMIT];
