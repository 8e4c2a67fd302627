//! `configure`: writes, for each stage, the parameters and tags that its CloudFormation action deploys with.

pub mod configuration;
pub mod params;
pub mod perform;
pub mod template;
