//! The real function `gate`, as a process behind Lambda's Runtime API, in front of a world that a test spoils: what it says of
//! every bad input of SAFETY.md, and that it changes nothing then but its own records.

mod answer;
mod asked;
mod bad_events;
mod codecommit;
mod desk;
mod from_codecommit;
mod from_github;
mod github;
mod judge;
mod people;
mod release;
mod revisions;
mod rollbacks;
mod store;
mod token;
mod waits;
mod world;
