//! A service's source as one commit, and git's way to the repository that it is pushed to.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::ExposeSecret as _;
use tokio::process::Command;

use super::account::Kind;
use super::service::Service;
use crate::cloud::StartError;
use crate::cloud::run_dir::RunDir;
use crate::repository::{self, Commit, Store};

/// The branch that is released, unless a pipeline that is there says otherwise.
pub(super) const BRANCH: &str = "main";

/// Why a source is not where it should be.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error("cannot take the service's source: {0}")]
    Take(#[from] repository::Error),
    #[error(transparent)]
    State(#[from] StartError),
    #[error("cannot run git: {0}; is it installed?")]
    Machine(#[from] io::Error),
    #[error("git {operation} of {url} failed: {message}")]
    Git { operation: &'static str, url: String, message: String },
}

/// A repository of a service, and how git gets in.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    pub(super) url: String,
    pub(super) access: Kind,
}

/// A repository of our own, between the service's folder and where it is pushed to.
#[derive(Debug)]
pub(super) struct Source {
    // Not where temporary files are: nobody would remove there what is left when we are killed.
    place: RunDir,
    name: String,
    folder: PathBuf,
    branch: String,
}

impl Source {
    pub(super) fn new(service: &Service, branch: &str, state: &Path) -> Result<Self, SourceError> {
        let place = RunDir::create(state).map_err(|source| StartError::State { path: state.to_owned(), source })?;
        Ok(Self { place, name: service.name.clone(), folder: service.folder.clone(), branch: branch.to_owned() })
    }

    /// The folder as it stands, as a commit on top of what was fetched.
    pub(super) async fn take(&self) -> Result<Commit, SourceError> {
        Ok(self.store().push(&self.folder.to_string_lossy(), &self.name, &self.branch).await?)
    }

    /// Starts from what the repository has, whose head it gives: the same content again is then the same commit.
    pub(super) async fn fetch(&self, remote: &Remote) -> Result<Option<String>, SourceError> {
        self.begin(remote, &self.branch).await
    }

    /// Starts from another branch of it, whose head it gives: that of one that the repository does not have yet.
    pub(super) async fn begin(&self, remote: &Remote, from: &str) -> Result<Option<String>, SourceError> {
        let (head, from) = (self.head(), format!("refs/heads/{from}"));
        let listed = self.git(remote, "ls-remote", &["ls-remote", &remote.url, &from]).await?;
        let Some(id) = listed.split_whitespace().next() else { return Ok(None) };
        // Makes the repository, which a fetch needs.
        drop(self.store().hold_or_create(&self.name).await?);
        let refspec = format!("+{from}:{head}");
        self.git(remote, "fetch", &["fetch", "--quiet", "--no-tags", &remote.url, &refspec]).await?;
        Ok(Some(id.to_owned()))
    }

    /// A commit of the same content on top of the one that was taken: what was not changed yet can be asked to be merged, too.
    pub(super) async fn mark(&self, commit: &Commit) -> Result<String, SourceError> {
        let (name, email) = repository::committer(&self.folder).await;
        let by = [("user.name", name), ("user.email", email)].map(|(key, value)| format!("{key}={value}"));
        let message = format!("{} for {}", commit.message, self.branch);
        let options = ["-c", &by[0], "-c", &by[1], "commit-tree", &commit.tree, "-p", &commit.id, "-m", &message];
        let made = self.here("commit-tree", &options).await?.trim().to_owned();
        self.here("update-ref", &["update-ref", &self.head(), &made, &commit.id]).await?;
        Ok(made)
    }

    /// Pushes the commit that was taken.
    pub(super) async fn push(&self, remote: &Remote) -> Result<(), SourceError> {
        let refspec = format!("{head}:{head}", head = self.head());
        self.git(remote, "push", &["push", "--quiet", &remote.url, &refspec]).await.map(drop)
    }

    fn head(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    fn store(&self) -> Store {
        Store::new(self.place.path())
    }

    /// In the repository of our own alone.
    async fn here(&self, operation: &'static str, args: &[&str]) -> Result<String, SourceError> {
        let url = self.folder.display().to_string();
        self.git(&Remote { url, access: Kind::Aws { profile: None } }, operation, args).await
    }

    async fn git(&self, remote: &Remote, operation: &'static str, args: &[&str]) -> Result<String, SourceError> {
        let repository = self.store().root().join(format!("{}.git", self.name));
        let mut command = git(&repository, &remote.access);
        let output = command.args(args).output().await?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(SourceError::Git { operation, url: remote.url.clone(), message })
    }
}

/// Whether git takes it as the name of a branch.
pub(super) async fn is_branch(name: &str) -> Result<bool, SourceError> {
    let output = isolated().args(["check-ref-format", "--branch", name]).output().await?;
    Ok(output.status.success() && String::from_utf8_lossy(&output.stdout).trim() == name)
}

fn git(repository: &Path, access: &Kind) -> Command {
    let mut command = isolated();
    if repository.exists() {
        command.arg("--git-dir").arg(repository);
    }
    // In the environment, because everybody can read the arguments of a process.
    let settings = settings(access);
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (index, (key, value)) in settings.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{index}"), key).env(format!("GIT_CONFIG_VALUE_{index}"), value);
    }
    if let Kind::Aws { profile: Some(profile) } = access {
        command.env("AWS_PROFILE", profile);
    }
    command
}

/// git without what the environment says of another repository, and without questions.
fn isolated() -> Command {
    let mut command = Command::new("git");
    // Set inside a git hook, and would point us at that repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").stdin(Stdio::null()).kill_on_drop(true);
    command
}

fn settings(access: &Kind) -> Vec<(&'static str, String)> {
    match access {
        Kind::Local { access_key, secret_key } => {
            let password = BASE64_STANDARD.encode(format!("{access_key}:{}", secret_key.expose_secret()));
            // A proxy of the user's must not be asked for an address on this machine.
            vec![("http.extraHeader", format!("Authorization: Basic {password}")), ("http.proxy", String::new())]
        }
        // As CodeCommit documents it.
        Kind::Aws { .. } => vec![
            ("credential.helper", "!aws codecommit credential-helper $@".to_owned()),
            ("credential.UseHttpPath", "true".to_owned()),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_cloud_learns_who_pushes_and_aws_asks_its_own_helper() {
        let local = Kind::Local { access_key: "author".to_owned(), secret_key: "author".into() };
        let header = ("http.extraHeader", "Authorization: Basic YXV0aG9yOmF1dGhvcg==".to_owned());
        assert_eq!(settings(&local)[0], header);
        assert_eq!(settings(&Kind::Aws { profile: None })[0].0, "credential.helper");
    }

    #[tokio::test]
    async fn a_folder_that_did_not_change_since_it_was_pushed_is_the_same_commit() {
        let root = tempfile::tempdir().unwrap();
        let (folder, bare) = (root.path().join("shop"), root.path().join("remote.git"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("a"), "1").unwrap();
        let init = Command::new("git").args(["init", "--quiet", "--bare"]).arg(&bare).status().await.unwrap();
        assert!(init.success());
        let service = Service { name: "shop".to_owned(), folder: folder.clone() };
        let remote = Remote { url: bare.display().to_string(), access: Kind::Aws { profile: None } };
        let push = async || {
            let source = Source::new(&service, BRANCH, root.path()).unwrap();
            source.fetch(&remote).await.unwrap();
            let commit = source.take().await.unwrap();
            source.push(&remote).await.unwrap();
            commit.id
        };
        let first = push().await;
        assert_eq!(push().await, first);
        std::fs::write(folder.join("a"), "2").unwrap();
        assert_ne!(push().await, first);
    }
    #[tokio::test]
    async fn a_branch_that_is_new_begins_at_another_and_can_have_a_commit_of_its_own() {
        let root = tempfile::tempdir().unwrap();
        let (folder, bare) = (root.path().join("shop"), root.path().join("remote.git"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("a"), "1").unwrap();
        let init = Command::new("git").args(["init", "--quiet", "--bare"]).arg(&bare).status().await.unwrap();
        assert!(init.success());
        let service = Service { name: "shop".to_owned(), folder: folder.clone() };
        let remote = Remote { url: bare.display().to_string(), access: Kind::Aws { profile: None } };
        let main = Source::new(&service, BRANCH, root.path()).unwrap();
        let released = main.take().await.unwrap();
        main.push(&remote).await.unwrap();
        let source = Source::new(&service, "feature/a", root.path()).unwrap();
        assert_eq!(source.fetch(&remote).await.unwrap(), None);
        assert_eq!(source.begin(&remote, BRANCH).await.unwrap(), Some(released.id.clone()));
        let same = source.take().await.unwrap();
        assert_eq!(same.id, released.id);
        let marked = source.mark(&same).await.unwrap();
        source.push(&remote).await.unwrap();
        let again = Source::new(&service, "feature/a", root.path()).unwrap();
        assert_eq!(again.fetch(&remote).await.unwrap(), Some(marked.clone()));
        let stands = again.take().await.unwrap();
        assert_eq!((stands.id, stands.tree, stands.parents), (marked, released.tree, vec![released.id]));
    }

    #[tokio::test]
    async fn what_git_takes_as_a_branch_is_one() {
        for name in ["feature/a", "dev/%20x", "a.b"] {
            assert!(is_branch(name).await.unwrap(), "{name}");
        }
        for name in ["", "-x", "a..b", "a b", "a~1", "@{-1}", "HEAD", "a.lock", "refs heads"] {
            assert!(!is_branch(name).await.unwrap(), "{name}");
        }
    }
}
