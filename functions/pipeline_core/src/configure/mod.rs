//! `configure`: writes, for each stack of a release or of a preview, the parameters and tags that its CloudFormation action
//! deploys with.

pub mod configuration;
pub mod exports;
pub mod params;
pub mod perform;
pub mod template;
