//! The documented phase transitions: which command runs next, and what a failure means.

use std::fmt;

use super::{Buildspec, OnFailure, Phase, PhaseName};

/// What runs commands.
pub trait Shell {
    /// Why a command could not be run at all.
    type Error;

    /// Runs one command to its end and tells its exit code. `succeeding` is what the build looks like so far.
    fn run(&mut self, command: &str, succeeding: bool) -> impl Future<Output = Result<i32, Self::Error>> + Send;

    /// The last lines of what the last command wrote.
    fn output(&self) -> Vec<String>;

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
        /// Its first command that failed, if any did.
        failed: Option<&'a FailedCommand>,
    },
    /// A phase that failed is run again.
    Retrying {
        /// Which.
        phase: PhaseName,
        /// Which of its further runs this is, from 1.
        attempt: u8,
        /// Of how many at most.
        of: u8,
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
    /// The last lines that it wrote.
    pub output: Vec<String>,
}

/// CodeBuild's own words, because people search for them.
impl fmt::Display for FailedCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error while executing command: {}. Reason: exit status {}", self.command.trim_end(), self.code)
    }
}

/// How the phases ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The first failure, if there was one.
    pub failed: Option<FailedCommand>,
    /// Whether artifacts are uploaded now: also after a failure, unless that ended the build at once.
    pub artifacts_due: bool,
}

/// Runs every phase that is due.
///
/// # Errors
/// When the shell cannot run a command at all; what remains is then not run.
pub async fn run<S: Shell>(spec: &Buildspec, shell: &mut S) -> Result<Ended, S::Error> {
    let mut failed: Option<FailedCommand> = None;
    for phase in &spec.phases {
        let failure = run_and_retry(phase, shell, failed.is_none()).await?;
        let over = failure.is_some() && ends_build(phase);
        failed = failed.or(failure);
        if over {
            return Ok(Ended { failed, artifacts_due: false });
        }
    }
    Ok(Ended { failed, artifacts_due: true })
}

async fn run_and_retry<S: Shell>(
    phase: &Phase,
    shell: &mut S,
    succeeding: bool,
) -> Result<Option<FailedCommand>, S::Error> {
    let mut attempt = 0;
    loop {
        shell.tell(News::Entering(phase.name));
        let failure = run_phase(phase, shell, succeeding).await?;
        shell.tell(News::Left { phase: phase.name, failed: failure.as_ref() });
        let Some(of) = failure.as_ref().and_then(|failed| retries(phase, failed)).filter(|of| attempt < *of) else {
            return Ok(failure);
        };
        attempt += 1;
        shell.tell(News::Retrying { phase: phase.name, attempt, of });
    }
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
            return Ok(Some(FailedCommand { phase, command: command.clone(), code, output: shell.output() }));
        }
    }
    Ok(None)
}

/// How often a phase may be run again that failed so.
fn retries(phase: &Phase, failed: &FailedCommand) -> Option<u8> {
    let OnFailure::Retry { count, pattern } = phase.on_failure.as_ref()? else { return None };
    let said = || format!("{failed}\n{}", failed.output.join("\n"));
    pattern.as_ref().is_none_or(|pattern| pattern.is_in(&said())).then_some(*count)
}

