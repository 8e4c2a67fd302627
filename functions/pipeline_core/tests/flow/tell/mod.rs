//! What people are told by `record`, in whatever order its deliveries take turns, and wherever they end.

mod hosts;
mod notices;
mod square;
mod story;
mod turns;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use pipeline_core::{
    ports::PortError,
    preview::{
        record::{Phase, Why},
        subject::Subject,
    },
    record::{
        sign::{Move, Sign},
        speak::Light,
        tell::Heard,
        watch::{ExecutionState, Progress, StepState},
    },
};

use self::{
    square::{Fault, Square},
    story::{
        PR, WHOLE, comes, execution, final_words, hears, progress, put, removed, running, starting, story, turn, wanted,
    },
    turns::{Chance, Choose, Each, Happening, play},
};

const AT_ONCE: SignedDuration = SignedDuration::ZERO;

fn once() -> Vec<SignedDuration> {
    vec![AT_ONCE]
}

/// What stands on the pull request, in the end, is what is so; and nobody was told of it twice. Of what was gone before
/// anybody heard of it, nobody was told at all.
fn is_right(square: &Square, what: &str) {
    let said = final_words(square);
    let comments = square.comments.borrow();
    if comments.is_empty() && !said.begins {
        return lights(square, what);
    }
    let texts: Vec<&str> = comments.iter().map(|comment| &comment.text[..]).collect();
    assert_eq!(texts, [&said.text], "{what}: {:?}", square.effects.borrow());
    lights(square, what);
}

/// The latest status of each commit is what is so.
fn lights(square: &Square, what: &str) {
    let said = final_words(square);
    let statuses = square.statuses.borrow();
    for (commit, _) in statuses.iter() {
        let latest = statuses.iter().rev().find(|(of, _)| of == commit).map(|(_, status)| status);
        match &said.status {
            Some((current, status)) if current == commit => assert_eq!(latest, Some(status), "{what}"),
            _ => assert!(latest.is_some_and(|status| status.light != Light::Pending), "{what}: {latest:?} of {commit}"),
        }
    }
    let spoken = |commit| statuses.iter().any(|(of, _)| of == commit);
    assert!(said.status.iter().all(|(commit, _)| spoken(commit)), "{what}");
}

fn all_heard(came_to: &[Result<Heard, PortError>], what: &str) {
    assert!(came_to.iter().all(Result::is_ok), "{what}: {came_to:?}");
}

/// Events that come at once or up to two minutes later, and some twice.
fn whenever(chance: &mut Chance) -> impl FnMut() -> Vec<SignedDuration> {
    move || {
        let copies = 1 + usize::from(chance.choose(4) == 0);
        let late = |chance: &mut Chance| [0, 0, 1, 30, 120][chance.choose(5)];
        (0..copies).map(|_| SignedDuration::from_secs(late(chance))).collect()
    }
}

#[test]
fn in_whatever_order_events_come_what_is_so_stands_there_in_the_end() {
    for seed in 1..=2000 {
        let square = Square::new();
        let mut chance = Chance(seed * 0x9e37_79b9);
        let chapters = 1 + chance.choose(WHOLE);
        let story = story(&square, chapters, &mut whenever(&mut Chance(seed)));
        let came_to = play(&square, story, &mut chance, |sign, _| hears(&square, sign, AT_ONCE));
        all_heard(&came_to, &format!("seed {seed}"));
        is_right(&square, &format!("seed {seed}"));
    }
}

#[test]
fn whoever_is_killed_unheard_or_misled_wherever_it_comes_right_in_the_end() {
    let kinds =
        [Fault::Throttled, Fault::Refused, Fault::ReplyLost, Fault::KilledBefore, Fault::KilledAfter, Fault::Stale];
    let mut struck = BTreeSet::new();
    for seed in 1..=6000 {
        let square = Square::new();
        let mut chance = Chance(seed * 0x9e37_79b9);
        let chapters = 1 + chance.choose(WHOLE);
        for _ in 0..2 {
            let (effect, kind) = (chance.choose(10 * chapters), kinds[chance.choose(kinds.len())]);
            square.faults.borrow_mut().insert(effect, kind);
        }
        let story = story(&square, chapters, &mut whenever(&mut Chance(seed)));
        let came_to = play(&square, story, &mut chance, |sign, _| hears(&square, sign, AT_ONCE));
        let what = format!("seed {seed}: {:?}", square.struck.borrow());
        all_heard(&came_to, &what);
        is_right(&square, &what);
        struck.extend(square.struck.borrow().iter().map(|(name, _)| *name));
    }
    let sites = [
        "comment",
        "edit comment",
        "find comment",
        "read execution",
        "read preview",
        "read slip",
        "set status",
        "write slip",
    ];
    assert_eq!(struck.into_iter().collect::<Vec<_>>(), sites, "each effect was struck");
}

