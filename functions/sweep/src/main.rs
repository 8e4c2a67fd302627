//! Deletes the stacks whose leases ran out, and nothing else.

fn main() {}
