use std::fmt::Write as _;

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
    TOKEN: weaker
  parameter-store:
    TOKEN: /t
  secrets-manager:
    PASSWORD: db:password
  exported-variables: [COUNT]
  git-credential-helper: yes
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
  enable-symlinks: yes
  name: $(date)
  s3-prefix: x
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
    let plain = |value: &str| Value::Plain(value.to_owned());
    let secret = Secret { id: "db".into(), key: Some("password".into()), stage: None, version: None };
    let expected = [
        ("CI", plain("true")),
        ("COUNT", plain("007")),
        ("EMPTY", plain("")),
        ("NAME", plain("a b")),
        ("PASSWORD", Value::Secret(secret)),
        ("TOKEN", Value::Parameter("/t".into())),
    ];
    let variables: Vec<_> = spec.variables.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    assert!(variables == expected, "{variables:?}");
    assert!(spec.git_credentials);
    assert_eq!(spec.exported, ["COUNT"]);
    assert_eq!(spec.phases[0].commands, Vec::<String>::new());
    assert_eq!(spec.phases[0].on_failure, Some(OnFailure::Abort));
    assert_eq!(spec.phases[1].commands, ["make", "if true; then\n  echo yes\nfi\n", "echo folded line"]);
    assert_eq!(spec.phases[1].finally, ["echo done"]);
    assert_eq!(spec.phases[1].on_failure, Some(OnFailure::Continue));
    let artifacts = spec.artifacts.unwrap();
    assert_eq!(artifacts.patterns, ["**/*", "template.yml"]);
    assert_eq!(artifacts.base_directory.as_deref(), Some("out"));
    assert!(artifacts.discard_paths && artifacts.symlinks);
    assert_eq!(artifacts.exclude, ["**/*.log"]);
    assert_eq!(spec.secondary_artifacts["docs"].exclude, ["a", "b"]);
    assert_eq!(spec.cache, ["target/**/*"]);
    assert_eq!(spec.notes, ["runtime python 3.12 is not installed, the one on the PATH is used"]);
}

#[test]
fn phases_run_in_codebuilds_order_whatever_the_file_says() {
    let spec = parse("version: 0.1\nphases: {post_build: {}, build: {}, install: {}, pre_build: {}}").unwrap();
    let names: Vec<_> = spec.phases.iter().map(|phase| phase.name.to_string()).collect();
    assert_eq!(names, ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"]);
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
        ("version: 0.2\nphases: {build: {on-failure: RETRY-101}}", "phases.build.on-failure: RETRY-101"),
        ("version: 0.2\nphases: {pre_build: {on-failure: Abort}}", "phases.pre_build.on-failure: Abort"),
        ("version: 0.2\nenv: {shell: powershell.exe}\nphases: {build: {}}", "env.shell: powershell.exe"),
        ("version: 0.2\nenv: {parameter-store: {TOKEN: }}\nphases: {build: {}}", "env.parameter-store.TOKEN is empty"),
        ("version: 0.2\nenv: {secrets-manager: {KEY: ''}}\nphases: {build: {}}", "env.secrets-manager.KEY is empty"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(says), "{text}: {refusal}");
    }
}

#[test]
fn a_mistake_is_told_with_its_line() {
    for (text, line, says) in [
        (
            "version: 0.2\nphases:\n  prebuild:\n    commands: [a]\n",
            3,
            "Invalid buildspec phase name: prebuild. Expecting: build,install,post_build,pre_build",
        ),
        ("version: 0.2\nphases:\n  build:\n    commands:\n      - echo a: b\n", 5, "in quotes where it holds a colon"),
        ("version: 0.2\nphases:\n  build:\n    commands:\n      - [a, b]\n", 5, "expected string"),
        ("version: 0.2\nphases:\n  build:\n    commands: echo\n", 4, ""),
        ("version: 0.2\nphases:\n  build:\n    commands: [a]\n    commands: [b]\n", 5, "commands"),
        ("version: 0.2\nphases:\n  build: {}\n  build: {}\n", 4, "build"),
        ("version: 0.2\nversion: 0.2\nphases: {build: {}}\n", 2, "version"),
        ("version: 0.2\nenv:\n  variables:\n    A: 1\n    A: 2\nphases: {build: {}}\n", 5, "A"),
        ("version: 0.2\nphases:\n\tbuild: {}\n", 3, "tab"),
        ("version: 0.2\nphases: [build]\n", 2, ""),
        ("version: 0.2\nenv:\n  variables: [A]\nphases: {build: {}}\n", 3, ""),
        ("version: 0.2\nenv:\n  variables:\n    A: [1]\nphases: {build: {}}\n", 4, ""),
        ("version: 0.2\nphases: {build: {}}\nartifacts:\n  files: a\n", 4, ""),
        ("version: 0.2\nphases: {build: {}}\nartifacts:\n  discard-paths: perhaps\n", 4, ""),
        ("version: 0.2\nphases: {build: {}}\nreports:\n  unit:\n    files: a\n", 5, ""),
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
        "version: 0.2\nrun-as: bob\nartefacts: {}\nreports: {a: {files: [b]}}\nproxy: {logs: no}\nbatch: {fast-fail: yes}\n\
         cache: {key: k, paths: [a]}\nphases: {build: {run-as: eve, command: [a]}}",
    )
    .unwrap();
    let notes = spec.notes.join("\n");
    for key in
        ["artefacts", "phases.build.command", "reports", "proxy", "batch", "without keys", "run-as bob", "run-as eve"]
    {
        assert!(notes.contains(key), "{key}: {notes}");
    }
    assert_eq!(spec.notes.len(), 8, "{notes}");
}

#[test]
fn version_0_1_has_variables_under_its_own_name_too() {
    let text = "version: 0.1\nenvironment_variables: {plaintext: {A: 1}}\nphases: {build: {commands: [a]}}";
    let spec = parse(text).unwrap();
    assert_eq!(spec.variables["A"], Value::Plain("1".to_owned()));
    assert_eq!(spec.notes, Vec::<String>::new());
}

#[test]
fn either_shell_may_be_asked_for() {
    for (shell, expected) in [("bash", Shell::Bash), ("/bin/sh", Shell::Sh), ("sh", Shell::Sh)] {
        let text = format!("version: 0.2\nenv: {{shell: {shell}}}\nphases: {{build: {{}}}}");
        assert_eq!(parse(&text).unwrap().shell, expected);
    }
    assert_eq!(build("      - a").shell, Shell::Bash);
}

#[test]
fn a_thousand_commands_are_a_thousand_commands() {
    assert_eq!(build(&"      - echo\n".repeat(1000)).phases[0].commands.len(), 1000);
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
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        writeln!(bomb, "a{level}: &a{level} [{below}]").unwrap();
    }
    let refused = parse(&format!("{bomb}version: 0.2\nphases: {{build: {{commands: *a19}}}}\n"));
    assert!(matches!(refused, Err(Error::Syntax(_))), "{refused:?}");
}