/// What is right after these two happenings, in each order in which those who hear of them can take turns.
fn in_every_order(
    before: &dyn Fn(&Square),
    last: &dyn Fn(&Square),
    happenings: &dyn for<'a> Fn(&'a Square) -> Vec<Happening<'a, Sign>>,
) {
    let (mut each, mut orders) = (Each::default(), 0);
    loop {
        let square = Square::new();
        before(&square);
        let came_to = play(&square, happenings(&square), &mut each, |sign, _| hears(&square, sign, AT_ONCE));
        all_heard(&came_to, "in every order");
        last(&square);
        orders += 1;
        if !each.again() {
            assert!(orders > 100, "{orders}");
            return;
        }
    }
}

#[test]
fn two_pushes_at_once_make_one_comment_in_every_order_of_turns() {
    in_every_order(&|_| (), &|square| is_right(square, "two pushes"), &|square| {
        let push = |number: u8| turn(square, number.into(), &wanted(number), &starting(), &mut once);
        vec![push(1), push(2)]
    });
}

#[test]
fn what_was_closed_before_anybody_heard_of_it_is_not_told_to_be_there() {
    in_every_order(&|_| (), &|square| is_right(square, "closed at once"), &|square| {
        let (gone, phase) = removed(Why::Closed);
        vec![turn(square, 1, &wanted(1), &starting(), &mut once), turn(square, 2, &gone, &phase, &mut once)]
    });
}

#[test]
fn what_comes_back_to_what_was_told_is_not_told_to_be_otherwise() {
    let before = |square: &Square| {
        put(square, &PR, wanted(1), starting());
        assert_eq!(hear(square, &version_of(1)), Ok(Heard::Told));
    };
    in_every_order(&before, &|square| is_right(square, "there and back"), &|square| {
        let push = |version, number| turn(square, version, &wanted(number), &starting(), &mut once);
        vec![push(2, 2), push(3, 1)]
    });
}

#[test]
fn killed_at_each_effect_the_next_delivery_goes_on_from_there() {
    fn events(square: &Square) -> Vec<Happening<'_, Sign>> {
        vec![turn(square, 1, &wanted(1), &starting(), &mut once)]
    }
    let whole = Square::new();
    play(&whole, events(&whole), &mut Chance(1), |sign, _| hears(&whole, sign, AT_ONCE));
    let sites = ["read slip", "read preview", "write slip", "find comment", "comment", "set status", "write slip"];
    assert_eq!(*whole.effects.borrow(), sites);
    for (effect, site) in sites.into_iter().enumerate() {
        for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::Refused, Fault::ReplyLost, Fault::Throttled] {
            let square = Square::new();
            square.faults.borrow_mut().insert(effect, fault);
            let came_to = play(&square, events(&square), &mut Chance(1), |sign, _| hears(&square, sign, AT_ONCE));
            all_heard(&came_to, &format!("{fault:?} at {effect}"));
            is_right(&square, &format!("{fault:?} at {effect}"));
            // I8: a write of one's own is known again, and nobody waits for oneself.
            if (site, fault) == ("write slip", Fault::ReplyLost) {
                let took = square.now.get().duration_since(whole.now.get());
                assert!(took.as_secs() < 5 && !square.effects.borrow().contains(&"edit comment"), "{took}");
            }
        }
    }
}

