//! Compares what the roles of `template.yaml` allow with what was seen to be used.

fn main() {}
