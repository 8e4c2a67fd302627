//! Whose variables win, what is kept elsewhere, and what is never written.

use flowgate::actions::build::Input;
use flowgate::buildspec::{Secret, Value};

use crate::world::{Outcome, World, plain, spec, unpacked, zip};

#[tokio::test]
async fn exported_variables_are_what_the_shell_left() {
    let text = "
version: 0.2
env:
  variables: {A: from-buildspec, B: from-buildspec}
  exported-variables: [A, B, C, MISSING]
phases:
  build: {commands: ['export A=changed', 'C=\"two lines\n\n and $OVER\"']}
";
    let world = World::new();
    let mut job = world.job(text, &[]);
    job.overrides.insert("B".into(), plain("from-project"));
    job.overrides.insert("OVER".into(), plain("over"));
    let exported = world.run(job).await.built.unwrap().exported;
    let exported: Vec<_> = exported.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(exported, ["A=changed", "B=from-project", "C=two lines\nand over"]);
}

#[tokio::test]
async fn a_build_sees_its_own_variables_and_no_others() {
    let world = World::new();
    let mut job = world.job(&spec("0.2", &[("build", &["env"])]), &[]);
    job.inputs.push(Input { name: "Other".into(), zip: zip(&[("x", "")]) });
    let outcome = world.run(job).await;
    outcome.built.unwrap();
    let names: Vec<_> = outcome.output.iter().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    for name in [
        "CODEBUILD_SRC_DIR",
        "CODEBUILD_SRC_DIR_Source",
        "CODEBUILD_SRC_DIR_Other",
        "CODEBUILD_BUILD_NUMBER",
        "CODEBUILD_BUILD_SUCCEEDING",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert!(!names.iter().any(|name| name.starts_with("CARGO") || name.contains("flowgate")), "{names:?}");
}

#[tokio::test]
async fn the_strongest_who_sets_a_variable_wins_and_nothing_weaker_is_asked_for() {
    let text = "
version: 0.2
env:
  variables: {A: buildspec, B: buildspec, C: buildspec, CODEBUILD_CI: buildspec, BASE: buildspec}
  parameter-store: {ABSENT: /absent}
phases:
  build: {commands: ['echo $A $B $C $CODEBUILD_CI $BASE $ABSENT']}
";
    let mut world = World::new();
    world.kept.0.insert("/b", "parameter");
    let mut job = world.job(text, &[]);
    job.base.insert("BASE".into(), "base".into());
    job.overrides.insert("A".into(), plain("project"));
    job.overrides.insert("B".into(), Value::Parameter("/b".into()));
    job.overrides.insert("ABSENT".into(), plain("project"));
    job.fixed.insert("CODEBUILD_CI".into(), "true".into());
    let outcome = world.run(job).await;
    assert_eq!(outcome.output, ["project *** buildspec true buildspec project"]);
    outcome.built.unwrap();
}

const SECRETS: &str = r#"
version: 0.2
env:
  parameter-store: {TOKEN: /token}
  secrets-manager: {PASSWORD: 'db:password', OLD: 'db:password:AWSPREVIOUS', WHOLE: key}
  exported-variables: [TOKEN, PASSWORD, AWS_X, FINE]
phases:
  build:
    commands:
      - test "$TOKEN/$PASSWORD/$OLD" = token-value/s3cret/old-s3cret
      - echo "$TOKEN" and "$PASSWORD" and "$OLD"
      - printf '%s' "$TOKEN" >$TOKEN.txt; echo "$WHOLE"
      - echo "$TOKEN" >&2; FINE=token AWS_X=1; export FINE
      - echo token-value; (exit $FAIL)
artifacts:
  files: [$TOKEN.txt]
  secondary-artifacts:
    none: {files: [$PASSWORD/x], base-directory: .}
    nowhere: {files: ['*'], base-directory: $PASSWORD}
"#;

/// I26: neither those who watch nor the log's file nor the error has them; the commands have.
#[tokio::test]
async fn what_is_kept_elsewhere_reaches_the_commands_and_is_stars_wherever_it_is_written() {
    let mut world = World::new();
    world.kept.0.extend([
        ("/token", "token-value"),
        ("db", r#"{"password": "s3cret"}"#),
        ("db AWSPREVIOUS", r#"{"password": "old-s3cret"}"#),
        ("key", "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA\n-----END KEY-----\n"),
    ]);
    let hidden = ["token-value", "s3cret", "MIIEpAIBAAKCAQEA", "issued-to-the-role"];
    for fail in ["0", "5"] {
        let mut job = world.job(SECRETS, &[]);
        job.overrides.insert("FAIL".into(), plain(fail));
        job.secrets.push("issued-to-the-role".to_owned());
        job.notes.push("issued-to-the-role".to_owned());
        let Outcome { built, output } = world.run(job).await;
        assert_eq!(output, ["*** and *** and ***", "***", "***", "***", "", "***", "***"]);
        match &built {
            Ok(built) => {
                assert_eq!(built.exported.keys().collect::<Vec<_>>(), ["FINE"]);
                let artifact = built.pack(built.spec.artifacts.as_ref().unwrap()).unwrap();
                assert_eq!(unpacked(&artifact.zip), "token-value.txt=token-value");
                for name in ["none", "nowhere"] {
                    let error = built.pack(&built.spec.secondary_artifacts[name]).unwrap_err().to_string();
                    assert!(built.masked(&error).contains("***") && !built.masked(&error).contains("s3cret"));
                }
            }
            Err(error) => {
                assert!(error.contains("command: echo ***; (exit $FAIL). Reason: exit status 5\n    ***"), "{error}");
                assert!(!hidden.iter().any(|secret| error.contains(secret)), "{error}");
            }
        }
        let written = world.written();
        assert!(!hidden.iter().any(|secret| written.contains(secret)), "{written}");
        assert!(written.contains("Note: variable TOKEN is not exported") && written.contains("Note: ***"), "{written}");
        let run = world.root().join("run");
        assert!(!run.join("exports").exists() && !run.join("values").exists(), "left behind");
    }
}

#[tokio::test]
async fn a_value_that_is_not_there_is_named_by_its_place_in_codebuilds_words() {
    let secret = |reference: &str| Value::Secret(Secret::read(reference));
    for (value, says) in [
        (
            Value::Parameter("/a".into()),
            "Decrypted Variables Error, Message: variable V, kept as /a: parameter does not",
        ),
        (secret("x:k"), "Secrets Manager Error, Message: variable V, kept as x: parameter does not exist: x"),
        (secret("db:k"), "Secrets Manager Error, Message: variable V, kept as db: the secret is no JSON object with"),
    ] {
        let mut world = World::new();
        world.kept.0.insert("db", r#"{"password": "s3cret"}"#);
        let mut job = world.job("version: 0.2\nphases: {build: {commands: [true]}}", &[]);
        job.overrides.insert("V".into(), value);
        let message = world.run(job).await.built.err().unwrap();
        let begins = "Build terminated with state: FAILED. Phase: DOWNLOAD_SOURCE, Code: ";
        assert!(message.strip_prefix(begins).is_some_and(|rest| rest.starts_with(says)), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[tokio::test]
async fn a_name_that_no_process_can_have_is_refused() {
    for (name, value) in [("", "x"), ("A=B", "x"), ("A", "a\0b")] {
        let world = World::new();
        let mut job = world.job("version: 0.2\nphases: {build: {commands: [true]}}", &[]);
        job.overrides.insert(name.into(), plain(value));
        let message = world.run(job).await.built.err().unwrap();
        assert!(message.contains(&format!("{name:?} cannot be set as a variable")), "{message}");
    }
}

#[tokio::test]
async fn git_finds_codecommit_here_when_the_buildspec_asks_for_its_credentials() {
    let text = "
version: 0.2
env: {git-credential-helper: yes}
phases: {build: {commands: ['git config --get-regexp \"^(url|credential)\"']}}
";
    let world = World::new();
    let mut job = world.job(text, &[]);
    job.base.insert("AWS_ENDPOINT_URL".into(), "http://127.0.0.1:1".into());
    job.base.insert("AWS_REGION".into(), "us-east-1".into());
    job.base.insert("GIT_CONFIG_GLOBAL".into(), "/dev/null".into());
    job.base.insert("GIT_CONFIG_NOSYSTEM".into(), "1".into());
    let outcome = world.run(job).await;
    assert_eq!(
        outcome.output,
        [
            "url.http://127.0.0.1:1/v1/repos/.insteadof https://git-codecommit.us-east-1.amazonaws.com/v1/repos/",
            "credential.helper !aws codecommit credential-helper --ignore-host-check $@",
            "credential.usehttppath true",
        ]
    );
    outcome.built.unwrap();
}
