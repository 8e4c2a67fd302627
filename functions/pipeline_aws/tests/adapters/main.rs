//! The adapters of leases and sweep, against answers as AWS documents them.

mod buckets;
mod canned;
mod leases;
mod others;
mod stacks;
