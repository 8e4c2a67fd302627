//! Flowgate's own functions: built once by cargo, and laid out as `template.yaml` expects them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::actions::archive;
use crate::supervise::{self, Child, Supervisor};

/// What cargo sets for a program that it runs, and not for itself.
const PER_PACKAGE: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];

/// Why the functions could not be built.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("cannot {action} {}: {source}", path.display())]
    Files { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot run cargo: {0}; install Rust, or set CARGO to it")]
    Cargo(io::Error),
    #[error("building Flowgate's functions failed; cargo's messages are above")]
    Build,
    #[error("cannot pack a function: {0}")]
    Pack(#[from] archive::Error),
    #[error("cargo built no binary named {0}")]
    Missing(String),
}

/// The checkout that this binary was built from: it holds the template and the functions.
pub(super) fn root() -> &'static Path {
    let local = Path::new(env!("CARGO_MANIFEST_DIR"));
    local.parent().unwrap_or(local)
}

/// The built functions, by name.
pub(super) type Binaries = BTreeMap<String, PathBuf>;

/// Lays `template.yaml` below `out`, with each function's zip where the template has its folder: `aws cloudformation
/// package` uploads a zip as it is, and would take seconds to make one. Gives the template's path.
pub(super) fn stage(binaries: &Binaries, out: &Path) -> Result<PathBuf, Error> {
    let lambda = out.join("target/lambda");
    std::fs::create_dir_all(&lambda).map_err(|source| files("create", &lambda, source))?;
    for (name, binary) in binaries {
        let zip = archive::pack(&BTreeMap::from([("bootstrap".to_owned(), binary.clone())]))?;
        let path = lambda.join(name);
        std::fs::write(&path, zip).map_err(|source| files("write", &path, source))?;
    }
    let template = out.join("template.yaml");
    std::fs::copy(root().join("template.yaml"), &template).map_err(|source| files("write", &template, source))?;
    Ok(template)
}

/// Builds every function, all at once.
pub(super) async fn build(supervisor: &Supervisor) -> Result<Binaries, Error> {
    let names = names()?;
    let mut built = cargo(supervisor, &names).await?;
    let find = |name: String| built.remove_entry(&name).ok_or(Error::Missing(name));
    names.into_iter().map(find).collect()
}

fn files(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Files { action, path: path.to_owned(), source }
}

/// Every folder of `functions/` that makes a binary.
fn names() -> Result<Vec<String>, Error> {
    let folder = root().join("functions");
    let entries = std::fs::read_dir(&folder).map_err(|source| files("read", &folder, source))?;
    let binaries = entries.flatten().filter(|entry| entry.path().join("src/main.rs").is_file());
    let mut names: Vec<String> = binaries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

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

async fn cargo(supervisor: &Supervisor, names: &[String]) -> Result<Binaries, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = supervisor.command(cargo);
    // `cargo run` tells us about its package in variables that build scripts watch: passed on, they would rebuild ring.
    for (name, _) in
        supervise::environment().filter(|(name, _)| PER_PACKAGE.iter().any(|prefix| name.starts_with(prefix)))
    {
        command.env_remove(name);
    }
    // The workspace's default members, like the `cargo run` that built us: the same features, so nothing is built twice.
    command.current_dir(root()).args(["build", "--locked", "--message-format", "json-render-diagnostics"]);
    for name in names {
        command.args(["--bin", name]);
    }
    let mut child = Child::spawn(command.stdout(Stdio::piped())).map_err(Error::Cargo)?;
    let mut built = Binaries::new();
    if let Some(stdout) = child.take_stdout() {
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Ok(Message { target: Some(target), executable: Some(path) }) = serde_json::from_str(&line) {
                built.insert(target.name, path);
            }
        }
    }
    let status = child.wait().await.map_err(Error::Cargo)?;
    if status.success() { Ok(built) } else { Err(Error::Build) }
}
