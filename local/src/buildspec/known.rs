//! The keys of a buildspec. CodeBuild ignores those that it does not know; a mistyped one is a riddle unless that is said.

use serde_json::Value;

/// What may stand below a key.
enum Keys {
    /// Whatever the reading of its value allows.
    Any,
    /// These keys.
    Of(&'static [(&'static str, Keys)]),
    /// The same as for another key.
    As(&'static Keys),
    /// Names that the file chooses, each with the same below it.
    Each(&'static Keys),
}

use Keys::{Any, As, Each, Of};

static PHASE: Keys =
    Of(&[("run-as", Any), ("on-failure", Any), ("runtime-versions", Any), ("commands", Any), ("finally", Any)]);
static REPORT: Keys = Of(&[("files", Any), ("file-format", Any), ("base-directory", Any), ("discard-paths", Any)]);
static ARTIFACTS: Keys = Of(&[
    ("files", Any),
    ("name", Any),
    ("base-directory", Any),
    ("discard-paths", Any),
    ("exclude-paths", Any),
    ("enable-symlinks", Any),
    ("s3-prefix", Any),
    ("secondary-artifacts", Each(&ARTIFACTS)),
]);
static ENV: Keys = Of(&[
    ("shell", Any),
    ("variables", Any),
    ("parameter-store", Any),
    ("secrets-manager", Any),
    ("exported-variables", Any),
    ("git-credential-helper", Any),
]);
static BUILDSPEC: Keys = Of(&[
    ("version", Any),
    ("run-as", Any),
    ("env", As(&ENV)),
    ("environment_variables", Of(&[("plaintext", Any)])),
    ("phases", Each(&PHASE)),
    ("artifacts", As(&ARTIFACTS)),
    ("cache", Of(&[("key", Any), ("fallback-keys", Any), ("action", Any), ("paths", Any)])),
    ("proxy", Of(&[("upload-artifacts", Any), ("logs", Any)])),
    ("batch", Any),
    ("reports", Each(&REPORT)),
]);

/// The paths of all keys in a buildspec that mean nothing.
pub(super) fn unknown(buildspec: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(buildspec, &BUILDSPEC, "", &mut found);
    found
}

fn collect(value: &Value, keys: &Keys, path: &str, found: &mut Vec<String>) {
    if let As(keys) = keys {
        return collect(value, keys, path, found);
    }
    for (key, below) in value.as_object().into_iter().flatten() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match keys {
            Any | As(_) => {}
            Each(keys) => collect(below, keys, &path, found),
            Of(known) => match known.iter().find(|(name, _)| name == key) {
                Some((_, keys)) => collect(below, keys, &path, found),
                None => found.push(path),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_that_mean_nothing_are_found_at_every_depth_and_names_are_free() {
        let buildspec = json!({
            "version": 0.2,
            "artefacts": {},
            "env": {"variables": {"ANY": 1}, "varaibles": {}},
            "phases": {"build": {"command": ["a"], "runtime-versions": {"python": 3}}},
            "reports": {"any": {"files": [], "format": ""}},
            "artifacts": {"type": "zip", "secondary-artifacts": {"any": {"files": [], "file": []}}},
            "batch": {"any": 1},
        });
        let expected = [
            "artefacts",
            "artifacts.secondary-artifacts.any.file",
            "artifacts.type",
            "env.varaibles",
            "phases.build.command",
            "reports.any.format",
        ];
        let mut found = unknown(&buildspec);
        found.sort();
        assert_eq!(found, expected);
        assert_eq!(unknown(&json!(["a"])), Vec::<String>::new());
    }
}
