//! One preview after the other: what people do, and what becomes of it.

use std::rc::Rc;

use jiff::SignedDuration;
use pipeline_core::{
    ids::{CommitId, FencingToken},
    lease::record::{Lease, State},
    memory::Fault,
    ports::Clock,
    preview::{
        hint::Hint,
        pull::{Pull, PullStatus},
        record::{Head, Phase, Preview, Wait, Why},
        slots::Quota,
        subject::{DeveloperName, Subject},
    },
};

use super::town::{SERVICE, Town, commit};

const PR: Subject = Subject::PullRequest(42);

fn town() -> Rc<Town> {
    Rc::new(Town::new(1))
}

/// Runs what was begun, with everything that works beside it, for an hour and a half.
fn run(town: &Rc<Town>) {
    town.run_pipeline(SignedDuration::from_mins(90));
    town.keep_house(SignedDuration::from_mins(90));
    town.run();
}

/// Somebody changes pull request `number`, and preview is told.
fn tell(town: &Rc<Town>, number: u64, change: impl FnOnce(&mut Pull)) {
    let mut pull = town.pull(number).unwrap_or_else(|| town.opened(number, 1));
    pull.updated = town.world.now();
    change(&mut pull);
    let hint = town.change(pull);
    town.begin(Rc::clone(town).deliver(Subject::PullRequest(number), hint, SignedDuration::ZERO));
}

/// The same, once something has come about.
fn tell_when(town: &Rc<Town>, come_about: impl Fn(&Town) -> bool + 'static, change: impl FnOnce(&mut Pull) + 'static) {
    let waiting = Rc::clone(town);
    town.begin(async move {
        while !come_about(&waiting) {
            waiting.world.sleep_until(waiting.world.now() + SignedDuration::from_secs(1)).await;
        }
        tell(&waiting, 42, change);
    });
}

fn has_status(town: &Town, stack: &str, status: &str) -> bool {
    town.live(stack).iter().any(|(_, found)| found == status)
}

fn phase(town: &Town, subject: &Subject) -> Phase {
    town.record(subject).expect("a record").phase
}

#[test]
fn a_pull_request_is_deployed_updated_and_given_back() {
    let town = town();
    let stacks = || town.world.cloud.stacks.borrow().keys().cloned().collect::<Vec<_>>();
    tell(&town, 42, |_| {});
    run(&town);
    town.has(&PR, &commit(1)).unwrap();
    let first = stacks();
    tell(&town, 42, |pull| pull.head = commit(2));
    run(&town);
    town.has(&PR, &commit(2)).unwrap();
    assert_eq!(stacks(), first, "the same stacks");
    tell(&town, 42, |pull| pull.status = PullStatus::Closed);
    run(&town);
    town.is_clean(&PR).unwrap();
    assert!(matches!(phase(&town, &PR), Phase::Removed { why: Why::Closed, .. }));
    tell(&town, 42, |pull| pull.status = PullStatus::Open);
    run(&town);
    town.has(&PR, &commit(2)).unwrap();
    assert_eq!(stacks().len(), 4, "deployed afresh");
}

#[test]
fn a_first_deployment_that_failed_does_not_keep_the_next_push_from_being_deployed() {
    let town = town();
    tell(&town, 42, |pull| pull.head = commit(5));
    run(&town);
    assert_eq!(
        town.live("shop-pr-42"),
        [(commit(5).to_string(), "ROLLBACK_COMPLETE".to_owned())],
        "it stays to be read"
    );
    tell(&town, 42, |pull| pull.head = commit(6));
    run(&town);
    town.has(&PR, &commit(6)).unwrap();
}

#[test]
fn closing_wins_over_a_deployment_that_is_under_way() {
    let town = town();
    tell(&town, 42, |_| {});
    tell_when(
        &town,
        |town| has_status(town, "shop-pr-42", "CREATE_IN_PROGRESS"),
        |pull| pull.status = PullStatus::Closed,
    );
    run(&town);
    town.is_clean(&PR).unwrap();
    assert_eq!(town.world.cloud.deletions.borrow().len(), 2, "what was deployed all the same was deleted");
    let started: Vec<_> = town.world.previews.started.borrow().iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(started.len(), 1);
    assert!(town.world.previews.stopped.borrow().contains(&started[0]), "nothing more was begun");
}

