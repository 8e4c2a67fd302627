//! The simulation itself: the same seed is the same story, the core keeps its promises, and what is wrong on purpose is seen.

use simulation::{MUTANTS, Outcome, Settings, run};

const SETTINGS: Settings = Settings { steps: 160, mutant: None, traced: false };

fn traced(seed: u64) -> Outcome {
    run(seed, Settings { traced: true, ..SETTINGS })
}

#[test]
fn a_seed_is_the_same_story_each_time() {
    for seed in 0..100 {
        let (first, second) = (traced(seed), traced(seed));
        assert!(first.faulty >= 120, "seed {seed} has {} steps with faults", first.faulty);
        assert_eq!(first, second, "seed {seed}");
    }
}

#[test]
fn writing_a_story_down_does_not_change_it() {
    for seed in 0..100 {
        let (told, untold) = (traced(seed), run(seed, SETTINGS));
        assert_eq!((told.steps, told.violation), (untold.steps, untold.violation), "seed {seed}");
    }
}

#[test]
fn no_promise_is_broken() {
    for seed in 0..1000 {
        assert_eq!(run(seed, SETTINGS).violation, None, "seed {seed}");
    }
}

/// One for each kind of defect; the release build runs them all.
#[test]
fn what_is_wrong_on_purpose_is_seen_and_named() {
    for (name, invariant) in [
        ("delete-by-name", "I5"),
        ("tombstone-after-delete", "I3"),
        ("claim-ignores-deleting", "I4"),
        ("no-read-after-tombstone", "I9"),
        ("people-never-told", "I11"),
        ("plan-applies", "I13"),
        ("lost-test-started-again", "I19"),
        ("verdict-unconditioned", "I16"),
        ("repair-overlooks-runs", "I17"),
        ("tear-down-ignored", "I18"),
        ("tear-down-before-the-tests-end", "I19"),
    ] {
        let mutant = MUTANTS.iter().find(|mutant| mutant.name == name).expect("a mutant of this name");
        let violations =
            (0..1000).filter_map(|seed| run(seed, Settings { mutant: Some(mutant), ..SETTINGS }).violation);
        let first = violations.map(|violation| violation.invariant).next();
        assert_eq!(first, Some(invariant), "{name}");
    }
}

#[test]
fn mutants_have_names_of_their_own() {
    let mut names: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), MUTANTS.len());
    assert!(names.len() >= 20, "{}", names.len());
}
