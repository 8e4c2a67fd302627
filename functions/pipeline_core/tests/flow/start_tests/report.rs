//! The report that the action may declare.

use jiff::SignedDuration;
use pipeline_core::{memory::Fault, ports::Clock as _, start_tests::run::Outcome, verdict::Report};

use super::whole::{behaves, deliver_whole, whole, whole_job};
use crate::support::{fails, failure, job, reports, start_tests};

#[test]
fn it_holds_every_part_and_the_verdict_says_where_it_is() {
    let world = whole();
    deliver_whole(&world);
    let written = world.written.borrow();
    let [(key, report)] = &written[..] else { panic!("{written:?}") };
    let names: Vec<&str> = report.fixtures.iter().map(|case| case.test.as_str()).collect();
    assert_eq!(key, "BetaReport.zip");
    assert_eq!((names, report.cases.len()), (vec!["TestSetup", "TestTeardown"], 4));
    let mut cases = report.cases.iter().chain(&report.fixtures);
    assert!(cases.all(|case| case.outcome == Some(Outcome::Passed) && !case.took.is_zero()));
    let [Report::Succeed { outputs, .. }] = &reports(&world)[..] else { panic!("{:?}", reports(&world)) };
    assert_eq!(outputs["Report"], "s3://artifacts/BetaReport.zip");
}

#[test]
fn it_is_written_of_a_failed_run_too() {
    let world = whole();
    behaves(&world, "time-tests-000", fails("expected 200, got 502"));
    deliver_whole(&world);
    let expected = Outcome::Failed { message: "expected 200, got 502".into() };
    assert!(world.written.borrow()[0].1.cases.iter().any(|case| case.outcome.as_ref() == Some(&expected)));
}

#[test]
fn i18_a_declared_report_that_could_not_be_written_is_no_success_and_keeps_no_verdict_waiting() {
    for fault in [Fault::Refused, Fault::Throttled] {
        let world = whole();
        world.outage("write report", fault);
        let began = world.now();
        deliver_whole(&world);
        let took = world.now().duration_since(began);
        assert!(took < SignedDuration::from_secs(70), "the tests took seconds, and all of it {took:#}");
        let message = failure(&reports(&world)).1;
        assert!(message.starts_with("4 of 4 passed") && message.contains("write report"), "{message}");
    }
}

#[test]
fn it_is_written_again_by_whoever_settles_late() {
    let world = whole();
    world.outage("record verdict", Fault::KilledBefore);
    deliver_whole(&world);
    world.recover();
    world.pass(SignedDuration::from_mins(16));
    deliver_whole(&world);
    assert!(matches!(reports(&world)[..], [Report::Succeed { .. }]));
    let written = world.written.borrow();
    assert_eq!((written.len(), &written[0]), (2, &written[1]));
}

#[test]
fn an_action_that_declares_none_writes_none() {
    let world = whole();
    let undeclared = pipeline_core::job::Job { outputs: vec![], ..whole_job() };
    world.run(start_tests(&world, undeclared));
    assert!(world.written.borrow().is_empty());
    let [Report::Succeed { outputs, .. }] = &reports(&world)[..] else { panic!("{:?}", reports(&world)) };
    assert!(!outputs.contains_key("Report") && !world.runs.borrow()[&job("").id].report);
}