/// Then one takes a pen that is still held, and both write.
#[test]
fn who_finds_that_somebody_else_wrote_meanwhile_writes_once_more() {
    for seed in 1..=1500 {
        let square = Square::new();
        put(&square, &PR, wanted(1), starting());
        let first = Sign::Version { subject: PR, version: 1 };
        play(&square, vec![told_of(&first)], &mut Chance(1), |sign, _| hears(&square, sign, AT_ONCE));
        let version = |version| Sign::Version { subject: PR, version };
        let next = |wanted: u8, version: u64| {
            let (square, sign) = (&square, version_of(version));
            let change = Box::new(move || {
                put(square, &PR, self::wanted(wanted), starting());
            });
            Happening { change, events: vec![(sign, AT_ONCE)] }
        };
        let happenings = vec![next(2, 2), next(3, 3)];
        let slow = SignedDuration::from_mins(-10);
        let came_to = play(&square, happenings, &mut Chance(seed * 0x9e37_79b9), |sign, _| {
            let ahead = if sign == version(2) { slow } else { AT_ONCE };
            hears(&square, sign, ahead)
        });
        all_heard(&came_to, &format!("seed {seed}"));
        is_right(&square, &format!("seed {seed}"));
    }
}

fn version_of(version: u64) -> Sign {
    Sign::Version { subject: PR, version }
}

/// A sign of what is there already.
fn told_of<'a>(sign: &Sign) -> Happening<'a, Sign> {
    Happening { change: Box::new(|| ()), events: vec![(sign.clone(), AT_ONCE)] }
}

/// One delivery alone.
fn hear(square: &Square, sign: &Sign) -> Result<Heard, PortError> {
    let mut came_to = play(square, vec![told_of(sign)], &mut Chance(1), |sign, _| hears(square, sign, AT_ONCE));
    came_to.pop().expect("one delivery")
}

#[test]
fn the_same_again_changes_nothing_and_a_change_edits_the_comment_and_adds_a_status() {
    let square = Square::new();
    let story = story(&square, 6, &mut once);
    let told = play(&square, story, &mut Chance(7), |sign, _| hears(&square, sign, AT_ONCE));
    all_heard(&told, "the story");
    is_right(&square, "the story");
    let spoken = |square: &Square| {
        let effects = square.effects.borrow();
        effects.iter().filter(|effect| ["comment", "edit comment", "set status"].contains(effect)).count()
    };
    let before = spoken(&square);
    for sign in [version_of(1), version_of(2)] {
        assert_eq!(hear(&square, &sign), Ok(Heard::Stands));
    }
    assert_eq!(spoken(&square), before);
    let statuses = square.statuses.borrow();
    assert!(statuses.windows(2).all(|pair| pair[0] != pair[1]), "one status for each change: {statuses:?}");
}

#[test]
fn nobody_is_told_the_end_of_what_they_never_heard_of() {
    for why in [Why::Closed, Why::Merged, Why::Draft, Why::BranchDeleted, Why::RanOut] {
        let square = Square::new();
        let (gone, phase) = removed(why);
        // Nobody took back what has run out.
        let wanted = if why == Why::RanOut { wanted(1) } else { gone };
        put(&square, &PR, wanted, phase);
        assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Stands));
        assert!(square.comments.borrow().is_empty() && square.statuses.borrow().is_empty(), "{why:?}");
    }
    let square = Square::new();
    let (wanted, phase) = removed(Why::Fork);
    put(&square, &PR, wanted, phase);
    assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Told));
    is_right(&square, "a fork is refused");
    let (wanted, phase) = removed(Why::Closed);
    put(&square, &PR, wanted, phase);
    assert_eq!(hear(&square, &version_of(2)), Ok(Heard::Told));
    is_right(&square, "and closed");
}

#[test]
fn developers_have_no_pull_request_and_other_executions_are_none_of_ours() {
    let square = Square::new();
    let developer: Subject = "dev-alice".parse().unwrap();
    put(&square, &developer, wanted(1), starting());
    let sign = Sign::Version { subject: developer, version: 1 };
    assert!(matches!(hear(&square, &sign), Ok(Heard::Nothing(_))));
    put(&square, &PR, wanted(1), running(1));
    square.comes_to(&execution(1), progress(ExecutionState::Running, &[]));
    square.comes_to(&execution(2), progress(ExecutionState::Running, &[]));
    let moved =
        |number| Sign::Moved { execution: execution(number), what: Move::Execution(ExecutionState::Running), at: None };
    assert!(matches!(hear(&square, &moved(2)), Ok(Heard::Nothing(_))));
    let nameless = progress(ExecutionState::Running, &[]);
    square.comes_to(&execution(3), Progress { variables: [].into(), ..nameless });
    assert!(matches!(hear(&square, &moved(3)), Ok(Heard::Nothing(_))));
    assert!(square.comments.borrow().is_empty());
    assert_eq!(hear(&square, &moved(1)), Ok(Heard::Told));
    is_right(&square, "ours");
}

