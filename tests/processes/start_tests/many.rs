//! One to hundreds of tests in one action: all recorded, one report, as many at once as there may be, and no call too much.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::proxy::counts;
use crate::start_tests::cost::distinct;
use crate::start_tests::jobs::Action;
use crate::start_tests::lab::Lab;
use crate::start_tests::stage::name;

const WIDTH: usize = 32;

/// What the function has, as `template.yaml` says.
const MEMORY: u64 = 512 << 20;

/// What a run costs, apart from an invocation and a record for each test.
const CONSTANT: [(&str, usize); 5] = [
    // Whether a verdict stands, and whether a run is stored.
    ("dynamodb:GetItem", 2),
    ("cloudformation:DescribeStacks", 2),
    // The announcement, the run and the verdict.
    ("dynamodb:PutItem", 3),
    ("codepipeline:PutJobSuccessResult", 1),
    // That it was sent.
    ("dynamodb:UpdateItem", 1),
];

fn outputs() -> Vec<(String, Value)> {
    let group = |many: usize| (0..many).map(move |number| (format!("Of{many}T{number}"), json!(name("Probe"))));
    group(1).chain(group(10)).chain(group(100)).collect()
}

#[tokio::test]
async fn i19_one_to_hundreds_of_tests_run_at_once_each_once_and_all_are_recorded() {
    let lab = Lab::new(&outputs()).await;
    for many in [1, 10, 100] {
        let parameters = json!({
            "app_stack": "shop-beta", "test_stack": "shop-tests", "width": WIDTH, "execution": Uuid::new_v4(),
            "outputs": {"tests": format!("Of{many}T")},
        });
        all_run(&lab, &Action::with(&parameters), many, &[]).await;
    }
}

/// As a template has 200 outputs at most, so many tests are checks of `tests.yaml`. This action has a report, too.
#[tokio::test]
async fn i19_three_hundred_checks_run_at_once_each_once_and_all_are_recorded_and_reported() {
    let lab = Lab::new(&[("ProbeFunction".to_owned(), json!(name("Probe")))]).await;
    let many = 300;
    let checks = (0..many).map(|number| {
        format!("  - {{name: check-{number}, output: ProbeFunction, payload: {{test: \"${{test}}\"}}, expect: {{result: {{passed: true}}}}}}\n")
    });
    let file = format!("invoke:\n{}", checks.collect::<String>());
    let input = lab.artifact(&[("tests.yaml", file.as_bytes())]).await;
    let output = "shop/Report/of-300".to_owned();
    let parameters = json!({
        "app_stack": "shop-beta", "test_stack": "shop-tests", "width": WIDTH, "execution": Uuid::new_v4(),
    });
    let action = Action { input: Some(input), output: Some(output.clone()), ..Action::with(&parameters) };
    // The artifact is read, and the report written.
    all_run(&lab, &action, many, &[("s3:GetObject", 1), ("s3:PutObject", 1)]).await;
    let report = lab.report_at(&output).await.unwrap();
    assert_eq!(report.matches("<testcase ").count(), many);
}

/// As many as run at the same time answer as much as Lambda lets through, all at once.
#[tokio::test]
async fn answers_of_six_megabytes_that_come_at_once_fit_into_the_functions_memory() {
    let tests: Vec<_> = (0..WIDTH).map(|number| format!("Large{number}")).collect();
    let outputs: Vec<_> = tests.iter().map(|test| (test.clone(), json!(name("Probe")))).collect();
    let lab = Lab::new(&outputs).await;
    for test in &tests {
        lab.desk.tell(test, &json!({"size": (6 << 20) - 2}));
    }
    let parameters = json!({
        "app_stack": "shop-beta", "test_stack": "shop-tests", "width": WIDTH, "outputs": {"tests": "Large"},
    });
    let (function, job) = (lab.start_tests(), lab.job(&Action::with(&parameters)).await);
    lab.desk.gather(WIDTH);
    let report = lab.settle(&function, &job).await;
    assert_eq!(report.words(), format!("{WIDTH} of {WIDTH} passed"));
    let peak = function.peak_memory().await;
    assert!(peak < MEMORY, "{peak} bytes");
}

/// Runs an action with so many tests, all of which pass.
async fn all_run(lab: &Lab, action: &Action, many: usize, more: &[(&str, usize)]) {
    let (function, job) = (lab.start_tests(), lab.job(action).await);
    lab.desk.gather(many.min(WIDTH));
    lab.world.wire.take();
    let report = lab.settle(&function, &job).await;
    assert!(report.passed, "{report:?}");
    assert_eq!((report.words(), report.output("Passed")), (&*format!("{many} of {many} passed"), &*many.to_string()));
    recorded(lab, &job.id, many).await;
    announced(lab, &job.id).await;
    assert!(lab.desk.most() >= many.min(WIDTH), "{} at once of {many}", lab.desk.most());
    cost(lab, many, more);
}

async fn recorded(lab: &Lab, job: &str, many: usize) {
    let run = lab.run_of(job).await.unwrap();
    let started = lab.desk.started("run_id", &run["id"]);
    assert_eq!(started.len(), many, "{started:?}");
    assert!(started.values().all(|times| *times == 1), "I19: {started:?}");
    let results = lab.results_of(job).await;
    let passed = results.iter().filter(|result| result["outcome"] == "passed" && result["run"] == run["id"]);
    let passed: BTreeSet<_> = passed.map(|result| result["test"].as_str().unwrap().to_owned()).collect();
    assert_eq!(passed, started.into_keys().collect(), "I18");
}

/// The gate finds the job by its execution.
async fn announced(lab: &Lab, job: &str) {
    let execution = lab.run_of(job).await.unwrap()["execution"].as_str().unwrap().to_owned();
    let announced = lab.announced_for(&execution).await;
    let told: Vec<_> = announced.iter().map(|told| (&told["job"], &told["stack"])).collect();
    assert_eq!(told, [(&json!(job), &json!("shop-beta"))]);
}

fn cost(lab: &Lab, many: usize, more: &[(&str, usize)]) {
    let constant = CONSTANT.iter().chain(more);
    let mut expected: BTreeMap<_, _> = constant.map(|(call, times)| ((*call).to_owned(), *times)).collect();
    for of_each_test in ["lambda:Invoke", "dynamodb:PutItem"] {
        *expected.entry(of_each_test.to_owned()).or_default() += many;
    }
    let calls = lab.world.wire.take();
    assert_eq!(distinct(&calls), expected, "{many} tests");
    assert_eq!(counts(&calls)["lambda:Invoke"], many, "I19");
}
