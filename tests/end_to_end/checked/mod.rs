//! A service with a set-up, a tear-down and a `tests.yaml`: what people see of its tests, and what is left of them.

mod elsewhere;
mod left_behind;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::PathBuf;

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_codepipeline::types::{ActionExecutionDetail, ActionExecutionFilter};
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_s3::Client as Store;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_ssm::Client as Parameters;
use flowgate::cloud::stacks::{self, Deployment, Template};
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::up::Up;
use left_behind::Records;

const STAGES: [&str; 3] = ["Beta", "Gamma", "Prod"];
/// What a report of the fixture lists: the set-up, the tests, the tear-down.
const CASES: [&str; 6] =
    ["TestSetup", "TestFunctionReads", "note-is-told", "no-note-is-not-found", "adder-adds", "TestTeardown"];

/// The service, on a cloud that stays up.
struct Checked {
    up: Up,
    service: PathBuf,
}

impl Checked {
    async fn new() -> Self {
        let up = Up::new().await;
        Self { service: up.service("checked", "checked"), up }
    }

    /// Changes a file of the service.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let file = self.service.join(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from:?} is not in {}", file.display());
        fs::write(file, text.replacen(from, to, 1)).unwrap();
    }

    /// Pushes it, approves it if it gets so far, and gives what the tests said in each stage that they ran in.
    async fn release(&self) -> (Value, Vec<Tested>) {
        let commit = self.up.push(&self.service).await;
        let ended = tokio::select! {
            () = self.up.approve("checked", &commit) => self.up.until_ended("checked", &commit).await,
            ended = self.up.until_ended("checked", &commit) => ended,
        };
        let execution = self.up.execution("checked", &commit).await;
        (ended, self.tested(&execution).await)
    }

    async fn tested(&self, execution: &str) -> Vec<Tested> {
        let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution).build();
        let list = self.up.pipelines().list_action_executions().pipeline_name("checked").filter(filter);
        let list = list.send().await.unwrap();
        let of = |stage: &&str| {
            let mut all = list.action_execution_details().iter();
            let is_test = |action: &&ActionExecutionDetail| {
                (action.stage_name(), action.action_name()) == (Some(*stage), Some("Test"))
            };
            all.find(is_test).map(Tested::of)
        };
        STAGES.iter().filter_map(of).collect()
    }

    /// The files of the report that a stage's tests left behind: those that were written last.
    async fn report(&self, stage: &str) -> BTreeMap<String, String> {
        let store = Store::new(&self.up.sdk());
        let bucket = self.bucket().await;
        let prefix = folder(stage);
        let listed = store.list_objects_v2().bucket(&bucket).prefix(prefix).send().await.unwrap();
        let newest = listed.contents().iter().max_by_key(|object| object.last_modified().map(DateTime::as_nanos));
        let key = newest.and_then(|object| object.key()).unwrap_or_else(|| panic!("{stage} has no report"));
        let object = store.get_object().bucket(bucket).key(key).send().await.unwrap();
        unzip(&object.body.collect().await.unwrap().into_bytes())
    }

    async fn bucket(&self) -> String {
        let pipeline = self.up.pipelines().get_pipeline().name("checked").send().await.unwrap();
        let store = pipeline.pipeline().and_then(|pipeline| pipeline.artifact_store());
        store.expect("a pipeline has a store").location().to_owned()
    }

    /// The notes that nobody removed.
    async fn notes(&self) -> Vec<String> {
        let notes = Parameters::new(&self.up.sdk()).get_parameters_by_path().path("/notes").send().await.unwrap();
        notes.parameters().iter().map(|note| note.name().unwrap().to_owned()).collect()
    }
}

/// Where CodePipeline keeps the reports of a stage: of an artifact's name it takes ten characters.
fn folder(stage: &str) -> String {
    format!("checked/{:.10}/", format!("{stage}Report"))
}

/// How a stage's tests ended.
#[derive(Debug)]
struct Tested {
    status: String,
    summary: String,
    code: Option<String>,
    variables: BTreeMap<String, String>,
}

