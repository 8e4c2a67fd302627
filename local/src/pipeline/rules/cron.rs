//! Cron expressions as Quartz has them: seconds, minutes, hours, day of the month, month, day of the week, and perhaps a
//! year. Seconds make no difference: the guide allows `*` there, its example has `0`, and its prose `0/15`; a window is open
//! in whole minutes. The libraries for cron read POSIX's dialect, or lack `L-3`, `?` or ranges that wrap around.

mod field;

use std::str::FromStr;

use jiff::civil::Date;
use jiff::{SignedDuration, Zoned};

use field::{Days, Values};

/// The last year that Quartz knows.
const LAST_YEAR: i16 = 2199;

/// When a pattern holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: Values,
    hours: Values,
    days: Days,
    months: Values,
    years: Values,
}

/// Why a text is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// It has another number of fields.
    #[error("it has {0} fields; write seconds, minutes, hours, day of month, month, day of week and perhaps a year")]
    Fields(usize),
    /// One of its fields cannot be read.
    #[error("{text:?} is no {field}; {allowed}")]
    Field {
        /// Which one.
        field: &'static str,
        /// What it holds.
        text: String,
        /// What it may hold.
        allowed: &'static str,
    },
    /// Both fields for days say something, or neither does.
    #[error("exactly one of day of month and day of week must be \"?\"")]
    Days,
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let text = text.to_ascii_uppercase();
        let fields: Vec<_> = text.split_whitespace().collect();
        let (fields, year) = match *fields.as_slice() {
            [second, minute, hour, day, month, weekday] => ([second, minute, hour, day, month, weekday], "*"),
            [second, minute, hour, day, month, weekday, year] => ([second, minute, hour, day, month, weekday], year),
            _ => return Err(CronError::Fields(fields.len())),
        };
        let [second, minute, hour, day, month, weekday] = fields;
        field::SECOND.parse(second)?;
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
    pub fn first_from(&self, from: &Zoned) -> Option<Zoned> {
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
