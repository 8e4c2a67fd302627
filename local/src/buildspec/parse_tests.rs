use std::path::Path;

use super::*;

fn refusal(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

fn build(commands: &str) -> Buildspec {
    let text = format!("version: 0.2\nphases:\n  build:\n    commands:\n{commands}");
    parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn everything_a_full_buildspec_says_is_kept() {
    let spec = parse(
        "
version: 0.2
env:
  shell: bash
  variables:
    COUNT: 007
    CI: true
    EMPTY:
    NAME: 'a b'
  exported-variables: [COUNT]
phases:
  install:
    on-failure: ABORT
    runtime-versions:
      python: 3.12
    commands:
  build:
    on-failure: CONTINUE
    commands:
      - make
      - |
        if true; then
          echo yes
        fi
      - >-
        echo folded
        line
    finally:
      - echo done
artifacts:
  files:
    - '**/*'
    - template.yml
  base-directory: out
  discard-paths: yes
  exclude-paths: '**/*.log'
  secondary-artifacts:
    docs:
      files: [index.html]
      discard-paths: no
      exclude-paths: [a, b]
cache:
  paths: ['target/**/*']
",
    )
    .unwrap();
    assert_eq!(spec.version, Version::SharedShell);
    let variables: Vec<_> = spec.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(variables, ["CI=true", "COUNT=007", "EMPTY=", "NAME=a b"]);
    assert_eq!(spec.exported, ["COUNT"]);
    assert_eq!(spec.phases[0].commands, Vec::<String>::new());
    assert_eq!(spec.phases[0].on_failure, Some(OnFailure::Abort));
    assert_eq!(spec.phases[1].commands, ["make", "if true; then\n  echo yes\nfi\n", "echo folded line"]);
    assert_eq!(spec.phases[1].finally, ["echo done"]);
    assert_eq!(spec.phases[1].on_failure, Some(OnFailure::Continue));
    let artifacts = spec.artifacts.unwrap();
    assert_eq!(artifacts.patterns, ["**/*", "template.yml"]);
    assert_eq!(artifacts.base_directory.as_deref(), Some("out"));
    assert!(artifacts.discard_paths);
    assert_eq!(artifacts.exclude, ["**/*.log"]);
    assert_eq!(spec.secondary_artifacts["docs"].exclude, ["a", "b"]);
    assert_eq!(spec.cache, ["target/**/*"]);
    assert_eq!(spec.notes, ["runtime python 3.12 is not installed, the one on the PATH is used"]);
}

#[test]
fn phases_run_in_codebuilds_order_whatever_the_file_says() {
    let spec = parse("version: 0.1\nphases: {post_build: {}, build: {}, install: {}, pre_build: {}}").unwrap();
    let names: Vec<_> = spec.phases.iter().map(|phase| phase.name.to_string()).collect();
    assert_eq!(names, ["install", "pre_build", "build", "post_build"]);
    assert_eq!(spec.version, Version::ShellEach);
}

#[test]
fn a_command_is_the_text_that_was_written() {
    for (yaml, command) in [
        ("      - true", "true"),
        ("      - 'echo \"a: b\"'", "echo \"a: b\""),
        ("      - echo a # comment", "echo a"),
        ("      - echo a#b", "echo a#b"),
        ("      - 1.0", "1.0"),
    ] {
        assert_eq!(build(yaml).phases[0].commands, [command], "{yaml}");
    }
}

#[test]
fn what_cannot_be_run_is_refused_by_name() {
    for (text, says) in [
        ("phases: {build: {commands: [a]}}", "no version"),
        ("version: 0.3\nphases: {build: {commands: [a]}}", "version 0.3"),
        ("version: 0.2", "no phases"),
        ("version: 0.2\nphases: {}", "no phases"),
        ("version: 0.2\nbatch: {build-list: []}", "batch"),
        ("version: 0.2\nphases: {build: {on-failure: RETRY-3}}", "phases.build.on-failure: RETRY-3"),
        ("version: 0.2\nenv: {shell: powershell.exe}\nphases: {build: {}}", "env.shell: powershell.exe"),
        ("version: 0.2\nenv: {parameter-store: {TOKEN: /t}}\nphases: {build: {}}", "env.parameter-store: TOKEN"),
        ("version: 0.2\nenv: {secrets-manager: {KEY: s}}\nphases: {build: {}}", "env.secrets-manager: KEY"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(says), "{text}: {refusal}");
    }
}

#[test]
fn a_mistake_is_told_with_its_line() {
    for (text, line, says) in [
        ("version: 0.2\nphases:\n  prebuild:\n    commands: [a]\n", 3, "prebuild"),
        ("version: 0.2\nphases:\n  build:\n    commands:\n      - echo a: b\n", 5, ""),
        ("version: 0.2\nphases:\n  build:\n    commands: echo\n", 4, ""),
        ("version: 0.2\nphases:\n  build:\n   - a\n  b\n", 4, ""),
        ("version: 0.2\nphases:\n  build:\n    commands: ['a\n", 4, ""),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(&format!("line {line}")), "{text}: {refusal}");
        assert!(refusal.contains(says), "{text}: {refusal}");
    }
}

#[test]
fn whatever_is_ignored_is_noted() {
    let spec = parse(
        "version: 0.2\nrun-as: bob\nartefacts: {}\nreports: {a: {files: [b]}}\nproxy: {logs: no}\nphases: {build: {run-as: eve}}",
    )
    .unwrap();
    let notes = spec.notes.join("\n");
    for key in ["artefacts", "reports", "proxy", "run-as bob", "run-as eve"] {
        assert!(notes.contains(key), "{key}: {notes}");
    }
}

#[test]
fn odd_input_is_refused_and_never_a_panic() {
    for text in
        ["", "\0", "- a", "a", "[", "version: 0.2\nphases: null", "version: 0.2\nphases: 3", "&a [*a]", "%YAML 9"]
    {
        assert!(parse(text).is_err(), "{text:?}");
    }
    let deep = format!("version: 0.2\nphases: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(parse(&deep).is_err());
}

/// Public buildspecs, read where they are present: each can be run, or the reason is one that a person understands.
#[test]
fn public_buildspecs_parse_or_are_refused_by_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/buildspecs");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("passed without the corpus: {} is not there", folder.display());
        return;
    };
    let mut parsed = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        match parse(&std::fs::read_to_string(&path).unwrap()) {
            Ok(_) => parsed += 1,
            Err(error) => {
                let known = ["env.parameter-store", "no version", "does not run here", "line "];
                let error = error.to_string();
                assert!(known.iter().any(|reason| error.contains(reason)), "{}: {error}", path.display());
                println!("{}: {error}", path.display());
            }
        }
    }
    assert!(parsed > 0, "none of {} parses", folder.display());
}