#[test]
fn a_push_stops_what_was_deployed_before_it_and_waits_for_that() {
    let town = town();
    tell(&town, 42, |_| {});
    tell_when(&town, |town| has_status(town, "shop-pr-42", "CREATE_IN_PROGRESS"), |pull| pull.head = commit(2));
    run(&town);
    town.has(&PR, &commit(2)).unwrap();
    let first = town.world.previews.started.borrow()[0].0.clone();
    assert!(town.world.previews.stopped.borrow().contains(&first));
    assert_eq!(*town.wrongs.borrow(), Vec::<String>::new());
}

#[test]
fn what_is_reopened_while_it_is_deleted_waits_and_is_then_deployed_afresh() {
    let town = town();
    tell(&town, 42, |_| {});
    run(&town);
    tell(&town, 42, |pull| pull.status = PullStatus::Closed);
    tell_when(
        &town,
        |town| has_status(town, "shop-pr-42", "DELETE_IN_PROGRESS"),
        |pull| pull.status = PullStatus::Open,
    );
    run(&town);
    town.has(&PR, &commit(1)).unwrap();
    assert_eq!(town.world.cloud.stacks.borrow().len(), 4, "two new stacks");
    let waited = |preview: &Preview| matches!(&preview.phase, Phase::Starting { waits: Some(Wait::Deletion), .. });
    assert!(town.world.previews.announced.borrow().iter().any(waited), "people were told why");
}

#[test]
fn a_claim_that_came_late_does_not_keep_its_preview_from_what_is_wanted() {
    let town = town();
    tell(&town, 42, |_| {});
    run(&town);
    // Somebody who was about to deploy an older commit, and was killed right after its claim.
    let name = PR.stack(SERVICE);
    let lease = town.world.leases.get(&name).unwrap();
    let late = Lease {
        token: FencingToken(lease.token.0 + 1),
        holder: Some("22222222-abcd-1111-abcd-111111abcdef".parse().unwrap()),
        ..lease
    };
    town.world.leases.put(late.clone());
    town.begin(Rc::clone(&town).deliver(PR, Hint::Nothing, SignedDuration::ZERO));
    run(&town);
    town.has(&PR, &commit(1)).unwrap();
    assert!(town.world.leases.get(&name).unwrap().token > late.token);
}

#[test]
fn a_claim_that_came_after_the_end_is_given_back_too() {
    let town = town();
    tell(&town, 42, |_| {});
    run(&town);
    let held = town.world.leases.get(&PR.stack(SERVICE)).unwrap();
    tell(&town, 42, |pull| pull.status = PullStatus::Closed);
    let late = Rc::clone(&town);
    town.begin(async move {
        while !matches!(phase(&late, &PR), Phase::Removed { .. }) {
            late.world.sleep_until(late.world.now() + SignedDuration::from_secs(1)).await;
        }
        let token = FencingToken(late.world.leases.get(&held.stack).unwrap().token.0 + 1);
        let (first, due) = (token, Some(late.world.now() + SignedDuration::from_hours(72)));
        late.world.leases.put(Lease { token, first, bound: None, due, ..held });
    });
    run(&town);
    town.is_clean(&PR).unwrap();
}

#[test]
fn a_place_that_was_taken_after_the_end_is_given_back_too() {
    let town = town();
    tell(&town, 42, |_| {});
    run(&town);
    tell(&town, 42, |pull| pull.status = PullStatus::Closed);
    let late = Rc::clone(&town);
    town.begin(async move {
        while !matches!(phase(&late, &PR), Phase::Removed { .. }) {
            late.world.sleep_until(late.world.now() + SignedDuration::from_secs(1)).await;
        }
        late.world.previews.slots.borrow_mut().take(&PR, "ada", late.settings.quota, late.world.now());
    });
    run(&town);
    town.is_clean(&PR).unwrap();
}

#[test]
fn a_fork_and_a_draft_and_what_was_closed_before_anybody_looked_get_nothing() {
    let town = town();
    tell(&town, 1, |pull| pull.is_fork = true);
    tell(&town, 2, |pull| pull.is_draft = true);
    tell(&town, 3, |pull| pull.status = PullStatus::Merged);
    run(&town);
    assert!(town.world.previews.started.borrow().is_empty());
    assert!(matches!(phase(&town, &Subject::PullRequest(1)), Phase::Removed { why: Why::Fork, .. }), "people are told");
    for number in [2, 3] {
        assert_eq!(town.record(&Subject::PullRequest(number)), None, "nobody need hear of it");
    }
    tell(&town, 2, |pull| pull.is_draft = false);
    run(&town);
    town.has(&Subject::PullRequest(2), &commit(1)).unwrap();
    tell(&town, 2, |pull| pull.is_draft = true);
    run(&town);
    town.is_clean(&Subject::PullRequest(2)).unwrap();
}

