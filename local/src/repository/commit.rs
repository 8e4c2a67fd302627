//! Commits as git tells them.

use jiff::Timestamp;

use super::Error;
use super::git::Git;

/// One commit of a repository of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its full hash.
    pub id: String,
    /// The hash of its tree.
    pub tree: String,
    /// The hashes of its parents.
    pub parents: Vec<String>,
    /// Its whole message, without the final newline.
    pub message: String,
    /// Who wrote it.
    pub author: Signature,
    /// Who committed it.
    pub committer: Signature,
}

/// Who did something to a commit, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// When.
    pub date: Timestamp,
    /// How far their clock was from UTC, as git writes it: `+0100`.
    pub offset: String,
}

/// Everything of a commit, separated by NUL.
const FORMAT: &str = "--format=%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B";
const FIELDS: usize = 9;

/// Whether that is a whole id, as git writes it.
pub(super) fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Reads the commit of an id that exists.
pub(super) async fn show(git: &Git, id: String) -> Result<Commit, Error> {
    let text = git.run(&["show", "-s", "--date=raw", FORMAT, &id]).await?;
    parse(&id, &text).ok_or(Error::Answer(id))
}

/// Reads the commits that `git log` lists for these arguments.
pub(super) async fn list(git: &Git, args: &[&str]) -> Result<Vec<Commit>, Error> {
    let format = FORMAT.replacen('=', "=%H%x00", 1);
    let text = git.run(&[&["log", "-z", "--date=raw", &format], args].concat()).await?;
    let fields: Vec<&str> = text.split_terminator('\0').collect();
    let commit = |fields: &[&str]| {
        let (id, rest) = fields.split_first()?;
        parse(id, &rest.join("\0"))
    };
    let unreadable = |fields: &[&str]| Error::Answer(fields.first().copied().unwrap_or_default().to_owned());
    fields.chunks(FIELDS + 1).map(|fields| commit(fields).ok_or_else(|| unreadable(fields))).collect()
}

fn parse(id: &str, text: &str) -> Option<Commit> {
    let mut parts = text.splitn(FIELDS, '\0');
    let tree = parts.next()?.to_owned();
    let parents = parts.next()?.split_whitespace().map(str::to_owned).collect();
    let author = signature(&mut parts)?;
    let committer = signature(&mut parts)?;
    let message = parts.next()?.trim_end().to_owned();
    Some(Commit { id: id.to_owned(), tree, parents, message, author, committer })
}

fn signature<'t>(parts: &mut impl Iterator<Item = &'t str>) -> Option<Signature> {
    let (name, email) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let (seconds, offset) = parts.next()?.split_once(' ')?;
    let date = Timestamp::from_second(seconds.parse().ok()?).ok()?;
    Some(Signature { name, email, date, offset: offset.to_owned() })
}
