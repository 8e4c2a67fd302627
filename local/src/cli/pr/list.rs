//! `flowgate pr list`: what is open, and what stands of it.

use serde_json::json;

use super::args::{About, List};
use super::host::{Host, Pull};
use crate::cli::End;
use crate::cli::client::ClientError;
use crate::cli::preview::{Seen, Target, previews};
use crate::report::{self, Line, Paint, say};

pub(super) async fn run(options: &List) -> Result<End, ClientError> {
    let About { folder, caller, json } = &options.about;
    let target = Target::open(folder, caller).await?;
    let repository = target.repository().await?;
    let pulls = Host::of(&target, &repository).open_ones().await?;
    let rows = joined(pulls, previews(&target.function()).await?);
    if *json {
        for (pull, seen) in &rows {
            say(object(pull.as_ref(), seen.as_ref()));
        }
    } else if rows.is_empty() {
        say(format_args!("repository {} has no open pull request, and no preview", repository.name));
    } else {
        let lines: Vec<Line> = rows.into_iter().map(line).collect();
        say(report::previews(&lines, Paint::of_stdout()).trim_end());
    }
    Ok(End::Succeeded)
}

/// A pull request, a preview, or both.
type Row = (Option<Pull>, Option<Seen>);

/// What is open, each with its preview; then previews of what is not open, and those of developers.
fn joined(pulls: Vec<Pull>, mut seen: Vec<Seen>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for pull in pulls {
        let is_its = |seen: &Seen| seen.preview.preview == super::preview(pull.number);
        let its = seen.iter().position(is_its).map(|index| seen.remove(index));
        rows.push((Some(pull), its));
    }
    rows.extend(seen.into_iter().map(|seen| (None, Some(seen))));
    rows
}

fn object(pull: Option<&Pull>, seen: Option<&Seen>) -> serde_json::Value {
    let pull = pull.map(|pull| (pull.number, &pull.branch, &pull.title));
    json!({
        "number": pull.map(|(number, ..)| number),
        "branch": pull.map(|(_, branch, _)| branch),
        "title": pull.map(|(.., title)| title),
        "preview": seen.map(|seen| &seen.answer),
    })
}

fn line((pull, seen): Row) -> Line {
    let preview = seen.map(|seen| seen.preview);
    match (pull, &preview) {
        (Some(pull), _) => Line { name: pull.number.to_string(), branch: pull.branch, title: pull.title, preview },
        (None, seen) => {
            let name = seen.as_ref().map(|seen| seen.preview.clone()).unwrap_or_default();
            Line { name, branch: "-".to_owned(), title: String::new(), preview }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::host::State;
    use super::*;
    use crate::report::Preview;

    #[test]
    fn each_pull_request_stands_with_its_preview_and_what_has_none_is_listed_too() {
        let pull = |number: u64| {
            let (title, branch, into) = ("A".to_owned(), "a".to_owned(), "main".to_owned());
            Pull { number, title, branch, into, state: State::Open, is_fork: false }
        };
        let seen = |name: &str| {
            let preview = Preview { preview: name.to_owned(), ..Preview::default() };
            Seen { answer: json!({"preview": name}), preview }
        };
        let rows = joined(vec![pull(8), pull(7)], vec![seen("dev-ada"), seen("pr-7"), seen("pr-70")]);
        let names: Vec<_> = rows
            .iter()
            .map(|(pull, seen)| {
                (pull.as_ref().map(|pull| pull.number), seen.as_ref().map(|seen| &*seen.preview.preview))
            })
            .collect();
        assert_eq!(names, [(Some(8), None), (Some(7), Some("pr-7")), (None, Some("dev-ada")), (None, Some("pr-70"))]);
        assert_eq!(object(rows[1].0.as_ref(), rows[1].1.as_ref())["preview"]["preview"], "pr-7");
        let names: Vec<String> = rows.into_iter().map(|row| line(row).name).collect();
        assert_eq!(names, ["8", "7", "dev-ada", "pr-70"]);
    }
}