#[test]
fn a_branch_that_is_deleted_takes_its_pull_requests_preview_along_and_no_developers() {
    let town = town();
    let dev = Subject::Developer(DeveloperName::of("alice"));
    let up = Hint::Up(Head { commit: commit(1), branch: "dev/alice".into(), author: "alice".into() });
    town.begin(Rc::clone(&town).deliver(dev.clone(), up, SignedDuration::ZERO));
    tell(&town, 42, |_| {});
    run(&town);
    town.has(&dev, &commit(1)).unwrap();
    let mut pull = town.pull(42).unwrap();
    pull.branch = None;
    town.change(pull);
    for branch in ["dev/alice", "feature/42", "feature/4"] {
        town.begin(Rc::clone(&town).branch_deleted(branch));
    }
    run(&town);
    town.is_clean(&PR).unwrap();
    town.has(&dev, &commit(1)).unwrap();
}

#[test]
fn a_developer_who_asks_again_gets_it_again() {
    let town = town();
    let dev = Subject::Developer(DeveloperName::of("alice"));
    let up = Hint::Up(Head { commit: commit(1), branch: "dev/alice".into(), author: "alice".into() });
    for executions in 1..=2 {
        town.begin(Rc::clone(&town).deliver(dev.clone(), up.clone(), SignedDuration::ZERO));
        run(&town);
        town.has(&dev, &commit(1)).unwrap();
        assert_eq!(town.world.previews.started.borrow().len(), executions);
    }
    town.begin(Rc::clone(&town).deliver(dev.clone(), Hint::Down, SignedDuration::ZERO));
    run(&town);
    town.is_clean(&dev).unwrap();
}

#[test]
fn over_quota_waits_until_somebody_leaves() {
    let mut town = Town::new(1);
    town.settings.quota = Quota { all: 2, author: 1 };
    let town = Rc::new(town);
    tell(&town, 1, |_| {});
    run(&town);
    tell(&town, 2, |_| {});
    tell(&town, 3, |pull| pull.author = "bob".into());
    run(&town);
    town.has(&Subject::PullRequest(3), &commit(1)).unwrap();
    let waits = |number| match phase(&town, &Subject::PullRequest(number)) {
        Phase::Starting { waits, .. } => waits,
        phase => panic!("{phase:?}"),
    };
    assert_eq!(waits(2), Some(Wait::AuthorsQuota { limit: 1 }));
    tell(&town, 4, |pull| pull.author = "eve".into());
    run(&town);
    assert_eq!(waits(4), Some(Wait::Quota { limit: 2 }));
    tell(&town, 1, |pull| pull.status = PullStatus::Merged);
    run(&town);
    town.is_clean(&Subject::PullRequest(1)).unwrap();
    town.has(&Subject::PullRequest(2), &commit(1)).unwrap();
    assert_eq!(waits(4), Some(Wait::Quota { limit: 2 }));
}

#[test]
fn what_nobody_pushed_to_for_long_runs_out_and_comes_back_with_the_next_push() {
    let town = town();
    tell(&town, 42, |_| {});
    run(&town);
    town.world.pass(SignedDuration::from_hours(73));
    run(&town);
    // People were told, and have a day.
    assert!(!town.live("shop-pr-42").is_empty());
    town.world.pass(SignedDuration::from_hours(25));
    run(&town);
    town.is_clean(&PR).unwrap();
    assert!(matches!(phase(&town, &PR), Phase::Removed { why: Why::RanOut, .. }));
    town.begin(Rc::clone(&town).deliver(PR, Hint::Nothing, SignedDuration::ZERO));
    run(&town);
    town.is_clean(&PR).unwrap();
    tell(&town, 42, |pull| pull.head = commit(2));
    run(&town);
    town.has(&PR, &commit(2)).unwrap();
}

#[test]
fn as_many_executions_as_may_run_are_waited_for() {
    let town = town();
    town.world.previews.at_once.set(1);
    for number in 1..=3 {
        tell(&town, number, |_| {});
    }
    run(&town);
    for number in 1..=3 {
        town.has(&Subject::PullRequest(number), &commit(1)).unwrap();
    }
}

