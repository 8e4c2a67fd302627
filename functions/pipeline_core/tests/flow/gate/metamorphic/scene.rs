//! A random release: who made it, who approved and reviewed it, what its tests came to, what was decided before.

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    gate::{
        approved::{Vote, Worth},
        decision::{Answer, Decision, Inputs, Noted, Outcome, Rule},
        drift::Drift,
        observation::{ActionRun, Execution},
        overrides::Written,
        params::{Phase, Rules},
        people::Person,
        source::{Identity, Made, PullRequestState, Reviewed, Why},
    },
    memory::World,
    ports::Clock,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::{
    gate::{
        changed,
        history::{roll_back, rollback},
        well::{DAVE, all_rules, announced, drifts, maker, merged, pull_request, review},
    },
    release::{
        ALICE, ALICE_TOO, BOB, CAROL, OVERRIDES, ROOT, STRANGER, UNNAMED, answer, commit, execution, measured, people,
        push, pushed, ran, standard,
    },
};

#[derive(Debug, Clone)]
pub(super) struct Scene {
    asked: [bool; 5],
    pub(super) count: usize,
    reviewers: usize,
    /// Deciding, entering, asking.
    pub(super) phase: usize,
    is_rollback: bool,
    /// Who answered, whether with yes, and whether long ago.
    pub(super) votes: [Option<(usize, bool, bool)>; 3],
    pub(super) makers: Vec<(usize, usize)>,
    pushers: Vec<usize>,
    starter: Option<usize>,
    is_merged: Option<bool>,
    /// Who reviewed it, what they said, and whether of what was merged.
    pub(super) reviews: Vec<(usize, Reviewed, bool)>,
    /// Whether the action succeeded, and what we recorded.
    pub(super) tests: [(bool, Option<bool>); 2],
    pub(super) drift: Option<Drift>,
    pub(super) overrides: Option<([bool; 4], usize)>,
    /// What was decided before: how, by somebody's override, and how many of the votes that counted.
    before: Option<(Outcome, bool, usize)>,
    /// Whom the map does not name.
    pub(super) gone: Option<usize>,
}

const RULES: [&str; 5] = ["approved", "pull_request", "tested", "no_drift", "digest"];
const PRINCIPALS: [&str; 8] = [ALICE, ALICE_TOO, BOB, CAROL, ROOT, STRANGER, UNNAMED, DAVE];
const NOREPLY: &str = "1234+carol@users.noreply.github.com";
const PERSONS: [&str; 5] =
    ["alice@example.com", "bob@example.com", "carol@example.com", "dave@example.com", "eve@example.com"];
const WHYS: [Why; 4] = [Why::Wrote, Why::Committed, Why::Proposed, Why::Contributed];
/// How many identities there are: principals, an account, and an address.
pub(super) const IDENTITIES: usize = PRINCIPALS.len() + 2;

fn identity(which: usize) -> Identity {
    match PRINCIPALS.get(which) {
        Some(arn) => Identity::Principal((*arn).into()),
        None if which == PRINCIPALS.len() => Identity::Account("bob".into()),
        None => Identity::Address(NOREPLY.into()),
    }
}

pub(super) fn person_of(which: usize) -> Option<&'static str> {
    [Some(0), Some(0), Some(1), Some(2), None, None, None, Some(3), Some(1), Some(2)][which].map(|at| PERSONS[at])
}

/// Mostly somebody who can approve.
fn voter() -> impl Strategy<Value = usize> {
    prop_oneof![6 => select(&[2_usize, 3, 7][..]), 1 => 0..PRINCIPALS.len()]
}

/// Mostly alice.
fn author() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0..2_usize, 1 => 0..IDENTITIES]
}

fn likely() -> impl Strategy<Value = bool> {
    prop_oneof![9 => Just(true), 1 => Just(false)]
}

fn reviewed() -> impl Strategy<Value = Reviewed> {
    prop_oneof![9 => Just(Reviewed::Approved), 1 => Just(Reviewed::Refused), 1 => Just(Reviewed::Dismissed)]
}

fn drift() -> impl Strategy<Value = Option<Drift>> {
    let drifted = Drift::Drifted(vec!["Function".into()]);
    prop_oneof![3 => Just(None), 6 => Just(Some(Drift::InSync)), 1 => Just(Some(drifted))]
}

