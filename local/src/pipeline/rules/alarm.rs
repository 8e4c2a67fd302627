//! The settings of `CloudWatchAlarm` rules.

use std::collections::BTreeSet;
use std::fmt;

use jiff::SignedDuration;

/// The states of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmState {
    /// Its threshold is kept.
    Ok,
    /// Its threshold is not kept.
    Alarm,
    /// Nobody can say.
    InsufficientData,
}

impl AlarmState {
    /// The state of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.to_string() == text)
    }
}

impl fmt::Display for AlarmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        })
    }
}

/// `AlarmStates`: names with commas between them, which AWS's own examples put in quotes.
pub fn alarm_states(text: &str) -> Result<BTreeSet<AlarmState>, &'static str> {
    let state = |name: &str| AlarmState::parse(name.trim_matches(|c: char| c.is_whitespace() || "'\"[]".contains(c)));
    text.split(',')
        .map(state)
        .collect::<Option<_>>()
        .ok_or("write ALARM, OK or INSUFFICIENT_DATA, with commas between them")
}

/// `WaitTime`: minutes.
pub fn wait_time(text: &str) -> Result<SignedDuration, &'static str> {
    text.parse::<u32>().map(|minutes| SignedDuration::from_mins(minutes.into())).map_err(|_| "write whole minutes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_names_with_commas_between_them() {
        let (alarm, unknown) = (AlarmState::Alarm, AlarmState::InsufficientData);
        for text in ["ALARM,INSUFFICIENT_DATA", "'ALARM', 'INSUFFICIENT_DATA'", r#"["INSUFFICIENT_DATA","ALARM"]"#] {
            assert_eq!(alarm_states(text), Ok([alarm, unknown].into()), "{text}");
        }
        for text in ["", "RED", "ALARM,", "alarm", "ALARM OK"] {
            assert!(alarm_states(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_wait_is_whole_minutes() {
        assert_eq!(wait_time("90"), Ok(SignedDuration::from_mins(90)));
        for text in ["", "-1", "1.5", "1h", "4294967296"] {
            assert_eq!(wait_time(text), Err("write whole minutes"), "{text}");
        }
    }
}
