//! `DeploymentWindow`: a rule that waits until a window opens.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::cron::Cron;
use super::{Decision, Error, malformed, optional, required};
use crate::pipeline::action::RuleRequest;

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

    pub(super) fn decide(&self, now: Timestamp) -> Decision {
        match self.cron.first_from(&now.to_zoned(self.zone.clone())) {
            Some(opens) if opens.timestamp() <= now => Decision::Pass(format!("{} is open", self.text)),
            Some(opens) => Decision::Wait(opens.timestamp()),
            None => Decision::Fail(format!("{} never opens again; correct its Cron", self.text)),
        }
    }

    pub(super) fn opens(&self, at: Timestamp) -> String {
        format!("{} opens at {at}", self.text)
    }
}

/// `Region/City`, `UTC`, `UTC+05:30`, or an abbreviation that means one zone only.
fn time_zone(name: &str) -> Result<TimeZone, &'static str> {
    if let Some(offset) = name.strip_prefix("UTC").filter(|offset| !offset.is_empty()) {
        return fixed(offset).ok_or("write an offset from UTC as UTC+05:30");
    }
    TimeZone::get(name).map_err(|_| {
        "no such time zone is known on this machine, or its abbreviation has several meanings; write Region/City, UTC or \
         UTC+05:30"
    })
}

fn fixed(offset: &str) -> Option<TimeZone> {
    let (sign, digits) = match offset.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let number = |digits: &str, below: i32| {
        let two = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        digits.parse::<i32>().ok().filter(|value| two && *value < below)
    };
    let seconds = sign * (number(hours, 24)? * 3600 + number(minutes, 60)? * 60);
    Some(TimeZone::fixed(Offset::from_seconds(seconds).ok()?))
}
