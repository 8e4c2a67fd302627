//! An owner that is stopped for longer than its run lasts, and goes on when another has settled the job.

use std::pin::pin;

use rustix::process::Signal;
use serde_json::json;

use crate::proxy::{Fault, Gate, Proxy};
use crate::start_tests::jobs::Action;
use crate::start_tests::lab::{Lab, TIMEOUT, soon};
use crate::start_tests::stage::name;

#[tokio::test]
async fn i16_i18_an_owner_that_wakes_when_another_has_settled_its_run_changes_nothing() {
    let lab = Lab::new(&[("TestFunction".to_owned(), json!(name("Probe")))]).await;
    let job = lab.job(&Action::with(&json!({"app_stack": "shop-beta", "test_stack": "shop-tests"}))).await;
    let (wire, gate) = (Proxy::start(lab.world.endpoint()).await, Gate::default());
    let hold = gate.clone();
    wire.harm(move |call| if call.operation == "Invoke" { Fault::HoldReply(hold.clone()) } else { Fault::None });
    let owner = lab.world.start_tests(&wire, TIMEOUT);
    let event = job.event.to_string();
    let mut owned = pin!(owner.invoke(&event));
    tokio::select! {
        ended = &mut owned => panic!("it ended before its test: {ended:?}\n{}", owner.log()),
        () = soon("its test", gate.reached()) => {}
    }
    assert!(owner.signal(Signal::STOP).await);
    // It finds its test's answer when it wakes, and by its own clock in time.
    gate.open();
    lab.age(&job.id).await;
    let report = lab.settle(&lab.start_tests(), &job).await;
    assert_eq!(report.kind(), "SystemUnavailable", "{report:?}");
    assert!(report.words().starts_with("0 of 1 passed; TestFunction was lost"), "{report:?}");
    wire.take();
    assert!(owner.signal(Signal::CONT).await);
    soon("the owner's end", owned).await.unwrap_or_else(|error| panic!("{error}\n{}", owner.log()));
    let calls = wire.take();
    assert!(calls.iter().any(|call| call.operation == "PutItem"), "it did not go on: {calls:#?}");
    lab.deliver(&lab.start_tests(), &job).await;
    assert_eq!(lab.report(&job), report, "I16");
    assert_eq!(lab.desk.started("job_id", &json!(job.id))["TestFunction"], 1, "I19");
}
