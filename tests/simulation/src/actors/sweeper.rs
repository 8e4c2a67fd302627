//! A sweeper: one run after the other, of the real thing.

use pipeline_core::{
    lease::{due::later, place::Place},
    ports::Clock,
    repair::perform::Repair,
    sweep::{
        perform::Sweep,
        policy::Policy,
        reach::{Eyes, Hands},
        report::{Mode, Work},
    },
};

use crate::{
    cloud::{ACCOUNT, DEPLOY_ROLE, OWN_STACK, REGION, SERVICE},
    link::Link,
    scenario::{MARGIN, Scenario, ms},
    scheduler::{REPAIRS, RUNS, is_settled},
};

/// How long an invocation may take, in ms.
const INVOCATION: i64 = 900_000;
/// A quarter of an hour, in ms.
const QUARTER: i64 = 900_000;
/// How long a stack without a lease is left alone.
pub(crate) const ADOPT_AFTER: i64 = 1_800_000;

pub(super) async fn live(link: Link<'_>) {
    loop {
        link.idle(link.world.scenario.period).await;
        let scenario = &link.world.scenario;
        if scenario.jobs && link.chance(scenario.repairs) {
            repair(link).await;
            continue;
        }
        let mode = if link.chance(scenario.plans) { Mode::Plan } else { Mode::Apply };
        let work = if link.chance(scenario.adoptions) { Work::Adopt } else { Work::Due };
        run(link, mode, work).await;
    }
}

/// The runs after faults have stopped, until nothing is left to do, or the last.
pub(crate) async fn settle(link: Link<'_>) {
    for run in 0..RUNS {
        if run % 4 == 0 {
            self::run(link, Mode::Apply, Work::Adopt).await;
        }
        self::run(link, Mode::Apply, Work::Due).await;
        if link.world.scenario.jobs {
            repair(link).await;
            if run == REPAIRS {
                link.world.oracle.borrow_mut().check_settled(link.world, REPAIRS);
            }
        }
        if is_settled(link.world) {
            break;
        }
        link.sleep_until(later(link.now(), ms(QUARTER))).await;
    }
    link.world.oracle.borrow_mut().check_end(link.world, RUNS);
}

/// One repair of what got stuck about jobs.
async fn repair(link: Link<'_>) {
    let repair = Repair { clock: &link, open: &link, verdicts: &link, jobs: &link, runs: &link, sites: &link };
    link.world.oracle.borrow_mut().begin_repair(link.actor);
    let report = repair.run(later(link.now(), ms(INVOCATION))).await;
    link.world.note(|| format!("{} repairs {report:?}", link.actor));
}

/// One run.
pub(crate) async fn run(link: Link<'_>, mode: Mode, work: Work) {
    let Some(policy) = policy(&link.world.scenario) else { return };
    link.world.oracle.borrow_mut().begin_run(link.actor, mode, work);
    let sweep = Sweep {
        clock: &link,
        eyes: Eyes {
            leases: &link,
            stacks: &link,
            all: &link,
            roles: &link,
            buckets: &link,
            executions: &link,
            switch: &link,
        },
        hands: Hands { leases: &link, stacks: &link, buckets: &link, people: &link },
        policy,
        random: || link.world.uuid(),
    };
    let report = sweep.run(mode, work, later(link.now(), ms(INVOCATION))).await;
    link.world.note(|| format!("{} reports {report:?}", link.actor));
}

fn policy(scenario: &Scenario) -> Option<Policy> {
    Some(Policy {
        place: Place { account: ACCOUNT.to_owned(), region: REGION.to_owned(), service: SERVICE.to_owned() },
        own_stack: OWN_STACK.parse().ok()?,
        roles: [DEPLOY_ROLE.to_owned()].into(),
        margin: ms(MARGIN),
        grace: ms(scenario.grace),
        max_deletes: scenario.max_deletes,
        max_attempts: scenario.max_attempts,
        adopt_after: ms(ADOPT_AFTER),
        batch: 1000,
        width: scenario.width,
        rate: 1000,
    })
}
