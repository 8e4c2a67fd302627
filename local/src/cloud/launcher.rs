//! The Python that starts the emulator: our launcher and its patches, carried in this binary.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Every file of the launcher, by its path.
const FILES: [(&str, &str); 13] = [
    ("launcher.py", include_str!("launcher/launcher.py")),
    ("patches/__init__.py", include_str!("launcher/patches/__init__.py")),
    ("patches/codecommit.py", include_str!("launcher/patches/codecommit.py")),
    ("patches/codepipeline.py", include_str!("launcher/patches/codepipeline.py")),
    ("patches/events.py", include_str!("launcher/patches/events.py")),
    ("patches/guard.py", include_str!("launcher/patches/guard.py")),
    ("patches/hosts.py", include_str!("launcher/patches/hosts.py")),
    ("patches/missing_code.py", include_str!("launcher/patches/missing_code.py")),
    ("patches/nagle.py", include_str!("launcher/patches/nagle.py")),
    ("patches/node_sdk.js", include_str!("launcher/patches/node_sdk.js")),
    ("patches/node_sdk.py", include_str!("launcher/patches/node_sdk.py")),
    ("patches/pipeline_properties.py", include_str!("launcher/patches/pipeline_properties.py")),
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
