//! The state table.

use jiff::Timestamp;

use crate::{
    ids::{ExecutionId, JobId},
    memory::World,
    ports::{Clock as _, PortError, ReadVerdicts, RecordVerdicts, Recorded, Settled},
    repair::{
        due::{run_due, verdict_due},
        ports::{CloseOpen, Due, FindOpen, Open},
    },
    start_tests::run::{Announced, Claim, ReadAnnounced, ReadRuns, Run, TestResult, WriteRuns},
    verdict::Report,
};

impl ReadVerdicts for World {
    async fn standing(&self, job: &JobId) -> Result<Option<Recorded>, PortError> {
        self.effect("read verdict", || Ok(self.verdicts.borrow().get(job).cloned())).await
    }
}

impl RecordVerdicts for World {
    async fn record(&self, job: &JobId, report: &Report) -> Result<Recorded, PortError> {
        let write = || {
            let mut verdicts = self.verdicts.borrow_mut();
            let fresh = || {
                self.open.put(Open::Verdict(job.clone()), verdict_due(self.now()));
                Recorded { report: report.clone(), sent: false }
            };
            Ok(verdicts.entry(job.clone()).or_insert_with(fresh).clone())
        };
        self.effect("record verdict", write).await
    }

    async fn mark_sent(&self, job: &JobId, _answer: Settled) -> Result<(), PortError> {
        let write = || {
            if let Some(recorded) = self.verdicts.borrow_mut().get_mut(job) {
                recorded.sent = true;
            }
            self.open.remove(&Open::Verdict(job.clone()));
            Ok(())
        };
        self.effect("mark sent", write).await
    }
}

impl ReadRuns for World {
    async fn run(&self, job: &JobId) -> Result<Option<Run>, PortError> {
        self.effect("read run", || Ok(self.runs.borrow().get(job).cloned())).await
    }

    async fn results(&self, job: &JobId) -> Result<Vec<TestResult>, PortError> {
        let read = || {
            let results = self.results.borrow();
            Ok(results.iter().filter(|((of, _), _)| of == job).map(|(_, result)| result.clone()).collect())
        };
        self.effect("read results", read).await
    }
}

impl ReadAnnounced for World {
    async fn announced(&self, execution: &ExecutionId) -> Result<Vec<Announced>, PortError> {
        let read = || {
            let announced = self.announced.borrow();
            let mut found: Vec<Announced> = announced
                .iter()
                .filter(|((of, _), _)| of == execution)
                .map(|(_, announced)| announced.clone())
                .collect();
            found.sort_by_key(|announced| announced.began);
            Ok(found)
        };
        self.effect("read announced", read).await
    }
}

impl WriteRuns for World {
    async fn announce(&self, execution: &ExecutionId, announced: &Announced) -> Result<(), PortError> {
        let write = || {
            let key = (execution.clone(), announced.job.clone());
            self.announced.borrow_mut().entry(key).or_insert_with(|| announced.clone());
            Ok(())
        };
        self.effect("announce tests", write).await
    }

    async fn claim(&self, run: &Run) -> Result<Claim, PortError> {
        let write = || {
            let mut runs = self.runs.borrow_mut();
            let stored = || {
                self.open.put(Open::Run(run.job.clone()), run_due(run));
                run.clone()
            };
            let standing = runs.entry(run.job.clone()).or_insert_with(stored);
            Ok(if standing.id == run.id { Claim::Ours } else { Claim::Theirs(Box::new(standing.clone())) })
        };
        self.effect("claim run", write).await
    }

    async fn record_result(&self, job: &JobId, result: &TestResult) -> Result<(), PortError> {
        let write = || {
            let key = (job.clone(), result.test.to_string());
            self.results.borrow_mut().entry(key).or_insert_with(|| result.clone());
            Ok(())
        };
        self.effect("record result", write).await
    }
}

impl FindOpen for World {
    async fn open(&self, now: Timestamp, limit: usize) -> Result<Vec<Due>, PortError> {
        self.effect("find open", || Ok(self.open.due(now, limit))).await
    }
}

impl CloseOpen for World {
    async fn close(&self, open: &Open) -> Result<(), PortError> {
        self.effect("close open", || {
            self.open.remove(open);
            Ok(())
        })
        .await
    }
}
