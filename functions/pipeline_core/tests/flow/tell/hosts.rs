//! What hosts refuse, lose, forget or do late.

use jiff::SignedDuration;
use pipeline_core::{
    ports::PortError,
    record::{
        tell::Heard,
        told::{Comment, Told},
    },
};

use crate::tell::{
    AT_ONCE, all_heard, hear, is_right, lights,
    square::{Fault, Square},
    story::{PR, commit, final_words, hears, put, starting, wanted},
    told_of,
    turns::{Happening, InTurn, play},
    version_of,
};

#[test]
fn a_comment_that_somebody_deletes_is_made_anew_once() {
    let square = Square::new();
    let mut version = 0;
    let mut push = |number: u8| {
        version = put(&square, &PR, wanted(number), starting());
        assert_eq!(hear(&square, &version_of(version)), Ok(Heard::Told));
        let comments = square.comments.borrow();
        comments.iter().map(|comment| comment.deleted).collect::<Vec<_>>()
    };
    assert_eq!(push(1), [false]);
    square.comments.borrow_mut()[0].deleted = true;
    assert_eq!(push(2), [true, false]);
    assert_eq!(push(3), [true, false]);
    assert_eq!(square.comments.borrow()[1].text, final_words(&square).text);
    square.comments.borrow_mut()[1].deleted = true;
    assert_eq!(push(4), [true, true]);
    assert_eq!(push(5), [true, true], "who deletes it twice wants none");
    lights(&square, "the statuses go on");
    assert_eq!(square.told.borrow()[&PR].told.comment, Comment::Unwanted);
}

#[test]
fn a_comment_that_was_made_before_anybody_remembers_is_taken_up() {
    let square = Square::new();
    put(&square, &PR, wanted(1), starting());
    assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Told));
    square.told.borrow_mut().clear();
    put(&square, &PR, wanted(2), starting());
    assert_eq!(hear(&square, &version_of(2)), Ok(Heard::Told));
    let comments = square.comments.borrow();
    assert_eq!((comments.len(), &comments[0].text), (1, &final_words(&square).text));
}

#[test]
fn a_commit_that_is_gone_keeps_nobody_from_telling_of_the_next() {
    let square = Square::new();
    put(&square, &PR, wanted(1), starting());
    assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Told));
    square.gone.borrow_mut().insert(commit(1));
    put(&square, &PR, wanted(2), starting());
    assert_eq!(hear(&square, &version_of(2)), Ok(Heard::Told));
    assert_eq!(square.statuses.borrow().last().unwrap().0, commit(2));
    let before = square.told.borrow()[&PR].told.clone();
    assert_eq!(before, Told { pending: [commit(2)].into(), ..before.clone() });
}

#[test]
fn where_comments_are_refused_the_status_is_set_once_and_the_next_change_is_commented_again() {
    let denied = PortError::Denied { operation: "comment".into(), detail: "locked".into() };
    let unusable = PortError::Unusable { what: "pull request 42".into(), why: "both at the same commit".into() };
    for refusal in [denied, unusable] {
        let square = Square::new();
        put(&square, &PR, wanted(1), starting());
        square.outages.borrow_mut().insert("comment", refusal);
        assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Told));
        assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Stands), "it is not asked for again");
        assert_eq!((square.statuses.borrow().len(), square.comments.borrow().len()), (1, 0));
        square.outages.borrow_mut().clear();
        put(&square, &PR, wanted(2), starting());
        assert_eq!(hear(&square, &version_of(2)), Ok(Heard::Told));
        is_right(&square, "when they are not");
    }
}

