//! Calls that go wrong: tests that Lambda does not start for a while, or never, and one whose answer is lost.

use serde_json::json;

use crate::function::Function;
use crate::proxy::Fault;
use crate::start_tests::lab::Lab;
use crate::start_tests::misbehaving::settled;
use crate::start_tests::stage::name;

#[tokio::test]
async fn tests_that_lambda_refuses_or_loses_get_the_result_and_the_words_that_fit() {
    let tests = [
        ("AloneA", "Alone"),
        ("AloneB", "Alone"),
        ("AloneC", "Alone"),
        ("LostTest", "Probe"),
        ("AbsentTest", "absent"),
    ];
    let lab = Lab::new(&tests.map(|(key, function)| (key.to_owned(), json!(name(function))))).await;
    let function = lab.start_tests();
    throttled(&lab, &function).await;
    lost(&lab, &function).await;
    absent(&lab, &function).await;
}

/// One at a time may run: the others wait, and are started once each.
async fn throttled(lab: &Lab, function: &Function) {
    let lambda = aws_sdk_lambda::Client::new(&lab.world.sdk());
    let limit = lambda.put_function_concurrency().function_name(name("Alone")).reserved_concurrent_executions(1);
    limit.send().await.unwrap();
    lab.world.wire.take();
    lab.desk.tell("AloneA", &json!({"return": 1, "sleep": 0.3}));
    let (job, report) = settled(lab, function, "Alone").await;
    assert!(report.passed, "{report:?}");
    let sent = lab.world.wire.take().iter().filter(|call| call.operation == "Invoke").count();
    let started = lab.desk.started("job_id", &json!(job.id));
    assert!(sent > 3, "nothing was throttled");
    assert_eq!(started, ["AloneA", "AloneB", "AloneC"].map(|test| (test.to_owned(), 1)).into());
}

/// Nobody knows how a test ended whose answer broke off, and it is not started again (I19).
async fn lost(lab: &Lab, function: &Function) {
    lab.world.wire.harm(|call| if call.operation == "Invoke" { Fault::DropReply } else { Fault::None });
    let (job, report) = settled(lab, function, "Lost").await;
    lab.world.wire.heal();
    assert_eq!(report.kind(), "SystemUnavailable", "{report:?}");
    assert!(report.words().starts_with("0 of 1 passed; LostTest was lost: "), "{report:?}");
    assert_eq!(lab.desk.started("job_id", &json!(job.id))["LostTest"], 1, "I19");
}

async fn absent(lab: &Lab, function: &Function) {
    let (_, report) = settled(lab, function, "Absent").await;
    assert_eq!(report.kind(), "ConfigurationError", "{report:?}");
    assert!(
        report.words().contains("AbsentTest could not be started") && report.words().contains("does not exist"),
        "{report:?}"
    );
}
