//! `repair`: sends the verdicts that stayed unsent, and settles the runs of tests whose owner is dead.

pub mod ports;
