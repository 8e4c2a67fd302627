//! Claims, binds, renews, holds and releases leases on stacks, by direct invoke and as a pipeline action.

fn main() {}
