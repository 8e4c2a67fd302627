//! Notices of releases.

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::ExecutionId,
    ports::{Clock, PortError},
    record::{
        notice::{News, Turn, What, perform::Notify},
        say::Place,
        tell::Heard,
        watch::{ExecutionState, Progress, Revision, Step, StepState},
    },
};

use crate::tell::{
    AT_ONCE, all_heard,
    square::{Fault, Square, Watch},
    story::{execution, place, progress},
    turns::{Attempt, Chance, Choose, Each, Happening, play},
    whenever,
};

fn hears(square: &Square, turn: Turn) -> Attempt<'_> {
    Box::pin(async move {
        let clock = Watch { square, ahead: AT_ONCE };
        let until = clock.now() + SignedDuration::from_secs(295);
        let nonce = || square.nonce();
        let place = Place { pipeline: "shop".into(), ..place() };
        Notify { clock: &clock, executions: square, slips: square, people: square, place, nonce }
            .tell(&turn, until)
            .await
    })
}

fn release(state: ExecutionState, steps: &[(&str, StepState)]) -> Progress {
    let approval = |step: Step| Step { category: "Approval".into(), stage: "Approve".into(), ..step };
    let mut progress = progress(state, steps);
    progress.revisions = vec![Revision { id: "8f2c".repeat(10), summary: None }];
    for step in progress.steps.iter_mut().filter(|step| step.action == "Approve") {
        *step = approval(step.clone());
    }
    progress
}

fn turn(attempt: u64, what: What, run: Option<&str>) -> Turn {
    let news = News { attempt, what };
    Turn { execution: id(), news, run: run.map(str::to_owned), at: Timestamp::from_second(1000).ok() }
}

fn id() -> ExecutionId {
    execution(7)
}

fn waits() -> What {
    What::Waits { stage: "Approve".into() }
}

fn happens(square: &Square, progress: Progress, events: Vec<(Turn, SignedDuration)>) -> Happening<'_, Turn> {
    Happening { change: Box::new(move || square.comes_to(&id(), progress.clone())), events }
}

/// A release that is rejected, asked for again, and goes out.
fn story<'a>(
    square: &'a Square,
    chapters: usize,
    later: &mut impl FnMut() -> Vec<SignedDuration>,
) -> Vec<Happening<'a, Turn>> {
    use ExecutionState::{Failed, Running, Succeeded};
    let mut at = |turn: Turn| later().into_iter().map(|later| (turn.clone(), later)).collect::<Vec<_>>();
    let (first, second) = (("Approve", StepState::Failed), "Approve");
    let mut all = vec![
        (release(Running, &[]), at(turn(1, What::Started, None))),
        (release(Running, &[(second, StepState::Running)]), at(turn(1, waits(), Some("1")))),
        (release(Failed, &[first]), at(turn(1, What::Failed, None))),
        (release(Running, &[first, (second, StepState::Running)]), at(turn(2, waits(), Some("2")))),
        (release(Succeeded, &[first, (second, StepState::Succeeded)]), at(turn(2, What::Succeeded, None))),
    ];
    all.truncate(chapters);
    all.into_iter().map(|(progress, events)| happens(square, progress, events)).collect()
}

const SUBJECTS: [&str; 5] = [
    "shop: release started (8f2c8f2)",
    "shop: release waits for approval at Approve (8f2c8f2)",
    "shop: release was rejected at Approve (8f2c8f2)",
    "shop: release waits for approval at Approve (8f2c8f2)",
    "shop: release succeeded (8f2c8f2)",
];

fn subjects(square: &Square) -> Vec<String> {
    square.mails.borrow().iter().map(|(subject, _)| subject.clone()).collect()
}

/// Whether these are some of those that there are to tell, each once and in their order, with the last of them.
fn is_told_in_order(subjects: &[String], chapters: usize) -> bool {
    let mut all = SUBJECTS[..chapters].iter();
    subjects.iter().all(|subject| all.any(|next| next == subject))
        && subjects.last().map(String::as_str) == SUBJECTS[..chapters].last().copied()
}

