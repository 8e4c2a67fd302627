//! The binary: exit codes, and what it prints.

use std::process::{Command, Output};

fn simulation(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_simulation")).args(arguments).output().expect("the simulation runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn seeds_without_a_violation_are_counted() {
    let output = simulation(&["--seeds", "200", "--start", "7", "--threads", "2"]);
    assert_eq!(output.status.code(), Some(0));
    let said = said(&output);
    assert!(
        said.starts_with("200 seeds, ") && said.contains("seeds a second") && said.ends_with("0 violations\n"),
        "{said}"
    );
}

#[test]
fn a_mutant_that_is_seen_is_listed_with_its_seed_and_a_survivor_fails() {
    let output = simulation(&["--mutants", "delete-by-name", "--seeds", "1000"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(said(&output).contains("killed    delete-by-name"), "{}", said(&output));
    let output = simulation(&["--mutants", "result-of-another-run", "--seeds", "1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("SURVIVES  result-of-another-run"), "{}", said(&output));
}

#[test]
fn a_seed_is_replayed_with_its_trace() {
    let output = simulation(&["--seed", "0", "--mutant", "delete-by-name"]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("begins") && said.contains("seed 0 breaks I5"), "{said}");
    assert_eq!(simulation(&["--seed", "0"]).status.code(), Some(0));
}

#[test]
fn bad_arguments_are_refused() {
    for bad in [
        &["--seeds", "0"][..],
        &["--seeds", "x"],
        &["--steps", "119"],
        &["--start", "18446744073709551615"],
        &["--threads", "0"],
        &["--mutants", "no-such-mutant"],
        &["--mutant", "delete-by-name"],
        &["--seed", "1", "--seeds", "2"],
        &["extra"],
    ] {
        assert_eq!(simulation(bad).status.code(), Some(2), "{bad:?}");
    }
}
