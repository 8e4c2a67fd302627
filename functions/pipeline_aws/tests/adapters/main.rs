//! Adapters, against answers as AWS documents them.

mod artifacts;
mod buckets;
mod canned;
mod leases;
mod others;
mod stacks;