#[test]
fn an_event_that_is_newer_than_what_can_be_read_is_delivered_again() {
    let square = Square::new();
    put(&square, &PR, wanted(1), running(1));
    square.comes_to(&execution(1), progress(ExecutionState::Running, &[("Build", StepState::Running)]));
    let ended = Sign::Moved { execution: execution(1), what: Move::Execution(ExecutionState::Succeeded), at: None };
    let begin = square.now.get();
    for sign in [ended.clone(), version_of(2)] {
        let error = hear(&square, &sign).unwrap_err().to_string();
        assert!(error.contains("older than the event"), "{error}");
    }
    assert!(square.comments.borrow().is_empty(), "nothing old is told");
    assert!(square.now.get().duration_since(begin).as_secs() < 600);
    square.comes_to(&execution(1), progress(ExecutionState::Succeeded, &[("Build", StepState::Succeeded)]));
    assert_eq!(hear(&square, &ended), Ok(Heard::Told));
    is_right(&square, "read in time");
}

#[test]
fn what_is_read_stale_does_not_take_back_what_was_told() {
    let square = Square::new();
    put(&square, &PR, wanted(1), running(1));
    square.comes_to(&execution(1), progress(ExecutionState::Running, &[("Build", StepState::Running)]));
    square.comes_to(&execution(1), progress(ExecutionState::Succeeded, &[("Build", StepState::Succeeded)]));
    assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Told));
    let effects = square.effects.borrow().len();
    // Its third effect is to read the execution.
    square.faults.borrow_mut().insert(effects + 2, Fault::Stale);
    assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Stands));
    assert_eq!(*square.struck.borrow(), [("read execution", Fault::Stale)]);
    is_right(&square, "read once more");
}

#[test]
fn what_ran_out_does_not_stay_pending_and_the_next_push_brings_it_back() {
    let square = Square::new();
    let told = |version, number, phase| {
        put(&square, &PR, wanted(number), phase);
        assert_eq!(hear(&square, &version_of(version)), Ok(Heard::Told));
        is_right(&square, "it ran out");
        square.comments.borrow()[0].text.lines().next().expect("a heading").to_owned()
    };
    assert_eq!(told(1, 1, starting()), "**Preview: starting**");
    let (_, gone) = removed(Why::RanOut);
    assert_eq!(told(2, 1, Phase::Removing { why: Why::RanOut, since: square.now.get() }), "**Preview: being removed**");
    assert_eq!(told(3, 1, gone), "**Preview: removed**");
    assert_eq!(told(4, 2, starting()), "**Preview: starting**");
}

#[test]
fn what_was_pending_does_not_stay_so() {
    let square = Square::new();
    put(&square, &PR, wanted(1), starting());
    assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Told));
    put(&square, &PR, wanted(2), starting());
    assert_eq!(hear(&square, &version_of(2)), Ok(Heard::Told));
    let (gone, _) = removed(Why::Closed);
    put(&square, &PR, gone, Phase::Removing { why: Why::Closed, since: square.now.get() });
    assert_eq!(hear(&square, &version_of(3)), Ok(Heard::Told));
    let lines: Vec<String> =
        square.statuses.borrow().iter().map(|(of, status)| format!("{} {}", &of.as_str()[..4], status.line)).collect();
    let expected = [
        "0001 Starting.",
        "0001 Superseded by 0002000.",
        "0002 Starting.",
        "0002 The preview was removed before this was tested.",
    ];
    assert_eq!(lines, expected);
    let mut again = || vec![AT_ONCE];
    let comes = comes(&square, 9, ExecutionState::Running, &[], &mut again);
    play(&square, vec![comes], &mut Chance(1), |sign, _| hears(&square, sign, AT_ONCE));
    assert_eq!(square.statuses.borrow().len(), 4);
}
