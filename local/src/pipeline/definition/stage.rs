//! The checks of the stages, each by itself.

use std::collections::BTreeSet;

use super::condition::{self, Conditions};
use super::error::{DefinitionError, ErrorKind, Place};
use super::refused::{Refused, both, each};
use super::{Stage, action, names, wire};

/// CodePipeline's quotas. As a stage has no more actions than may run in parallel, or one after another, those two quotas
/// need no check.
const STAGES: usize = 50;
const ACTIONS: usize = 500;
const ACTIONS_OF_A_STAGE: usize = 50;

/// The stages, if each of them can run.
pub(super) fn check_all(declared: &[wire::Stage]) -> Result<Vec<Stage>, Refused> {
    counted(declared)?;
    each(declared.iter().map(check))
}

fn counted(declared: &[wire::Stage]) -> Result<(), DefinitionError> {
    let place = Place::pipeline().field("stages");
    if declared.len() < 2 {
        let message = format!("the pipeline has {} stage(s); it needs at least two", declared.len());
        return Err(place.error(ErrorKind::Structure, message));
    }
    at_most(&place, declared.len(), STAGES, "stages")?;
    at_most(&place, declared.iter().map(|stage| stage.actions.len()).sum(), ACTIONS, "actions")?;
    let mut seen = BTreeSet::new();
    if let Some(twice) = declared.iter().find(|stage| !seen.insert(&stage.name)) {
        return Err(Place::stage(&twice.name).error(ErrorKind::Structure, "two stages have this name; rename one"));
    }
    Ok(())
}

fn check(declared: &wire::Stage) -> Result<Stage, Refused> {
    let name = names::name(&Place::pipeline().field("stages.name"), &declared.name)?;
    let place = Place::stage(&name);
    filled(&place, declared)?;
    let actions = each(declared.actions.iter().map(|declared| Ok(action::check(&place, declared)?)));
    let conditions = condition::check(&place, declared).map_err(Refused::from);
    let (actions, Conditions { before_entry, on_success, on_failure, retry }) = both(actions, conditions)?;
    Ok(Stage { name, actions, before_entry, on_success, on_failure, retry })
}

/// The checks of its list of actions.
fn filled(place: &Place, declared: &wire::Stage) -> Result<(), DefinitionError> {
    if !declared.blockers.is_empty() {
        return Err(place.field("blockers").error(ErrorKind::Blocker, "is reserved by CodePipeline; remove it"));
    }
    if declared.actions.is_empty() {
        return Err(place.error(ErrorKind::Stage, "has no action"));
    }
    at_most(place, declared.actions.len(), ACTIONS_OF_A_STAGE, "actions")?;
    let mut seen = BTreeSet::new();
    if let Some(twice) = declared.actions.iter().find(|action| !seen.insert(&action.name)) {
        let message = "two actions of the stage have this name; rename one";
        return Err(place.action(&twice.name).error(ErrorKind::Stage, message));
    }
    Ok(())
}

fn at_most(place: &Place, count: usize, most: usize, what: &str) -> Result<(), DefinitionError> {
    if count <= most {
        return Ok(());
    }
    Err(place.error(ErrorKind::Limit, format!("has {count} {what}; CodePipeline takes {most} at most")))
}