/// Without a word in the buildspec what fails in `install` or `pre_build` ends the build at once.
fn ends_build(phase: &Phase) -> bool {
    match (&phase.on_failure, phase.name) {
        (Some(OnFailure::Abort), _) => true,
        (Some(OnFailure::Continue), _) => false,
        (_, name) => matches!(name, PhaseName::Install | PhaseName::PreBuild),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::fmt::Write as _;

    use super::*;
    use crate::buildspec::parse;

    /// Fails the commands that start with `fail`, or `once` and are new, and writes down the rest of the story.
    #[derive(Default)]
    struct Recorder(Vec<String>);

    impl Shell for Recorder {
        type Error = Infallible;

        async fn run(&mut self, command: &str, succeeding: bool) -> Result<i32, Infallible> {
            let story = format!("{command}:{}", u8::from(succeeding));
            let fails = command.starts_with("fail") || command.starts_with("once") && !self.0.contains(&story);
            self.0.push(story);
            Ok(i32::from(fails) * 3)
        }

        fn output(&self) -> Vec<String> {
            vec!["the network is down".to_owned()]
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
        let Ok(Ended { failed, artifacts_due }) = run(&parse(&text).unwrap(), &mut recorder).await;
        let due = if artifacts_due { ", artifacts" } else { "" };
        let failed = failed.map(|failed| format!("{} {} {}{due}", failed.phase, failed.command, failed.code));
        (recorder.0.join(" "), failed)
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
        assert_eq!((ran.as_str(), failed.as_deref()), ("fail_install:1 f:0", Some("INSTALL fail_install 3")));
        let (ran, failed) = story(&["pre_build"], &[]).await;
        assert_eq!(ran, "install:1 install2:1 f:1 fail_pre_build:1 f:0");
        assert_eq!(failed.as_deref(), Some("PRE_BUILD fail_pre_build 3"));
    }

    #[tokio::test]
    async fn post_build_runs_after_a_failed_build_and_knows_of_it() {
        let (ran, failed) = story(&["build", "post_build"], &[]).await;
        assert!(ran.ends_with("fail_build:1 f:0 fail_post_build:0 f:0"), "{ran}");
        assert_eq!(
            failed.as_deref(),
            Some("BUILD fail_build 3, artifacts"),
            "the first failure is the one that counts"
        );
    }

    #[tokio::test]
    async fn on_failure_overrides_the_transition_but_not_the_verdict() {
        let (ran, failed) = story(&["build"], &[("build", "ABORT")]).await;
        assert!(ran.ends_with("fail_build:1 f:0"), "{ran}");
        assert_eq!(failed.as_deref(), Some("BUILD fail_build 3"), "and no artifacts");
        let (ran, failed) = story(&["install"], &[("install", "CONTINUE")]).await;
        assert!(ran.ends_with("build:0 build2:0 f:0 post_build:0 post_build2:0 f:0"), "{ran}");
        assert_eq!(failed.as_deref(), Some("INSTALL fail_install 3, artifacts"));
    }

    #[tokio::test]
    async fn a_failed_phase_is_retried_as_often_as_asked_and_only_after_the_failures_that_are_meant() {
        for (command, on_failure, ran, failed) in [
            ("once", "RETRY", "once:1 f:0 once:1 f:1 post:1", None),
            ("once", "RETRY-0", "once:1 f:0 post:0", Some(3)),
            ("fail", "RETRY-2", "fail:1 f:0 fail:1 f:0 fail:1 f:0 post:0", Some(3)),
            ("once", "RETRY-network is (up|down)", "once:1 f:0 once:1 f:1 post:1", None),
            ("once", "RETRY-1-exit status 3", "once:1 f:0 once:1 f:1 post:1", None),
            ("once", "RETRY-exit status 4", "once:1 f:0 post:0", Some(3)),
        ] {
            let text = format!(
                "{{version: 0.2, phases: {{build: {{commands: [{command}], finally: [f], on-failure: {on_failure:?}}}, \
                 post_build: {{commands: [post]}}}}}}"
            );
            let mut recorder = Recorder::default();
            let Ok(ended) = run(&parse(&text).unwrap(), &mut recorder).await;
            assert_eq!(recorder.0.join(" "), ran, "{on_failure}");
            assert_eq!(ended.failed.map(|failed| failed.code), failed, "{on_failure}");
        }
    }

    #[tokio::test]
    async fn a_retry_that_fails_for_good_ends_the_build_as_the_phase_would_without_it() {
        let (ran, failed) = story(&["install"], &[("install", "RETRY-1")]).await;
        assert_eq!(ran, "fail_install:1 f:0 fail_install:1 f:0");
        assert_eq!(failed.as_deref(), Some("INSTALL fail_install 3"));
    }
}
