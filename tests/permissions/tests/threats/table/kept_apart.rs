//! What reaches what it must not: by way of pull requests, roles, buckets, or what is shown.

use super::Proof::{Rule, Test};
use super::Row;

const KEYS: &str = "tests/end_to_end/enforced/keys.rs";
const APART: &str = "tests/end_to_end/enforced/apart.rs";
const PREVIEW_ROLES: &str = "tests/end_to_end/enforced/previews.rs";
const PREVIEW_LIFE: &str = "functions/pipeline_core/tests/flow/preview/life.rs";
const PREVIEW_CODECOMMIT: &str = "functions/pipeline_aws/tests/previewing/codecommit.rs";
const FORGED_WEBHOOK: &str = "functions/pipeline_aws/src/webhook/tests/forged.rs";
const ENTERING: &str = "functions/pipeline_core/tests/flow/lease/entering.rs";
const SWEEP_ROLE: &str = "tests/processes/roles/abused.rs";
const SECRETS: &str = "tests/processes/secrets/mod.rs";
const WIDE: &str = "tests/end_to_end/wide.rs";
const GATE_ARTIFACT: &str = "functions/pipeline_core/tests/flow/gate/artifact.rs";
const DIGEST: &str = "functions/pipeline_core/tests/flow/record.rs";
const NEAR_MISSES: &str = "functions/pipeline_core/tests/flow/sweep/near_misses.rs";

pub(super) const THREATS: &[Row] = &[
    Row {
        threat: "a fork's PR obtains credentials",
        controls: &[(
            "no preview for forks",
            &[
                Test(PREVIEW_LIFE, "a_fork_and_a_draft_and_what_was_closed_before_anybody_looked_get_nothing"),
                Test(
                    "functions/pipeline_aws/tests/adapters/github/previews.rs",
                    "a_draft_a_fork_and_who_is_gone_are_told",
                ),
                Rule("previews_asked_for"),
            ],
        )],
    },
    Row {
        threat: "forged or replayed webhook",
        controls: &[
            (
                "HMAC-SHA256 over the raw bytes",
                &[
                    Test(FORGED_WEBHOOK, "what_is_unsigned_or_signed_otherwise_is_refused"),
                    Test(FORGED_WEBHOOK, "the_signature_is_that_of_the_bytes_as_they_were_sent"),
                    Test(
                        "functions/pipeline_aws/src/webhook/tests/arbitrary.rs",
                        "nothing_is_done_without_a_valid_signature",
                    ),
                ],
            ),
            (
                "without a secret there is no URL, and by it nobody sends anything but webhooks",
                &[
                    Test(FORGED_WEBHOOK, "without_a_secret_nothing_is_accepted"),
                    Test(
                        "functions/pipeline_aws/tests/previewing/webhooks.rs",
                        "what_comes_by_the_url_is_never_taken_for_anything_else",
                    ),
                    Rule("signed"),
                ],
            ),
            (
                "delivery ids are remembered",
                &[Test(
                    "functions/pipeline_aws/src/webhook/tests/deliveries.rs",
                    "a_delivery_that_comes_again_has_no_effect_and_another_one_has",
                )],
            ),
            (
                "it is a hint only: what is done, the host says who is asked then",
                &[Test(PREVIEW_CODECOMMIT, "what_was_closed_is_given_back_whatever_the_event_says")],
            ),
        ],
    },
    Row {
        threat: AN_EVENT_OF_OTHERS,
        controls: &[
            (
                "rules hear only of what is the service's own, and what previews announce can say nothing else",
                &[Rule("heard"), Rule("announces"), Rule("callers")],
            ),
            (
                "what an event says is looked up",
                &[
                    Test(PREVIEW_CODECOMMIT, "what_was_closed_is_given_back_whatever_the_event_says"),
                    Test(PREVIEW_CODECOMMIT, "events_of_others_and_those_that_change_nothing_are_ignored"),
                ],
            ),
        ],
    },
    Row {
        threat: ANOTHERS_PREVIEW,
        controls: &[
            (
                "only who holds a stack's lease deploys it, and just the commit that was asked for",
                &[
                    Test(ENTERING, "a_newer_claim_supersedes_who_waits"),
                    Test(ENTERING, "a_release_ends_the_wait"),
                    Test(PREVIEW_LIFE, "a_stack_that_is_somebody_elses_is_left_to_them"),
                    Rule("previews_enter"),
                    Rule("previews_told"),
                ],
            ),
            ("no stack but a preview's is deployed, and as a preview", &[Rule("previews_deploy"), Rule("powers")]),
        ],
    },
    Row {
        threat: ANOTHERS_SECRET,
        controls: &[("a secret is read by whom it is for", &[Rule("secrets_read"), Rule("no_star_resources")])],
    },
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
                "buckets, projects and roles of its own, which reach nothing of the release",
                &[
                    Test(APART, "only_the_release_build_writes_what_is_released"),
                    Test(APART, "a_role_that_deploys_changes_its_own_stages_and_passes_their_roles_and_no_others"),
                    Test(PREVIEW_ROLES, "release_and_previews_have_nothing_of_each_other"),
                    Rule("writers"),
                    Rule("buckets_shut"),
                    Rule("builds_apart"),
                    Rule("never_meet"),
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
                &[Test(APART, "only_the_release_build_writes_what_is_released"), Rule("writers")],
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

/// Events come from everybody who may put them on the account's bus.
const AN_EVENT_OF_OTHERS: &str = "an event says what is not so, or is of another repository";
/// Executions run side by side, each with what a pull request says its build is.
const ANOTHERS_PREVIEW: &str = "a preview is deployed over another's, over the release, or after it was closed";
/// Whoever has the secret of the webhooks can have anything deployed that is in the repository.
const ANOTHERS_SECRET: &str = "a function or a build reads a secret that is not for it";

/// What the document does not name.
pub(super) const FOUND_HERE: &[&str] = &[AN_EVENT_OF_OTHERS, ANOTHERS_PREVIEW, ANOTHERS_SECRET];
