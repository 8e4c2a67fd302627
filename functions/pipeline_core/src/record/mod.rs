//! `record`: keeps what events tell, and nothing else does: what a build made, and who pushed a commit. Fails the jobs that
//! nobody works on any more. And tells people: a pull request of its preview, and a team of its releases.

pub mod console;
pub mod facts;
pub mod give_up;
pub mod notice;
pub mod pen;
pub mod perform;
pub mod say;
pub mod sign;
pub mod speak;
pub mod tell;
pub mod told;
pub mod watch;
