//! What is run, and what is refused before anything is.

use std::collections::BTreeMap;

use super::*;
use crate::start_tests::params;

const PARAMETERS: &str = r#"{"app_stack": "time-beta", "test_stack": "time-tests", "stage": "beta"}"#;
const CHECKS: &[u8] = b"http: [{name: time-is-told, path: /time}]";

fn job() -> Job {
    Job {
        id: "11111111-abcd-1111-abcd-111111abcdef".parse().unwrap(),
        account: "111122223333".into(),
        user_parameters: None,
        inputs: Vec::new(),
        outputs: Vec::new(),
        continuation: None,
    }
}

fn artifact(name: &str) -> Artifact {
    Artifact { name: name.into(), revision: None, bucket: "bucket".into(), key: "key".into() }
}

fn stack(outputs: &[(&str, &str)]) -> Stack {
    Stack {
        status: "UPDATE_COMPLETE".into(),
        outputs: outputs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        tags: BTreeMap::from([(REVISION_TAG.to_owned(), "8f2c".to_owned())]),
    }
}

fn app() -> Stack {
    stack(&[("ApiUrl", "https://api.example/Prod"), ("Worker", "time-beta-Worker-1")])
}

fn planned(job: &Job, text: &str, tests: &[(&str, &str)], file: Option<&[u8]>) -> Result<Plan, String> {
    let params = params::parse(Some(text), Some("integration")).unwrap();
    let tests = params.test_stack().map(|_| stack(tests));
    plan(job, &params, &app(), tests.as_ref(), file).map_err(|error| error.to_string())
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.tests.iter().map(|test| test.name.as_str()).collect()
}

const FUNCTIONS: [(&str, &str); 4] = [
    ("TestFunctionA", "time-tests-A-1"),
    ("TestFunctionB", "arn:aws:lambda:eu-west-1:111122223333:function:time-tests-B-1:live"),
    ("TestSetup", "time-tests-Setup-1"),
    ("TestTeardown", "time-tests-Teardown-1"),
];

#[test]
fn tests_of_the_outputs_and_of_the_file_run_between_set_up_and_tear_down() {
    let plan = planned(&job(), PARAMETERS, &FUNCTIONS, Some(CHECKS)).unwrap();
    assert_eq!(names(&plan), ["TestFunctionA", "TestFunctionB", "time-is-told"]);
    let fixtures = [plan.setup, plan.teardown].map(|fixture| fixture.unwrap().function.to_string());
    assert_eq!(fixtures, ["time-tests-Setup-1", "time-tests-Teardown-1"]);
    assert_eq!(plan.subject.revision.as_deref(), Some("8f2c"));
}

