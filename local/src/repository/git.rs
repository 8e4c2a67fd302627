//! The `git` command, kept away from the user's configuration.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::moves::{Reference, References};

/// git could not be started, or said no.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No git.
    #[error("cannot run git: {0}, is it installed?")]
    Start(#[from] io::Error),
    /// git failed.
    #[error("git {operation} failed: {message}")]
    Failed {
        /// Its subcommand.
        operation: String,
        /// Its own words.
        message: String,
    },
}

/// Branches by their names, each with the commit it is at.
pub(super) type Branches = BTreeMap<String, String>;

/// A name and an address.
pub(super) type Person<'a> = (&'a str, &'a str);

/// Whom a new commit names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) author: Person<'a>,
    /// When it was written, as git writes that; none is now.
    pub(super) written: Option<&'a str>,
    pub(super) committer: Person<'a>,
}

impl<'a> Signed<'a> {
    /// Somebody commits what they have written just now.
    pub(super) fn by(person: Person<'a>) -> Self {
        Self { author: person, written: None, committer: person }
    }
}

/// One bare repository.
#[derive(Debug)]
pub(super) struct Git {
    directory: PathBuf,
    lock: Option<File>,
}

impl Git {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory, lock: None }
    }

    /// Every git that may move a branch keeps the lock too: one that was given up still runs to its end.
    pub(super) fn under(self, lock: File) -> Self {
        Self { lock: Some(lock), ..self }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn exists(&self) -> bool {
        self.directory.join("HEAD").is_file()
    }

    pub(super) async fn init(&self) -> Result<(), Error> {
        std::fs::create_dir_all(&self.directory)?;
        let mut command = isolated();
        command.args(["init", "--quiet", "--bare", "--template=", "--initial-branch=main"]).arg(&self.directory);
        finish(command, "init", self.idle()?, None).await.map(drop)
    }

    pub(super) async fn run(&self, args: &[&str]) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.bytes(args).await?).into_owned())
    }

    pub(super) async fn line(&self, args: &[&str]) -> Result<String, Error> {
        Ok(self.run(args).await?.trim_end().to_owned())
    }

    pub(super) async fn bytes(&self, args: &[&str]) -> Result<Vec<u8>, Error> {
        let mut command = self.command(isolated());
        command.args(args);
        finish(command, args[0], self.idle()?, None).await
    }

    pub(super) async fn branches(&self) -> Result<Branches, Error> {
        let listed = self.run(&["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"]).await?;
        let branches = listed.lines().filter_map(|line| line.split_once(' '));
        Ok(branches.map(|(id, name)| (name.to_owned(), id.to_owned())).collect())
    }

    /// All branches and tags, each with the commit that it is at, also where a tag has a message of its own.
    pub(super) async fn references(&self) -> Result<References, Error> {
        let format = "--format=%(refname) %(objectname) %(*objectname)";
        let listed = self.run(&["for-each-ref", format, "refs/heads", "refs/tags"]).await?;
        let reference = |line: &str| {
            let mut words = line.split_whitespace();
            let reference = Reference::parse(words.next()?)?;
            let id = words.next()?;
            Some((reference, words.next().unwrap_or(id).to_owned()))
        };
        Ok(listed.lines().filter_map(reference).collect())
    }

    /// The branch that HEAD names, which need not be there yet.
    pub(super) async fn default_branch(&self) -> Result<String, Error> {
        // A short name is `heads/main` where a tag is named main too.
        let head = self.line(&["symbolic-ref", "HEAD"]).await?;
        Ok(head.strip_prefix("refs/heads/").unwrap_or(&head).to_owned())
    }

    /// Talks to another repository, for which the user's own credentials and proxies are needed.
    pub(super) async fn remote(&self, args: &[&OsStr]) -> Result<String, Error> {
        let mut command = self.command(with_user_settings());
        command.args(args);
        Ok(text(&finish(command, &args[0].to_string_lossy(), self.idle()?, None).await?))
    }

    /// Stores a directory's files and names their tree; nothing when there are none.
    pub(super) async fn tree_of(&self, directory: &Path) -> Result<Option<String>, Error> {
        let files = self.files_of(directory).await?;
        if files.is_empty() {
            return Ok(None);
        }
        let scratch = tempfile::tempdir_in(&self.directory)?;
        let index = scratch.path().join("index");
        let mut command = self.command(isolated());
        command.arg("--work-tree").arg(directory).args(["update-index", "--add", "--remove", "-z", "--stdin"]);
        // From here, or git takes its own prefix for the paths'.
        command.env("GIT_INDEX_FILE", &index).current_dir(directory);
        output(command, "update-index", Some(&files)).await?;
        let mut command = self.command(isolated());
        command.arg("write-tree").env("GIT_INDEX_FILE", &index);
        Ok(Some(text(&output(command, "write-tree", None).await?)))
    }

    pub(super) async fn commit_tree(
        &self,
        tree: &str,
        parents: &[&str],
        message: &str,
        signed: Signed<'_>,
    ) -> Result<String, Error> {
        let mut command = self.command(isolated());
        command.args(["commit-tree", tree, "-m", message]);
        for parent in parents {
            command.args(["-p", parent]);
        }
        let Signed { author, written, committer } = signed;
        command.env("GIT_AUTHOR_NAME", author.0).env("GIT_AUTHOR_EMAIL", author.1);
        command.envs(written.map(|date| ("GIT_AUTHOR_DATE", date)));
        command.env("GIT_COMMITTER_NAME", committer.0).env("GIT_COMMITTER_EMAIL", committer.1);
        Ok(text(&output(command, "commit-tree", None).await?))
    }

    /// What git would take of a directory, NUL-separated. Inside a bigger repository that one's ignore rules count too.
    async fn files_of(&self, directory: &Path) -> Result<Vec<u8>, Error> {
        let mut command = if is_work_tree(directory).await? {
            isolated()
        } else {
            let mut command = self.command(isolated());
            command.arg("--work-tree").arg(directory);
            command
        };
        command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]);
        command.current_dir(directory);
        let listed = output(command, "ls-files", None).await?;
        // A trailing slash is another repository inside this one, which is not part of its source.
        let files = listed.split_inclusive(|byte| *byte == 0).filter(|name| !name.ends_with(b"/\0"));
        Ok(files.flatten().copied().collect())
    }

    /// The standard input of a git that reads none: nothing, or the empty file that is locked.
    fn idle(&self) -> io::Result<Stdio> {
        self.lock.as_ref().map_or_else(|| Ok(Stdio::null()), |lock| lock.try_clone().map(Stdio::from))
    }

    fn command(&self, mut command: Command) -> Command {
        command.arg("--git-dir").arg(&self.directory);
        command
    }
}

