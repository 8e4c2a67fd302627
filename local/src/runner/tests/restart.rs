use ExecutionStatus::{Failed, InProgress, Succeeded};

use super::*;
use crate::pipeline::engine::ActionStatus;

fn began() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// The file that several runners have, one after the other.
struct Life {
    directory: tempfile::TempDir,
    clock: Clock,
    tasks: usize,
}

impl Life {
    fn new() -> Self {
        let tasks = Handle::current().metrics().num_alive_tasks();
        Self { directory: tempfile::tempdir().unwrap(), clock: Clock::starting(began()), tasks }
    }

    fn store(&self) -> Store {
        Store::open(&self.directory.path().join("pipelines")).unwrap()
    }

    fn open(&self) -> (Runner, tokio::sync::mpsc::UnboundedReceiver<News>) {
        let (sender, news) = unbounded_channel();
        (open_with(self.directory.path(), sender, self.clock, self.store()), news)
    }

    /// Ends a runner; it is opened again after some minutes.
    async fn end(&self, runner: Runner, minutes: u64) {
        drop(runner);
        yield_now().await;
        tokio::time::advance(Duration::from_mins(minutes)).await;
        assert_eq!(Handle::current().metrics().num_alive_tasks(), self.tasks);
    }

    /// The actions and rules that work.
    fn at_work(&self) -> usize {
        Handle::current().metrics().num_alive_tasks() - self.tasks - ["the publisher", "the timer"].len()
    }
}

fn queued(pipeline: &Pipeline) -> Pipeline {
    let mut declaration = serde_json::to_value(pipeline.declaration()).unwrap();
    declaration["executionMode"] = json!("QUEUED");
    Pipeline::from_declaration(&declaration).unwrap()
}

fn statuses(runner: &Runner) -> Vec<ExecutionStatus> {
    let history = runner.history("release").unwrap();
    history.newest_first(None).map(|execution| execution.unwrap().status).collect()
}

#[tokio::test(start_paused = true)]
async fn a_rule_is_asked_once_again_and_its_time_goes_on_and_lost_work_makes_way() {
    let life = Life::new();
    let (runner, _news) = life.open();
    runner.create(queued(&guarded("release", 60)), BTreeMap::new()).unwrap();
    start(&runner, "release");
    fetched(&runner);
    start(&runner, "release");
    start(&runner, "release");
    assert_eq!((life.at_work(), statuses(&runner)), (3, vec![InProgress; 3]), "one action has ended, and still is to");
    life.end(runner, 10).await;
    let (runner, _news) = life.open();
    assert_eq!(
        statuses(&runner),
        [InProgress, Failed, InProgress],
        "what was under way is lost, and the next has its turn"
    );
    assert_eq!(life.at_work(), 2, "the rule, and the action of the next");
    life.end(runner, 20).await;
    let (runner, mut news) = life.open();
    assert_eq!((life.at_work(), statuses(&runner)), (1, vec![Failed, Failed, InProgress]));
    while statuses(&runner)[2] == InProgress {
        news.recv().await.unwrap();
    }
    assert_eq!(statuses(&runner), [Failed; 3]);
    let minutes = life.clock.now().duration_since(began()).as_mins();
    assert_eq!(minutes, 60, "it was 30 when the runner was opened");
}

#[tokio::test(start_paused = true)]
async fn an_approval_waits_on_and_the_queue_behind_it() {
    let life = Life::new();
    let (runner, _news) = life.open();
    runner.create(queued(&pipeline("release")), BTreeMap::new()).unwrap();
    start(&runner, "release");
    fetched(&runner);
    let review = |runner: &Runner| {
        let run = |state: &State| state.executions[0].stages[1].actions[0].clone();
        runner.inspect("release", |_, state| run(state)).unwrap()
    };
    let waiting = review(&runner);
    start(&runner, "release");
    fetched(&runner);
    let mut runner = runner;
    for _ in ["after 10 minutes", "after 30 minutes"] {
        life.end(runner, 10).await;
        runner = life.open().0;
        assert_eq!((review(&runner), statuses(&runner)), (waiting.clone(), vec![InProgress; 2]));
        assert_eq!(life.at_work(), 0);
        life.end(runner, 10).await;
        runner = life.open().0;
    }
    let token = waiting.approval.unwrap().token;
    runner.answer("release", "Approve", "Review", &token, keeping::answer()).unwrap();
    assert_eq!(statuses(&runner), [InProgress, Succeeded]);
    let next = runner.inspect("release", |_, state| state.executions.last().unwrap().stages[1].actions[0].status);
    assert_eq!(next.unwrap(), ActionStatus::InProgress, "it asks in its turn");
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_before_does_not_go_on() {
    let life = Life::new();
    let (runner, _news) = life.open();
    runner.create(guarded("release", 60), BTreeMap::new()).unwrap();
    start(&runner, "release");
    fetched(&runner);
    life.end(runner, 1).await;
    life.store().remove("release").unwrap();
    let (runner, mut news) = life.open();
    assert_eq!((runner.names(), life.at_work()), (Vec::new(), 0));
    assert!(news.try_recv().is_err());
}
