//! What commands find of those before them, and what they may do to their shell.

use std::fs;
use std::path::Path;

use crate::world::{World, spec, until};

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

/// What a shell itself says differs from version to version: such a line is known by how it begins, and ends with `…`.
fn same(line: &str, expected: &str) -> bool {
    expected.strip_suffix('…').map_or(line == expected, |start| line.starts_with(start))
}

/// Runs the commands in this shell: what they wrote, with `RUN` for the driver's directory, and the exit code.
async fn written(shell: &str, commands: &[&str]) -> (Vec<String>, String) {
    let world = World::new();
    let text = spec("0.2", &[("build", commands)]) + &format!("env: {{shell: {shell}, exported-variables: [A]}}\n");
    let outcome = world.build(&text).await;
    let run = world.root().join("run").display().to_string();
    let message = outcome.built.err().unwrap_or_else(|| "exit status 0".to_owned());
    let code = message.split("exit status ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or(&message).to_owned();
    (outcome.output.iter().map(|line| line.replace(&run, "RUN")).collect(), code)
}

async fn check(shell: &str, commands: &[&str], output: &[&str], code: i32) {
    let (said, ended) = written(shell, commands).await;
    let matches = said.len() == output.len() && said.iter().zip(output).all(|(line, expected)| same(line, expected));
    assert!(matches, "{shell} {commands:?}: {said:?}, not {output:?}");
    assert_eq!(ended, code.to_string(), "{shell} {commands:?}");
}

#[tokio::test]
async fn whatever_a_command_does_to_its_shell_its_end_is_seen() {
    for (commands, output, code) in [
        (&["set -e", "false; echo never"][..], &[][..], 1),
        (&["exec bash -c 'echo replaced; exit 4'"], &["replaced"], 4),
        (&["trap 'echo own trap' EXIT; exit 5"], &["own trap"], 5),
        (&["kill -9 $$"], &[], 137),
        (&["IFS=/; set -f; set -C; A=a/b", "echo $A"], &["a b"], 0),
        (&["exec >file; echo to a file", "cat file >&2"], &["to a file"], 0),
        (&["read line; echo $? \"[$line]\""], &["1 []"], 0),
        (&["set -- a b; echo $1 $#"], &["a 2"], 0),
        (&["break; echo never"], &[], 0),
        (&["return 3"], &[], 3),
        (&["false; continue; echo never", "echo next"], &["next"], 0),
        (&["exec 8>&- 9>&-; echo one", "echo two"], &["one", "two"], 0),
        (&["exec 9>lock; echo one", "cat lock; echo two"], &["one", "two"], 0),
        (&["exec >&- 2>&-; true", "false"], &[], 1),
        (&["umask 022; touch made", "ls -l made | cut -c 1-10"], &["-rw-r--r--"], 0),
    ] {
        for shell in ["bash", "/bin/sh"] {
            check(shell, commands, output, code).await;
        }
    }
}

#[tokio::test]
async fn what_a_shell_cannot_do_fails_its_command() {
    for (shell, commands, output, code) in [
        (
            "bash",
            &["set -eu; echo $UNSET", "echo never"][..],
            &["RUN/command-1: line 1: UNSET: unbound variable…"][..],
            1,
        ),
        ("bash", &["if true; then"], &["RUN/command-1: line 2: syntax error: unexpected end of file…"], 2),
        ("bash", &["no-such-command"], &["RUN/command-1: line 1: no-such-command: command not found"], 127),
        ("/bin/sh", &["set -eu; echo $UNSET", "echo never"], &["RUN/driver.sh: …"], 2),
        ("/bin/sh", &["no-such-command"], &["RUN/driver.sh: …"], 127),
    ] {
        check(shell, commands, output, code).await;
    }
}

/// The driver's own commands are not traced, nor is a trace of them a message.
#[tokio::test]
async fn a_trace_is_of_the_commands_alone() {
    for (shell, nested) in [("bash", "++ "), ("/bin/sh", "+ ")] {
        let traced = |commands: &'static [&str]| {
            let first = "+ . RUN/command-2".to_owned();
            std::iter::once(first)
                .chain(commands.iter().map(|command| format!("{nested}{command}")))
                .collect::<Vec<_>>()
        };
        for (commands, output, code) in [
            (["A=value; set -x", "false"], traced(&["false"]), 1),
            (["A=value; set -ex", "false"], traced(&["false"]), 1),
            (["set -x; A=value", "sleep 0.1; false"], traced(&["sleep 0.1", "false"]), 1),
        ] {
            let (said, ended) = written(shell, &commands).await;
            let said: Vec<_> = said.into_iter().skip_while(|line| !line.starts_with("+ .")).collect();
            assert_eq!((said, ended), (output, code.to_string()), "{shell} {commands:?}");
        }
    }
    let (said, code) = written("bash", &["A=value; BASH_XTRACEFD=1; set -x", "false"]).await;
    assert_eq!(code, "1", "{said:?}");
    assert!(said.contains(&"++ false".to_owned()) && !said.iter().any(|line| line.contains("value")), "{said:?}");
}

#[tokio::test]
async fn a_line_without_an_end_is_told_in_parts_that_cut_no_secret() {
    let world = World::new();
    let commands = ["yes abcdefghij | tr -d '\\n' | head -c 1000000; exit 3"];
    let mut job = world.job(&spec("0.2", &[("build", &commands)]), &[]);
    job.secrets.push("cdefgh".to_owned());
    let outcome = world.run(job).await;
    assert!(outcome.built.err().unwrap().contains("exit status 3"));
    assert!(outcome.output.len() >= 4, "{}", outcome.output.len());
    assert_eq!(outcome.output.concat(), "ab***ij".repeat(100_000));
}

#[tokio::test]
async fn who_turns_a_shell_off_is_told_what_follows() {
    let world = World::new();
    let mut lines = world.watch();
    let job = world.job(&spec("0.2", &[("build", &["set -n"])]), &[]);
    let note = "Note: after `set -n` the shell runs nothing any more, only the timeout ends the build";
    tokio::select! {
        outcome = world.run(job) => panic!("it ended: {:?}", outcome.built.err()),
        () = until(&mut lines, note) => {}
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
