//! Whether what happened in a connection's repository starts a pipeline, as the user guide's pages `pipelines-triggers` and
//! `pipelines-filter` have it.
//!
//! Filters of a trigger are alternatives; inside one everything must match; of each list one included pattern must and no
//! excluded one may.

mod glob;

use super::definition::{Action, Globs, Pipeline, PullRequestEvent, PullRequestFilter, PushFilter, Trigger};
use glob::Glob;
pub use glob::PatternError;

/// So many changed files are looked at.
const FILES: usize = 100;

/// What happened in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occurrence {
    /// A branch was pushed.
    Push {
        /// The branch.
        branch: String,
        /// What changed in it; of a new branch that is not known.
        files: Option<Vec<String>>,
    },
    /// A tag was pushed.
    Tag {
        /// The tag.
        name: String,
    },
    /// Something became of a pull request.
    PullRequest {
        /// What.
        event: PullRequestEvent,
        /// The branch that it is to be merged into.
        destination: String,
        /// What it changes.
        files: Vec<String>,
    },
}

/// Checks a pattern of a filter.
///
/// # Errors
/// When it is no glob.
pub fn check_pattern(pattern: &str) -> Result<(), PatternError> {
    Glob::new(pattern).map(drop)
}

/// Whether it starts the pipeline, when it happened in the repository of this source action.
pub fn starts(pipeline: &Pipeline, source: &Action, happened: &Occurrence) -> bool {
    let mut own = pipeline.triggers.iter().filter(|trigger| trigger.source_action == source.name).peekable();
    if own.peek().is_none() {
        return detects_changes(source) && is_push_to_default(source, happened);
    }
    own.any(
        |trigger| if has_filter(trigger) { passes(trigger, happened) } else { is_push_to_default(source, happened) },
    )
}

fn has_filter(trigger: &Trigger) -> bool {
    !trigger.push.is_empty() || !trigger.pull_request.is_empty()
}

fn detects_changes(source: &Action) -> bool {
    source.configuration.get("DetectChanges").is_none_or(|value| !value.eq_ignore_ascii_case("false"))
}

fn is_push_to_default(source: &Action, happened: &Occurrence) -> bool {
    matches!(happened, Occurrence::Push { branch, .. } if source.configuration.get("BranchName") == Some(branch))
}

fn passes(trigger: &Trigger, happened: &Occurrence) -> bool {
    match happened {
        Occurrence::Push { branch, files } => {
            trigger.push.iter().any(|filter| passes_push(filter, branch, files.as_deref()))
        }
        Occurrence::Tag { name } => trigger.push.iter().any(|filter| passes_tag(filter, name)),
        Occurrence::PullRequest { event, destination, files } => {
            trigger.pull_request.iter().any(|filter| passes_pull_request(filter, *event, destination, files))
        }
    }
}

/// A push of a branch is none of a tag.
fn passes_push(filter: &PushFilter, branch: &str, files: Option<&[String]>) -> bool {
    let PushFilter { branches, tags, file_paths } = filter;
    tags.is_none() && admits(branches.as_ref(), branch) && admits_one(file_paths.as_ref(), files)
}

fn passes_tag(filter: &PushFilter, tag: &str) -> bool {
    let PushFilter { branches, tags, file_paths } = filter;
    tags.is_some() && branches.is_none() && file_paths.is_none() && admits(tags.as_ref(), tag)
}

fn passes_pull_request(
    filter: &PullRequestFilter,
    event: PullRequestEvent,
    destination: &str,
    files: &[String],
) -> bool {
    let PullRequestFilter { events, branches, file_paths } = filter;
    (events.is_empty() || events.contains(&event))
        && admits(branches.as_ref(), destination)
        && admits_one(file_paths.as_ref(), Some(files))
}

/// Whether one of the files is admitted. Of a new branch nobody knows what changed: with a filter for files it starts
/// nothing.
fn admits_one(globs: Option<&Globs>, files: Option<&[String]>) -> bool {
    globs.is_none() || files.is_some_and(|files| files.iter().take(FILES).any(|file| admits(globs, file)))
}

fn admits(globs: Option<&Globs>, name: &str) -> bool {
    let Some(Globs { includes, excludes }) = globs else { return true };
    let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
    (includes.is_empty() || any(includes)) && !any(excludes)
}

/// A pattern that is none was refused when the pipeline was made.
fn matches(pattern: &str, name: &str) -> bool {
    Glob::new(pattern).is_ok_and(|glob| glob.matches(name))
}

#[cfg(test)]
mod tests;
