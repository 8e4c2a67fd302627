//! What the values of rules mean: read when a pipeline is, where they hold no references, and again when its rules run.

mod alarm;
mod cron;
mod pattern;
mod time_zone;

pub use alarm::{AlarmState, alarm_states, wait_time};
pub use cron::{Cron, CronError};
pub use pattern::Pattern;
pub use time_zone::time_zone;
