//! Least privilege, kept so: what the roles of `template.yaml` allow must be what was seen to be used while IAM was enforced,
//! and what `exceptions.yaml` excepts with a reason. So nobody widens a role, or leaves a permission behind, without notice.

pub mod compare;
pub mod difference;
pub mod exceptions;
pub mod permission;
pub mod record;
pub mod report;
pub mod template;