impl Tested {
    fn of(action: &ActionExecutionDetail) -> Self {
        let output = action.output();
        let result = output.and_then(|output| output.execution_result());
        let error = result.and_then(|result| result.error_details());
        let said = result.and_then(|result| result.external_execution_summary());
        let variables = output.and_then(|output| output.output_variables()).cloned().unwrap_or_default();
        Self {
            status: action.status().unwrap().as_str().to_owned(),
            summary: error.and_then(|error| error.message()).or(said).unwrap_or_default().to_owned(),
            code: error.and_then(|error| error.code()).map(str::to_owned),
            variables: variables.into_iter().collect(),
        }
    }
}

fn unzip(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let files = 0..zip.len();
    let file = |index| {
        let mut file = zip.by_index(index).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        (file.name().unwrap().into_owned(), text)
    };
    files.map(file).collect()
}

#[track_caller]
fn lists_every_case(report: &BTreeMap<String, String>) {
    let [(name, junit)] = report.iter().collect::<Vec<_>>()[..] else { panic!("{report:?}") };
    assert_eq!(name, "junit.xml");
    assert_eq!(junit.matches("<testcase ").count(), CASES.len(), "{junit}");
    for case in CASES {
        assert!(junit.contains(&format!("name=\"{case}\"")), "{case}: {junit}");
    }
}

#[tokio::test]
async fn what_passes_says_so_in_every_stage_and_leaves_nothing_but_reports() {
    let checked = Checked::new().await;
    let (ended, tested) = checked.release().await;
    assert_eq!((&ended["status"], tested.len()), (&"Succeeded".into(), STAGES.len()), "{ended}: {tested:?}");
    let bucket = checked.bucket().await;
    for (stage, tested) in STAGES.iter().zip(&tested) {
        assert_eq!((&*tested.status, &*tested.summary), ("Succeeded", "4 of 4 passed"), "{stage}: {tested:?}");
        let variable = |name: &str| tested.variables.get(name).map(String::as_str);
        assert_eq!((variable("Passed"), variable("Failed")), (Some("4"), Some("0")), "{stage}: {tested:?}");
        let place = format!("s3://{bucket}/{}", folder(stage));
        assert!(variable("Report").is_some_and(|report| report.starts_with(&place)), "{stage}: {tested:?}");
        lists_every_case(&checked.report(stage).await);
    }
    assert_eq!(checked.notes().await, [""; 0], "each run's note is removed");
}

/// One cloud for all of it, since starting one is most of the work.
#[tokio::test]
async fn what_fails_is_told_with_its_log_reported_and_cleaned_up() {
    let checked = Checked::new().await;
    checked.edit("tests.yaml", "path: /notes/none\n    expect: { status: 404 }", "path: /notes/broken");
    checked.edit("tests.yaml", "{ sum: 3 }", "{ sum: 4 }");
    checked.edit("tests/notes.py", "hello {event['stage']}\"\n    if", "goodbye\"\n    if");
    let tested = checked.fails().await;
    let head = "1 of 4 passed; TestFunctionReads failed: expected goodbye, got hello beta; \
        no-note-is-not-found failed: expected 200, got 502: {\"error\": \"no upstream\"}; adder-adds failed: at /sum: expected 4, got 3";
    assert!(tested.summary.starts_with(head), "{tested:?}");
    // What the failing test wrote to its log.
    assert!(tested.summary.contains("reading http"), "{tested:?}");
    assert_eq!(tested.code.as_deref(), Some("JobFailed"), "{tested:?}");
    lists_every_case(&checked.report("Beta").await);
    assert_eq!(checked.notes().await, [""; 0], "the tear-down ran");

    checked.edit(
        "tests/notes.py",
        "    print(f\"wrote {name}\")",
        "    raise RuntimeError(f\"wrote {name} and no more\")",
    );
    let tested = checked.fails().await;
    assert!(tested.summary.starts_with("0 of 4 passed; TestSetup failed: "), "{tested:?}");
    for words in ["wrote /notes/", "and no more", "4 tests were not started: the set-up did not pass"] {
        assert!(tested.summary.contains(words), "{words}: {tested:?}");
    }
    lists_every_case(&checked.report("Beta").await);
    assert_eq!(checked.notes().await, [""; 0], "what the set-up left half done is removed too");
}