prop_compose! {
    pub(super) fn scene()(
        asked in any::<[bool; 5]>().prop_filter("a policy", |asked| asked.contains(&true)),
        count in prop_oneof![4 => Just(1_usize), 2 => Just(2), 1 => Just(3)],
        reviewers in prop_oneof![3 => Just(1_usize), 1 => Just(2)],
        phase in prop_oneof![6 => Just(0_usize), 2 => Just(1), 1 => Just(2)],
        is_rollback in prop_oneof![5 => Just(false), 1 => Just(true)],
        votes in [0, 1, 2].map(|_| option::weighted(0.8, (voter(), likely(), likely().prop_map(|is| !is)))),
        makers in vec((author(), 0..WHYS.len()), 0..3),
        pushers in prop_oneof![9 => vec(0..2_usize, 1..3), 1 => vec(0..PRINCIPALS.len(), 0..2)],
        starter in option::weighted(0.1, author()),
        is_merged in option::weighted(0.9, likely()),
        reviews in vec((prop_oneof![4 => voter(), 1 => 0..IDENTITIES], reviewed(), likely()), 0..4),
        tests in [0, 1].map(|_| (likely(), prop_oneof![9 => Just(Some(true)), 1 => any::<Option<bool>>()])),
        drift in drift(),
        overrides in option::weighted(0.2, (any::<[bool; 4]>(), 0..PRINCIPALS.len())),
        before in option::weighted(
            0.3, (prop_oneof![3 => Just(Outcome::Approve), 1 => Just(Outcome::Deny)], any::<bool>(), 0..4_usize),
        ),
    ) -> Scene {
        Scene {
            asked, count, reviewers, phase, is_rollback, votes, makers, pushers, starter, is_merged, reviews, tests,
            drift, overrides, before, gone: None,
        }
    }
}

pub(super) fn parameters_of(scene: &Scene) -> Value {
    let mut rules: Map<String, Value> = Map::new();
    for (rule, _) in RULES.iter().zip(scene.asked).filter(|(_, is_asked)| *is_asked) {
        rules.insert((*rule).into(), all_rules()["rules"][rule].clone());
    }
    for (rule, count) in [("approved", scene.count), ("pull_request", scene.reviewers)] {
        if let Some(rule) = rules.get_mut(rule) {
            rule["count"] = json!(count);
        }
    }
    changed(|parameters| {
        parameters["rules"] = Value::Object(rules);
        parameters["approvals"] = json!(["Approve", "Approve2", "Approve3"]);
        parameters["phase"] = json!(["decide", "enter", "ask"][scene.phase]);
        parameters["execution"] = json!(if scene.is_rollback { rollback() } else { execution() });
        parameters["max_wait_minutes"] = json!(1);
    })
}

impl Scene {
    pub(super) fn build(&self, world: &World) {
        pushed(world);
        people(world, &self.map().to_string());
        let started_by = self.starter.and_then(|who| PRINCIPALS.get(who)).map(|arn| (*arn).to_owned());
        let ours = Execution { started_by: started_by.or(standard().started_by), ..standard() };
        world.release.executions.borrow_mut().insert(execution(), ours);
        roll_back(world, Some(execution()));
        self.build_source(world);
        self.build_runs(world);
        if let Some(drift) = &self.drift {
            drifts(world, drift.clone());
        }
        if let Some((rules, by)) = self.overrides {
            let rules: Vec<&str> = RULES.into_iter().zip(rules).filter(|(_, is)| *is).map(|(rule, _)| rule).collect();
            let value = json!({"rules": rules, "reason": "it is urgent"}).to_string();
            let written = Written { value, by: PRINCIPALS[by].into(), at: world.now() };
            let execution = if self.is_rollback { rollback() } else { execution() };
            world.release.overrides.borrow_mut().insert(format!("{OVERRIDES}/{execution}"), written);
        }
        if let Some(decision) = self.decided(world) {
            world.release.decisions.borrow_mut().insert(decision.job.clone(), decision);
        }
    }

    fn map(&self) -> Value {
        let gone = self.gone.map(|who| PERSONS[who]);
        let entries = [
            (ALICE, PERSONS[0]),
            (BOB, PERSONS[1]),
            (CAROL, PERSONS[2]),
            ("github:bob", PERSONS[1]),
            (NOREPLY, PERSONS[2]),
            ("arn:aws:iam::111122223333:role/Dev", "sso"),
        ];
        let kept = entries.into_iter().filter(|(_, person)| Some(*person) != gone);
        Value::Object(kept.map(|(key, person)| (key.to_owned(), json!(person))).collect())
    }

