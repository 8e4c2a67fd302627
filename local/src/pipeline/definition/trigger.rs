//! What starts a pipeline beside people: pushes and pull requests, through filters.

use std::collections::BTreeSet;

use super::error::{DefinitionError, ErrorKind, Place};
use super::{Stage, names, wire};
use crate::pipeline::triggers::check_pattern;

/// The most triggers of a pipeline.
const TRIGGERS: usize = 50;
/// The most filters of a kind in a trigger.
const FILTERS: usize = 3;
/// The most events of a filter.
const EVENTS: usize = 3;
/// The most patterns on one side of a filter.
const PATTERNS: usize = 8;
/// The one provider that has triggers.
const PROVIDER: &str = "CodeStarSourceConnection";

/// What of one source action starts the pipeline: what passes any of its filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The source action.
    pub source_action: String,
    /// Of pushes.
    pub push: Vec<PushFilter>,
    /// Of pull requests.
    pub pull_request: Vec<PullRequestFilter>,
}

/// A filter of pushes: all that it names must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushFilter {
    /// Which branches.
    pub branches: Option<Globs>,
    /// Which tags.
    pub tags: Option<Globs>,
    /// Which files, of those that changed.
    pub file_paths: Option<Globs>,
}

/// A filter of pull requests: all that it names must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequestFilter {
    /// What happened to the pull request; none means anything.
    pub events: Vec<PullRequestEvent>,
    /// Which branches it would be merged into.
    pub branches: Option<Globs>,
    /// Which files, of those that changed.
    pub file_paths: Option<Globs>,
}

/// What happens to a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullRequestEvent {
    /// It was made.
    Open,
    /// Its branch has other commits.
    Updated,
    /// It was closed, merged or not.
    Closed,
}

/// Patterns: something must match one of `includes`, where there are any, and none of `excludes`.
pub type Globs = wire::Filter;

/// The triggers, if they fit the pipeline's source actions.
pub(super) fn check(declared: &[wire::Trigger], stages: &[Stage]) -> Result<Vec<Trigger>, DefinitionError> {
    let place = Place::pipeline().field("triggers");
    at_most(&place, declared.len(), TRIGGERS)?;
    let mut seen = BTreeSet::new();
    let names = declared.iter().map(|trigger| &trigger.git_configuration.source_action_name);
    if let Some(twice) = names.into_iter().find(|name| !seen.insert(*name)) {
        let message = format!("two triggers name the source action {twice:?}; make them one");
        return Err(place.within("gitConfiguration.sourceActionName").error(ErrorKind::Structure, message));
    }
    declared.iter().map(|declared| trigger(&place, declared, stages)).collect()
}

fn trigger(place: &Place, declared: &wire::Trigger, stages: &[Stage]) -> Result<Trigger, DefinitionError> {
    if declared.provider_type != PROVIDER {
        let message = format!("{:?} is unknown; use {PROVIDER:?}", declared.provider_type);
        return Err(place.within("providerType").error(ErrorKind::Validation, message));
    }
    let place = place.within("gitConfiguration");
    let git = &declared.git_configuration;
    let mut sources = stages.iter().flat_map(|stage| &stage.actions);
    let is_it = |action: &&super::Action| action.name == git.source_action_name && action.type_id.provider == PROVIDER;
    if !sources.any(|action| is_it(&action)) {
        let message = format!("the pipeline has no source action {:?} by {PROVIDER}", git.source_action_name);
        return Err(place.within("sourceActionName").error(ErrorKind::Structure, message));
    }
    let (push, pull_request) = (place.within("push"), place.within("pullRequest"));
    at_most(&push, git.push.len(), FILTERS)?;
    at_most(&pull_request, git.pull_request.len(), FILTERS)?;
    Ok(Trigger {
        source_action: git.source_action_name.clone(),
        push: git.push.iter().map(|filter| push_filter(&push, filter)).collect::<Result<_, _>>()?,
        pull_request: git
            .pull_request
            .iter()
            .map(|filter| pull_filter(&pull_request, filter))
            .collect::<Result<_, _>>()?,
    })
}

fn push_filter(place: &Place, declared: &wire::PushFilter) -> Result<PushFilter, DefinitionError> {
    let wire::PushFilter { tags, branches, file_paths } = declared;
    if tags.is_some() && (branches.is_some() || file_paths.is_some()) {
        let message = "excludes branches and filePaths, for a push is of a tag or of a branch; use two filters";
        return Err(place.within("tags").error(ErrorKind::Structure, message));
    }
    Ok(PushFilter {
        branches: globs(&place.within("branches"), branches.as_ref())?,
        tags: globs(&place.within("tags"), tags.as_ref())?,
        file_paths: globs(&place.within("filePaths"), file_paths.as_ref())?,
    })
}

fn pull_filter(place: &Place, declared: &wire::PullRequestFilter) -> Result<PullRequestFilter, DefinitionError> {
    let wire::PullRequestFilter { events, branches, file_paths } = declared;
    at_most(&place.within("events"), events.len(), EVENTS)?;
    Ok(PullRequestFilter {
        events: events.iter().map(|name| event(&place.within("events"), name)).collect::<Result<_, _>>()?,
        branches: globs(&place.within("branches"), branches.as_ref())?,
        file_paths: globs(&place.within("filePaths"), file_paths.as_ref())?,
    })
}

fn event(place: &Place, name: &str) -> Result<PullRequestEvent, DefinitionError> {
    match name {
        "OPEN" => Ok(PullRequestEvent::Open),
        "UPDATED" => Ok(PullRequestEvent::Updated),
        "CLOSED" => Ok(PullRequestEvent::Closed),
        _ => {
            let message = format!("{name:?} is unknown; use \"OPEN\", \"UPDATED\" or \"CLOSED\"");
            Err(place.error(ErrorKind::Validation, message))
        }
    }
}

fn globs(place: &Place, declared: Option<&wire::Filter>) -> Result<Option<Globs>, DefinitionError> {
    let Some(globs) = declared else { return Ok(None) };
    for (side, patterns) in [("includes", &globs.includes), ("excludes", &globs.excludes)] {
        let place = place.within(side);
        at_most(&place, patterns.len(), PATTERNS)?;
        patterns.iter().try_for_each(|text| pattern(&place, text))?;
    }
    if globs.includes.is_empty() && globs.excludes.is_empty() {
        return Err(place.error(ErrorKind::Validation, "has no pattern; give includes or excludes"));
    }
    Ok(Some(globs.clone()))
}

fn pattern(place: &Place, text: &str) -> Result<(), DefinitionError> {
    names::length(place, text, 1..=255)?;
    check_pattern(text).map_err(|error| place.error(ErrorKind::Validation, error.to_string()))
}

fn at_most(place: &Place, count: usize, most: usize) -> Result<(), DefinitionError> {
    if count <= most {
        return Ok(());
    }
    Err(place.error(ErrorKind::Validation, format!("has {count} items; {most} is the most")))
}
