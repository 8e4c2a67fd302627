//! Previews: pull requests that get stacks of their own, and give them back, on a local cloud that enforces IAM.

mod apart;
mod desk;
mod developer;
mod from_github;
mod life;
mod many;
mod racing;
