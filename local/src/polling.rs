//! Changes that nobody tells of: repositories of CodeCommit and objects in S3 are looked at from time to time.
//!
//! So it is unless an action says `PollForSourceChanges: false`: what is not said counts as true, as the user guide's pages
//! `action-reference-CodeCommit` and `action-reference-S3` have it. A pipeline that a rule of the bus starts too starts twice,
//! here as there.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use crate::actions::{Place, newest};
use crate::pipeline::action::Roles;
use crate::pipeline::definition::{Action, Pipeline};
use crate::pipeline::engine::{ActionRun, ActionStatus, Position, SourceRevision, Trigger, TriggerType};
use crate::runner::Runner;

/// How long it takes until everything is looked at again.
const PERIOD: Duration = Duration::from_secs(30);

/// What is looked at, by the source action that fetches it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    pipeline: String,
    action: String,
    place: Place,
}

/// What a source action has made of its place so far.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fetched {
    /// It is at it.
    Unknown,
    /// Nothing.
    Nothing,
    /// This revision.
    Revision(String),
    /// Something, when the pipeline was another.
    Elsewhere,
}

/// Looks for changes, and starts pipelines.
pub struct Poller {
    runner: Runner,
    seen: BTreeMap<Source, String>,
}

impl Poller {
    /// Has seen nothing yet.
    pub fn new(runner: Runner) -> Self {
        Self { runner, seen: BTreeMap::new() }
    }

    /// Looks again and again.
    pub async fn run(mut self) -> Infallible {
        loop {
            tokio::time::sleep(PERIOD).await;
            self.look().await;
        }
    }

    /// Looks at everything once.
    pub async fn look(&mut self) {
        let sources = self.sources();
        self.seen.retain(|source, _| sources.contains_key(source));
        for (source, roles) in sources {
            let looked = newest(self.runner.context(), &source.pipeline, &roles, &source.place).await;
            let Some(now) = looked else { continue };
            let last = self.seen.get(&source);
            let fetched = if last.is_none() { fetched(&self.runner, &source) } else { Fetched::Nothing };
            if last.is_none() && fetched == Fetched::Unknown {
                continue;
            }
            if is_news(last, &fetched, &now) {
                start(&self.runner, &source, &now);
            }
            self.seen.insert(source, now);
        }
    }

    /// With whom each is looked at as: the roles that the source action has.
    fn sources(&self) -> BTreeMap<Source, Roles> {
        let of = |name: &str| self.runner.inspect(name, |pipeline, _| polled(pipeline)).unwrap_or_default();
        self.runner.names().iter().flat_map(|listed| of(&listed.name)).collect()
    }
}

/// What was seen before counts; before anything was seen, what the pipeline fetched last.
fn is_news(last: Option<&String>, fetched: &Fetched, now: &str) -> bool {
    match (last, fetched) {
        (Some(last), _) => last != now,
        (None, Fetched::Revision(revision)) => revision != now,
        (None, Fetched::Nothing) => true,
        // Changing a pipeline does not start it.
        (None, Fetched::Unknown | Fetched::Elsewhere) => false,
    }
}

fn polled(pipeline: &Pipeline) -> Vec<(Source, Roles)> {
    let source = |action: &Action| {
        let place = place(action)?;
        let roles = Roles { pipeline: pipeline.role_arn().to_owned(), own: action.role_arn.clone() };
        Some((Source { pipeline: pipeline.name.clone(), action: action.name.clone(), place }, roles))
    };
    pipeline.stages.iter().flat_map(|stage| &stage.actions).filter_map(source).collect()
}

fn place(action: &Action) -> Option<Place> {
    let value = |key: &str| action.configuration.get(key).cloned();
    if value("PollForSourceChanges").is_some_and(|value| value.eq_ignore_ascii_case("false")) {
        return None;
    }
    match (action.type_id.category.as_str(), action.type_id.provider.as_str()) {
        ("Source", "CodeCommit") => {
            Some(Place::Branch { repository: value("RepositoryName")?, branch: value("BranchName")? })
        }
        ("Source", "S3") => Some(Place::Object { bucket: value("S3Bucket")?, key: value("S3ObjectKey")? }),
        _ => None,
    }
}

/// What the newest execution that came so far fetched there. Some never come: rollbacks, and what was stopped before.
fn fetched(runner: &Runner, source: &Source) -> Fetched {
    let Ok(history) = runner.history(&source.pipeline) else { return Fetched::Unknown };
    let current = history.pipeline().version;
    let came = history.newest_first(None).map_while(Result::ok).find_map(|execution| {
        let run = execution.stages.iter().flat_map(|stage| &stage.actions).find(|run| run.name == source.action);
        match run {
            _ if execution.pipeline_version != current => Some(Fetched::Elsewhere),
            Some(run) => Some(brought(run)),
            None if execution.position != Position::Ended => Some(Fetched::Unknown),
            None => None,
        }
    });
    came.unwrap_or(Fetched::Nothing)
}

fn brought(run: &ActionRun) -> Fetched {
    match run.output_artifacts.first().and_then(|one| one.revision.clone()) {
        Some(revision) => Fetched::Revision(revision),
        None if run.status != ActionStatus::InProgress => Fetched::Nothing,
        None => Fetched::Unknown,
    }
}

fn start(runner: &Runner, source: &Source, now: &str) {
    let revision_type = match source.place {
        Place::Branch { .. } => "COMMIT_ID",
        Place::Object { .. } => "S3_OBJECT_VERSION_ID",
    };
    let revision = SourceRevision {
        action_name: source.action.clone(),
        revision_type: revision_type.to_owned(),
        revision_value: now.to_owned(),
    };
    let trigger = Trigger { trigger_type: TriggerType::PollForSourceChanges, trigger_detail: source.action.clone() };
    if let Err(error) = runner.start(&source.pipeline, trigger, &BTreeMap::new(), vec![revision]) {
        eprintln!("warning: a change did not start pipeline {}: {error}", source.pipeline);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_counts_and_before_that_what_was_fetched() {
        let fetched = |revision: &str| Fetched::Revision(revision.to_owned());
        let one = "1".to_owned();
        for (last, fetched, now, expected) in [
            (None, Fetched::Nothing, "1", true),
            (None, Fetched::Unknown, "1", false),
            (None, Fetched::Elsewhere, "1", false),
            (None, fetched("1"), "1", false),
            (None, fetched("1"), "2", true),
            (Some(&one), fetched("2"), "1", false),
            (Some(&one), Fetched::Unknown, "2", true),
        ] {
            assert_eq!(is_news(last, &fetched, now), expected, "{last:?} {fetched:?} {now}");
        }
    }
}