#[test]
fn a_stack_that_is_somebody_elses_is_left_to_them() {
    let town = town();
    let other = crate::sweep::arn("shop-pr-42", "1");
    town.world.cloud.put(crate::sweep::stack(&other));
    let theirs = Lease {
        source: Some("ada, by hand".parse().unwrap()),
        state: State::Held { expires_at: town.world.now() + SignedDuration::from_hours(24 * 20) },
        ..crate::sweep::expired(&other)
    };
    town.world.leases.put(theirs.clone());
    tell(&town, 42, |_| {});
    run(&town);
    let Phase::Starting { waits: Some(Wait::Person { what }), .. } = phase(&town, &PR) else { panic!() };
    assert!(what.contains("ada, by hand"), "{what}");
    tell(&town, 42, |pull| pull.status = PullStatus::Closed);
    run(&town);
    assert_eq!(town.world.leases.get(&PR.stack(SERVICE)), Some(theirs));
    assert_eq!(town.live("shop-pr-42").len(), 1);
    assert!(matches!(phase(&town, &PR), Phase::Removed { .. }));
}

#[test]
fn an_event_that_is_newer_than_what_its_host_shows_waits_for_it() {
    let town = town();
    town.world.previews.staleness.set(SignedDuration::from_secs(100));
    let mut commits: Vec<CommitId> = vec![];
    for number in [1, 2, 3, 4, 6] {
        tell(&town, 42, |pull| pull.head = commit(number));
        run(&town);
        commits.push(commit(number));
        town.has(&PR, &commit(number)).unwrap();
    }
    let started: Vec<_> =
        town.world.previews.started.borrow().iter().map(|(_, start)| start.head.commit.clone()).collect();
    assert_eq!(started, commits, "nothing that was overtaken was deployed");
}

#[test]
fn what_was_started_and_not_noted_is_noted_and_not_stopped() {
    let town = town();
    town.world.previews.knows_again.set(true);
    town.world.previews.lag.set(SignedDuration::from_secs(2));
    tell(&town, 42, |_| {});
    // The table does not answer when it is to be noted, and for a while after.
    let late = Rc::clone(&town);
    town.begin(async move {
        while late.world.previews.started.borrow().is_empty() {
            late.world.sleep_until(late.world.now() + SignedDuration::from_millis(100)).await;
        }
        late.world.outage("replace preview", Fault::Refused);
        late.world.sleep_until(late.world.now() + SignedDuration::from_mins(6)).await;
        late.world.recover();
    });
    run(&town);
    town.has(&PR, &commit(1)).unwrap();
    assert_eq!(town.world.previews.started.borrow().len(), 1);
    assert!(town.world.previews.stopped.borrow().is_empty());
}

#[test]
fn an_event_that_was_lost_is_made_up_for_within_the_hour() {
    let town = town();
    tell(&town, 42, |_| {});
    run(&town);
    town.change(Pull { status: PullStatus::Closed, ..town.pull(42).unwrap() });
    run(&town);
    town.is_clean(&PR).unwrap();
}

#[test]
fn one_that_cannot_be_read_does_not_keep_the_others() {
    let town = town();
    for number in [1, 2] {
        tell(&town, number, |_| {});
    }
    run(&town);
    town.world.outage("read pull request", Fault::Throttled);
    let dev = Subject::Developer(DeveloperName::of("alice"));
    let up = Hint::Up(Head { commit: commit(5), branch: "dev/alice".into(), author: "alice".into() });
    for next in [up, Hint::Up(Head { commit: commit(6), branch: "dev/alice".into(), author: "alice".into() })] {
        town.begin(Rc::clone(&town).deliver(dev.clone(), next, SignedDuration::ZERO));
        run(&town);
    }
    town.has(&dev, &commit(6)).unwrap();
    town.world.recover();
}

#[test]
fn a_pull_request_that_its_host_has_no_more_is_given_back() {
    let town = town();
    tell(&town, 42, |_| {});
    run(&town);
    town.world.previews.pulls.borrow_mut().remove(&42);
    run(&town);
    town.is_clean(&PR).unwrap();
}

#[test]
fn one_that_stands_keeps_its_place_whoever_gave_it_back_too_late() {
    let town = town();
    tell(&town, 42, |_| {});
    run(&town);
    town.world.previews.slots.borrow_mut().leave(&PR);
    run(&town);
    town.has(&PR, &commit(1)).unwrap();
}