#[test]
fn in_order_each_turn_is_told_once() {
    let square = Square::new();
    let later = SignedDuration::from_mins(1);
    let story = story(&square, 5, &mut || vec![AT_ONCE, later]);
    for happening in story {
        all_heard(&play(&square, vec![happening], &mut Chance(1), |turn, _| hears(&square, turn)), "in order");
    }
    assert_eq!(subjects(&square), SUBJECTS);
}

#[test]
fn in_whatever_order_events_come_nothing_is_told_twice_or_after_something_newer() {
    for seed in 1..=1500 {
        let square = Square::new();
        let mut chance = Chance(seed * 0x9e37_79b9);
        let chapters = 1 + chance.choose(5);
        let story = story(&square, chapters, &mut whenever(&mut Chance(seed)));
        let came_to = play(&square, story, &mut chance, |turn, _| hears(&square, turn));
        all_heard(&came_to, &format!("seed {seed}"));
        let told = subjects(&square);
        assert!(is_told_in_order(&told, chapters), "seed {seed}: {told:?}");
    }
}

#[test]
fn two_of_one_turn_at_once_tell_it_once_in_every_order() {
    let mut each = Each::default();
    loop {
        let square = Square::new();
        let one = turn(1, What::Started, None);
        let story =
            vec![happens(&square, release(ExecutionState::Running, &[]), vec![(one.clone(), AT_ONCE), (one, AT_ONCE)])];
        let came_to = play(&square, story, &mut each, |turn, _| hears(&square, turn));
        all_heard(&came_to, "two at once");
        assert_eq!(subjects(&square), SUBJECTS[..1]);
        if !each.again() {
            return;
        }
    }
}

#[test]
fn who_is_killed_tells_again_rather_than_never() {
    fn events(square: &Square) -> Vec<Happening<'_, Turn>> {
        story(square, 1, &mut || vec![AT_ONCE])
    }
    let whole = Square::new();
    play(&whole, events(&whole), &mut Chance(1), |turn, _| hears(&whole, turn));
    let sites = ["read slip", "read execution", "write slip", "publish", "write slip"];
    assert_eq!(*whole.effects.borrow(), sites);
    for (effect, site) in sites.iter().enumerate() {
        for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::Refused, Fault::ReplyLost, Fault::Throttled] {
            let square = Square::new();
            square.faults.borrow_mut().insert(effect, fault);
            let came_to = play(&square, events(&square), &mut Chance(1), |turn, _| hears(&square, turn));
            all_heard(&came_to, &format!("{fault:?} at {effect}"));
            let is_unknown = matches!(
                (*site, effect, fault),
                ("publish", _, Fault::KilledAfter | Fault::ReplyLost) | ("write slip", 4, Fault::KilledBefore)
            );
            let times = if is_unknown { 2 } else { 1 };
            assert_eq!(square.mails.borrow().len(), times, "{fault:?} at {effect}, {site}");
        }
    }
}

#[test]
fn nobody_is_asked_for_an_answer_that_was_given() {
    let square = Square::new();
    let answered = release(ExecutionState::Running, &[("Approve", StepState::Succeeded)]);
    let story = vec![happens(&square, answered, vec![(turn(1, waits(), Some("1")), AT_ONCE)])];
    let came_to = play(&square, story, &mut Chance(1), |turn, _| hears(&square, turn));
    assert!(matches!(came_to[..], [Ok(Heard::Nothing(_))]), "{came_to:?}");
    assert!(square.mails.borrow().is_empty());
}

#[test]
fn where_nobody_can_be_told_it_is_delivered_again_at_once() {
    let square = Square::new();
    let denied = PortError::Denied { operation: "publish".into(), detail: "no".into() };
    square.outages.borrow_mut().insert("publish", denied.clone());
    let came_to =
        play(&square, story(&square, 1, &mut || vec![AT_ONCE]), &mut Chance(1), |turn, _| hears(&square, turn));
    assert_eq!(came_to, [Err(denied)]);
    square.outages.borrow_mut().clear();
    let again =
        vec![happens(&square, release(ExecutionState::Running, &[]), vec![(turn(1, What::Started, None), AT_ONCE)])];
    all_heard(&play(&square, again, &mut Chance(1), |turn, _| hears(&square, turn)), "later");
    assert_eq!(subjects(&square), SUBJECTS[..1]);
}
