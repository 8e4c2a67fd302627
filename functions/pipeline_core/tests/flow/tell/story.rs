//! The life of a preview, as its record and its executions tell it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::{CommitId, ExecutionId, FencingToken, Nonce},
    ports::Clock,
    preview::{
        record::{Head, Phase, Preview, Run, Tokens, Wanted, Why},
        subject::Subject,
    },
    record::{
        console::Console,
        say::{Place, Said, say},
        sign::{Move, Sign},
        tell::Tell,
        watch::{ExecutionState, Progress, Step, StepState},
    },
};
use uuid::Uuid;

use crate::tell::{
    square::{Square, Watch},
    turns::{Attempt, Happening},
};

pub(crate) const PR: Subject = Subject::PullRequest(42);

pub(crate) fn commit(number: u8) -> CommitId {
    format!("{number:04}").repeat(10).parse().expect("a commit id")
}

pub(crate) fn execution(number: u8) -> ExecutionId {
    format!("{number:08}-abcd-1111-abcd-111111abcdef").parse().expect("an execution id")
}

pub(crate) fn place() -> Place {
    let console = Console { region: "eu-west-1".into() };
    Place { service: "shop".into(), pipeline: "shop-flowgate-previews".into(), console }
}

/// A preview that is to have this commit.
pub(crate) fn wanted(number: u8) -> Wanted {
    Wanted::Deployed(Head { commit: commit(number), branch: "feature/a".into(), author: "ada".into() })
}

pub(crate) fn starting() -> Phase {
    Phase::Starting {
        holder: execution(0).to_string().parse().expect("a UUID"),
        waits: None,
        since: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn running(number: u8) -> Phase {
    Phase::Running(Run {
        holder: execution(0).to_string().parse().expect("a UUID"),
        tokens: Tokens { app: FencingToken(1), tests: FencingToken(2) },
        execution: execution(number),
        commit: commit(number),
        since: Timestamp::UNIX_EPOCH,
    })
}

pub(crate) fn removed(why: Why) -> (Wanted, Phase) {
    (Wanted::Removed { why }, Phase::Removed { why, at: Timestamp::UNIX_EPOCH })
}

/// Puts the record there, as its next version.
pub(crate) fn put(square: &Square, subject: &Subject, wanted: Wanted, phase: Phase) -> u64 {
    let mut previews = square.previews.borrow_mut();
    let version = previews.get(subject).map_or(0, |preview| preview.version) + 1;
    let nonce = Nonce::from_random(Uuid::from_u128(version.into()));
    let preview = Preview { subject: subject.clone(), version, wanted, phase, executions: vec![], due: None, nonce };
    previews.insert(subject.clone(), preview);
    version
}

/// An execution of the preview that has come so far.
pub(crate) fn progress(state: ExecutionState, steps: &[(&str, StepState)]) -> Progress {
    let step = |(number, (action, state)): (i64, &(&str, StepState))| Step {
        id: number.to_string(),
        stage: "Preview".into(),
        action: (*action).to_owned(),
        category: "Invoke".into(),
        state: *state,
        summary: Some("8 of 8 passed".into()),
        error: (*state == StepState::Failed).then(|| "7 of 8 passed; a failed: no".to_owned()),
        outputs: BTreeMap::from([("ApiUrl".to_owned(), "https://api.example/".to_owned())]),
        began: Timestamp::from_second(number * 10).ok(),
        changed: Timestamp::from_second(number * 10 + 5).ok(),
    };
    Progress {
        state,
        why: None,
        is_rollback: false,
        variables: BTreeMap::from([("Preview".to_owned(), PR.to_string())]),
        revisions: vec![],
        steps: (1..).zip(steps).map(step).collect(),
    }
}

fn moved(number: u8, what: Move) -> Sign {
    Sign::Moved { execution: execution(number), what, at: Some(Timestamp::UNIX_EPOCH) }
}

fn step(run: &str, state: StepState) -> Move {
    Move::Step { run: run.to_owned(), state }
}

type Chapter<'a> = Happening<'a, Sign>;

/// A new version of the record; a push starts an execution of its own. Events come late, and twice, as `later` says.
pub(crate) fn turn<'a>(
    square: &'a Square,
    version: u64,
    wanted: &Wanted,
    phase: &Phase,
    later: &mut impl FnMut() -> Vec<SignedDuration>,
) -> Chapter<'a> {
    let (wanted, phase) = (wanted.clone(), phase.clone());
    let sign = Sign::Version { subject: PR, version };
    let change = Box::new(move || {
        put(square, &PR, wanted.clone(), phase.clone());
    });
    Happening { change, events: later().into_iter().map(|later| (sign.clone(), later)).collect() }
}

