//! Adapters, against answers as AWS documents them.

mod announced;
mod artifacts;
mod buckets;
mod canned;
mod codecommit;
mod drift;
mod executions;
mod functions;
mod github;
mod leases;
mod notices;
mod open;
mod others;
mod overrides;
mod previews;
mod progress;
mod pushes;
mod requests;
mod server;
mod sites;
mod slips;
mod stacks;
