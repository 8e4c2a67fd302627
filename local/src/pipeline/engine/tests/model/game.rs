//! Moves on an engine, and somebody who watches.

mod people;

use proptest::sample::Index;

use super::definition::{STAGES, in_mode};
use super::event::{answer, finish, goes_on, judge, news};
use super::moves::Move;
use super::started::Started;
use super::watcher::Watcher;
use super::*;
use crate::pipeline::action::Outcome;

pub(super) struct Game {
    definitions: Vec<String>,
    /// Somebody else goes on, from what is kept, whenever about so many commands more were told.
    restored: usize,
    engine: Engine,
    ids: Counter,
    watcher: Watcher,
    events: usize,
    waited: SignedDuration,
    starts: usize,
    told: Vec<Command>,
    /// Every definition but the last.
    earlier: Vec<Pipeline>,
    /// Every execution as it was last.
    history: BTreeMap<String, Execution>,
    /// How everything was, and how much was told, before time alone changed something.
    before: Option<(Engine, Counter, usize)>,
}

impl Game {
    pub(super) fn new(mode: &str, definitions: &[String], restored: usize) -> Self {
        let pipeline = pipeline(&in_mode(mode, &definitions[0]));
        let watcher = Watcher::new(pipeline.clone());
        let (ids, told, earlier, history, before) = Default::default();
        let (engine, waited) = (Engine::new(pipeline), SignedDuration::ZERO);
        let definitions = definitions.to_vec();
        Self {
            definitions,
            restored,
            engine,
            ids,
            watcher,
            events: 0,
            waited,
            starts: 0,
            told,
            earlier,
            history,
            before,
        }
    }

    /// Time passes, and something happens.
    pub(super) fn step(&mut self, step: &Move) {
        if let Move::Wait { minutes } | Move::Restart { minutes } = step {
            self.waited += SignedDuration::from_mins((*minutes).into());
        }
        self.events += 1;
        // Who is not there hears of no time.
        let is_there = !matches!(step, Move::Restart { .. });
        if is_there && self.watcher.due().is_some_and(|due| due <= self.now()) {
            self.before = Some((self.engine.clone(), self.ids.clone(), self.told.len()));
            self.take(&Event::Tick);
        }
        self.do_it(step);
        self.before = None;
    }

    /// Lets everything that runs end well.
    pub(super) fn end(mut self) -> (State, Vec<Command>) {
        for stage in STAGES {
            self.transition(stage, true, false);
            self.transition(stage, false, false);
        }
        while let Some(run) = self.watcher.pick(true, |_| true).first() {
            let event = match &self.watcher.started[run] {
                started if started.is_rule() => judge(run, true, true),
                started if started.is_approval() => answer(run, true),
                _ => finish(run, true, true),
            };
            self.take(&event);
        }
        self.watcher.everything_ended();
        (self.engine.state().clone(), self.told)
    }

