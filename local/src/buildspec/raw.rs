//! The file as it is written, before anything is checked.

use std::collections::BTreeMap;

use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer};

use super::PhaseName;

/// Names that the file chooses, and a text for each.
pub(super) type Texts = BTreeMap<String, Option<String>>;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Raw {
    pub(super) version: Option<String>,
    pub(super) run_as: Option<String>,
    pub(super) env: Option<Env>,
    /// What `env` was called in version 0.1.
    #[serde(rename = "environment_variables")]
    pub(super) old_env: Option<OldEnv>,
    pub(super) phases: Option<BTreeMap<PhaseName, Option<Phase>>>,
    pub(super) artifacts: Option<Artifacts>,
    pub(super) cache: Option<Cache>,
    pub(super) proxy: Option<Proxy>,
    pub(super) batch: Option<IgnoredAny>,
    pub(super) reports: Option<BTreeMap<String, Option<Report>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Env {
    pub(super) shell: Option<String>,
    pub(super) variables: Option<Texts>,
    pub(super) parameter_store: Option<Texts>,
    pub(super) secrets_manager: Option<Texts>,
    pub(super) exported_variables: Option<Vec<String>>,
    pub(super) git_credential_helper: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct OldEnv {
    pub(super) plaintext: Option<Texts>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Phase {
    pub(super) run_as: Option<String>,
    pub(super) on_failure: Option<String>,
    pub(super) runtime_versions: Option<Texts>,
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
    pub(super) enable_symlinks: Option<bool>,
    pub(super) secondary_artifacts: Option<BTreeMap<String, Artifacts>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Cache {
    pub(super) key: Option<String>,
    pub(super) fallback_keys: Option<Vec<String>>,
    pub(super) action: Option<String>,
    pub(super) paths: Option<Vec<String>>,
}

/// Read for nothing but its form.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Proxy {
    #[serde(rename = "upload-artifacts")]
    _upload_artifacts: Option<bool>,
    #[serde(rename = "logs")]
    _logs: Option<bool>,
}

/// Read for nothing but its form.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Report {
    #[serde(rename = "files")]
    _files: Option<Vec<String>>,
    #[serde(rename = "file-format")]
    _file_format: Option<String>,
    #[serde(rename = "base-directory")]
    _base_directory: Option<String>,
    #[serde(rename = "discard-paths")]
    _discard_paths: Option<bool>,
}

/// CodeBuild refuses a phase that it does not know, in these words.
impl<'de> Deserialize<'de> for PhaseName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let all = [Self::Install, Self::PreBuild, Self::Build, Self::PostBuild];
        let refusal = || {
            D::Error::custom(format!(
                "Invalid buildspec phase name: {name}. Expecting: build,install,post_build,pre_build"
            ))
        };
        all.into_iter().find(|phase| phase.key() == name).ok_or_else(refusal)
    }
}
