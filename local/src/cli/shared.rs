//! A reporter that several things talk to at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::report::view::Waiting;
use crate::report::{Reporter, Summary};
use crate::runner::News;

/// Clones share one reporter.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Box<dyn Reporter>>>);

impl Shared {
    pub(super) fn new(reporter: Box<dyn Reporter>) -> Self {
        Self(Arc::new(Mutex::new(reporter)))
    }

    pub(super) fn preparing(&self, what: &str) {
        self.get().preparing(what);
    }

    pub(super) fn note(&self, text: &str) {
        self.get().note(text);
    }

    pub(super) fn follows(&self, pipeline: &str, stages: Vec<String>) {
        self.get().follows(pipeline, stages);
    }

    pub(super) fn asked(&self, waiting: &Waiting) {
        self.get().asked(waiting);
    }

    pub(super) fn pause(&self) {
        self.get().pause();
    }

    pub(super) fn resume(&self) {
        self.get().resume();
    }

    pub(super) fn news(&self, news: &News) {
        self.get().news(news);
    }

    pub(super) fn broke_off(&self, status: &str, why: &str) {
        self.get().broke_off(status, why);
    }

    pub(super) fn end(&self, summary: &Summary, afterwards: &str) {
        self.get().end(summary, afterwards);
    }

    fn get(&self) -> MutexGuard<'_, Box<dyn Reporter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