    fn do_it(&mut self, step: &Move) {
        match step {
            Move::Start if self.engine.has_room().is_ok() => {
                self.starts += 1;
                let start = start(self.engine.pipeline(), &format!("e{}", self.starts));
                self.tell(&Event::Start(start));
            }
            Move::StartAgain if settled(&self.engine).state().execution(&ExecutionId("e1".into())).is_some() => {
                let start = start(self.engine.pipeline(), "e1");
                self.tell_in_vain(&Event::Start(start));
            }
            Move::Start | Move::StartAgain => {}
            Move::Finish { which, well, variables } => {
                self.with(*which, true, Started::is_work, |game, run| game.tell(&finish(run, *well, *variables)));
            }
            Move::Answer { which, approved } => {
                self.with(*which, true, Started::is_approval, |game, run| game.tell(&answer(run, *approved)));
            }
            Move::NotAsked { which } => {
                self.with(*which, true, Started::is_approval, |game, run| game.tell(&finish(run, false, false)));
            }
            Move::Judge { which, holds, known } => {
                self.with(*which, true, Started::is_rule, |game, run| game.tell(&judge(run, *holds, *known)));
            }
            Move::News { which, percent } => {
                self.with(*which, true, Started::is_work, |game, run| game.tell(&news(run, *percent)));
            }
            Move::Continue { which } => {
                self.with(*which, true, Started::is_work, |game, run| game.tell(&goes_on(run)));
            }
            Move::Wait { .. } => self.tell(&Event::Tick),
            Move::Late { which, well } => self.with(*which, false, |_| true, |game, run| game.all_in_vain(run, *well)),
            Move::Amiss { which } => self.amiss(*which),
            Move::Restart { .. } => self.tell(&Event::Restarted),
            Move::Replace { which, mode } => self.replace(&which.get(&self.definitions).clone(), *mode),
            Move::Transition { stage, inbound, close } => {
                self.transition(STAGES[stage.index(STAGES.len())], *inbound, *close);
            }
            Move::Stop { .. } | Move::Retry { .. } | Move::RollBack { .. } | Move::Override { .. } => self.people(step),
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
        for event in [finish(run, well, true), judge(run, well, true), answer(run, well), news(run, 77), goes_on(run)] {
            self.tell_in_vain(&event);
        }
    }

    /// Each kind of thing hears what another kind should.
    fn amiss(&mut self, which: Index) {
        self.all_in_vain(&RunId("nobody".into()), true);
        self.tell_in_vain(&Event::Tick);
        self.with(which, true, Started::is_work, |game, run| {
            game.tell_in_vain(&answer(run, true));
            game.tell_in_vain(&judge(run, true, true));
        });
        self.with(which, true, Started::is_approval, |game, run| {
            game.tell_in_vain(&finish(run, true, true));
            game.tell_in_vain(&Event::ActionFinished { run: run.clone(), outcome: Outcome::Waiting });
            game.tell_in_vain(&judge(run, true, true));
        });
        self.with(which, true, Started::is_rule, |game, run| {
            game.tell_in_vain(&finish(run, true, true));
            game.tell_in_vain(&answer(run, true));
            game.tell_in_vain(&Event::RuleFinished { run: run.clone(), outcome: Outcome::Waiting });
        });
    }

    fn now(&self) -> Timestamp {
        at(self.events) + self.waited
    }

    /// Tells something. What was due before it could as well have happened with it.
    fn tell(&mut self, event: &Event) {
        let before = self.before.take();
        self.take(event);
        if let Some((mut engine, mut ids, told)) = before {
            let together = engine.apply(event.clone(), self.now(), &mut ids);
            assert_eq!(self.told[told..], together, "{event:?} and what was due before it");
            assert_eq!(settled(&engine), settled(&self.engine));
        }
    }

    fn take(&mut self, event: &Event) {
        if self.told.len() % self.restored == self.restored - 1 {
            let stored = serde_json::to_string(self.engine.state()).unwrap();
            let state = serde_json::from_str(&stored).unwrap();
            self.engine = Engine::restored(self.engine.pipeline().clone(), self.earlier.clone(), state);
        }
        let commands = self.engine.apply(event.clone(), self.now(), &mut self.ids);
        self.watcher.see(event, self.now(), &commands);
        self.told.extend(commands);
        assert_eq!(self.engine.due(), self.watcher.due());
        self.only_open_questions_have_a_token();
        let all = self.engine.state().executions.iter().cloned();
        self.history.extend(all.map(|execution| (execution.id.0.clone(), execution)));
        self.watcher.is_all_that_is_kept(&settled(&self.engine).state.executions);
    }

    fn only_open_questions_have_a_token(&self) {
        for (run, started) in &self.watcher.started {
            let Some((request, approval)) = started.request().and_then(|it| Some((it, it.approval.as_ref()?))) else {
                continue;
            };
            let opened = self.engine.awaiting(&request.stage, &request.action, &approval.token).ok();
            assert_eq!(opened, self.watcher.runs(run).then(|| run.clone()));
        }
    }

    fn tell_in_vain(&mut self, event: &Event) {
        let before = settled(&self.engine);
        let commands = self.engine.apply(event.clone(), self.now(), &mut self.ids);
        assert!(commands.is_empty() && self.engine == before, "{event:?} changes nothing, but {commands:?}");
    }
}

/// Without what it forgets before the next event.
fn settled(engine: &Engine) -> Engine {
    let mut engine = engine.clone();
    engine.forget();
    engine
}
