//! What commands find of those before them, and what they may do to their shell.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::world::{World, spec};

#[tokio::test]
async fn version_0_2_shares_one_shell() {
    let commands = ["A=1; export B=2; cd sub; f() { echo function $A; }", "f; echo $B ${PWD##*/}"];
    let world = World::new();
    let job = world.job(&spec("0.2", &[("install", &commands[..1]), ("build", &commands[1..])]), &[("sub/x", "")]);
    let outcome = world.run(job).await;
    assert_eq!(outcome.output, ["function 1", "2 sub"]);
    outcome.built.unwrap();
}

#[tokio::test]
async fn version_0_1_gives_every_command_a_shell_of_its_own() {
    let commands = ["export A=1; cd sub", "echo \"[$A]\" ${PWD##*/}"];
    let world = World::new();
    let outcome = world.run(world.job(&spec("0.1", &[("build", &commands)]), &[("sub/x", "")])).await;
    assert_eq!(outcome.output, ["[] src"]);
    outcome.built.unwrap();
}

#[tokio::test]
async fn a_command_may_exit_and_the_next_shell_goes_on_with_its_variables() {
    let commands = ["export A=kept; cd sub; printf no-newline; exit 0", "echo $A ${PWD##*/}"];
    let world = World::new();
    let outcome = world.run(world.job(&spec("0.2", &[("build", &commands)]), &[("sub/x", "")])).await;
    assert_eq!(outcome.output, ["no-newline", "kept sub"]);
    outcome.built.unwrap();
    let outcome = world.build(&spec("0.2", &[("build", &["echo out; exit 9"]), ("post_build", &["echo post"])])).await;
    assert_eq!(outcome.output, ["out", "post"]);
    assert!(outcome.built.err().unwrap().contains("Reason: exit status 9\n    out"));
}

#[tokio::test]
async fn whatever_a_command_does_to_its_shell_its_end_is_seen() {
    for (commands, output, code) in [
        (&["set -e", "false; echo never"][..], &[][..], Some(1)),
        (&["set -eu; echo $UNSET", "echo never"], &[], None),
        (&["exec bash -c 'echo replaced; exit 4'"], &["replaced"], Some(4)),
        (&["trap 'echo own trap' EXIT; exit 5"], &["own trap"], Some(5)),
        (&["kill -9 $$"], &[], Some(137)),
        (&["IFS=/; set -f; set -C; A=a/b", "echo $A"], &["a b"], Some(0)),
        (&["exec >file; echo to a file", "cat file >&2"], &["to a file"], Some(0)),
        (&["read line; echo \"[$line]\""], &["[]"], Some(0)),
        (&["if true; then"], &[], None),
        (&["no-such-command"], &[], Some(127)),
        (&["set -- a b; echo $1 $#"], &["a 2"], Some(0)),
        (&["break; echo still"], &[], None),
    ] {
        let started = Instant::now();
        let outcome = World::new().build(&spec("0.2", &[("build", commands)])).await;
        let message = outcome.built.as_ref().err().cloned().unwrap_or_default();
        let said: Vec<_> =
            outcome.output.iter().map(String::as_str).filter(|line| !line.contains("command-")).collect();
        assert_eq!(said.get(..output.len()), Some(output), "{commands:?}: {said:?} {message}");
        match code {
            Some(0) => assert!(outcome.built.is_ok(), "{commands:?}: {message}"),
            Some(code) => assert!(message.contains(&format!("exit status {code}")), "{commands:?}: {message}"),
            None => {}
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{commands:?}");
    }
}

#[tokio::test]
async fn a_background_process_neither_hangs_the_build_nor_outlives_it() {
    let world = World::new();
    let outcome = world
        .build(&spec("0.2", &[("build", &["sleep 1000 & echo $! >pid", "kill -0 $(cat pid) && echo alive"])]))
        .await;
    assert_eq!(outcome.output, ["alive"]);
    outcome.built.unwrap();
    let pid = fs::read_to_string(world.root().join("src/pid")).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).join("cmdline").exists(), "process {pid} still runs");
}

#[tokio::test]
async fn a_buildspec_may_ask_for_sh_and_everything_else_stays() {
    let text = "
version: 0.2
env: {shell: /bin/sh, exported-variables: [A, B]}
phases:
  build:
    commands:
      - |
        A=1
        export B=\"it is
          two\"
        cd sub
        f() { echo function $A; }
      - f; echo ${PWD##*/}
      - exit 3
    finally: ['echo kept $B ${PWD##*/}']
  post_build: {commands: ['if true; then', 'echo never']}
";
    let world = World::new();
    let outcome = world.run(world.job(&text.replace("exit 3", "true"), &[("sub/x", "")])).await;
    assert_eq!(outcome.output[..2], ["function 1", "sub"]);
    assert!(outcome.built.err().unwrap().contains("if true; then"));
    let outcome =
        world.run(world.job(&text.replace("'if true; then', 'echo never'", "'true'"), &[("sub/x", "")])).await;
    assert_eq!(outcome.output.last().unwrap(), "kept it is two sub");
    assert!(outcome.built.err().unwrap().contains("Error while executing command: exit 3. Reason: exit status 3"));
    let text = text.replace("exit 3", "true").replace("'if true; then', 'echo never'", "'true'");
    let exported = world.run(world.job(&text, &[("sub/x", "")])).await.built.unwrap().exported;
    let exported: Vec<_> = exported.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(exported, ["A=1", "B=it is\n  two"]);
}
