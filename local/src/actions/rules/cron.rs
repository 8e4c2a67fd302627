//! Cron expressions as Quartz has them: seconds, which must be `*`, minutes, hours, day of the month, month, day of the
//! week, and perhaps a year. The libraries for cron read POSIX's dialect, or lack `L-3`, `?` or ranges that wrap around.

mod field;

use std::str::FromStr;

use jiff::civil::Date;
use jiff::{SignedDuration, Zoned};

use field::{Days, Values};

/// The last year that Quartz knows.
const LAST_YEAR: i16 = 2199;

/// When a pattern holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: Values,
    hours: Values,
    days: Days,
    months: Values,
    years: Values,
}

/// Why a text is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    #[error("it has {0} fields; write seconds, minutes, hours, day of month, month, day of week and perhaps a year")]
    Fields(usize),
    #[error("its seconds are {0:?}; write \"*\", CodePipeline allows nothing else there")]
    Seconds(String),
    #[error("{text:?} is no {field}; {allowed}")]
    Field { field: &'static str, text: String, allowed: &'static str },
    #[error("exactly one of day of month and day of week must be \"?\"")]
    Days,
}

impl FromStr for Cron {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.to_ascii_uppercase();
        let fields: Vec<_> = text.split_whitespace().collect();
        let (fields, year) = match *fields.as_slice() {
            [second, minute, hour, day, month, weekday] => ([second, minute, hour, day, month, weekday], "*"),
            [second, minute, hour, day, month, weekday, year] => ([second, minute, hour, day, month, weekday], year),
            _ => return Err(Error::Fields(fields.len())),
        };
        let [second, minute, hour, day, month, weekday] = fields;
        if second != "*" {
            return Err(Error::Seconds(second.to_owned()));
        }
        Ok(Self {
            minutes: field::MINUTE.parse(minute)?,
            hours: field::HOUR.parse(hour)?,
            days: Days::parse(day, weekday)?,
            months: field::MONTH.parse(month)?,
            years: field::YEAR.parse(year)?,
        })
    }
}

impl Cron {
    /// The first moment from `from` on, to the minute, at which the pattern holds; none when it never does again.
    ///
    /// It walks along real time, so an hour that a clock skips never matches and one that it repeats matches twice.
    pub(super) fn first_from(&self, from: &Zoned) -> Option<Zoned> {
        let mut at = whole_minute(from)?;
        while at.year() <= LAST_YEAR {
            at = match self.mismatch(&at) {
                None => return Some(at),
                Some(Unit::Day) => at.tomorrow().ok()?.start_of_day().ok()?,
                Some(Unit::Hour) => later(&at, 60 - i64::from(at.minute()))?,
                Some(Unit::Minute) => later(&at, 1)?,
            };
        }
        None
    }

    /// The largest unit of this time that the pattern does not have.
    fn mismatch(&self, at: &Zoned) -> Option<Unit> {
        let has = |values: &Values, value: i8| values.contains(&value.into());
        match () {
            () if !self.has_date(at.date()) => Some(Unit::Day),
            () if !has(&self.hours, at.hour()) => Some(Unit::Hour),
            () if !has(&self.minutes, at.minute()) => Some(Unit::Minute),
            () => None,
        }
    }

    fn has_date(&self, date: Date) -> bool {
        self.years.contains(&date.year()) && self.months.contains(&date.month().into()) && self.days.contain(date)
    }
}

enum Unit {
    Day,
    Hour,
    Minute,
}

fn later(at: &Zoned, minutes: i64) -> Option<Zoned> {
    at.checked_add(SignedDuration::from_mins(minutes)).ok()
}

/// The minute that holds, if a part of it has passed: a window is open during all of its minutes.
fn whole_minute(at: &Zoned) -> Option<Zoned> {
    at.checked_sub(SignedDuration::new(at.second().into(), at.subsec_nanosecond())).ok()
}

#[cfg(test)]
mod tests;
