//! Every threat, its control, and what fails without that control. Whoever adds a test here has seen it fail with the control
//! removed; that the names are right is checked, so that none goes without its row being looked at again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

mod table;

use table::{Proof, Proof::Rule, Proof::Test, Row, found_here, threats};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(file: impl AsRef<Path>) -> String {
    let file = checkout().join(file);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn proofs() -> impl Iterator<Item = &'static Proof> {
    threats().flat_map(|row| row.controls).flat_map(|(_, proofs)| *proofs)
}

/// Whether the source has a test of this name: a function right below an attribute that makes it one.
fn has_test(source: &str, name: &str) -> bool {
    let function = format!("fn {name}(");
    let mut attributes = vec![];
    for line in source.lines().map(str::trim) {
        if line.contains(&function) {
            return attributes.iter().any(|line: &&str| line.contains("test]") || line.contains("test("));
        }
        if line.starts_with("#[") { attributes.push(line) } else { attributes.clear() }
    }
    false
}

#[test]
fn every_control_has_something_that_fails_without_it() {
    for Row { threat, controls } in threats() {
        assert!(!controls.is_empty(), "{threat}");
        for (control, proofs) in *controls {
            assert!(!proofs.is_empty(), "{threat}: {control}");
        }
    }
}

#[test]
fn every_test_that_is_named_exists() {
    for proof in proofs() {
        if let Test(file, name) = proof {
            assert!(has_test(&text(file), name), "{file} has no test {name}");
        }
    }
    assert!(!has_test("fn helper() {", "helper"), "a function is no test");
}

#[test]
fn every_rule_that_is_named_exists() {
    let rules = fs::read_dir(checkout().join(".ci/rules")).unwrap().map(|entry| entry.unwrap().path());
    let rules: String = rules.filter(|path| path.is_file()).filter_map(|path| fs::read_to_string(path).ok()).collect();
    for proof in proofs() {
        if let Rule(name) = proof {
            let defined = [format!("def {name}("), format!("rule {name} ")];
            assert!(defined.iter().any(|defined| rules.contains(defined)), "no rule {name}");
        }
    }
}

/// Where the document that names the threats is at hand.
#[test]
fn the_table_has_just_the_threats_that_are_known() {
    let Ok(document) = fs::read_to_string(checkout().join("../shared/SAFETY.md")) else {
        eprintln!("skipped: there is no SAFETY.md beside the checkout");
        return;
    };
    let (_, table) = document.split_once("## Threats and controls\n").unwrap();
    let cells = table.lines().take_while(|line| line.starts_with('|')).skip(2);
    let known: BTreeSet<_> = cells.map(|line| line.split('|').nth(1).unwrap().trim()).collect();
    let here = threats().map(|row| row.threat).filter(|threat| found_here().all(|found| found != *threat));
    assert_eq!(here.collect::<BTreeSet<_>>(), known);
}

/// How a pipeline of the template runs, by its logical id.
fn mode<'a>(template: &'a str, pipeline: &str) -> Option<&'a str> {
    let mut rest = template.lines().skip_while(|line| *line != format!("  {pipeline}:")).skip(1);
    let mut own = rest.by_ref().take_while(|line| line.is_empty() || line.starts_with("    "));
    own.find_map(|line| line.trim().strip_prefix("ExecutionMode: "))
}

/// In PARALLEL a source of CodeCommit is whatever the branch is at by then, and not what was approved.
#[test]
fn the_release_pipeline_is_never_parallel() {
    let template = text("template.yaml");
    assert_eq!(mode(&template, "Pipeline"), Some("SUPERSEDED"));
    assert_eq!(mode(&template, "PreviewPipeline"), Some("PARALLEL"), "it would be seen");
}
