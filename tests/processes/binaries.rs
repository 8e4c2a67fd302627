//! The functions under test, built by cargo from this checkout.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use tokio::process::Command;

/// What cargo and nextest set for a test, and build scripts watch: passed on, it would compile dependencies again.
const PER_PACKAGE: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];

/// One message of cargo's, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The checkout.
pub(crate) fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Builds these functions, as `flowgate run` does, and gives their programs by name.
pub(crate) async fn build(names: &[&str]) -> BTreeMap<String, PathBuf> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let ours = |name: &std::ffi::OsStr| PER_PACKAGE.iter().any(|p| name.as_encoded_bytes().starts_with(p.as_bytes()));
    for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.current_dir(checkout()).args(["build", "--locked", "--message-format", "json-render-diagnostics"]);
    command.args(names.iter().flat_map(|name| ["--bin", name]));
    let output = command.stderr(Stdio::inherit()).kill_on_drop(true).output().await.unwrap();
    assert!(output.status.success(), "cargo cannot build {names:?}; its messages are above");
    let messages = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    messages.filter_map(|Message { target, executable }| Some((target?.name, executable?))).collect()
}
