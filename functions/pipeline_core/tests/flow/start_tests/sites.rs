//! Stages in other accounts and regions.

use pipeline_core::{memory::Elsewhere, start_tests::site::Site, verdict::FailureKind};

use super::{run, with};
use crate::support::{failure, passes, reports, stage, success, world};

const ROLE: &str = "arn:aws:iam::444455556666:role/flowgate-tests";

fn elsewhere(role: &str, region: &str) -> String {
    with(&format!(r#""role_arn": "{role}", "region": "{region}""#))
}

#[test]
fn the_outputs_and_tests_are_those_of_the_site_that_is_named() {
    let world = world();
    stage(&world, &[passes(), passes()]);
    world.elsewhere.borrow_mut().push(Elsewhere {
        site: Site { role_arn: Some(ROLE.parse().unwrap()), region: Some("us-east-1".parse().unwrap()) },
        stacks: world.stacks.take(),
        functions: world.functions.take(),
    });
    run(&world, &elsewhere(ROLE, "us-east-1"));
    assert_eq!(success(&reports(&world)), "2 of 2 passed");
}

#[test]
fn a_role_that_may_not_be_assumed_is_a_permission_error_and_starts_nothing() {
    let world = world();
    stage(&world, &[passes()]);
    run(&world, &elsewhere(ROLE, "us-east-1"));
    let (kind, message) = failure(&reports(&world));
    assert_eq!((kind, message.contains(ROLE)), (FailureKind::PermissionError, true));
    assert!(world.started.borrow().is_empty() && world.runs.borrow().is_empty());
}
