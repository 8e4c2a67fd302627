//! The file as it is written, before anything is checked.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Raw {
    pub(super) version: Option<String>,
    pub(super) run_as: Option<String>,
    pub(super) env: Option<Env>,
    pub(super) phases: Option<Phases>,
    pub(super) artifacts: Option<Artifacts>,
    pub(super) cache: Option<Cache>,
    pub(super) proxy: Option<IgnoredAny>,
    pub(super) batch: Option<IgnoredAny>,
    pub(super) reports: Option<IgnoredAny>,
}

/// The keys [`Raw`] reads.
pub(super) const KEYS: [&str; 9] =
    ["version", "run-as", "env", "phases", "artifacts", "cache", "proxy", "batch", "reports"];

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Env {
    pub(super) shell: Option<String>,
    pub(super) variables: Option<BTreeMap<String, Option<String>>>,
    pub(super) parameter_store: Option<BTreeMap<String, Option<String>>>,
    pub(super) secrets_manager: Option<BTreeMap<String, Option<String>>>,
    pub(super) exported_variables: Option<Vec<String>>,
}

/// CodeBuild refuses a phase it does not know, so this does too.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phases {
    pub(super) install: Option<Phase>,
    pub(super) pre_build: Option<Phase>,
    pub(super) build: Option<Phase>,
    pub(super) post_build: Option<Phase>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Phase {
    pub(super) run_as: Option<String>,
    pub(super) on_failure: Option<String>,
    pub(super) runtime_versions: Option<BTreeMap<String, Option<String>>>,
    pub(super) commands: Option<Vec<String>>,
    pub(super) finally: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
pub(super) struct Artifacts {
    pub(super) files: Option<Vec<String>>,
    pub(super) base_directory: Option<String>,
    pub(super) discard_paths: Option<bool>,
    pub(super) exclude_paths: Option<OneOrMany>,
    pub(super) secondary_artifacts: Option<BTreeMap<String, Artifacts>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Cache {
    pub(super) paths: Option<Vec<String>>,
}
