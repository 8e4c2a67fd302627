//! What people ask for, as JSON: bad input ends here.

use pipeline_core::{
    ids::CommitId,
    preview::{
        record::Head,
        subject::{DeveloperName, Subject},
    },
    text,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::previewing::refusal::Refusal;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A developer wants this commit deployed.
    Up(Subject, Head),
    /// A developer gives the preview back.
    Down(Subject),
    /// To see a preview.
    Show(Subject),
    /// To see all that are there, or come and go.
    List,
}

/// The longest request, in bytes: several times what the longest valid one takes.
const LONGEST: usize = 16 * 1024;
/// The longest name of a developer or a branch, in bytes: longer than any that git takes as a file's name.
const LONGEST_NAME: usize = 256;

impl Asked {
    /// Reads a request: a JSON object, each of whose fields is known, stands there once, and is what it should be.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        read_any(text).map_err(Refusal::BadRequest)
    }
}

fn read_any(text: &str) -> Result<Asked, String> {
    if text.len() > LONGEST {
        return Err(format!("the request has {} bytes; {LONGEST} are the most", text.len()));
    }
    match read::<Named>(text)?.operation {
        Operation::Up => read(text).and_then(up),
        Operation::Down => read::<DownWire>(text).and_then(down),
        Operation::Show => read::<ShowWire>(text).and_then(show),
        Operation::List => read::<ListWire>(text).map(|_| Asked::List),
    }
}

fn up(UpWire { developer: name, commit, branch, .. }: UpWire) -> Result<Asked, String> {
    let name = developer(&name)?;
    is_name("branch", &branch)?;
    let head = Head { commit, branch, author: name.to_string() };
    Ok(Asked::Up(Subject::Developer(name), head))
}

fn down(DownWire { developer: name, .. }: DownWire) -> Result<Asked, String> {
    developer(&name).map(Subject::Developer).map(Asked::Down)
}

/// Which preview is meant a developer knows by their own name, and only we what is made of that.
fn show(ShowWire { preview, developer: name, .. }: ShowWire) -> Result<Asked, String> {
    match (preview, name) {
        (Some(preview), None) => Ok(Asked::Show(preview)),
        (None, Some(name)) => developer(&name).map(Subject::Developer).map(Asked::Show),
        _ => Err("preview, developer: one of them says what is to be shown".to_owned()),
    }
}

fn developer(name: &str) -> Result<DeveloperName, String> {
    is_name("developer", name)?;
    Ok(DeveloperName::of(name))
}

/// I26: it is not repeated.
fn is_name(field: &str, text: &str) -> Result<(), String> {
    let is_printable = text.trim() == text && !text.chars().any(char::is_control);
    if (1..=LONGEST_NAME).contains(&text.len()) && is_printable {
        return Ok(());
    }
    Err(format!("{field}: a text of {} bytes that is not 1 to {LONGEST_NAME} bytes of printable text", text.len()))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| complaint(&error))
}

fn complaint(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let words = text::complaint(error.inner());
    match error.path().to_string().as_str() {
        // I26: where a field is not known, its name is the end of the path.
        path if path != "." && path != "?" && !words.starts_with("unknown field") => format!("{path}: {words}"),
        _ => words,
    }
}

/// The operation, whatever else there is.
#[derive(Deserialize)]
struct Named {
    operation: Operation,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operation {
    Up,
    Down,
    Show,
    List,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    developer: String,
    commit: CommitId,
    branch: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DownWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    developer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShowWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    preview: Option<Subject>,
    developer: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
}