/// Whether a directory is a repository without a work tree.
pub(super) async fn is_bare(directory: &Path) -> Result<bool, Error> {
    Ok(ask(directory, &["rev-parse", "--is-bare-repository"]).await? == "true")
}

async fn is_work_tree(directory: &Path) -> Result<bool, Error> {
    Ok(ask(directory, &["rev-parse", "--is-inside-work-tree"]).await? == "true")
}

/// The user's name and address, as git knows them in that directory.
pub(super) async fn identity(directory: &Path) -> Option<(String, String)> {
    let setting = async |key: &str| {
        let mut command = with_user_settings();
        command.args(["config", "--get", key]).current_dir(directory);
        output(command, "config", None).await.ok().map(|value| text(&value)).filter(|value| !value.is_empty())
    };
    Some((setting("user.name").await?, setting("user.email").await?))
}

/// A question that git answers with a failure where there is no repository.
async fn ask(directory: &Path, args: &[&str]) -> Result<String, Error> {
    let mut command = isolated();
    command.args(args).current_dir(directory);
    match output(command, args[0], None).await {
        Ok(answer) => Ok(text(&answer)),
        Err(Error::Failed { .. }) => Ok(String::new()),
        Err(error) => Err(error),
    }
}

fn isolated() -> Command {
    let mut command = with_user_settings();
    isolate(&mut command);
    command
}

/// Keeps the user's configuration away from a git whose arguments follow.
pub(crate) fn isolate(command: &mut Command) {
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    // The directory is the user's choice, whoever owns it; its own settings must not start programs.
    command.args(["-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false"]);
}

fn with_user_settings() -> Command {
    let mut command = Command::new("git");
    // Set inside a git hook, and would point every command at that repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command
}

async fn output(command: Command, operation: &str, bytes: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    finish(command, operation, if bytes.is_some() { Stdio::piped() } else { Stdio::null() }, bytes).await
}

async fn finish(mut command: Command, operation: &str, stdin: Stdio, bytes: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    command.stdin(stdin);
    // Never killed: git ends by itself within moments, and killed half-way it would leave its locks behind.
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), bytes) {
        // A git that fails early closes the pipe; its own message says more than ours.
        let _ = pipe.write_all(bytes).await;
    }
    let output = child.wait_with_output().await?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(Error::Failed { operation: operation.to_owned(), message: text(&output.stderr) })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}
