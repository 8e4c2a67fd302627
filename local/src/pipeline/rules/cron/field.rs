//! The fields of a cron expression.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};

use super::CronError;

/// The values a field allows.
pub(super) type Values = BTreeSet<i16>;

/// What a field may hold.
pub(super) struct Field {
    name: &'static str,
    allowed: &'static str,
    min: i16,
    max: i16,
    /// Other words for the values from `min` on.
    names: &'static [&'static str],
}

pub(super) const SECOND: Field = Field::numbers("second", "write 0-59 with , - * /", 0, 59);
pub(super) const MINUTE: Field = Field::numbers("minute", "write 0-59 with , - * /", 0, 59);
pub(super) const HOUR: Field = Field::numbers("hour", "write 0-23 with , - * /", 0, 23);
pub(super) const YEAR: Field = Field::numbers("year", "write 1970-2199 with , - * /", 1970, 2199);
const DAY_OF_MONTH: Field = Field::numbers("day of month", "write 1-31 with , - * /, or ?, L, L-3, LW, 15W", 1, 31);
pub(super) const MONTH: Field = Field {
    name: "month",
    allowed: "write 1-12 or JAN-DEC with , - * /",
    min: 1,
    max: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const DAY_OF_WEEK: Field = Field {
    name: "day of week",
    allowed: "write 1-7 or SUN-SAT with , - * /, or ?, L, 6L, 6#3",
    min: 1,
    max: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

impl Field {
    const fn numbers(name: &'static str, allowed: &'static str, min: i16, max: i16) -> Self {
        Self { name, allowed, min, max, names: &[] }
    }

    pub(super) fn parse(&self, text: &str) -> Result<Values, CronError> {
        let mut values = Values::new();
        for part in text.split(',') {
            values.extend(self.part(part).ok_or_else(|| self.error(text))?);
        }
        Ok(values)
    }

    fn error(&self, text: &str) -> CronError {
        CronError::Field { field: self.name, text: text.to_owned(), allowed: self.allowed }
    }

    /// `*`, `5`, `5-9`, or one of them with `/` and a step.
    fn part(&self, part: &str) -> Option<Vec<i16>> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (self.value(first)?, self.value(last)?),
            None if range == "*" => (self.min, self.max),
            // `5/15` goes on from 5 to the end.
            None if step.is_some() => (self.value(range)?, self.max),
            None => (self.value(range)?, self.value(range)?),
        };
        Some(self.range(first, last)?.step_by(step.unwrap_or(1)).collect())
    }

    /// A range that ends before it begins goes around the end: `FRI-MON`, `22-2`. Years do not.
    fn range(&self, first: i16, last: i16) -> Option<impl Iterator<Item = i16> + use<>> {
        let (head, tail) = if first <= last { (last, self.min - 1) } else { (self.max, last) };
        (first <= last || self.name != YEAR.name).then(|| (first..=head).chain(self.min..=tail))
    }

    fn value(&self, text: &str) -> Option<i16> {
        if let Some(index) = self.names.iter().position(|name| *name == text) {
            return Some(self.min + i16::try_from(index).ok()?);
        }
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|value| digits && (self.min..=self.max).contains(value))
    }
}

/// Which days of a month; exactly one of the two fields says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Days {
    /// These days of the month.
    OfMonth(Values),
    /// `L-3`: so many days before the month's last.
    BeforeLast(i8),
    /// `15W`: the weekday nearest to that day, in the same month.
    NearestWeekday(i8),
    /// `LW`: the last weekday.
    LastWeekday,
    /// These days of the week, 1 is Sunday.
    OfWeek(Values),
    /// `6L`: the last such day of the week.
    LastOfWeek(i16),
    /// `6#3`: the third such day of the week.
    NthOfWeek(i16, i8),
}

impl Days {
    pub(super) fn parse(of_month: &str, of_week: &str) -> Result<Self, CronError> {
        match (of_month, of_week) {
            ("?", "?") => Err(CronError::Days),
            (of_month, "?") => Self::of_month(of_month),
            ("?", of_week) => Self::of_week(of_week),
            _ => Err(CronError::Days),
        }
    }

    fn of_month(text: &str) -> Result<Self, CronError> {
        let day = |digits: &str| DAY_OF_MONTH.value(digits).and_then(|day| i8::try_from(day).ok());
        let special = match text {
            "L" => Some(Self::BeforeLast(0)),
            "LW" => Some(Self::LastWeekday),
            _ if text.starts_with("L-") => {
                text.strip_prefix("L-").and_then(day).filter(|days| *days <= 30).map(Self::BeforeLast)
            }
            _ if text.ends_with('W') => text.strip_suffix('W').and_then(day).map(Self::NearestWeekday),
            _ => return DAY_OF_MONTH.parse(text).map(Self::OfMonth),
        };
        special.ok_or_else(|| DAY_OF_MONTH.error(text))
    }

    fn of_week(text: &str) -> Result<Self, CronError> {
        let nth = |nth: &str| nth.parse::<i8>().ok().filter(|nth| (1..=5).contains(nth));
        let special = match text.split_once('#') {
            Some((day, number)) => DAY_OF_WEEK.value(day).zip(nth(number)).map(|(day, nth)| Self::NthOfWeek(day, nth)),
            // Alone it is just Saturday.
            None if text == "L" => Some(Self::OfWeek([7].into())),
            None => match text.strip_suffix('L') {
                Some(day) => DAY_OF_WEEK.value(day).map(Self::LastOfWeek),
                None => return DAY_OF_WEEK.parse(text).map(Self::OfWeek),
            },
        };
        special.ok_or_else(|| DAY_OF_WEEK.error(text))
    }

    pub(super) fn contain(&self, date: Date) -> bool {
        let (day, last) = (date.day(), date.days_in_month());
        let weekday = i16::from(date.weekday().to_sunday_one_offset());
        match self {
            Self::OfMonth(days) => days.contains(&day.into()),
            Self::BeforeLast(days) => day == last - days,
            Self::NearestWeekday(wanted) => nearest_weekday(date, *wanted) == Some(day),
            Self::LastWeekday => nearest_weekday(date, last) == Some(day),
            Self::OfWeek(days) => days.contains(&weekday),
            Self::LastOfWeek(wanted) => weekday == *wanted && day > last - 7,
            Self::NthOfWeek(wanted, nth) => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

/// The weekday nearest to a day of the month of `date`, without leaving that month.
fn nearest_weekday(date: Date, wanted: i8) -> Option<i8> {
    let last = date.days_in_month();
    let weekday = date.with().day(wanted).build().ok()?.weekday();
    Some(match weekday {
        Weekday::Saturday if wanted == 1 => 3,
        Weekday::Saturday => wanted - 1,
        Weekday::Sunday if wanted == last => last - 2,
        Weekday::Sunday => wanted + 1,
        _ => wanted,
    })
}
