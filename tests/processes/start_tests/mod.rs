//! The real `start_tests`, as processes in front of a stage whose tests do as they are told: many at once, delivered more
//! than once, killed, misbehaving, and asked for what makes no sense.

mod bad_events;
mod bad_input;
mod bad_stage;
mod cost;
mod desk;
mod duplicates;
mod jobs;
mod killed;
mod lab;
mod many;
mod misbehaving;
mod paused;
mod records;
mod refused;
mod stage;
