//! CodePipeline, the application's own endpoints, and the artifacts.

use crate::{
    ids::JobId,
    job::Artifact,
    memory::World,
    ports::{PortError, SettleJobs, Settled},
    start_tests::{
        ports::{ReadTestFile, Request, Response, SendRequests, WriteReports},
        report::TestReport,
    },
    verdict::Report,
};

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

impl SendRequests for World {
    async fn send(&self, request: &Request) -> Result<Response, PortError> {
        let unreachable = || PortError::Unavailable {
            operation: format!("{} {}", request.method, request.url),
            detail: "no such host".to_owned(),
        };
        let begin = || {
            self.requests.borrow_mut().push(request.clone());
            self.answers.borrow().get(&request.url).cloned().ok_or_else(unreachable)
        };
        let replies = self.effect("send request", begin).await?;
        self.busy(replies.after).await;
        replies.answer
    }
}

impl ReadTestFile for &World {
    async fn test_file(&self, artifact: &Artifact) -> Result<Option<Vec<u8>>, PortError> {
        let missing = || PortError::NotFound { what: format!("artifact {}", artifact.name) };
        let read = || self.test_files.borrow().get(&artifact.key).cloned().ok_or_else(missing);
        self.effect("read test file", read).await
    }
}

impl WriteReports for &World {
    async fn write_report(&self, artifact: &Artifact, report: &TestReport) -> Result<(), PortError> {
        let write = || {
            self.written.borrow_mut().push((artifact.key.clone(), report.clone()));
            Ok(())
        };
        self.effect("write report", write).await
    }
}
