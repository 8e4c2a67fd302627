//! Overrides: somebody answers for a rule, for one execution, by name and with a reason.

use jiff::Timestamp;
use pipeline_core::{
    gate::{
        decision::{Decision, Outcome, Rule},
        drift::Drift,
        overrides::{Override, Written},
        people::Person,
    },
    ids::ExecutionId,
    memory::{Fault, World},
    ports::{Clock, Parameter},
};
use serde_json::{Value, json};

use crate::{
    gate::{
        again, decision, denies,
        history::{roll_back, rollback},
        passes,
        well::{all_is_well, all_rules, drifts},
    },
    release::{CAROL, OVERRIDES, PEOPLE, ROOT, STRANGER, UNNAMED, commit, earlier, execution, package, put},
    support::world,
};

const AT: &str = "2026-11-21T11:00:00Z";

fn overridden(world: &World, execution: &ExecutionId, value: &str, by: &str) {
    let at: Timestamp = AT.parse().expect("a timestamp");
    let written = Written { value: value.to_owned(), by: by.to_owned(), at };
    world.release.overrides.borrow_mut().insert(format!("{OVERRIDES}/{execution}"), written);
}

fn text(rules: &[&str]) -> String {
    json!({"rules": rules, "reason": "prod is down"}).to_string()
}

/// Carol answers for these rules.
fn carol_overrides(world: &World, rules: &[&str]) {
    overridden(world, &execution(), &text(rules), CAROL);
}

type Spoil = fn(&World);

/// What takes the ground from under each rule that can be overridden: denied at once, or waited for.
const SPOILS: [(Rule, &str, Spoil); 5] = [
    (Rule::Approved, "approved", |world| world.release.pushes.borrow_mut().retain(|push| push.commit != commit())),
    (Rule::PullRequest, "pull_request", |world| world.release.pull_requests.borrow_mut().clear()),
    (Rule::Tested, "tested", |world| {
        world.release.runs.borrow_mut().retain(|(_, run)| run.stage != "Beta");
    }),
    (Rule::NoDrift, "no_drift", |world| drifts(world, Drift::Drifted(vec!["Function".into()]))),
    (Rule::NoDrift, "no_drift", |world| drifts(world, Drift::Busy("it changes".into()))),
];

fn spoilt(spoil: Spoil) -> World {
    let world = world();
    all_is_well(&world);
    spoil(&world);
    world
}

fn answers_of(decision: &Decision) -> Vec<(Rule, Outcome, bool)> {
    decision.answers.iter().map(|answer| (answer.rule, answer.outcome, answer.overridden.is_some())).collect()
}

#[test]
fn each_rule_is_set_aside_alone_and_kept_with_who_and_why() {
    for (rule, name, spoil) in SPOILS {
        denies(&spoilt(spoil), &all_rules());
        let world = spoilt(spoil);
        carol_overrides(&world, &[name]);
        let said = passes(&world, &all_rules());
        let expected = format!("carol@example.com overrode {name} at {AT} (prod is down), which said: ");
        assert!(said.contains(&expected), "{said}");
        let decision = decision(&world);
        for (answered, outcome, is_overridden) in answers_of(&decision) {
            assert_eq!((outcome, is_overridden), (Outcome::Approve, answered == rule), "{answered}");
        }
        let carol = Person::of("carol@example.com").unwrap();
        let expected =
            Override { rules: [rule].into(), reason: "prod is down".into(), by: carol, at: AT.parse().unwrap() };
        assert_eq!(decision.inputs.overridden, Some(expected));
    }
}

#[test]
fn no_rule_is_set_aside_by_the_name_of_another() {
    for (rule, _, spoil) in SPOILS {
        let others: Vec<&str> = SPOILS.iter().filter(|(other, ..)| *other != rule).map(|(_, name, _)| *name).collect();
        let world = spoilt(spoil);
        carol_overrides(&world, &others);
        let said = denies(&world, &all_rules());
        assert!(!said.contains("overrode"), "{said}");
    }
}

#[test]
fn i22_nobody_answers_for_another_revision_or_another_artifact() {
    let exchanged = |world: &World| put(world, &package(), "other code");
    let moved = |world: &World| {
        world.release.executions.borrow_mut().get_mut(&execution()).expect("it is there").sources[0].revision =
            "1".repeat(40);
    };
    for spoil in [exchanged as Spoil, moved] {
        for rule in ["revision", "digest", "unmoved", "override"] {
            for rules in [vec![rule], vec!["approved", "pull_request", "tested", "no_drift", rule]] {
                let world = spoilt(spoil);
                carol_overrides(&world, &rules);
                let said = denies(&world, &all_rules());
                assert!(said.contains(&format!("is none: {rule} cannot be overridden")), "{said}");
            }
        }
        let world = spoilt(spoil);
        carol_overrides(&world, &["approved", "pull_request", "tested", "no_drift"]);
        denies(&world, &all_rules());
    }
}

