//! The documented phase transitions: which command runs next, and what a failure means.

use super::{Buildspec, OnFailure, Phase, PhaseName};

/// What runs commands.
pub trait Shell {
    /// Why a command could not be run at all.
    type Error;

    /// Runs one command to its end and tells its exit code. `succeeding` is what the build looks like so far.
    fn run(&mut self, command: &str, succeeding: bool) -> impl Future<Output = Result<i32, Self::Error>> + Send;

    /// Hears what happens, as it happens.
    fn tell(&mut self, news: News<'_>);
}

/// What [`run`] tells while it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News<'a> {
    /// A phase begins.
    Entering(PhaseName),
    /// A command is about to run.
    Running(&'a str),
    /// A phase is over.
    Left {
        /// Which.
        phase: PhaseName,
        /// Whether all its commands succeeded.
        succeeded: bool,
    },
}

/// The first command that failed, which is what failed the build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCommand {
    /// Its phase.
    pub phase: PhaseName,
    /// Its text.
    pub command: String,
    /// Its exit code.
    pub code: i32,
}

/// Runs every phase that is due. The answer is the first failure, if there was one.
///
/// # Errors
/// When the shell cannot run a command at all; what remains is then not run.
pub async fn run<S: Shell>(spec: &Buildspec, shell: &mut S) -> Result<Option<FailedCommand>, S::Error> {
    let mut failed: Option<FailedCommand> = None;
    for phase in &spec.phases {
        shell.tell(News::Entering(phase.name));
        let failure = run_phase(phase, shell, failed.is_none()).await?;
        shell.tell(News::Left { phase: phase.name, succeeded: failure.is_none() });
        let over = failure.is_some() && after_failure(phase) == OnFailure::Abort;
        failed = failed.or(failure);
        if over {
            break;
        }
    }
    Ok(failed)
}

async fn run_phase<S: Shell>(
    phase: &Phase,
    shell: &mut S,
    succeeding: bool,
) -> Result<Option<FailedCommand>, S::Error> {
    let failed = run_block(phase.name, &phase.commands, shell, succeeding).await?;
    let succeeding = succeeding && failed.is_none();
    let failed_finally = run_block(phase.name, &phase.finally, shell, succeeding).await?;
    Ok(failed.or(failed_finally))
}

async fn run_block<S: Shell>(
    phase: PhaseName,
    commands: &[String],
    shell: &mut S,
    succeeding: bool,
) -> Result<Option<FailedCommand>, S::Error> {
    for command in commands {
        shell.tell(News::Running(command));
        let code = shell.run(command, succeeding).await?;
        if code != 0 {
            return Ok(Some(FailedCommand { phase, command: command.clone(), code }));
        }
    }
    Ok(None)
}

/// Without a word in the buildspec only a failed `build` is followed by another phase.
fn after_failure(phase: &Phase) -> OnFailure {
    phase.on_failure.unwrap_or(match phase.name {
        PhaseName::Build => OnFailure::Continue,
        PhaseName::Install | PhaseName::PreBuild | PhaseName::PostBuild => OnFailure::Abort,
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::fmt::Write as _;

    use super::*;
    use crate::buildspec::parse;

    /// Fails the commands that start with `fail`, and writes down the rest of the story.
    #[derive(Default)]
    struct Recorder(Vec<String>);

    impl Shell for Recorder {
        type Error = Infallible;

        async fn run(&mut self, command: &str, succeeding: bool) -> Result<i32, Infallible> {
            self.0.push(format!("{command}:{}", u8::from(succeeding)));
            Ok(i32::from(command.starts_with("fail")) * 3)
        }

        fn tell(&mut self, _: News<'_>) {}
    }

    /// `install`, `pre_build`, `build` and `post_build` each with one command and `finally: [f]`; those named in `failing` fail.
    async fn story(failing: &[&str], on_failure: &[(&str, &str)]) -> (String, Option<String>) {
        let mut text = String::from("version: 0.2\nphases:\n");
        for phase in ["install", "pre_build", "build", "post_build"] {
            let command = if failing.contains(&phase) { format!("fail_{phase}") } else { phase.to_owned() };
            write!(text, "  {phase}:\n    commands: [{command}, {phase}2]\n    finally: [f]\n").unwrap();
            for (_, value) in on_failure.iter().filter(|(name, _)| *name == phase) {
                writeln!(text, "    on-failure: {value}").unwrap();
            }
        }
        let mut recorder = Recorder::default();
        let Ok(failed) = run(&parse(&text).unwrap(), &mut recorder).await;
        (recorder.0.join(" "), failed.map(|failed| format!("{} {} {}", failed.phase, failed.command, failed.code)))
    }

    #[tokio::test]
    async fn a_build_without_failure_runs_everything() {
        let (ran, failed) = story(&[], &[]).await;
        let all =
            "install:1 install2:1 f:1 pre_build:1 pre_build2:1 f:1 build:1 build2:1 f:1 post_build:1 post_build2:1 f:1";
        assert_eq!((ran.as_str(), failed), (all, None));
    }

    #[tokio::test]
    async fn install_and_pre_build_stop_the_build_when_they_fail() {
        let (ran, failed) = story(&["install"], &[]).await;
        assert_eq!((ran.as_str(), failed.as_deref()), ("fail_install:1 f:0", Some("install fail_install 3")));
        let (ran, failed) = story(&["pre_build"], &[]).await;
        assert_eq!(ran, "install:1 install2:1 f:1 fail_pre_build:1 f:0");
        assert_eq!(failed.as_deref(), Some("pre_build fail_pre_build 3"));
    }

    #[tokio::test]
    async fn post_build_runs_after_a_failed_build_and_knows_of_it() {
        let (ran, failed) = story(&["build", "post_build"], &[]).await;
        assert!(ran.ends_with("fail_build:1 f:0 fail_post_build:0 f:0"), "{ran}");
        assert_eq!(failed.as_deref(), Some("build fail_build 3"), "the first failure is the one that counts");
    }

    #[tokio::test]
    async fn on_failure_overrides_the_transition_but_not_the_verdict() {
        let (ran, failed) = story(&["build"], &[("build", "ABORT")]).await;
        assert!(ran.ends_with("fail_build:1 f:0"), "{ran}");
        assert!(failed.is_some());
        let (ran, failed) = story(&["install"], &[("install", "CONTINUE")]).await;
        assert!(ran.ends_with("build:0 build2:0 f:0 post_build:0 post_build2:0 f:0"), "{ran}");
        assert!(failed.is_some());
    }
}
