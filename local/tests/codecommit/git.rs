//! The user's git.

use std::path::{Path, PathBuf};
use std::process::Output;

use tokio::process::Command;

/// A repository of the user's own.
pub(crate) struct Work {
    pub(crate) path: PathBuf,
}

impl Work {
    pub(crate) async fn init(path: PathBuf) -> Self {
        std::fs::create_dir_all(&path).unwrap();
        let work = Self { path };
        work.git(&["init", "-q", "-b", "main"]).await;
        work
    }

    /// Writes a file and commits it.
    pub(crate) async fn commit(&self, file: &str, content: &[u8]) -> String {
        std::fs::write(self.path.join(file), content).unwrap();
        self.git(&["add", "-A"]).await;
        self.git(&["commit", "-qm", &format!("Change {file}")]).await;
        self.head().await
    }

    pub(crate) async fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).await.trim_end().to_owned()
    }

    /// Runs git, which succeeds, and gives its output.
    pub(crate) async fn git(&self, args: &[&str]) -> String {
        text(&git(&self.path, args).await.unwrap())
    }

    /// Runs git, which fails, and gives its complaint.
    pub(crate) async fn refused(&self, args: &[&str]) -> String {
        git(&self.path, args).await.unwrap_err()
    }
}

/// Runs git without the settings of whoever runs the tests; what it complains about when it fails.
pub(crate) async fn git(directory: &Path, args: &[&str]) -> Result<Vec<u8>, String> {
    let Output { status, stdout, stderr } = command(directory, args).output().await.unwrap();
    if status.success() { Ok(stdout) } else { Err(text(&stderr)) }
}

pub(crate) fn command(directory: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "gc.auto=0"]);
    command.args(args).current_dir(directory).kill_on_drop(true);
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]
    {
        command.env_remove(variable);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    command.env("LC_ALL", "C");
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