/// An execution comes to something, with the events of it.
pub(crate) fn comes<'a>(
    square: &'a Square,
    number: u8,
    state: ExecutionState,
    steps: &[(&str, StepState)],
    later: &mut impl FnMut() -> Vec<SignedDuration>,
) -> Chapter<'a> {
    let progress = progress(state, steps);
    let mut signs = vec![moved(number, Move::Execution(state))];
    signs.extend(progress.steps.last().map(|last| moved(number, step(&last.id, last.state))));
    let events = signs.into_iter().flat_map(|sign| later().into_iter().map(move |later| (sign.clone(), later)));
    Happening {
        events: events.collect(),
        change: Box::new(move || square.comes_to(&execution(number), progress.clone())),
    }
}

/// A pull request that is opened, tested, and maybe pushed to and closed.
pub(crate) fn story<'a>(
    square: &'a Square,
    chapters: usize,
    later: &mut impl FnMut() -> Vec<SignedDuration>,
) -> Vec<Chapter<'a>> {
    use ExecutionState::{Failed, Running, Succeeded};
    let (built, deployed) = ([("Build", StepState::Succeeded)], ("Deploy", StepState::Succeeded));
    let tests = |state| [built[0], deployed, ("Test", state)];
    let mut all = vec![turn(square, 1, &wanted(1), &starting(), later)];
    all.push(comes(square, 1, Running, &[], later));
    all.push(turn(square, 2, &wanted(1), &running(1), later));
    all.push(comes(square, 1, Running, &built, later));
    all.push(comes(square, 1, Running, &tests(StepState::Running), later));
    all.push(comes(square, 1, Failed, &tests(StepState::Failed), later));
    all.push(turn(square, 3, &wanted(2), &starting(), later));
    all.push(comes(square, 2, Running, &[], later));
    all.push(turn(square, 4, &wanted(2), &running(2), later));
    all.push(comes(square, 2, Running, &tests(StepState::Running), later));
    all.push(comes(square, 2, Succeeded, &tests(StepState::Succeeded), later));
    let (gone, phase) = removed(Why::Merged);
    all.push(turn(square, 5, &gone, &Phase::Removing { why: Why::Merged, since: Timestamp::UNIX_EPOCH }, later));
    all.push(turn(square, 6, &gone, &phase, later));
    all.truncate(chapters);
    all
}

/// How many chapters the whole story has.
pub(crate) const WHOLE: usize = 13;

/// What is to stand there now.
pub(crate) fn final_words(square: &Square) -> Said {
    let previews = square.previews.borrow();
    let preview = &previews[&PR];
    let progress = match &preview.phase {
        Phase::Running(run) => square.progress_of(&run.execution),
        _ => None,
    };
    say(preview, progress.as_ref(), &place())
}

/// One who hears of a sign, with a clock that is so far ahead.
pub(crate) fn hears(square: &Square, sign: Sign, ahead: SignedDuration) -> Attempt<'_> {
    Box::pin(async move {
        let clock = Watch { square, ahead };
        let until = clock.now() + SignedDuration::from_secs(295);
        let nonce = || square.nonce();
        let tell = Tell {
            clock: &clock,
            previews: square,
            executions: square,
            slips: square,
            host: square,
            place: place(),
            nonce,
        };
        tell.tell(&sign, until).await
    })
}
