//! The command `flowgate`.

fn main() {}
