//! Taking in what happened, and carrying out what comes of it.

use std::sync::Arc;

use jiff::Timestamp;

use super::ids::RandomIds;
use super::kept::Kept;
use super::store::{Started, StoreError};
use super::{Inner, News, Runner, find, work};
use crate::pipeline::engine::{Change, Command, Event, Execution, RunId};

impl Runner {
    /// An action or a rule of a pipeline has something to say; the pipeline may be gone.
    pub(super) fn tell(&self, name: &str, event: Event) {
        let mut pipelines = self.0.pipelines();
        if let Ok(kept) = find(&mut pipelines, name) {
            // Whoever waits for that hears of what could not be kept.
            drop(self.take(kept, event, self.0.clock.now()));
        }
        self.0.rearm(&pipelines);
    }

    /// Lets happen everywhere what is due.
    pub(super) fn tick(&self) {
        let now = self.0.clock.now();
        let mut pipelines = self.0.pipelines();
        for kept in pipelines.values_mut().filter(|kept| kept.engine.due().is_some_and(|due| due <= now)) {
            drop(self.take(kept, Event::Tick, now));
        }
        self.0.rearm(&pipelines);
    }

    /// What happened is kept before anything is done about it, and nothing is done about what cannot be kept. Commands are
    /// carried out before the next event is taken in, so news arrives in the order of the changes.
    pub(super) fn take(&self, kept: &mut Kept, event: Event, now: Timestamp) -> Result<(), StoreError> {
        self.take_once(kept, event, now, None)
    }

    /// The same of a start, with the token of who asked for it.
    pub(super) fn take_once(
        &self,
        kept: &mut Kept,
        event: Event,
        now: Timestamp,
        started: Option<Started<'_>>,
    ) -> Result<(), StoreError> {
        // What the engine knows is not ahead of what is kept by more than the one event that could not be.
        self.0.store.sound()?;
        let commands = kept.engine.apply(event, now, &mut RandomIds);
        self.0.keep(kept, &commands, started)?;
        for command in commands {
            self.carry_out(kept, command);
        }
        Ok(())
    }

    fn carry_out(&self, kept: &mut Kept, command: Command) {
        match command {
            Command::Changed(change) => self.pass_on(kept, change),
            Command::Run(request) => {
                let run = RunId(request.id.clone());
                let goes_on = request.type_id.category != "Invoke";
                let task = self.0.spawn(work::action(Arc::downgrade(&self.0), request));
                kept.begin_action(run, task, goes_on);
            }
            Command::RunRule(request) => {
                let run = RunId(request.id.clone());
                let task = self.0.spawn(work::rule(Arc::downgrade(&self.0), request));
                kept.begin_rule(run, task);
            }
        }
    }

    fn pass_on(&self, kept: &mut Kept, change: Change) {
        self.0.bus.tell(&change, kept.engine.state());
        kept.end_work(&change.subject);
        // Nobody may be listening; the state has it all.
        drop(self.0.news.send(News::Changed(change)));
    }
}

impl Inner {
    /// Keeps a pipeline as it is now with what the commands speak of. What is said again and again is not written again.
    pub(super) fn keep(
        &self,
        kept: &mut Kept,
        commands: &[Command],
        started: Option<Started<'_>>,
    ) -> Result<(), StoreError> {
        let record = kept.record();
        if commands.is_empty() && started.is_none() && kept.written.as_ref() == Some(&record) {
            return Ok(());
        }
        let changed = |execution: &&Execution| {
            let is_it =
                |command: &Command| matches!(command, Command::Changed(change) if change.execution == execution.id);
            commands.iter().any(is_it)
        };
        let executions = kept.engine.state().executions.iter().filter(changed);
        self.store.keep(&kept.engine.pipeline().name, &record, executions, started)?;
        kept.written = Some(record);
        Ok(())
    }
}
