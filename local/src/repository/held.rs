//! A repository whose branches nobody else moves meanwhile.

use std::ffi::OsStr;
use std::path::Path;

use jiff::Timestamp;

use super::commit::{self, Commit};
use super::git::{self, Git};
use super::moves::{Move, RefKind, Reference, References, moves};
use super::record::Record;
use super::{Error, absolute};

/// Who commits when the user has told git no name.
pub const NEUTRAL: (&str, &str) = ("flowgate", "flowgate@localhost");

/// A repository under its lock, which ends with this.
#[derive(Debug)]
pub struct Held {
    name: String,
    pub(super) git: Git,
    before: References,
}

impl Held {
    /// `git` has the lock.
    pub(super) async fn new(name: &str, git: Git) -> Result<Self, Error> {
        let before = git.references().await?;
        Ok(Self { name: name.to_owned(), git, before })
    }

    /// The repository's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bare repository itself.
    pub fn directory(&self) -> &Path {
        self.git.directory()
    }

    /// What is known of the repository.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn record(&self) -> Result<Record, Error> {
        Record::read(self.directory())?.map_or_else(|| Record::make(self.directory(), None), Ok)
    }

    /// Makes the branch's head what `source` holds: a directory as it stands, or the branch (else HEAD) of a bare
    /// repository or a git URL. The same content again is the same commit.
    ///
    /// # Errors
    /// When the source cannot be read or git fails.
    pub async fn take(&self, source: &str, branch: &str) -> Result<Commit, Error> {
        let directory = absolute(Path::new(source));
        if is_url(source) {
            fetch(&self.git, source.as_ref(), branch).await?;
        } else if !directory.is_dir() {
            return Err(Error::NoDirectory(directory));
        } else if git::is_bare(&directory).await? {
            fetch(&self.git, directory.as_os_str(), branch).await?;
        } else {
            self.snapshot(&directory, branch).await?;
        }
        let no_branch = || Error::NoBranch { repository: self.name.clone(), branch: branch.to_owned() };
        let id = self.git.branches().await?.remove(branch).ok_or_else(no_branch)?;
        commit::show(&self.git, id).await
    }

    /// Notes what has happened since this is held, and names the branches and tags that moved. The first branch there is becomes
    /// the one that a clone checks out.
    ///
    /// # Errors
    /// When the repository cannot be read or written.
    pub async fn settle(&self) -> Result<Vec<Move>, Error> {
        let after = self.git.references().await?;
        if let Some(first) = after.keys().find(|reference| reference.kind == RefKind::Branch)
            && !after.contains_key(&Reference::branch(&self.git.default_branch().await?))
        {
            self.git.run(&["symbolic-ref", "HEAD", &first.to_string()]).await?;
        }
        let moves = moves(&self.before, &after);
        if !moves.is_empty() {
            Record { modified: Timestamp::now(), ..self.record()? }.write(self.directory())?;
        }
        Ok(moves)
    }

    /// Commits a directory as it stands, unless it stands as the branch's head already does.
    async fn snapshot(&self, directory: &Path, branch: &str) -> Result<(), Error> {
        let tree = self.git.tree_of(directory).await?.ok_or_else(|| Error::Empty(directory.to_owned()))?;
        let parent = self.before.get(&Reference::branch(branch));
        if let Some(parent) = parent
            && self.git.line(&["rev-parse", &format!("{parent}^{{tree}}")]).await? == tree
        {
            return Ok(());
        }
        let (name, email) = committer(directory).await;
        let parent = parent.map(String::as_str);
        let by = git::Signed::by((&name, &email));
        let id = self.git.commit_tree(&tree, parent.as_slice(), &message(directory), by).await?;
        // The old value makes a push that lost a race fail instead of undoing the other.
        let old = parent.map_or_else(|| "0".repeat(id.len()), str::to_owned);
        self.git.run(&["update-ref", &Reference::branch(branch).to_string(), &id, &old]).await?;
        Ok(())
    }
}

/// Whom a snapshot of the directory names: the user as git knows them there; nobody in particular where git does not, or by
/// something that is no address, for which nobody could be found.
pub async fn committer(directory: &Path) -> (String, String) {
    let user = git::identity(directory).await.filter(|(_, email)| is_address(email));
    user.unwrap_or_else(|| (NEUTRAL.0.to_owned(), NEUTRAL.1.to_owned()))
}

/// What git keeps as it is, and the gate's people map takes.
fn is_address(text: &str) -> bool {
    let is_odd = |c: char| matches!(c, '@' | '<' | '>') || c.is_whitespace() || c.is_control();
    let is_plain = |part: &str| !part.is_empty() && !part.contains(is_odd);
    text.split_once('@').is_some_and(|(local, domain)| is_plain(local) && is_plain(domain))
}

/// Takes over a branch of another repository, or what it is at when it has no such branch.
async fn fetch(git: &Git, source: &OsStr, branch: &str) -> Result<(), Error> {
    let branch = Reference::branch(branch).to_string();
    let listed = git.remote(&["ls-remote".as_ref(), "--".as_ref(), source, branch.as_ref()]).await?;
    let from = if listed.is_empty() { "HEAD" } else { &branch };
    let refspec = format!("{from}:{branch}");
    let options = ["fetch", "--quiet", "--no-tags", "--force", "--"].map(OsStr::new);
    git.remote(&[&options[..], &[source, refspec.as_ref()]].concat()).await?;
    Ok(())
}

fn message(directory: &Path) -> String {
    let whole = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let name = whole.file_name().unwrap_or(whole.as_os_str()).to_string_lossy().into_owned();
    format!("Snapshot of {name}")
}

fn is_url(source: &str) -> bool {
    let scp_like = source.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains('/'));
    source.contains("://") || scp_like
}