#[test]
fn what_is_not_understood_or_by_nobody_sets_nothing_aside_and_says_so() {
    let ours = || text(&["approved"]);
    let cases: [(String, &str, &str); 13] = [
        (String::new(), CAROL, "is none: "),
        ("approved".into(), CAROL, "is none: "),
        (r#"["approved"]"#.into(), CAROL, "is none: "),
        (r#"{"rules": ["approved"]}"#.into(), CAROL, "missing field `reason`"),
        (r#"{"reason": "because"}"#.into(), CAROL, "missing field `rules`"),
        (r#"{"rules": ["approved"], "reason": "because", "by": "bob"}"#.into(), CAROL, "unknown field `by`"),
        (text(&["policy"]), CAROL, "unknown variant"),
        (text(&[]), CAROL, "it names no rule, or no reason"),
        (json!({"rules": ["approved"], "reason": ""}).to_string(), CAROL, "it names no rule, or no reason"),
        (json!({"rules": ["approved"], "reason": " \n"}).to_string(), CAROL, "it names no rule, or no reason"),
        (ours(), ROOT, "root: is the root user"),
        (ours(), STRANGER, "user/stranger: is not in the people map"),
        (ours(), UNNAMED, "Dev/eve: is a session that no e-mail address names"),
    ];
    for (value, by, words) in cases {
        let world = spoilt(SPOILS[0].2);
        overridden(&world, &execution(), &value, by);
        let said = denies(&world, &all_rules());
        let none = format!("the override {OVERRIDES}/{} is none", execution());
        assert!(said.contains(words) && said.contains(&none), "{value} by {by}: {said}");
        assert_eq!(decision(&world).inputs.overridden, None);
    }
}

#[test]
fn another_execution_s_override_has_no_effect() {
    let world = spoilt(SPOILS[0].2);
    overridden(&world, &earlier(), &text(&["approved"]), CAROL);
    assert!(!denies(&world, &all_rules()).contains("overr"));
    let mut nowhere = all_rules();
    nowhere["overrides"] = Value::Null;
    let world = spoilt(SPOILS[0].2);
    carol_overrides(&world, &["approved"]);
    denies(&world, &nowhere);
    assert!(!world.effects.borrow().contains(&"read override"));
}

#[test]
fn i24_an_override_that_cannot_be_read_does_not_undo_a_denial() {
    for fault in [Fault::Throttled, Fault::Refused] {
        let world = spoilt(SPOILS[1].2);
        carol_overrides(&world, &["pull_request"]);
        world.outage("read override", fault);
        let begin = world.now();
        let said = denies(&world, &all_rules());
        assert!(said.contains("no pull request brought") && said.contains("read override"), "{said}");
        assert!(world.now().duration_since(begin).as_secs() < 60, "a denial does not wait");
    }
    let world = spoilt(SPOILS[1].2);
    carol_overrides(&world, &["pull_request"]);
    world.release.parameters.borrow_mut().insert(PEOPLE.into(), Parameter::Secret);
    denies(&world, &all_rules());
}

#[test]
fn nothing_is_set_aside_where_everything_passes() {
    for value in [text(&["approved", "pull_request", "tested"]), "nonsense".to_owned()] {
        let world = spoilt(|_| ());
        overridden(&world, &execution(), &value, CAROL);
        assert!(!passes(&world, &all_rules()).contains("overrode"));
        let decision = decision(&world);
        assert_eq!(decision.inputs.overridden, None);
        assert!(answers_of(&decision).iter().all(|(.., is_overridden)| !is_overridden));
    }
}

/// What somebody answered for once is not what a later return to it rests on.
#[test]
fn i23_an_override_is_good_for_its_own_execution_only() {
    let with = |field: &str, value: Value| {
        let mut parameters = all_rules();
        parameters[field] = value;
        parameters
    };
    let (enter, back) = (with("phase", json!("enter")), with("execution", json!(rollback())));
    for (is_there, of_rollback, is_let, parameters) in [
        (true, false, true, &enter),
        (false, false, false, &enter),
        (true, false, false, &back),
        (true, true, true, &back),
    ] {
        let world = spoilt(SPOILS[0].2);
        carol_overrides(&world, &["approved"]);
        passes(&world, &all_rules());
        roll_back(&world, Some(execution()));
        if !is_there {
            world.release.overrides.borrow_mut().clear();
        }
        if of_rollback {
            overridden(&world, &rollback(), &text(&["approved"]), CAROL);
        }
        let said = again(&world, parameters);
        assert_eq!(said.is_ok(), is_let, "{said:?}");
    }
}
