//! The threats, what there is against each, and what shows that it is there.

/// One threat.
pub(crate) struct Row {
    pub(crate) threat: &'static str,
    /// What there is against it, and what shows that it is there.
    pub(crate) controls: &'static [(&'static str, &'static [Proof])],
}

/// What fails without a control.
pub(crate) enum Proof {
    /// A test: its source file, and its name.
    Test(&'static str, &'static str),
    /// A rule of `.ci/rules` that the template is held against.
    Rule(&'static str),
}

use Proof::{Rule, Test};

const FORGED: &str = "tests/end_to_end/enforced/forged.rs";
const KEYS: &str = "tests/end_to_end/enforced/keys.rs";
const APART: &str = "tests/end_to_end/enforced/apart.rs";
const SWEEP_ROLE: &str = "tests/processes/roles/abused.rs";
const SECRETS: &str = "tests/processes/secrets/mod.rs";
const WIDE: &str = "tests/end_to_end/wide.rs";
const GATE_PEOPLE: &str = "functions/pipeline_core/tests/flow/gate/people.rs";
const GATE_HISTORY: &str = "functions/pipeline_core/tests/flow/gate/history.rs";
const GATE_ARTIFACT: &str = "functions/pipeline_core/tests/flow/gate/artifact.rs";
const GATE_OVERRIDES: &str = "functions/pipeline_core/tests/flow/gate/overrides.rs";
const RIDE_ALONG: &str = "functions/pipeline_core/tests/flow/gate/ride_along.rs";
const GITHUB_MERGES: &str = "functions/pipeline_aws/tests/adapters/github/merges.rs";
const GITHUB_RANGE: &str = "functions/pipeline_aws/tests/adapters/github/range.rs";
const CODECOMMIT_RANGE: &str = "functions/pipeline_aws/tests/adapters/codecommit/range.rs";
const DIGEST: &str = "functions/pipeline_core/tests/flow/record.rs";
const CHECKED: &str = "tests/end_to_end/checked/mod.rs";
const ELSEWHERE: &str = "tests/end_to_end/checked/elsewhere.rs";
const NEAR_MISSES: &str = "functions/pipeline_core/tests/flow/sweep/near_misses.rs";

/// All of them.
pub(crate) const THREATS: &[Row] = &[
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
    // No previews of pull requests yet: there is nothing that a fork could start.
    Row { threat: "a fork's PR obtains credentials", controls: &[] },
    // No webhooks yet: nothing listens.
    Row { threat: "forged or replayed webhook", controls: &[] },
    Row {
        threat: "tag or lease tampering",
        controls: &[
            (
                "tags only permit",
                &[Test(NEAR_MISSES, "i9_a_near_miss_is_kept_with_its_reason_however_often_sweep_comes_by")],
            ),
            (
                "each function sees only its own keys of the table",
                &[Test(KEYS, "a_functions_role_reaches_its_own_keys_and_nobody_elses"), Rule("leading_keys")],
            ),
            (
                "IAM on the tags of others' APIs",
                &[
                    Test(APART, "a_role_that_deploys_changes_its_own_stages_and_passes_their_roles_and_no_others"),
                    Rule("paths_apart"),
                ],
            ),
        ],
    },
    Row {
        threat: "a PR's build overwrites release code under the key the release will compute",
        controls: &[
            (
                "buckets that only the release build writes, and roles that reach nothing of the release",
                &[
                    Test(APART, "only_the_release_build_writes_what_is_released"),
                    Test(APART, "a_role_that_deploys_changes_its_own_stages_and_passes_their_roles_and_no_others"),
                    Rule("release_writers"),
                    Rule("release_buckets_shut"),
                    Rule("paths_apart"),
                ],
            ),
            (
                "a digest over every packaged object",
                &[
                    Test(DIGEST, "a_digest_covers_the_templates_at_the_root_and_what_they_name_to_the_end"),
                    Test(GATE_ARTIFACT, "an_artifact_or_a_package_that_was_exchanged_is_denied_by_both_digests"),
                ],
            ),
        ],
    },
    Row {
        threat: "the sweep role abused",
        controls: &[
            (
                "it deletes only stacks with a preview's name",
                &[
                    Test(SWEEP_ROLE, "i14_the_role_of_sweep_can_change_no_stack_but_delete_previews"),
                    Rule("no_star_resources"),
                ],
            ),
            (
                "an explicit deny on releases and on Flowgate itself",
                &[
                    Test(SWEEP_ROLE, "i14_the_role_of_sweep_can_change_no_stack_but_delete_previews"),
                    Rule("sweep_spares"),
                ],
            ),
        ],
    },
    Row {
        threat: "PassRole escalation",
        controls: &[
            (
                "a role is passed only where it is named, and to one service",
                &[
                    Test(APART, "a_role_that_deploys_changes_its_own_stages_and_passes_their_roles_and_no_others"),
                    Rule("powers"),
                    Rule("passed_to"),
                    Rule("no_managed_policies"),
                ],
            ),
            (
                "a boundary on the roles that app stacks make",
                &[
                    Test(WIDE, "the_stages_of_a_service_with_everything_are_made_changed_and_deleted_as_their_roles"),
                    Rule("boundary"),
                ],
            ),
        ],
    },
    Row {
        threat: "secrets in logs or tokens",
        controls: &[
            (
                "types that do not print themselves (I26)",
                &[Test(
                    "functions/pipeline_aws/tests/handler.rs",
                    "i26_the_access_to_artifacts_does_not_print_its_secrets",
                )],
            ),
            (
                "complaints that repeat nothing of what they are about (I26)",
                &[
                    Test(
                        "functions/pipeline_core/src/text.rs",
                        "i26_a_complaint_says_where_and_what_is_expected_but_not_what_stands_there",
                    ),
                    Test(
                        "functions/pipeline_core/src/ids.rs",
                        "i26_an_error_says_what_is_expected_and_does_not_repeat_what_was_found",
                    ),
                ],
            ),
            (
                "nothing that a function writes, answers or reports shows what is secret (I26)",
                &[
                    Test(SECRETS, "i26_no_function_lets_out_what_an_event_brings_in"),
                    Test(SECRETS, "i26_what_a_service_repeats_of_a_request_stays_inside"),
                    Test(SECRETS, "i26_what_cannot_be_read_is_not_repeated"),
                    Rule("secrets_hidden"),
                ],
            ),
            (
                "what Lambda gave up on is counted and not shown (I26)",
                &[Test(
                    "functions/pipeline_aws/tests/recorder.rs",
                    "i26_a_job_that_lambda_gave_up_on_counts_and_shows_nothing_of_its_event",
                )],
            ),
        ],
    },
    Row {
        threat: "artifact swapped in the bucket",
        controls: &[
            (
                "versions, TLS and a key",
                &[Rule("bucket_versioned"), Rule("bucket_encrypted"), Rule("bucket_kept"), Rule("only_over_tls")],
            ),
            (
                "only pipeline and build write artifacts, and the build only its own",
                &[Test(APART, "only_the_release_build_writes_what_is_released"), Rule("release_writers")],
            ),
            (
                "the digest of the build is what the gate finds",
                &[Test(GATE_ARTIFACT, "an_artifact_or_a_package_that_was_exchanged_is_denied_by_both_digests")],
            ),
        ],
    },
    Row {
        threat: "a test's output fakes a pass",
        controls: &[(
            "a result counts only from the invocation that we made, by the run's nonce",
            &[Test(
                "functions/pipeline_core/src/start_tests/verdict.rs",
                "i18_a_pass_of_another_run_or_another_test_does_not_count",
            )],
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
pub(crate) const FOUND_HERE: [&str; 7] =
    [BETA_CALLS_PROD, A_ROLE_OF_ANY_ACCOUNT, RIDES_ALONG, AN_EVIL_MERGE, BEHIND_A_BOT, SET_ASIDE, WORDS_OF_A_COMMIT];

/// What has no control yet, as it has nothing that would need one.
pub(crate) const NOT_BUILT: [&str; 2] = ["a fork's PR obtains credentials", "forged or replayed webhook"];