#[test]
fn set_up_and_tear_down_are_never_tests_and_need_not_be_there() {
    let all = PARAMETERS.replace('}', r#", "outputs": {"tests": "Test"}}"#);
    assert_eq!(names(&planned(&job(), &all, &FUNCTIONS, None).unwrap()), ["TestFunctionA", "TestFunctionB"]);
    let plan = planned(&job(), PARAMETERS, &FUNCTIONS[..1], None).unwrap();
    assert_eq!((plan.setup, plan.teardown), (None, None));
}

#[test]
fn a_set_up_that_the_action_names_must_be_there() {
    let named = PARAMETERS.replace('}', r#", "outputs": {"setup": "Before", "tests": "Test"}}"#);
    let message = planned(&job(), &named, &FUNCTIONS, None).unwrap_err();
    assert!(message.starts_with("stack time-tests has no output Before; it has TestFunctionA, "), "{message}");
    let before = [("Before", "time-tests-Before-1"), ("TestSetup", "time-tests-Setup-1")];
    let plan = planned(&job(), &named, &before, None).unwrap();
    assert_eq!((plan.setup.as_ref().unwrap().name.as_str(), names(&plan)), ("Before", vec!["TestSetup"]));
}

#[test]
fn a_run_may_consist_of_the_file_alone() {
    let alone = r#"{"app_stack": "time-beta"}"#;
    assert_eq!(names(&planned(&job(), alone, &[], Some(CHECKS)).unwrap()), ["time-is-told"]);
    assert_eq!(names(&planned(&job(), PARAMETERS, &[("Other", "x")], Some(CHECKS)).unwrap()), ["time-is-told"]);
    for (text, file, words) in [
        (alone, None, "there is no test: the action names no test_stack, and the action has no input artifact"),
        (
            alone,
            Some(&b"http: []"[..]),
            "there is no test: the action names no test_stack, and tests.yaml declares none",
        ),
        (
            PARAMETERS,
            None,
            "there is no test: stack time-tests has no output whose key starts with TestFunction; it has none, ",
        ),
    ] {
        let message = planned(&job(), text, &[], file).unwrap_err();
        assert!(message.starts_with(words), "{message}");
    }
}

#[test]
fn a_previews_tests_are_in_a_stack_of_its_own() {
    let preview = r#"{"app_stack": "time-pr-42", "test_stack": "time-pr-42-tests", "stage": "pr-42"}"#;
    let plan = planned(&job(), preview, &[("TestFunctionA", "time-pr-42-tests-A-1")], None).unwrap();
    assert_eq!(names(&plan), ["TestFunctionA"]);
    for other in ["time-pr-4-tests-A-1", "time-pr-420-tests-A-1", "time-pr-42-A-1", "time-tests-A-1", "time-prod-A-1"] {
        let message = planned(&job(), preview, &[("TestFunctionA", other)], None).unwrap_err();
        assert!(message.contains("names a function of another stack"), "{other}: {message}");
    }
}

#[test]
fn a_function_of_another_stage_or_account_is_not_invoked() {
    let (mine, prod) = ("111122223333", "arn:aws:lambda:eu-west-1:111122223333:function:time-prod-A-1");
    for (key, value, words) in [
        ("TestFunctionA", "time-prod-A-1", "names a function of another stack"),
        ("TestFunctionA", prod, "names a function of another stack"),
        ("TestFunctionA", "time-beta-A-1", "names a function of another stack"),
        ("TestFunctionA", "time-testsmax", "names a function of another stack"),
        ("TestFunctionA", "time-tests-", "names a function of another stack"),
        ("TestFunctionA", "999999999999:function:time-tests-A", "names a function in account 999999999999, and the st"),
        ("TestSetup", "time-prod-A-1", "names a function of another stack"),
        ("TestTeardown", "time-prod-A-1", "names a function of another stack"),
    ] {
        let message =
            planned(&job(), PARAMETERS, &[("TestFunctionZ", "time-tests-Z"), (key, value)], None).unwrap_err();
        assert!(message.starts_with(&format!("output {key} of stack time-tests {words}")), "{message}");
    }
    assert!(planned(&job(), "time-beta|time-tests|beta", &[("TestFunction", "time-prod-A-1")], None).is_err());
    let elsewhere = PARAMETERS.replace('}', r#", "role_arn": "arn:aws:iam::444455556666:role/Tests"}"#);
    let there = [("TestFunctionA", "444455556666:function:time-tests-A")];
    assert!(planned(&job(), &elsewhere, &there, None).is_ok());
    let here = format!("{mine}:function:time-tests-A");
    assert!(planned(&job(), &elsewhere, &[("TestFunctionA", &here)], None).is_err());
}

#[test]
fn tests_that_all_stages_share_name_no_function_of_the_stage_under_test() {
    let params = params::parse(Some(&PARAMETERS.replace("time-beta", "time-prod")), None).unwrap();
    let prod = stack(&[("ApiUrl", "https://api.example"), ("Purge", "time-prod-Purge-1")]);
    let planned = |tests: &[(&str, &str)], file: Option<&[u8]>| {
        plan(&job(), &params, &prod, Some(&stack(tests)), file).map_err(|error| error.to_string())
    };
    let purge = "time-prod-Purge-1";
    for key in ["TestFunctionX", "TestSetup", "TestTeardown"] {
        let message = planned(&[("TestFunctionA", "time-tests-A-1"), (key, purge)], None).unwrap_err();
        assert!(message.starts_with(&format!("output {key} of stack time-tests names a function of ano")), "{message}");
    }
    let invoke = |output: &str| format!("invoke: [{{name: a, output: {output}}}]");
    let message = planned(&[("Mine", purge)], Some(invoke("Mine").as_bytes())).unwrap_err();
    assert!(message.starts_with("tests.yaml: a: its output names a function of another stack"), "{message}");
    // What is approved with the stage may be invoked.
    assert!(planned(&[], Some(invoke("Purge").as_bytes())).is_ok());
}

#[test]
fn a_name_that_was_cut_is_for_the_assumed_role_to_decide() {
    let long = PARAMETERS.replace("time-tests", "time-service-integration-tests");
    let cut = "time-service-integration-CheckoutFlowTestFunction-0A1B2C3D4E5F";
    let message = planned(&job(), &long, &[("TestFunction", cut)], None).unwrap_err();
    assert!(message.contains("shorten the logical id"), "{message}");
    let assumed = |text: &str| text.replace('}', r#", "role_arn": "arn:aws:iam::444455556666:role/Tests"}"#);
    let planned = |text: &str, name| planned(&job(), &assumed(text), &[("TestFunction", name)], None);
    assert!(planned(&long, cut).is_ok());
    assert!(planned(&long, "time-service-prod-A").is_err());
    assert!(planned(PARAMETERS, "time-test").is_err());
}

#[test]
fn the_test_of_our_own_environment_may_have_any_name() {
    assert_eq!(names(&planned(&job(), "time-beta", &[], None).unwrap()), ["TEST_FUNCTION"]);
}

#[test]
fn a_continuation_is_forged_unless_the_test_settles_the_jobs() {
    let continued = Job { continuation: Some("token".into()), ..job() };
    let message = planned(&continued, PARAMETERS, &FUNCTIONS, None).unwrap_err();
    assert!(message.contains("never asks for that"), "{message}");
    let itself = planned(&continued, "time-beta|time-tests|beta", &[("TestFunction", "time-tests-A")], None);
    assert_eq!(names(&itself.unwrap()), ["TestFunction"]);
}

#[test]
fn a_test_that_settles_the_job_is_alone() {
    let itself = PARAMETERS.replace('}', r#", "report": "self"}"#);
    let message = planned(&job(), &itself, &FUNCTIONS[..2], None).unwrap_err();
    assert_eq!(message, r#""report": "self" takes one test, and there are 2: TestFunctionA, TestFunctionB"#);
    let message = planned(&job(), &itself, &[FUNCTIONS[0], FUNCTIONS[3]], None).unwrap_err();
    assert!(message.starts_with("output TestTeardown of stack time-tests is a set-up or tear-down"), "{message}");
}

#[test]
fn names_are_distinct_and_five_hundred_tests_are_enough() {
    for name in ["TestFunctionA", "TestSetup"] {
        let file = format!("http: [{{name: {name}, path: /}}]");
        let message = planned(&job(), PARAMETERS, &FUNCTIONS, Some(file.as_bytes())).unwrap_err();
        assert_eq!(message, format!("two tests are named {name}; rename one in tests.yaml"));
    }
    let twice = b"http: [{name: a, path: /}]\ninvoke: [{name: a, output: Worker}]";
    assert!(planned(&job(), PARAMETERS, &[], Some(twice)).unwrap_err().starts_with("two tests are named a"));
    let checks = |count: usize| {
        format!("http:{}", (0..count).map(|n| format!("\n- {{name: t{n}, path: /}}")).collect::<String>())
    };
    assert_eq!(planned(&job(), PARAMETERS, &[], Some(checks(500).as_bytes())).unwrap().tests.len(), 500);
    let message = planned(&job(), PARAMETERS, &FUNCTIONS[..1], Some(checks(500).as_bytes())).unwrap_err();
    assert!(message.starts_with("there are 501 tests, and one action takes 500"), "{message}");
}

#[test]
fn http_checks_need_a_url_that_paths_can_be_put_behind() {
    let params = params::parse(Some(r#"{"app_stack": "time-beta"}"#), None).unwrap();
    for (url, usable) in [
        ("https://api.example", true),
        ("http://localhost:3000/Prod/", true),
        ("api.example", false),
        ("ftp://api.example", false),
        ("https://", false),
        ("https:///path", false),
        ("https://api.example/?a=b", false),
        ("https://user@api.example", false),
        ("https://api.example/a b", false),
        ("http://127.0.0.1:3000/Prod", true),
        ("http://[::1]:3000", true),
        ("http://169.254.169.254", false),
        ("http://169.254.100.1:9001/2018-06-01", false),
        ("http://169.254.169.254.:80/", false),
        ("http://2852039166/", false),
        ("http://0xa9fea9fe", false),
        ("http://169.254.43518", false),
        ("http://[fe80::1]/", false),
        ("http://[febf::1%25eth0]/", false),
        ("http://[fd00:ec2::254]:80", false),
        ("http://[::ffff:169.254.169.254]", false),
        ("http://169.254.169.254.example", true),
    ] {
        let planned = plan(&job(), &params, &stack(&[("ApiUrl", url)]), None, Some(CHECKS));
        assert_eq!(planned.is_ok(), usable, "{url}: {planned:?}");
    }
}

#[test]
fn what_the_file_asks_for_that_is_not_told_is_refused() {
    let file = b"http: [{name: a, path: '/${execution_id}'}]";
    let message = planned(&job(), PARAMETERS, &FUNCTIONS, Some(file)).unwrap_err();
    assert!(message.starts_with("tests.yaml: a: path: ${execution_id} is not known in this run"), "{message}");
    let told = PARAMETERS.replace('}', r#", "execution": "22222222-abcd-1111-abcd-111111abcdef"}"#);
    assert!(planned(&job(), &told, &FUNCTIONS, Some(file)).is_ok());
    let all = b"http: [{name: a, path: '/${run_id}${stage}${stack}${api_url}${revision}${test}${outputs.Worker}'}]";
    assert!(planned(&job(), PARAMETERS, &FUNCTIONS, Some(all)).is_ok());
}

#[test]
fn one_artifact_is_read_and_one_is_written() {
    let auto = params::parse(Some(PARAMETERS), None).unwrap();
    let itself = params::parse(Some("time-beta|time-tests|beta"), None).unwrap();
    let with = |count: usize| Job { inputs: vec![artifact("Build"); count], ..job() };
    let read = |count, params| test_artifact(&with(count), params).map(|found| found.is_some()).ok();
    assert_eq!([0, 1, 2].map(|count| read(count, &auto)), [Some(false), Some(true), None]);
    assert_eq!([0, 1, 2].map(|count| read(count, &itself)), [Some(false); 3]);
    let reports = Job { outputs: vec![artifact("Report"); 2], ..job() };
    let message = planned(&reports, PARAMETERS, &FUNCTIONS, None).unwrap_err();
    assert!(message.starts_with("the action declares 2 output artifacts"), "{message}");
    let alone = [("TestFunction", "time-tests-A")];
    let report = Job { outputs: vec![artifact("Report")], ..job() };
    let message = planned(&report, "time-beta|time-tests|beta", &alone, None).unwrap_err();
    assert!(
        message.starts_with("the action declares OutputArtifacts") && message.ends_with("remove them"),
        "{message}"
    );
    assert!(planned(&report, PARAMETERS, &alone, None).is_ok());
}