/// A function of Prod's stack, which leaves a note when it runs.
const PAY: &str = "import boto3\ndef handler(event, context):\n    \
    boto3.client('ssm').put_parameter(Name='/notes/paid', Value='1', Type='String', Overwrite=True)\n";

/// Beta's test stack names it, and nobody approved that.
#[tokio::test]
async fn what_is_deployed_to_beta_cannot_have_prod_s_functions_invoked() {
    let checked = Checked::new().await;
    checked.deploy_prod().await;
    checked.edit(
        "test-sam.yaml",
        "  TestTeardown:",
        "  TestFunctionProd:\n    Value: checked-prod-pay\n  TestTeardown:",
    );
    let tested = checked.fails().await;
    assert_eq!(tested.code.as_deref(), Some("ConfigurationError"), "{tested:?}");
    for words in ["TestFunctionProd", "a function of another stack"] {
        assert!(tested.summary.contains(words), "{words}: {tested:?}");
    }
    assert_eq!(checked.notes().await, [""; 0], "nothing was started");

    // Prod's own tests get that test stack, too: a newer execution may have deployed it since the approval.
    let records = Records::of("checked", &checked.up.sdk()).await;
    let prod = json!({"app_stack": "checked-prod", "test_stack": "checked-tests", "stage": "prod"});
    let job = records.run_tests(&prod).await;
    let (verdict, _) = records.verdict(&job).await.unwrap();
    let message = verdict["message"].as_str().unwrap_or_else(|| panic!("{verdict}"));
    assert!(verdict["kind"] == "ConfigurationError" && message.contains("TestFunctionProd"), "{verdict}");
    assert_eq!(checked.notes().await, [""; 0], "nothing was started");

    checked.edit("test-sam.yaml", "TestFunctionProd:", "Pay:");
    checked.edit("tests.yaml", "output: Adder", "output: Pay");
    let tested = checked.fails().await;
    assert_eq!(tested.code.as_deref(), Some("ConfigurationError"), "{tested:?}");
    for words in ["adder-adds", "a function of another stack"] {
        assert!(tested.summary.contains(words), "{words}: {tested:?}");
    }
    assert_eq!(checked.notes().await, [""; 0], "nothing was started");

    let paid = Lambda::new(&checked.up.sdk()).invoke().function_name("checked-prod-pay").send().await.unwrap();
    assert_eq!(paid.function_error(), None, "{paid:?}");
    assert_eq!(checked.notes().await, ["/notes/paid"], "it would have left a note");
}

impl Checked {
    async fn deploy_prod(&self) {
        let trust = json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole"}]});
        let pays = json!({"PolicyName": "Pay", "PolicyDocument": {"Statement": [{"Effect": "Allow",
            "Action": "ssm:PutParameter", "Resource": "*"}]}});
        let template = json!({
            "Resources": {
                "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, "Policies": [pays]}},
                "Pay": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "checked-prod-pay",
                    "Runtime": "python3.12", "Timeout": 30, "Handler": "index.handler", "Code": {"ZipFile": PAY},
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
            },
            "Outputs": {"ApiUrl": {"Value": "https://service.invalid"}},
        });
        let body = template.to_string();
        let (template, capabilities) = (Template::Body(&body), vec![Capability::CapabilityIam]);
        let deployment = Deployment { stack: "checked-prod", template, capabilities, ..Deployment::default() };
        stacks::deploy(&CloudFormation::new(&self.up.sdk()), &deployment).await.unwrap();
    }

    /// Its release, which ends in Beta's tests.
    async fn fails(&self) -> Tested {
        let (ended, mut tested) = self.release().await;
        assert_eq!((&ended["status"], tested.len()), (&"Failed".into(), 1), "{ended}: {tested:?}");
        assert_eq!(tested[0].status, "Failed", "{tested:?}");
        tested.remove(0)
    }
}
