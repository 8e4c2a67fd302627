//! `DeploymentWindow`: a rule that waits until a window opens.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Decision, Error, failed, malformed, optional, required};
use crate::pipeline::action::{Failure, RuleRequest};
use crate::pipeline::rules::{Cron, time_zone};

/// When deployments are allowed.
#[derive(Debug)]
pub(super) struct Window {
    cron: Cron,
    zone: TimeZone,
    /// The two as they are written, for people.
    text: String,
}

impl Window {
    pub(super) fn new(request: &RuleRequest) -> Result<Self, Error> {
        let cron = required(request, "Cron")?;
        let zone = optional(request, "TimeZone").unwrap_or("UTC");
        Ok(Self {
            cron: cron.parse().map_err(|reason| malformed(request, "Cron", cron, &reason))?,
            zone: time_zone(zone).map_err(|reason| malformed(request, "TimeZone", zone, &reason))?,
            text: format!("window {cron:?} in {zone}"),
        })
    }

    pub(super) fn decide(&self, now: Timestamp) -> Result<Decision, Failure> {
        match self.cron.first_from(&now.to_zoned(self.zone.clone())) {
            Some(opens) if opens.timestamp() <= now => Ok(Decision::Pass(format!("{} is open", self.text))),
            Some(opens) => Ok(Decision::Wait(opens.timestamp())),
            None => Err(failed("ConfigurationError", format!("{} never opens again; correct its Cron", self.text))),
        }
    }

    pub(super) fn opens(&self, at: Timestamp) -> String {
        format!("{} opens at {at}", self.text)
    }
}
