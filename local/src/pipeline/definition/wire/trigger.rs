//! What starts a pipeline, as the API writes it.

use serde::{Deserialize, Serialize};

/// `PipelineTriggerDeclaration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trigger {
    /// Always `CodeStarSourceConnection`.
    pub provider_type: String,
    /// What of which source action starts the pipeline.
    pub git_configuration: GitConfiguration,
}

/// `GitConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GitConfiguration {
    /// The source action.
    pub source_action_name: String,
    /// Pushes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub push: Vec<PushFilter>,
    /// Pull requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pull_request: Vec<PullRequestFilter>,
}

/// `GitPushFilter`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushFilter {
    /// Of tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Filter>,
    /// Of branches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches: Option<Filter>,
    /// Of files that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_paths: Option<Filter>,
}

/// `GitPullRequestFilter`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullRequestFilter {
    /// `OPEN`, `UPDATED`, `CLOSED`; without any, all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// Of branches that would be merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches: Option<Filter>,
    /// Of files that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_paths: Option<Filter>,
}

/// `GitBranchFilterCriteria`, `GitTagFilterCriteria` and `GitFilePathFilterCriteria`: globs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// One of them must match, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<String>,
    /// None of them may match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<String>,
}
