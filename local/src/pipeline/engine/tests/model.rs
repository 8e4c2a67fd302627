//! Random pipelines under random interleavings, watched by somebody who sees only events and commands.

mod random;
mod watcher;

use proptest::prelude::*;

use self::random::{Move, definition, moves};
use self::watcher::Watcher;
use super::*;
use crate::pipeline::action::{Failure, Outcome, Progress, Success};

/// Moves until the script ends, and then lets everything that runs succeed.
fn play(definition: &str, script: &[Move]) -> (Engine, Vec<Command>) {
    let mut game = Game::new(definition);
    for step in script {
        game.step(step);
    }
    while let Some(run) = game.watcher.running().first().cloned() {
        game.tell(&finish(&run, true, true));
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
    starts: usize,
    told: Vec<Command>,
}

impl Game {
    fn new(definition: &str) -> Self {
        let pipeline = pipeline(definition);
        let watcher = Watcher::new(pipeline.clone());
        let engine = Engine::new(pipeline).unwrap();
        Self { engine, ids: Counter::default(), watcher, events: 0, starts: 0, told: Vec::new() }
    }

    fn step(&mut self, step: &Move) {
        let (running, ended) = (self.watcher.running(), self.watcher.ended());
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
            Move::Finish { which, well, variables } if !running.is_empty() => {
                self.tell(&finish(which.get(&running), *well, *variables));
            }
            Move::News { which, percent } if !running.is_empty() => self.tell(&news(which.get(&running), *percent)),
            Move::Late { which, well } if !ended.is_empty() => {
                let run = which.get(&ended);
                self.tell_in_vain(&finish(run, *well, true));
                self.tell_in_vain(&news(run, 77));
            }
            Move::Unknown => self.tell_in_vain(&finish(&RunId("nobody".into()), true, true)),
            Move::StartAgain | Move::Finish { .. } | Move::News { .. } | Move::Late { .. } => {}
        }
    }

    fn tell(&mut self, event: &Event) {
        self.events += 1;
        let commands = self.engine.apply(event.clone(), at(self.events), &mut self.ids);
        self.watcher.see(event, at(self.events), &commands);
        self.told.extend(commands);
    }

    fn tell_in_vain(&mut self, event: &Event) {
        let before = self.engine.clone();
        let commands = self.engine.apply(event.clone(), at(self.events + 1), &mut self.ids);
        assert!(commands.is_empty() && self.engine == before, "{event:?} changes nothing, but {commands:?}");
    }
}

fn finish(run: &RunId, well: bool, variables: bool) -> Event {
    let failure = Failure { code: "JobFailed".into(), message: "no".into(), external_execution_id: None };
    let variables = if variables { [("V".to_owned(), format!("of-{run}"))].into() } else { BTreeMap::new() };
    let success = Success { variables, revision: Some(format!("rev-{run}")), ..Success::default() };
    let outcome = if well { Outcome::Succeeded(success) } else { Outcome::Failed(failure) };
    Event::ActionFinished { run: run.clone(), outcome }
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