#[test]
fn a_host_that_is_throttled_for_a_moment_is_waited_for() {
    for effect in ["find comment", "comment", "set status"] {
        let square = Square::new();
        put(&square, &PR, wanted(1), starting());
        let sites = ["read slip", "read preview", "write slip", "find comment", "comment", "set status"];
        let at = sites.iter().position(|site| *site == effect).expect("a site");
        square.faults.borrow_mut().extend([(at, Fault::Throttled), (at + 1, Fault::Throttled)]);
        assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Told));
        is_right(&square, effect);
        let read = square.effects.borrow().iter().filter(|effect| **effect == "read slip").count();
        assert_eq!((square.struck.borrow().len(), read), (2, 1), "one delivery does");
    }
}

/// The tick wakes us now and then, with the version that is there.
#[test]
fn what_no_delivery_could_tell_is_told_when_the_same_version_is_heard_of_later() {
    let throttled = PortError::Throttled { operation: "ask".into(), detail: "for an hour".into() };
    let out = PortError::Unavailable { operation: "ask".into(), detail: "no answer".into() };
    for effect in ["find comment", "comment", "set status"] {
        for outage in [&throttled, &out] {
            let square = Square::new();
            put(&square, &PR, wanted(1), starting());
            square.outages.borrow_mut().insert(effect, outage.clone());
            assert_eq!(hear(&square, &version_of(1)).as_ref(), Err(outage));
            square.outages.borrow_mut().clear();
            square.now.set(square.now.get() + SignedDuration::from_hours(1));
            assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Told), "{effect}");
            is_right(&square, effect);
        }
    }
}

#[test]
fn a_comment_that_its_host_cannot_find_for_a_moment_was_not_deleted() {
    let square = Square::new();
    let push = |number: u8, fault: Option<Fault>| {
        // The fourth effect is to edit the comment.
        let at = square.effects.borrow().len() + 3;
        square.faults.borrow_mut().extend(fault.map(|fault| (at, fault)));
        let version = put(&square, &PR, wanted(number), starting());
        assert_eq!(hear(&square, &version_of(version)), Ok(Heard::Told));
        square.told.borrow()[&PR].told.comment.clone()
    };
    let first = push(1, None);
    assert_eq!(push(2, Some(Fault::Missing)), first);
    square.comments.borrow_mut()[0].deleted = true;
    let again = push(3, None);
    assert!(matches!(again, Comment::Made { again: true, .. }), "{again:?}");
    assert_eq!(push(4, Some(Fault::Missing)), again, "nobody deleted that one");
    assert_eq!(*square.struck.borrow(), [("edit comment", Fault::Missing); 2]);
    assert_eq!(square.comments.borrow().iter().filter(|comment| comment.text == final_words(&square).text).count(), 1);
}

/// Something newer comes a second after whoever edits the comment is heard of no more.
fn while_it_is_edited(fault: Fault, newer: u8) {
    let square = Square::new();
    put(&square, &PR, wanted(1), starting());
    assert_eq!(hear(&square, &version_of(1)), Ok(Heard::Told));
    let effects = square.effects.borrow().len();
    // Its fourth effect is to edit the comment.
    square.faults.borrow_mut().insert(effects + 3, fault);
    put(&square, &PR, wanted(2), starting());
    let next = Happening {
        change: Box::new(|| {
            put(&square, &PR, wanted(newer), starting());
        }),
        events: vec![(version_of(3), SignedDuration::from_secs(1))],
    };
    let happenings = vec![told_of(&version_of(2)), next];
    let came_to = play(&square, happenings, &mut InTurn, |sign, _| hears(&square, sign, AT_ONCE));
    all_heard(&came_to, &format!("{fault:?}"));
    assert_eq!(*square.struck.borrow(), [("edit comment", fault)]);
    square.now.set(square.now.get() + SignedDuration::from_hours(1));
    square.arrive();
    is_right(&square, &format!("{fault:?}"));
}

#[test]
fn what_may_still_be_under_way_is_waited_for_before_something_newer_is_written() {
    while_it_is_edited(Fault::Late, 3);
}

#[test]
fn what_somebody_began_to_change_is_written_anew_though_it_is_as_it_was_told() {
    while_it_is_edited(Fault::KilledAfter, 1);
}
