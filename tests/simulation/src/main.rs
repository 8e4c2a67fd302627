//! Runs leases and sweep on an in-memory AWS with a seeded schedule, clock and faults, and counts violations.

fn main() {}
