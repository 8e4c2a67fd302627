//! One to hundreds of tests in one action: all recorded, one report, as many at once as there may be, and no call too much.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};

use serde_json::{Value, json};

use crate::proxy::counts;
use crate::start_tests::jobs::Action;
use crate::start_tests::lab::Lab;
use crate::start_tests::stage::{BUCKET, name};

const WIDTH: usize = 32;

/// What a run costs, apart from an invocation and a write for each test.
const CONSTANT: [(&str, usize); 6] = [
    // Whether a verdict stands, and whether a run is stored.
    ("dynamodb:GetItem", 2),
    ("cloudformation:DescribeStacks", 2),
    // The run and the verdict.
    ("dynamodb:PutItem", 2),
    ("codepipeline:PutJobSuccessResult", 1),
    // That it was sent.
    ("dynamodb:UpdateItem", 1),
    ("lambda:Invoke", 0),
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
            "app_stack": "shop-beta", "test_stack": "shop-tests", "width": WIDTH, "outputs": {"tests": format!("Of{many}T")},
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
    let parameters = json!({"app_stack": "shop-beta", "test_stack": "shop-tests", "width": WIDTH});
    let action = Action { input: Some(input), output: Some(output.clone()), ..Action::with(&parameters) };
    // The artifact is read, and the report written.
    all_run(&lab, &action, many, &[("s3:GetObject", 1), ("s3:PutObject", 1)]).await;
    assert_eq!(reported(&lab, &output).await, many);
}

/// How many tests the report has.
async fn reported(lab: &Lab, key: &str) -> usize {
    let s3 = aws_sdk_s3::Client::new(&lab.world.sdk());
    let zip = s3.get_object().bucket(BUCKET).key(key).send().await.unwrap().body.collect().await.unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(zip.into_bytes())).unwrap();
    let mut report = String::new();
    zip.by_name("junit.xml").unwrap().read_to_string(&mut report).unwrap();
    report.matches("<testcase ").count()
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

fn cost(lab: &Lab, many: usize, more: &[(&str, usize)]) {
    let constant = CONSTANT.iter().chain(more);
    let mut expected: BTreeMap<_, _> = constant.map(|(call, times)| ((*call).to_owned(), *times)).collect();
    *expected.get_mut("lambda:Invoke").unwrap() += many;
    *expected.get_mut("dynamodb:PutItem").unwrap() += many;
    assert_eq!(counts(&lab.world.wire.take()), expected, "{many} tests");
}
