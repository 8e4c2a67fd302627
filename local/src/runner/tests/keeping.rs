use std::sync::mpsc;

use super::*;
use crate::pipeline::engine::{Answer, StageStatus};
use crate::runner::store::disk::Disk;

/// A runner whose pipeline has started, and what was heard of that.
fn started(disk: &Disk, directory: &std::path::Path) -> (Runner, tokio::sync::mpsc::UnboundedReceiver<News>) {
    let (sender, news) = unbounded_channel();
    let runner = open_with(directory, sender, Clock::System, disk.store());
    runner.create(guarded("release", 5), BTreeMap::new()).unwrap();
    start(&runner, "release");
    (runner, news)
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_done_and_nothing_is_after_it() {
    let (disk, directory) = (Disk::default(), tempfile::tempdir().unwrap());
    let (runner, mut news) = started(&disk, directory.path());
    while news.try_recv().is_ok() {}
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    disk.is_full(true);
    fetched(&runner);
    assert!(news.try_recv().is_err(), "nobody is told");
    assert_eq!(tasks(), before, "no rule is asked");
    let why = runner.broken().await.to_string();
    assert!(why.starts_with("what happens in the pipelines cannot be kept in the disk: "), "{why}");
    assert!(
        why.ends_with("no space left; see to its disk, then start flowgate again: it goes on from what was kept"),
        "{why}"
    );
    // What happened meanwhile is lost, so this cannot go on even if there is room again.
    disk.is_full(false);
    let id = runner.inspect("release", |_, state| state.executions[0].id.clone()).unwrap();
    let asked = [
        runner.start("release", trigger(), &BTreeMap::new(), Vec::new()).map(drop),
        runner.stop("release", &id, true, None),
        runner.create(pipeline("another"), BTreeMap::new()).map(drop),
        runner.update(pipeline("release")).map(drop),
        runner.tag("release", |_| Ok([("a".to_owned(), "b".to_owned())].into())),
        runner.delete("release"),
    ];
    for answer in asked {
        assert!(matches!(&answer, Err(Error::Store(error)) if error.to_string() == why), "{answer:?}");
    }
    assert_eq!(tasks(), before);
}

#[tokio::test]
async fn what_changes_nothing_is_not_written() {
    let (disk, directory) = (Disk::default(), tempfile::tempdir().unwrap());
    let (runner, _news) = started(&disk, directory.path());
    fetched(&runner);
    let rule = |state: &State| state.executions[0].stages[1].conditions[0].rules[0].id.clone();
    let run = runner.inspect("release", |_, state| rule(state)).unwrap();
    let says = |summary: &str| {
        let before = disk.syncs();
        runner.tell("release", Event::RuleProgressed { run: run.clone(), summary: summary.to_owned() });
        disk.syncs() > before
    };
    assert_eq!(["it waits", "it waits", "it waits", "on"].map(says), [true, false, false, true]);
    let before = disk.syncs();
    runner.tell("release", Event::Answered { run: RunId("unknown".to_owned()), answer: answer() });
    assert_eq!(disk.syncs(), before);
    assert_eq!(
        runner.inspect("release", |_, state| state.executions[0].stages[1].status).unwrap(),
        StageStatus::InProgress
    );
}

pub(super) fn answer() -> Answer {
    Answer { approved: true, summary: String::new(), by: "arn:somebody".into() }
}

#[tokio::test]
async fn a_start_and_its_token_are_kept_at_once() {
    let (disk, directory) = (Disk::default(), tempfile::tempdir().unwrap());
    let (runner, _news) = started(&disk, directory.path());
    let syncs = |work: &dyn Fn()| {
        let before = disk.syncs();
        work();
        disk.syncs() - before
    };
    let once = || runner.start_once("release", "token", trigger(), &BTreeMap::new(), Vec::new()).unwrap();
    assert_eq!(syncs(&|| drop(once())), syncs(&|| drop(start(&runner, "release"))));
    let first = once();
    assert_eq!((syncs(&|| assert_eq!(once(), first)), runner.names().len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn others_go_on_while_something_is_written() {
    let (disk, directory) = (Disk::default(), tempfile::tempdir().unwrap());
    let (runner, _news) = started(&disk, directory.path());
    let (go_on, until) = mpsc::channel();
    disk.hold(until);
    let writer = async move {
        // The one worker has this next.
        tokio::spawn(async move { go_on.send(()).unwrap() });
        start(&runner, "release");
    };
    tokio::spawn(writer).await.unwrap();
}
