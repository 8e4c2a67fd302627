//! The action's `UserParameters`, in the three forms that are accepted.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{ExecutionId, FunctionName, Region, RoleArn, StackName},
    start_tests::site::Site,
    text,
};

/// What the action asks for.
///
/// As JSON, in which only `app_stack` is required:
/// ```json
/// {
///   "app_stack": "time-service-beta",
///   "test_stack": "time-service-tests",
///   "stage": "beta",
///   "execution": "#{codepipeline.PipelineExecutionId}",
///   "report": "auto",
///   "timeout_minutes": 13,
///   "width": 32,
///   "outputs": {"url": "ApiUrl", "tests": "TestFunction", "setup": "TestSetup", "teardown": "TestTeardown"},
///   "role_arn": "arn:aws:iam::444455556666:role/Tests",
///   "region": "eu-west-1"
/// }
/// ```
/// - `test_stack`: the stack whose outputs name the tests. Without it, the tests are those of `tests.yaml` alone.
/// - `stage`: what the tests are told; the app stack's name, unless said.
/// - `report`: `auto` (a test's answer is its result) or `self` (the one test settles the job).
/// - `timeout_minutes`: 1-13, set-up included; a tear-down has a minute of its own after it.
/// - `width`: how many tests run at a time, 1-64.
/// - `outputs`: the keys of outputs: the app stack's URL, the beginning of every test's, the set-up's, the tear-down's.
///   Those of set-up and tear-down need not be there, unless the action names them.
/// - `role_arn`, `region`: where the stacks and the tests are, when not with the pipeline. The role is assumed for an
///   hour at most.
///
/// The AWS sample's forms are `app-stack|test-stack|stage` and a bare `app-stack`, whose test the environment names
/// (`TEST_FUNCTION`). Both take one test, which settles the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The stack under test.
    pub app_stack: StackName,
    /// Where the tests are.
    pub tests: Tests,
    /// The stage's name; the app stack's when the action names none.
    pub stage: String,
    /// The pipeline execution, as far as the action tells.
    pub execution: Option<ExecutionId>,
    /// Who settles the job.
    pub reporting: Reporting,
    /// How long the tests may take, 1-13.
    pub timeout_minutes: u8,
    /// How many tests run at a time, 1-64.
    pub width: u16,
    /// The output of the app stack that holds its URL.
    pub url_output: String,
    /// The output of the test stack that names the set-up, where the action says which.
    pub setup: Option<String>,
    /// The output of the test stack that names the tear-down, where the action says which.
    pub teardown: Option<String>,
    /// Where the stacks and tests are.
    pub site: Site,
}

impl Params {
    /// The stack whose outputs name the tests.
    pub fn test_stack(&self) -> Option<&StackName> {
        match &self.tests {
            Tests::Prefixed(stack, _) | Tests::Exactly(stack, _) => Some(stack),
            Tests::Declared | Tests::Configured(_) => None,
        }
    }
}

/// Where the tests are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tests {
    /// Every output of this stack whose key starts with the prefix.
    Prefixed(StackName, String),
    /// The one output of this stack that has exactly this key.
    Exactly(StackName, String),
    /// In `tests.yaml` alone.
    Declared,
    /// This function, named by our own configuration.
    Configured(FunctionName),
}

/// Who settles the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reporting {
    /// We do, from the tests' answers.
    Auto,
    /// The one test does, as the AWS sample's tests do.
    #[serde(rename = "self")]
    Itself,
}

/// Why `UserParameters` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("UserParameters: {0}")]
pub struct InvalidParams(String);

const TEST_PREFIX: &str = "TestFunction";
const URL_OUTPUT: &str = "ApiUrl";
const WIDTH: u16 = 32;
/// The most: so many answers of up to 6 MB fit into the 512 MB of the function.
const WIDEST: u16 = 64;
/// The output that names the set-up, unless the action says which.
pub(super) const SETUP: &str = "TestSetup";
/// The output that names the tear-down, unless the action says which.
pub(super) const TEARDOWN: &str = "TestTeardown";
const LONGEST_MINUTES: u8 = 13;

