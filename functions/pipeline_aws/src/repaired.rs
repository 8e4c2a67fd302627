//! What people and alarms are told of a run of repair.

use pipeline_core::repair::report::{Entry, Outcome, RepairReport};
use serde_json::Value;

use crate::telemetry;

/// What people must be alerted of: what keeps repair from its work, and jobs that nobody settled until CodePipeline did not
/// wait for them any more.
pub(crate) fn alerts(report: &RepairReport, service: &str) -> Vec<Value> {
    let counts = [("SweepTroubles", report.troubles()), ("JobsNotSettled", report.given_up())];
    telemetry::counts(&counts, service, report.at)
}

pub(crate) fn log(report: &RepairReport) {
    for Entry { job, what, outcome, detail } in &report.entries {
        match outcome {
            Outcome::GivenUp => {
                tracing::error!(%job, ?what, detail, "given up: CodePipeline does not wait for it any more");
            }
            Outcome::Failed => tracing::warn!(%job, ?what, detail, "failed"),
            Outcome::LeftBehind => {
                tracing::warn!(%job, ?what, detail, "settled, and what its tests made may still be there");
            }
            _ => tracing::info!(%job, ?what, ?outcome, detail, "repaired"),
        }
    }
    let RepairReport { read_only, more, entries, .. } = report;
    tracing::info!(read_only, more, jobs = entries.len(), "looked at what is open");
}

#[cfg(test)]
mod tests {
    use pipeline_core::repair::report::What;

    use super::*;

    fn alerted(read_only: Option<&str>, outcomes: &[Outcome]) -> Vec<Value> {
        let job = "11111111-abcd-1111-abcd-111111abcdef";
        let entry = |outcome: &Outcome| Entry {
            job: job.parse().unwrap(),
            what: What::Verdict,
            outcome: *outcome,
            detail: None,
        };
        let report = RepairReport {
            at: "2026-11-21T12:00:00Z".parse().unwrap(),
            read_only: read_only.map(str::to_owned),
            more: true,
            entries: outcomes.iter().map(entry).collect(),
        };
        alerts(&report, "s")
    }

    #[test]
    fn people_are_alerted_of_what_failed_and_of_what_was_given_up_and_of_nothing_else() {
        use Outcome::{Alive, Closed, Failed, GivenUp, Left, LeftBehind, Settled, SettledBefore};
        assert!(alerted(None, &[]).is_empty());
        assert!(alerted(None, &[Alive, Closed, Left, Settled, SettledBefore]).is_empty());
        assert_eq!(alerted(Some("not permitted"), &[])[0]["SweepTroubles"], 1);
        assert_eq!(alerted(None, &[LeftBehind, Settled])[0]["SweepTroubles"], 1);
        let [troubles, given_up] = &alerted(None, &[Failed, GivenUp, Failed, Settled])[..] else { panic!() };
        assert_eq!((&troubles["SweepTroubles"], &given_up["JobsNotSettled"]), (&2.into(), &1.into()));
    }
}
