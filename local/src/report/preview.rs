//! Previews in words.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::paint::Paint;
use super::table::table;
use super::words::{first_line, printable, short};

/// A preview, as the function that sees to them answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Its name, such as `pr-42`.
    pub preview: String,
    /// The name of the service's stack.
    pub stack: String,
    /// The name of the tests' stack.
    pub tests_stack: String,
    /// How far it is, such as `RUNNING`.
    pub phase: String,
    /// Why there is no stack, or will be none, such as `CLOSED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What keeps it from beginning, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
    /// The commit that is deployed, or is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The execution that deploys it, or did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    /// The pipeline whose execution that is.
    pub pipeline: String,
    /// Since when it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl Preview {
    /// Why there is no stack, in words; none where there is to be one.
    pub fn absence(&self) -> Option<&str> {
        let why = self.why.as_deref()?;
        Some(match why {
            "CLOSED" => "its pull request is closed",
            "MERGED" => "its pull request is merged",
            "DRAFT" => "its pull request is a draft",
            "FORK" => "its pull request comes from a fork, whose code gets no credentials",
            "BRANCH_DELETED" => "its branch is gone",
            "DOWN" => "its developer gave it back",
            "RAN_OUT" => "nobody pushed for so long that its lease ran out",
            other => other,
        })
    }

    /// In a few words, how it is.
    fn said(&self) -> String {
        match (&self.waits, self.absence()) {
            (Some(waits), _) => format!("waits {}", first_line(waits)),
            (None, Some(why)) => printable(why),
            (None, None) => String::new(),
        }
    }
}

/// A row of the list of previews: a pull request, a developer's, or both halves of what there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The pull request's number, or the preview's name.
    pub name: String,
    /// The branch that it is of.
    pub branch: String,
    /// What it is about.
    pub title: String,
    /// The preview, if there is one.
    pub preview: Option<Preview>,
}

/// A table of pull requests and their previews, in their order.
pub fn previews(lines: &[Line], paint: Paint) -> String {
    let head = ["NUMBER", "BRANCH", "STACK", "PHASE", "COMMIT", "TITLE", ""].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(lines.iter().map(row)).collect();
    table(&rows, |column, text, width| match column {
        3 => paint.status(text, width).to_string(),
        _ => format!("{text:<width$}"),
    })
}

fn row(line: &Line) -> [String; 7] {
    let of = |part: fn(&Preview) -> String| line.preview.as_ref().map_or_else(|| "-".to_owned(), part);
    [
        printable(&line.name),
        first_line(&line.branch),
        of(|preview| preview.stack.clone()),
        of(|preview| preview.phase.clone()),
        of(|preview| preview.commit.as_deref().map_or("-", short).to_owned()),
        first_line(&line.title),
        line.preview.as_ref().map(Preview::said).unwrap_or_default(),
    ]
}

/// How a preview ended: the words, and what its stack gives.
pub fn deployed<'a>(heading: &str, outputs: impl Iterator<Item = (&'a str, &'a str)>, tests: Option<&str>) -> String {
    let mut text = format!("{heading}\n");
    let outputs: Vec<_> = outputs.collect();
    let widest = outputs.iter().map(|(key, _)| key.len()).chain(tests.map(|_| "tests".len())).max().unwrap_or(0);
    for (key, value) in outputs {
        let _ = writeln!(text, "  {key:<widest$}  {}", first_line(value));
    }
    if let Some(tests) = tests {
        let _ = writeln!(text, "  {:<widest$}  {tests}", "tests");
    }
    printable(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_shows_pull_requests_with_and_without_a_preview() {
        let preview = |phase: &str, why: Option<&str>, waits: Option<&str>| {
            Some(Preview {
                stack: "shop-pr-7".into(),
                phase: phase.into(),
                why: why.map(str::to_owned),
                waits: waits.map(str::to_owned),
                commit: Some("0123456789abcdef".into()),
                ..Preview::default()
            })
        };
        let line = |name: &str, preview| Line {
            name: name.into(),
            branch: "feature/a".into(),
            title: "Add\u{1b}[2J it\nmore".into(),
            preview,
        };
        let lines = [
            line("7", preview("STARTING", None, Some("for one of 20 previews to go"))),
            line("8", None),
            line("9", preview("REMOVED", Some("FORK"), None)),
        ];
        let expected = "\
NUMBER  BRANCH     STACK      PHASE     COMMIT    TITLE
7       feature/a  shop-pr-7  STARTING  01234567  Add\u{fffd}[2J it  waits for one of 20 previews to go
8       feature/a  -          -         -         Add\u{fffd}[2J it
9       feature/a  shop-pr-7  REMOVED   01234567  Add\u{fffd}[2J it  its pull request comes from a fork, whose code gets \
no credentials
";
        assert_eq!(previews(&lines, Paint::Plain), expected);
    }

    #[test]
    fn what_was_deployed_is_told_with_all_its_outputs() {
        let outputs = [("ApiUrl", "https://a\nb"), ("Q", "x\u{7}")];
        let text = deployed("preview pr-7 is up", outputs.into_iter(), Some("4 of 4 passed"));
        assert_eq!(text, "preview pr-7 is up\n  ApiUrl  https://a\n  Q       x\u{fffd}\n  tests   4 of 4 passed\n");
    }

    #[test]
    fn why_there_is_none_is_said_in_words_and_what_is_not_known_as_it_is() {
        let absence = |why: &str| Preview { why: Some(why.into()), ..Preview::default() }.absence().map(str::to_owned);
        assert_eq!(absence("DOWN").as_deref(), Some("its developer gave it back"));
        assert_eq!(absence("NEW_REASON").as_deref(), Some("NEW_REASON"));
        assert_eq!(Preview::default().absence(), None);
    }
}
