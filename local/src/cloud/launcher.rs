//! The Python that starts the emulator: our launcher and its patches, carried in this binary.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Every file of the launcher, by its path.
const FILES: &[(&str, &str)] = &[
    ("launcher.py", include_str!("launcher/launcher.py")),
    ("patches/__init__.py", include_str!("launcher/patches/__init__.py")),
    ("patches/api_actions.py", include_str!("launcher/patches/api_actions.py")),
    ("patches/asynchronous.py", include_str!("launcher/patches/asynchronous.py")),
    ("patches/authority.py", include_str!("launcher/patches/authority.py")),
    ("patches/bucket_tags.py", include_str!("launcher/patches/bucket_tags.py")),
    ("patches/bus_conditions.py", include_str!("launcher/patches/bus_conditions.py")),
    ("patches/change_sets.py", include_str!("launcher/patches/change_sets.py")),
    ("patches/code_services.py", include_str!("launcher/patches/code_services.py")),
    ("patches/codecommit.py", include_str!("launcher/patches/codecommit.py")),
    ("patches/codeconnections.py", include_str!("launcher/patches/codeconnections.py")),
    ("patches/codepipeline.py", include_str!("launcher/patches/codepipeline.py")),
    ("patches/drift.py", include_str!("launcher/patches/drift.py")),
    ("patches/drift_check.py", include_str!("launcher/patches/drift_check.py")),
    ("patches/drift_permissions.py", include_str!("launcher/patches/drift_permissions.py")),
    ("patches/drift_properties.py", include_str!("launcher/patches/drift_properties.py")),
    ("patches/events.py", include_str!("launcher/patches/events.py")),
    ("patches/function_answers.py", include_str!("launcher/patches/function_answers.py")),
    ("patches/function_logs.py", include_str!("launcher/patches/function_logs.py")),
    ("patches/function_urls.py", include_str!("launcher/patches/function_urls.py")),
    ("patches/git_access.py", include_str!("launcher/patches/git_access.py")),
    ("patches/github_access.py", include_str!("launcher/patches/github_access.py")),
    ("patches/guard.py", include_str!("launcher/patches/guard.py")),
    ("patches/hosts.py", include_str!("launcher/patches/hosts.py")),
    ("patches/iam_record.py", include_str!("launcher/patches/iam_record.py")),
    ("patches/imported_exports.py", include_str!("launcher/patches/imported_exports.py")),
    ("patches/keeping.py", include_str!("launcher/patches/keeping.py")),
    ("patches/kept_pipelines.py", include_str!("launcher/patches/kept_pipelines.py")),
    ("patches/lambda_actions.py", include_str!("launcher/patches/lambda_actions.py")),
    ("patches/leading_keys.py", include_str!("launcher/patches/leading_keys.py")),
    ("patches/leash.py", include_str!("launcher/patches/leash.py")),
    ("patches/log_actions.py", include_str!("launcher/patches/log_actions.py")),
    ("patches/missing_code.py", include_str!("launcher/patches/missing_code.py")),
    ("patches/nagle.py", include_str!("launcher/patches/nagle.py")),
    ("patches/nested_actions.py", include_str!("launcher/patches/nested_actions.py")),
    ("patches/node_sdk.js", include_str!("launcher/patches/node_sdk.js")),
    ("patches/node_sdk.py", include_str!("launcher/patches/node_sdk.py")),
    ("patches/parameter_names.py", include_str!("launcher/patches/parameter_names.py")),
    ("patches/parameter_users.py", include_str!("launcher/patches/parameter_users.py")),
    ("patches/pass_role.py", include_str!("launcher/patches/pass_role.py")),
    ("patches/pipeline_properties.py", include_str!("launcher/patches/pipeline_properties.py")),
    ("patches/principal_arn.py", include_str!("launcher/patches/principal_arn.py")),
    ("patches/project_settings.py", include_str!("launcher/patches/project_settings.py")),
    ("patches/request_actions.py", include_str!("launcher/patches/request_actions.py")),
    ("patches/request_tokens.py", include_str!("launcher/patches/request_tokens.py")),
    ("patches/resource_actions.py", include_str!("launcher/patches/resource_actions.py")),
    ("patches/resource_change.py", include_str!("launcher/patches/resource_change.py")),
    ("patches/resource_permissions.py", include_str!("launcher/patches/resource_permissions.py")),
    ("patches/role_actions.py", include_str!("launcher/patches/role_actions.py")),
    ("patches/roles.py", include_str!("launcher/patches/roles.py")),
    ("patches/service_calls.py", include_str!("launcher/patches/service_calls.py")),
    ("patches/snapshot.py", include_str!("launcher/patches/snapshot.py")),
    ("patches/sns_subjects.py", include_str!("launcher/patches/sns_subjects.py")),
    ("patches/stack_conditions.py", include_str!("launcher/patches/stack_conditions.py")),
    ("patches/stack_facts.py", include_str!("launcher/patches/stack_facts.py")),
    ("patches/stack_ids.py", include_str!("launcher/patches/stack_ids.py")),
    ("patches/stack_operations.py", include_str!("launcher/patches/stack_operations.py")),
    ("patches/stack_permissions.py", include_str!("launcher/patches/stack_permissions.py")),
    ("patches/stack_roles.py", include_str!("launcher/patches/stack_roles.py")),
    ("patches/stores.py", include_str!("launcher/patches/stores.py")),
    ("patches/undeletable.py", include_str!("launcher/patches/undeletable.py")),
    ("patches/usage.py", include_str!("launcher/patches/usage.py")),
];

/// Writes the launcher below `dir` and gives the path of the script to run.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write(dir: &Path) -> io::Result<PathBuf> {
    let dir = dir.join("launcher");
    fs::create_dir_all(dir.join("patches"))?;
    for (path, content) in FILES {
        fs::write(dir.join(path), content)?;
    }
    Ok(dir.join("launcher.py"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_carried() {
        let launcher = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cloud/launcher");
        let names = |directory: &str| -> Vec<String> {
            let entries = fs::read_dir(launcher.join(directory)).unwrap().map(|entry| entry.unwrap().path());
            let files = entries.filter(|path| path.is_file());
            files.map(|path| path.strip_prefix(&launcher).unwrap().display().to_string()).collect()
        };
        let mut files = [names(""), names("patches")].concat();
        files.sort();
        let carried: Vec<_> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(carried, files);
    }
}
