//! CloudFormation, Lambda and CodePipeline.

use serde_json::Value;

use crate::{
    ids::{FunctionName, JobId, StackName},
    job::Artifact,
    memory::{Behaviour, World},
    ports::{Clock, PortError, ReadStacks, SettleJobs, Settled, Stack},
    start_tests::{
        ports::{Answer, InvokeTests, ReachSites, ReadTestFile, Request, Response, SendRequests, WriteReports},
        report::TestReport,
        site::Site,
    },
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

impl ReachSites for World {
    type Stage<'a> = &'a Self;

    async fn reach(&self, _site: &Site, _job: &JobId) -> Result<&Self, PortError> {
        Ok(self)
    }
}

impl SendRequests for World {
    async fn send(&self, request: &Request) -> Result<Response, PortError> {
        let missing = || PortError::NotFound { what: format!("an answer to {} {}", request.method, request.url) };
        let answered = self.effect("send request", || {
            self.requests.borrow_mut().push(request.clone());
            self.answers.borrow().get(&request.url).cloned().ok_or_else(missing)
        });
        answered.await
    }
}

impl ReadTestFile for &World {
    async fn test_file(&self, _artifact: &Artifact) -> Result<Option<Vec<u8>>, PortError> {
        self.effect("read test file", || Ok(self.test_file.borrow().clone())).await
    }
}

impl WriteReports for &World {
    async fn write_report(&self, _artifact: &Artifact, report: &TestReport) -> Result<(), PortError> {
        let write = || {
            self.written.borrow_mut().push(report.clone());
            Ok(())
        };
        self.effect("write report", write).await
    }
}
