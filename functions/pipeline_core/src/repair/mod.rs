//! `repair`: sends the verdicts that stayed unsent, and settles the runs of tests whose owner is dead.
//!
//! Level-triggered, as sweep is: one attempt at everything, and what fails is the next run's. An [index](ports) says what to
//! look at; what is done follows from consistent reads, so that two repairs, or a repair and a delivery, may meet anywhere:
//! the record of verdicts decides between them (I16).

pub mod due;
pub mod perform;
pub mod ports;
pub mod report;
mod send;

pub(crate) use send::send;
