//! CloudFormation, Lambda and CodePipeline.

use serde_json::Value;

use crate::{
    ids::{FunctionName, JobId, StackName},
    memory::{Behaviour, World},
    ports::{Clock, PortError, ReadStacks, SettleJobs, Settled, Stack},
    start_tests::{answer::Answer, perform::InvokeTests},
    verdict::Report,
};

impl ReadStacks for World {
    async fn describe(&self, name: &StackName) -> Result<Stack, PortError> {
        let read = || {
            let missing = || PortError::NotFound { what: format!("stack {name}") };
            self.stacks.borrow().get(name.as_str()).cloned().ok_or_else(missing)
        };
        self.effect("describe stack", read).await
    }
}

impl World {
    fn begin(&self, function: &FunctionName, payload: &Value) -> Result<Behaviour, PortError> {
        let missing = || PortError::NotFound { what: format!("test function {function}") };
        let behaviour = self.functions.borrow().get(function.as_str()).cloned().ok_or_else(missing)?;
        self.started.borrow_mut().push((function.to_string(), payload.clone()));
        Ok(behaviour)
    }
}

impl InvokeTests for World {
    async fn call(&self, function: &FunctionName, payload: &Value) -> Result<Answer, PortError> {
        let behaviour = self.effect("invoke test", || self.begin(function, payload)).await?;
        self.under_way.set(self.under_way.get() + 1);
        self.overlap.set(self.overlap.get().max(self.under_way.get()));
        let end = self.now().saturating_add(behaviour.after).unwrap_or(jiff::Timestamp::MAX);
        self.sleep_until(end).await;
        self.under_way.set(self.under_way.get() - 1);
        behaviour.answer
    }

    async fn start(&self, function: &FunctionName, payload: &Value) -> Result<(), PortError> {
        self.effect("start test", || self.begin(function, payload).map(drop)).await
    }
}

impl SettleJobs for World {
    async fn settle(&self, job: &JobId, report: &Report) -> Result<Settled, PortError> {
        let send = || {
            let mut reports = self.reports.borrow_mut();
            let before = reports.iter().any(|(of, ..)| of == job) || self.settled_elsewhere.borrow().contains(job);
            let answer = if before { Settled::Already } else { Settled::Accepted };
            reports.push((job.clone(), report.clone(), answer));
            Ok(answer)
        };
        self.effect("settle job", send).await
    }
}
