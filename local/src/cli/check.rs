//! `flowgate check`: would the pipelines of this template run here?

use std::fs::File;
use std::io::ErrorKind::InvalidData;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::{Value, json};

use super::{End, args};
use crate::report::{self, Paint, say};
use crate::template::{self, Checked, CheckedPipeline, LARGEST};

/// Why nothing can be said about a file.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot read {path}: {source}; give a template, or a pipeline's document")]
    Unreadable { path: String, source: io::Error },
    #[error("{path} {source}")]
    Template { path: String, source: template::Error },
}

/// Exit code 2 names what would not run, on standard output; what is no template is told on standard error.
pub(super) fn run(options: &args::Check) -> End {
    match check(options) {
        Ok(checked) => {
            tell(&checked, options.json);
            if checked.runs() { End::Succeeded } else { End::BadInput }
        }
        Err(error) => {
            eprintln!("error: {}", report::printable(&error.to_string()));
            End::BadInput
        }
    }
}

fn check(options: &args::Check) -> Result<Checked, Error> {
    let path = || options.template.display().to_string();
    let unreadable = |source| Error::Unreadable { path: path(), source };
    let refused = |source| Error::Template { path: path(), source };
    let bytes = read(&options.template).map_err(unreadable)?;
    // What was cut off may have been cut within a letter.
    if bytes.len() > LARGEST {
        return Err(refused(template::Error::TooLong { bytes: bytes.len() }));
    }
    let text = String::from_utf8(bytes).map_err(|error| unreadable(io::Error::new(InvalidData, error)))?;
    let given = options.parameters.iter().cloned().collect();
    template::check(&text, &given, &stack(&options.template)).map_err(refused)
}

/// One byte more than a template may have is enough to refuse it.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A stack is called like its template, as far as a stack may be called so.
fn stack(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let plain: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
    let plain = plain.trim_matches('-');
    if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain.to_owned() } else { format!("stack-{plain}") }
}

fn tell(checked: &Checked, json: bool) {
    if !json {
        return say(report::check(checked, Paint::of_stdout()).trim_end());
    }
    if !checked.problems.is_empty() || !checked.notes.is_empty() {
        say(
            json!({"status": status(checked.problems.is_empty()), "problems": checked.problems, "notes": checked.notes}),
        );
    }
    checked.pipelines.iter().for_each(|pipeline| say(line(pipeline)));
}

fn line(checked: &CheckedPipeline) -> Value {
    let mut line = json!(checked);
    line["status"] = status(checked.runs()).into();
    line
}

fn status(runs: bool) -> &'static str {
    if runs { "Runs" } else { "Refused" }
}
