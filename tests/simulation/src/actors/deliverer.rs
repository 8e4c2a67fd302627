//! Deliveries of jobs to `start_tests`: several of each job, at the same time or late, the real thing.

use pipeline_core::{drive::Ports, job::Job, lease::due::later, ports::Clock, start_tests::perform::StartTests};

use crate::{
    cloud::ACCOUNT,
    link::Link,
    scenario::{CLAIMERS, SWEEPERS, ms},
};

/// How long an invocation may take, in ms.
const INVOCATION: i64 = 300_000;
const PARAMETERS: &str = r#"{"app_stack": "svc-beta", "test_stack": "svc-tests", "stage": "beta"}"#;

/// The jobs; each is delivered three times at most.
const JOBS: [&str; 2] = ["11111111-abcd-1111-abcd-111111abcdef", "22222222-abcd-1111-abcd-111111abcdef"];

pub(super) async fn live(link: Link<'_>) {
    let delivery = link.actor - CLAIMERS - SWEEPERS;
    // Most at once, some after everything is over.
    let longest = if link.chance(500) { 10_000 } else { 2 * INVOCATION };
    link.idle(longest).await;
    let Ok(id) = JOBS[delivery % JOBS.len()].parse() else { return };
    let job = Job {
        id,
        account: ACCOUNT.to_owned(),
        user_parameters: Some(PARAMETERS.to_owned()),
        inputs: Vec::new(),
        outputs: Vec::new(),
        continuation: None,
    };
    let action = StartTests {
        clock: &link,
        sites: &link,
        runs: &link,
        http: &link,
        artifacts: &link,
        test_function: None,
        nonce: link.world.nonce(),
    };
    let ports = Ports { clock: &link, verdicts: &link, jobs: &link };
    let id = job.id.clone();
    let end = ports.deliver(&id, Ok((job, action)), later(link.now(), ms(INVOCATION))).await;
    link.world.note(|| format!("{} ends: {end:?}", link.actor));
    link.world.oracle.borrow_mut().concluded(link.world, link.actor, &id, &end);
}
