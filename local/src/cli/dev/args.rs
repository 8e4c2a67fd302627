//! The arguments of `flowgate dev`.

use std::path::PathBuf;

use jiff::SignedDuration;
use serde_json::Value;

use crate::cli::lease::when;
use crate::cli::pr::args::{About, Wait};

#[derive(Debug, clap::Args)]
pub(crate) struct Dev {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Deploys the folder as it stands to a developer's own stack, and tests it there
    Up(Up),
    /// Gives a developer's stack back, so that the sweep deletes it
    Down(Down),
    /// Prints what the functions of a developer's stack wrote
    Logs(Logs),
    /// Invokes a function of a developer's stack
    Invoke(Invoke),
}

#[derive(Debug, clap::Args)]
pub(super) struct Up {
    #[command(flatten)]
    pub(super) whose: Whose,
    #[command(flatten)]
    pub(super) wait: Wait,
}

#[derive(Debug, clap::Args)]
pub(super) struct Down {
    #[command(flatten)]
    pub(super) whose: Whose,
    #[command(flatten)]
    pub(super) wait: Wait,
}

#[derive(Debug, clap::Args)]
pub(super) struct Logs {
    #[command(flatten)]
    pub(super) whose: Whose,
    /// Only this function's, by its logical id or its name
    #[arg(long, value_name = "FUNCTION")]
    pub(super) function: Option<String>,
    /// From so long ago, such as 90s or 2h
    #[arg(long, value_name = "LENGTH", value_parser = when::length, default_value = "10m")]
    pub(super) since: SignedDuration,
    /// Goes on printing what they write until Ctrl-C
    #[arg(long)]
    pub(super) follow: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Invoke {
    #[command(flatten)]
    pub(super) whose: Whose,
    /// The function, by its logical id or its name; without it the only one there is
    #[arg(value_name = "FUNCTION")]
    pub(super) function: Option<String>,
    /// What it is invoked with: JSON, or @FILE with JSON
    #[arg(long, value_name = "JSON|@FILE", value_parser = payload, default_value = "{}")]
    pub(super) payload: Payload,
}

/// Whose stack, of which service.
#[derive(Debug, clap::Args)]
pub(super) struct Whose {
    #[command(flatten)]
    pub(super) about: About,
    /// Whose stack: any text [default: your name as a user or in IAM Identity Center, else on this machine]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(super) name: Option<String>,
}

/// JSON as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payload(pub(super) String);

/// The longest name, in bytes: the branch that is named after it is a file's name somewhere.
const LONGEST: usize = 64;

fn name(text: &str) -> Result<String, String> {
    let is_printable = !text.trim().is_empty() && text.trim() == text && !text.chars().any(char::is_control);
    match text.len() {
        _ if !is_printable => Err("write a name: printable text, without blanks at its ends".to_owned()),
        length if length > LONGEST => Err(format!("it has {length} bytes; {LONGEST} are the most")),
        _ => Ok(text.to_owned()),
    }
}

fn payload(text: &str) -> Result<Payload, String> {
    let text = match text.strip_prefix('@') {
        Some(file) => {
            let read = std::fs::read_to_string(PathBuf::from(file));
            read.map_err(|error| format!("cannot read {file}: {error}"))?
        }
        None => text.to_owned(),
    };
    serde_json::from_str::<Value>(&text).map_err(|error| format!("that is no JSON: {error}"))?;
    Ok(Payload(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_any_printable_text() {
        for text in ["ada", "Ada Lovelace", "feature/a", "日本", "a@b"] {
            assert_eq!(name(text), Ok(text.to_owned()));
        }
        for text in ["", " ", " ada", "ada\n", &"é".repeat(33)] {
            assert!(name(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_payload_is_json_from_the_line_or_a_file() {
        assert_eq!(payload("[1, 2]"), Ok(Payload("[1, 2]".to_owned())));
        assert!(payload("{a: 1}").unwrap_err().starts_with("that is no JSON: "));
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("p.json");
        let named = format!("@{}", file.display());
        assert!(payload(&named).unwrap_err().starts_with("cannot read "));
        std::fs::write(&file, "{\"a\": 1}\n").unwrap();
        assert_eq!(payload(&named), Ok(Payload("{\"a\": 1}\n".to_owned())));
    }
}
