//! Random pipelines under random interleavings, watched by somebody who sees only events and commands.

mod random;
mod seen;
mod started;
mod watcher;

use proptest::prelude::*;
use proptest::sample::Index;

use self::random::{Move, definition, moves};
use self::started::Started;
use self::watcher::Watcher;
use super::*;
use crate::pipeline::action::{Failure, Outcome, Progress, Request, Success};

/// Moves until the script ends, and then lets everything that runs end well.
fn play(definition: &str, script: &[Move]) -> (Engine, Vec<Command>) {
    let mut game = Game::new(definition);
    for step in script {
        game.step(step);
    }
    while let Some(run) = game.watcher.pick(true, |_| true).first() {
        let event = match &game.watcher.started[run] {
            Started::Rule(..) => judge(run, true),
            started if started.is_approval() => answer(run, true),
            Started::Action(_) => finish(run, true, true),
        };
        game.tell(&event);
    }
    game.watcher.everything_ended();
    let stored = serde_json::to_string(game.engine.state()).unwrap();
    assert_eq!(serde_json::from_str::<State>(&stored).unwrap(), *game.engine.state(), "the state is plain data");
    (game.engine, game.told)
}

struct Game {
    engine: Engine,
    ids: Counter,
    watcher: Watcher,
    events: usize,
    waited: SignedDuration,
    starts: usize,
    told: Vec<Command>,
}

impl Game {
    fn new(definition: &str) -> Self {
        let pipeline = pipeline(definition);
        let watcher = Watcher::new(pipeline.clone());
        let engine = Engine::new(pipeline);
        Self {
            engine,
            ids: Counter::default(),
            watcher,
            events: 0,
            waited: SignedDuration::ZERO,
            starts: 0,
            told: Vec::new(),
        }
    }

    fn step(&mut self, step: &Move) {
        match step {
            Move::Start => {
                self.starts += 1;
                let start = start(self.engine.pipeline(), &format!("e{}", self.starts));
                self.tell(&Event::Start(start));
            }
            Move::StartAgain if self.starts > 0 => {
                let start = start(self.engine.pipeline(), "e1");
                self.tell_in_vain(&Event::Start(start));
            }
            Move::StartAgain => {}
            Move::Finish { which, well, variables } => {
                self.with(*which, true, Started::is_work, |game, run| game.tell(&finish(run, *well, *variables)));
            }
            Move::Answer { which, approved } => {
                self.with(*which, true, Started::is_approval, |game, run| game.tell(&answer(run, *approved)));
            }
            Move::NotAsked { which } => {
                self.with(*which, true, Started::is_approval, |game, run| game.tell(&finish(run, false, false)));
            }
            Move::Judge { which, holds } => {
                self.with(*which, true, Started::is_rule, |game, run| game.tell(&judge(run, *holds)));
            }
            Move::News { which, percent } => {
                self.with(*which, true, Started::is_work, |game, run| game.tell(&news(run, *percent)));
            }
            Move::Wait { minutes } => {
                self.waited += SignedDuration::from_mins((*minutes).into());
                self.tell(&Event::Tick);
            }
            Move::Late { which, well } => self.with(*which, false, |_| true, |game, run| game.all_in_vain(run, *well)),
            Move::Amiss { which } => self.amiss(*which),
        }
    }

    fn with(&mut self, which: Index, running: bool, kind: fn(&Started) -> bool, does: impl FnOnce(&mut Self, &RunId)) {
        let found = self.watcher.pick(running, kind);
        if !found.is_empty() {
            does(self, which.get(&found));
        }
    }

    /// Whatever is said of something that ended.
    fn all_in_vain(&mut self, run: &RunId, well: bool) {
        for event in [finish(run, well, true), judge(run, well), answer(run, well), news(run, 77)] {
            self.tell_in_vain(&event);
        }
    }

    /// Each kind of thing hears what another kind should.
    fn amiss(&mut self, which: Index) {
        self.all_in_vain(&RunId("nobody".into()), true);
        self.tell_in_vain(&Event::Tick);
        self.with(which, true, Started::is_work, |game, run| {
            game.tell_in_vain(&answer(run, true));
            game.tell_in_vain(&judge(run, true));
        });
        self.with(which, true, Started::is_approval, |game, run| {
            game.tell_in_vain(&finish(run, true, true));
            game.tell_in_vain(&Event::ActionFinished { run: run.clone(), outcome: Outcome::Waiting });
            game.tell_in_vain(&judge(run, true));
        });
        self.with(which, true, Started::is_rule, |game, run| {
            game.tell_in_vain(&finish(run, true, true));
            game.tell_in_vain(&answer(run, true));
            game.tell_in_vain(&Event::RuleFinished { run: run.clone(), outcome: Outcome::Waiting });
        });
    }

    fn tell(&mut self, event: &Event) {
        self.events += 1;
        let now = at(self.events) + self.waited;
        let commands = self.engine.apply(event.clone(), now, &mut self.ids);
        self.watcher.see(event, now, &commands);
        self.told.extend(commands);
        assert_eq!(self.engine.due(), self.watcher.due());
        self.only_open_questions_have_a_token();
    }

    fn only_open_questions_have_a_token(&self) {
        for (run, started) in &self.watcher.started {
            if let Started::Action(Request { stage, action, approval: Some(approval), .. }) = started {
                let opened = self.engine.awaiting(stage, action, &approval.token).ok();
                assert_eq!(opened, self.watcher.runs(run).then(|| run.clone()));
            }
        }
    }

    /// Unless something is due then, which happens whatever the event is.
    fn tell_in_vain(&mut self, event: &Event) {
        let now = at(self.events + 1) + self.waited;
        if self.watcher.due().is_some_and(|due| due <= now) {
            return;
        }
        let before = self.engine.clone();
        let commands = self.engine.apply(event.clone(), now, &mut self.ids);
        assert!(commands.is_empty() && self.engine == before, "{event:?} changes nothing, but {commands:?}");
    }
}

fn finish(run: &RunId, well: bool, variables: bool) -> Event {
    let variables = if variables { [("V".to_owned(), format!("of-{run}"))].into() } else { BTreeMap::new() };
    let success = Success { variables, revision: Some(format!("rev-{run}")), ..Success::default() };
    let outcome = if well { Outcome::Succeeded(success) } else { failed() };
    Event::ActionFinished { run: run.clone(), outcome }
}

fn judge(run: &RunId, holds: bool) -> Event {
    let outcome = if holds { Outcome::Succeeded(Success::default()) } else { failed() };
    Event::RuleFinished { run: run.clone(), outcome }
}

fn answer(run: &RunId, approved: bool) -> Event {
    let answer = Answer { approved, summary: "so be it".into(), by: "arn:approver".into() };
    Event::Answered { run: run.clone(), answer }
}

fn failed() -> Outcome {
    Outcome::Failed(Failure { code: "JobFailed".into(), message: "no".into(), external_execution_id: None })
}

fn news(run: &RunId, percent: u8) -> Event {
    Event::ActionProgressed { run: run.clone(), progress: Progress { percent: Some(percent), ..Progress::default() } }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_rule_holds_in_every_interleaving(definition in definition(), script in moves()) {
        let first = play(&definition, &script);
        let second = play(&definition, &script);
        prop_assert_eq!(first, second, "the same events lead to the same commands");
    }
}

/// `FLOWGATE_CASES` asks for a longer run.
fn cases() -> u32 {
    std::env::var("FLOWGATE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256)
}
