//! Accounts and regions with their stacks and functions: our own, and others that a role lets us into.

use std::{cell::RefCell, collections::BTreeMap};

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    ids::{FunctionName, JobId, StackName},
    memory::{Behaviour, World},
    ports::{Clock, PortError, ReadStacks, Stack},
    start_tests::{
        ports::{Answer, InvokeTests, ReachSites},
        site::Site,
    },
};

/// What another account or region holds.
#[derive(Debug)]
pub struct Elsewhere {
    /// Where it is.
    pub site: Site,
    /// Its stacks by name.
    pub stacks: BTreeMap<String, Stack>,
    /// Its functions by name.
    pub functions: BTreeMap<String, Behaviour>,
}

/// An answer, to somebody who still waited for it.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Whose it is.
    pub function: String,
    /// When it came.
    pub at: Timestamp,
    /// What it is.
    pub answer: Result<Answer, PortError>,
}

/// A site that was reached.
#[derive(Debug)]
pub struct Reached<'a> {
    world: &'a World,
    site: Site,
}

impl ReachSites for World {
    type Stage<'a> = Reached<'a>;

    async fn reach(&self, site: &Site, _job: &JobId) -> Result<Reached<'_>, PortError> {
        let reach = || {
            if *site == Site::default() || self.elsewhere.borrow().iter().any(|place| place.site == *site) {
                return Ok(Reached { world: self, site: site.clone() });
            }
            let operation = format!("assume role {}", site.role_arn.as_ref().map_or("none", |role| role.as_str()));
            Err(PortError::Denied { operation, detail: "no such role".to_owned() })
        };
        self.effect("reach site", reach).await
    }
}

impl Reached<'_> {
    fn find<T: Clone>(
        &self,
        ours: &RefCell<BTreeMap<String, T>>,
        theirs: impl Fn(&Elsewhere) -> &BTreeMap<String, T>,
        name: &str,
    ) -> Option<T> {
        if self.site == Site::default() {
            return ours.borrow().get(name).cloned();
        }
        let elsewhere = self.world.elsewhere.borrow();
        let place = elsewhere.iter().find(|place| place.site == self.site)?;
        theirs(place).get(name).cloned()
    }

    fn begin(&self, function: &FunctionName, payload: &Value) -> Result<Behaviour, PortError> {
        let missing = || PortError::NotFound { what: format!("test function {function}") };
        let functions = &self.world.functions;
        let behaviour = self.find(functions, |place| &place.functions, function.as_str()).ok_or_else(missing)?;
        self.world.started.borrow_mut().push((function.to_string(), payload.clone()));
        Ok(behaviour)
    }
}

impl ReadStacks for Reached<'_> {
    async fn describe(&self, name: &StackName) -> Result<Stack, PortError> {
        let missing = || PortError::NotFound { what: format!("stack {name}") };
        let read = || self.find(&self.world.stacks, |place| &place.stacks, name.as_str()).ok_or_else(missing);
        self.world.effect("describe stack", read).await
    }
}

impl InvokeTests for Reached<'_> {
    async fn call(&self, function: &FunctionName, payload: &Value) -> Result<Answer, PortError> {
        let behaviour = self.world.effect("invoke test", || self.begin(function, payload)).await?;
        self.world.busy(behaviour.after).await;
        let (at, answer) = (self.world.now(), behaviour.answer.clone());
        self.world.heard.borrow_mut().push(Heard { function: function.to_string(), at, answer });
        behaviour.answer
    }

    async fn start(&self, function: &FunctionName, payload: &Value) -> Result<(), PortError> {
        self.world.effect("start test", || self.begin(function, payload).map(drop)).await
    }
}

impl World {
    /// A test is under way for so long.
    pub(super) async fn busy(&self, time: jiff::SignedDuration) {
        self.under_way.set(self.under_way.get() + 1);
        self.overlap.set(self.overlap.get().max(self.under_way.get()));
        let _under_way = UnderWay(self);
        self.sleep_until(self.now().saturating_add(time).unwrap_or(Timestamp::MAX)).await;
    }
}

/// Counted until the caller no longer waits.
struct UnderWay<'a>(&'a World);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
    }
}