/// Reads any of the three forms. `configured` is the test function that the environment names, for the bare form.
pub fn parse(text: Option<&str>, configured: Option<&str>) -> Result<Params, InvalidParams> {
    let text = text.map(str::trim).filter(|text| !text.is_empty()).ok_or_else(|| {
        InvalidParams(r#"missing; give {"app_stack": "…", "test_stack": "…"} or "app-stack|test-stack|stage""#.into())
    })?;
    if text.starts_with('{') {
        json(text)
    } else if text.contains('|') {
        piped(text)
    } else {
        bare(text, configured)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    app_stack: StackName,
    test_stack: Option<StackName>,
    stage: Option<String>,
    execution: Option<ExecutionId>,
    report: Option<Reporting>,
    timeout_minutes: Option<u8>,
    width: Option<u16>,
    #[serde(default)]
    outputs: Outputs,
    role_arn: Option<RoleArn>,
    region: Option<Region>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outputs {
    url: Option<String>,
    tests: Option<String>,
    setup: Option<String>,
    teardown: Option<String>,
}

fn json(text: &str) -> Result<Params, InvalidParams> {
    let wire: Wire = serde_json::from_str(text).map_err(|error| InvalidParams(text::complaint(&error)))?;
    if let Some(complaint) = complaint(&wire) {
        return Err(InvalidParams(complaint));
    }
    let Outputs { url, tests, setup, teardown } = wire.outputs;
    let prefixed = |stack| Tests::Prefixed(stack, tests.unwrap_or_else(|| TEST_PREFIX.into()));
    Ok(Params {
        stage: wire.stage.unwrap_or_else(|| wire.app_stack.to_string()),
        app_stack: wire.app_stack,
        tests: wire.test_stack.map_or(Tests::Declared, prefixed),
        execution: wire.execution,
        reporting: wire.report.unwrap_or(Reporting::Auto),
        timeout_minutes: wire.timeout_minutes.unwrap_or(LONGEST_MINUTES),
        width: wire.width.unwrap_or(WIDTH),
        url_output: url.unwrap_or_else(|| URL_OUTPUT.into()),
        setup,
        teardown,
        site: Site { role_arn: wire.role_arn, region: wire.region },
    })
}

/// What serde cannot tell.
fn complaint(wire: &Wire) -> Option<String> {
    let minutes = wire.timeout_minutes.unwrap_or(LONGEST_MINUTES);
    if !(1..=LONGEST_MINUTES).contains(&minutes) {
        return Some(format!("timeout_minutes is {minutes}, not 1 to {LONGEST_MINUTES}"));
    }
    if let Some(complaint) = wire.width.and_then(unfit) {
        return Some(complaint);
    }
    let Outputs { tests, setup, teardown, .. } = &wire.outputs;
    if tests.as_deref() == Some("") {
        return Some("outputs.tests is empty, so every output would be a test".into());
    }
    if wire.test_stack.is_none() {
        return homeless(wire);
    }
    let fixtures = [setup, teardown].map(Option::as_deref);
    if wire.report == Some(Reporting::Itself) && fixtures != [None, None] {
        return Some("a test that settles the job itself has no set-up and no tear-down: nobody waits for it".into());
    }
    let same = setup.as_deref().unwrap_or(SETUP) == teardown.as_deref().unwrap_or(TEARDOWN);
    same.then(|| "outputs.setup and outputs.teardown are one output".into())
}

fn unfit(width: u16) -> Option<String> {
    match width {
        0 => Some("width is 0, so no test could run".into()),
        1..=WIDEST => None,
        _ => Some(format!("width is {width}, and at most {WIDEST} tests run at a time: each may answer 6 MB")),
    }
}

/// Without a test stack there is nothing that could name a function.
fn homeless(wire: &Wire) -> Option<String> {
    let Outputs { tests, setup, teardown, .. } = &wire.outputs;
    if [tests, setup, teardown].iter().any(|key| key.is_some()) {
        return Some("outputs names outputs of the test stack, and there is no test_stack".into());
    }
    (wire.report == Some(Reporting::Itself))
        .then(|| "a test that settles the job itself is a function; add the test_stack whose output names it".into())
}

/// The AWS sample's form.
fn piped(text: &str) -> Result<Params, InvalidParams> {
    let parts: Vec<&str> = text.split('|').map(str::trim).collect();
    let [app, tests, stage] = parts[..] else {
        return Err(InvalidParams(format!("{} parts between |, not app-stack|test-stack|stage", parts.len())));
    };
    if stage.is_empty() {
        return Err(InvalidParams("names no stage behind the stacks".into()));
    }
    let tests = Tests::Exactly(stack(tests)?, TEST_PREFIX.into());
    Ok(sample(stack(app)?, tests, stage.to_owned()))
}

/// The sample's second published variant: the test function is known to the environment.
fn bare(text: &str, configured: Option<&str>) -> Result<Params, InvalidParams> {
    let app = stack(text)?;
    let function = configured.filter(|name| !name.is_empty()).ok_or_else(|| {
        InvalidParams("names only the app stack, and TEST_FUNCTION is not set; add the test stack".into())
    })?;
    let function: FunctionName =
        function.parse().map_err(|error| InvalidParams(format!("TEST_FUNCTION of our environment: {error}")))?;
    let stage = app.to_string();
    Ok(sample(app, Tests::Configured(function), stage))
}

fn sample(app_stack: StackName, tests: Tests, stage: String) -> Params {
    Params {
        app_stack,
        tests,
        stage,
        execution: None,
        reporting: Reporting::Itself,
        timeout_minutes: LONGEST_MINUTES,
        width: 1,
        url_output: URL_OUTPUT.into(),
        setup: None,
        teardown: None,
        site: Site::default(),
    }
}

fn stack(text: &str) -> Result<StackName, InvalidParams> {
    text.parse().map_err(|error: crate::ids::InvalidId| InvalidParams(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Params {
        parse(Some(text), None).unwrap()
    }

    fn refused(text: &str) -> String {
        parse(Some(text), None).unwrap_err().to_string()
    }

    #[test]
    fn json_defaults() {
        let params = parsed(r#"{"app_stack": "s-beta", "test_stack": "s-tests"}"#);
        assert_eq!((params.reporting, params.width, params.timeout_minutes), (Reporting::Auto, 32, 13));
        assert_eq!(params.tests, Tests::Prefixed("s-tests".parse().unwrap(), "TestFunction".into()));
        assert_eq!((params.stage.as_str(), params.url_output.as_str()), ("s-beta", "ApiUrl"));
    }

    #[test]
    fn json_in_full() {
        let params = parsed(
            r#"{"app_stack": "s-beta", "test_stack": "s-tests", "stage": "beta", "report": "self", "width": 3,
                "execution": "11111111-abcd-1111-abcd-111111abcdef", "timeout_minutes": 2,
                "outputs": {"url": "Url", "tests": "Check"}}"#,
        );
        assert_eq!((params.reporting, params.width, params.timeout_minutes), (Reporting::Itself, 3, 2));
        assert_eq!(params.tests, Tests::Prefixed("s-tests".parse().unwrap(), "Check".into()));
        assert_eq!((params.stage.as_str(), params.url_output.as_str()), ("beta", "Url"));
        assert!(params.execution.is_some());
    }

    #[test]
    fn tests_may_be_in_another_account_and_have_their_set_up_and_tear_down_elsewhere() {
        let params = parsed(
            r#"{"app_stack": "s-beta", "test_stack": "s-tests", "outputs": {"setup": "Before", "teardown": "After"},
                "role_arn": "arn:aws:iam::444455556666:role/Tests", "region": "eu-central-1"}"#,
        );
        assert_eq!((params.setup.as_deref(), params.teardown.as_deref()), (Some("Before"), Some("After")));
        let Site { role_arn, region } = params.site;
        assert_eq!(role_arn.unwrap().account(), "444455556666");
        assert_eq!(region.unwrap().as_str(), "eu-central-1");
    }

    #[test]
    fn without_a_test_stack_the_tests_are_those_of_the_file() {
        let params = parsed(r#"{"app_stack": "s-beta"}"#);
        assert_eq!((params.test_stack(), &params.tests), (None, &Tests::Declared));
    }

    #[test]
    fn the_samples_form_is_one_test_that_reports_itself() {
        let params = parsed("app-beta|app-tests|beta");
        assert_eq!(params.tests, Tests::Exactly("app-tests".parse().unwrap(), "TestFunction".into()));
        assert_eq!((params.reporting, params.stage.as_str()), (Reporting::Itself, "beta"));
    }

    #[test]
    fn the_bare_form_takes_its_test_from_the_environment() {
        let params = parse(Some("app-beta"), Some("integration")).unwrap();
        let function = Tests::Configured("integration".parse().unwrap());
        assert_eq!((params.tests, params.reporting), (function, Reporting::Itself));
        assert!(parse(Some("app-beta"), Some("a b")).unwrap_err().to_string().contains("TEST_FUNCTION"));
        assert!(parse(Some("app-beta"), Some("")).unwrap_err().to_string().contains("TEST_FUNCTION is not set"));
        assert!(refused("app-beta").contains("TEST_FUNCTION is not set"));
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        for (text, words) in [
            ("", "missing"),
            ("{", "EOF"),
            (r#"{"test_stack": "t"}"#, "missing field `app_stack`"),
            (r#"{"app_stack": "s", "report": "self"}"#, "add the test_stack"),
            (r#"{"app_stack": "s", "outputs": {"setup": "S"}}"#, "there is no test_stack"),
            (r#"{"app_stack": "s", "test_stack": "t", "outputs": {"setup": "TestTeardown"}}"#, "are one output"),
            (r#"{"app_stack": "s", "test_stack": "t", "report": "self", "outputs": {"setup": "S"}}"#, "no set-up"),
            (r#"{"app_stack": "s", "test_stack": "t", "role_arn": "Tests"}"#, "is not a role's ARN"),
            (r#"{"app_stack": "s", "test_stack": "t", "region": "Ireland"}"#, "is not a region"),
            (r#"{"app_stack": "s", "test_stack": "t", "timeout": 3}"#, "unknown field `timeout`, expected one of"),
            (r#"{"app_stack": "s", "app_stack": "s", "test_stack": "t"}"#, "duplicate field"),
            (r#"{"app_stack": "s", "test_stack": "t", "timeout_minutes": 14}"#, "not 1 to 13"),
            (r#"{"app_stack": "s", "test_stack": "t", "timeout_minutes": 0}"#, "not 1 to 13"),
            (r#"{"app_stack": "s", "test_stack": "t", "width": 0}"#, "width is 0"),
            (
                r#"{"app_stack": "s", "test_stack": "t", "width": 65}"#,
                "width is 65, and at most 64 tests run at a time",
            ),
            (r#"{"app_stack": "s", "test_stack": "t", "outputs": {"tests": ""}}"#, "outputs.tests is empty"),
            (r#"{"app_stack": "s", "test_stack": "t", "report": "later"}"#, "unknown variant"),
            (r#"{"app_stack": "s b", "test_stack": "t"}"#, "not a stack name"),
            ("a|b", "2 parts"),
            ("a|b|c|d", "4 parts"),
            ("a|b|", "names no stage"),
            ("a||c", "not a stack name"),
            ("[1]", "not a stack name"),
        ] {
            let message = refused(text);
            assert!(message.contains(words), "{text:?}: {message}");
            assert!(message.starts_with("UserParameters: "));
        }
    }

    #[test]
    fn resolved_parameters_may_be_longer_than_the_1000_characters_of_the_definition() {
        let url = "U".repeat(2000);
        let text = format!(r#"{{"app_stack": "s", "test_stack": "t", "outputs": {{"url": "{url}"}}}}"#);
        assert_eq!(parsed(&text).url_output, url);
    }
}
