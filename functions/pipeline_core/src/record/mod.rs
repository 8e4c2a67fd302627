//! `record`: keeps what events tell, and nothing else does: what a build made, and who pushed a commit.

pub mod facts;
pub mod perform;
