//! Deliveries of jobs to `start_tests`: up to five of each, at the same time or late, the real thing.

use pipeline_core::{
    drive::Ports,
    ids::JobId,
    job::{Artifact, Job},
    lease::due::later,
    ports::Clock,
    record::give_up::GiveUp,
    start_tests::perform::StartTests,
};

use crate::{
    cloud::ACCOUNT,
    kit::{JOBS, OWN},
    link::Link,
    scenario::{CLAIMERS, SWEEPERS, ms},
    world::World,
};

/// The actors that deliver this job; the first of them also when faults have stopped.
pub(crate) fn deliverers(job: usize) -> impl Iterator<Item = usize> {
    (0..).map(move |nth| CLAIMERS + SWEEPERS + nth * JOBS.len() + job)
}

fn job(actor: usize) -> usize {
    (actor - CLAIMERS - SWEEPERS) % JOBS.len()
}

pub(super) async fn live(link: Link<'_>) {
    // Most at once, some after everything is over.
    let longest = if link.chance(500) { 10_000 } else { 2 * link.world.scenario.kit.invocation };
    link.idle(longest).await;
    if link.life > 1 { deliver_again(link).await } else { deliver(link).await }
}

/// Lambda tries again what ended in no answer, or gives up on it.
pub(crate) async fn deliver_again(link: Link<'_>) {
    if link.chance(300) { give_up(link).await } else { deliver(link).await }
}

/// The jobs that nobody would look at again but for another delivery: neither a run nor a verdict is stored.
pub(crate) fn undelivered(world: &World) -> Vec<usize> {
    let cloud = world.cloud.borrow();
    let is_known = |id: &JobId| cloud.jobs.runs.contains_key(id) || cloud.jobs.verdicts.contains_key(id);
    let unknown = (0..JOBS.len()).filter(|&job| JOBS[job].parse().is_ok_and(|id| !is_known(&id)));
    unknown.filter_map(|job| deliverers(job).next()).collect()
}

/// Lambda gives up on a job's event, and `record` hears of it.
async fn give_up(link: Link<'_>) {
    let Ok(id) = JOBS[job(link.actor)].parse::<JobId>() else { return };
    let give_up = GiveUp { clock: &link, verdicts: &link, runs: &link, jobs: &link };
    let deadline = later(link.now(), ms(link.world.scenario.kit.invocation));
    let fate = give_up.settle(&id, "Lambda gave up on the job", deadline).await;
    link.world.note(|| format!("{} gives up on {id}: {fate:?}", link.actor));
    if let Ok(fate) = fate {
        link.world.oracle.borrow_mut().given_up(link.world, &id, &fate);
    }
}

/// One delivery.
async fn deliver(link: Link<'_>) {
    let Ok(id) = JOBS[job(link.actor)].parse::<JobId>() else { return };
    let world = link.world;
    let nonce = world.nonce();
    world.cloud.borrow_mut().jobs.nonces.insert(nonce.to_string(), id.clone());
    world.oracle.borrow_mut().delivers(link.actor, nonce);
    let action = StartTests {
        clock: &link,
        sites: &link,
        runs: &link,
        http: &link,
        artifacts: &link,
        test_function: None,
        nonce,
    };
    let ports = Ports { clock: &link, verdicts: &link, jobs: &link };
    let deadline = later(link.now(), ms(world.scenario.kit.invocation));
    let end = ports.deliver(&id, Ok((event(world, &id), action)), deadline).await;
    world.note(|| format!("{} ends: {end:?}", link.actor));
    world.oracle.borrow_mut().concluded(world, link.actor, &id, &end);
}

fn event(world: &World, id: &JobId) -> Job {
    let kit = &world.scenario.kit;
    let artifact = |name: &str| Artifact {
        name: name.to_owned(),
        revision: None,
        bucket: "artifacts".to_owned(),
        key: id.to_string(),
    };
    let auto = id.as_str() != OWN;
    Job {
        id: id.clone(),
        account: ACCOUNT.to_owned(),
        user_parameters: Some(kit.parameters(id)),
        inputs: (auto && kit.artifacts.checks).then(|| artifact("Build")).into_iter().collect(),
        outputs: (auto && kit.artifacts.report).then(|| artifact("Report")).into_iter().collect(),
        continuation: None,
    }
}