    fn build_source(&self, world: &World) {
        let pushes = self.pushers.iter().map(|who| push(&commit(), PRINCIPALS[*who]));
        *world.release.pushes.borrow_mut() = pushes.collect();
        let makers = self.makers.iter().map(|(who, why)| maker(identity(*who), WHYS[*why]));
        let (of_request, of_commit): (Vec<_>, Vec<_>) =
            makers.partition(|maker| matches!(maker.why, Why::Proposed | Why::Contributed));
        let made = Made { makers: of_commit, commits: vec![commit()] };
        world.release.made.borrow_mut().insert(commit(), made);
        let Some(is_merged) = self.is_merged else { return };
        let mut request = pull_request();
        request.makers.extend(of_request);
        request.state = if is_merged { PullRequestState::Merged } else { PullRequestState::Open };
        let reviews = self.reviews.iter().map(|(who, opinion, is_current)| {
            let mut review = review(identity(*who), *opinion);
            if !is_current {
                review.revision = "first".into();
            }
            review
        });
        request.reviews = reviews.collect();
        merged(world, request);
    }

    fn build_runs(&self, world: &World) {
        for (slot, vote) in self.votes.iter().enumerate() {
            let Some((who, is_yes, is_old)) = vote else { continue };
            answer(world, ACTIONS[slot], PRINCIPALS[*who], if *is_yes { "Succeeded" } else { "Failed" });
            let mut runs = world.release.runs.borrow_mut();
            let (_, run) = runs.last_mut().expect("a run");
            run.id = format!("vote-{slot}");
            if *is_old {
                run.answered = run.answered.map(|at| at - SignedDuration::from_hours(1000));
            }
        }
        for ((number, stage), (is_success, passed)) in [(1, "Beta"), (2, "Gamma")].into_iter().zip(self.tests) {
            ran(world, stage, "Test", if is_success { "Succeeded" } else { "Failed" });
            announced(world, number, stage, passed);
        }
    }

    /// The decision of another job, by the first of the votes.
    fn decided(&self, world: &World) -> Option<Decision> {
        let (outcome, is_overridden, counted) = self.before?;
        let at: Timestamp = "2026-11-21T10:00:00Z".parse().expect("a timestamp");
        let by = Person::of("carol@example.com");
        let overridden = by.clone().filter(|_| is_overridden);
        let answers = [Rule::Approved, Rule::PullRequest, Rule::Tested].map(|rule| {
            let because = "it did then".to_owned();
            Answer { rule, outcome: Outcome::Approve, because, overridden: overridden.clone() }
        });
        let vote = |slot: usize| {
            let run = ActionRun {
                stage: "Approve".into(),
                action: ACTIONS[slot].into(),
                id: format!("vote-{slot}"),
                category: "Approval".into(),
                status: "Succeeded".into(),
                by: Some(CAROL.into()),
                asked: Some(at),
                answered: Some(at),
            };
            Vote { action: ACTIONS[slot].into(), run: Some(run), person: by.clone(), worth: Worth::Counts }
        };
        Some(Decision {
            job: "77777777-abcd-1111-abcd-111111abcdef".parse().expect("a job id"),
            pipeline: "time-service".into(),
            execution: execution(),
            phase: Phase::Decide,
            at,
            outcome,
            answers: answers.into(),
            revision: Some(commit().to_string()),
            digest: world.release.digests.borrow().get(&measured()).cloned(),
            votes: (0..counted.min(3)).map(vote).collect(),
            excluded: vec![],
            rules: Rules { approved: None, pull_request: None, tested: None, digest: None, no_drift: None },
            inputs: Inputs {
                execution: Noted::Unseen("nobody looked".into()),
                makers: None,
                pull_request: None,
                tests: None,
                recorded: Noted::Seen(None),
                drift: None,
                overridden: None,
            },
        })
    }

    /// Whether what is there now decides it: the rule `approved`, on a new release, by nobody's override.
    pub(super) fn is_by_votes(&self) -> bool {
        self.asked[0] && self.phase == 0 && !self.is_rollback && self.overrides.is_none()
    }

    /// Everybody who made it.
    pub(super) fn made(&self) -> Vec<&'static str> {
        let makers = self.makers.iter().filter(|(_, why)| *why < 2 || self.asked[1] && self.is_merged.is_some());
        let principals = self.pushers.iter().chain(&self.starter).copied().filter(|who| *who < PRINCIPALS.len());
        makers.map(|(who, _)| *who).chain(principals).filter_map(person_of).collect()
    }

    /// Everybody who approved, some perhaps twice.
    pub(super) fn voters(&self) -> impl Iterator<Item = &'static str> {
        self.votes
            .iter()
            .flatten()
            .filter(|(_, is_yes, is_old)| *is_yes && !is_old)
            .filter_map(|vote| person_of(vote.0))
    }
}

const ACTIONS: [&str; 3] = ["Approve", "Approve2", "Approve3"];
