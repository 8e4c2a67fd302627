//! What a pull request is to be, and which ones are asked for.

use serde::Deserialize;

use super::super::pulls::PullRequest;
use super::super::pulls_api::TITLE_LIMIT;
use super::asked::Asked;
use super::refused::Refused;

/// A pull request to be opened.
#[derive(Debug, Deserialize)]
pub(super) struct Open {
    pub(super) title: Option<String>,
    pub(super) head: Option<String>,
    pub(super) base: Option<String>,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) draft: bool,
    /// The fork's name, where the repository's is another.
    pub(super) head_repo: Option<String>,
    /// Of the local cloud's own: the number that it is to have, if that is free.
    pub(super) number: Option<u64>,
}

/// What is to become of one.
#[derive(Debug, Deserialize)]
pub(super) struct Edit {
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) state: Option<State>,
    pub(super) base: Option<String>,
    /// Of the local cloud's own: GitHub changes it by GraphQL alone.
    pub(super) draft: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Open,
    Closed,
}

/// The title, which has to be there.
pub(super) fn title(title: Option<String>) -> Result<String, Refused> {
    let title =
        title.filter(|title| !title.trim().is_empty()).ok_or_else(|| Refused::field("title", "missing_field"))?;
    if title.chars().count() > TITLE_LIMIT {
        return Err(Refused::custom(&format!("title is too long (maximum is {TITLE_LIMIT} characters)")));
    }
    Ok(title)
}

/// Which pull requests are asked for.
pub(super) struct Listed {
    /// None is of any state.
    is_open: Option<bool>,
    head: Option<String>,
    base: Option<String>,
    by_update: bool,
    oldest_first: bool,
}

impl Listed {
    pub(super) fn of(asked: &Asked) -> Result<Self, Refused> {
        let one_of = |name: &str, allowed: &[&str]| match asked.parameter(name) {
            Some(value) if !allowed.contains(&value.as_str()) => Err(Refused::field(name, "invalid")),
            value => Ok(value),
        };
        let is_open = match one_of("state", &["open", "closed", "all"])?.as_deref() {
            Some("all") => None,
            state => Some(state != Some("closed")),
        };
        let sort = one_of("sort", &["created", "updated", "popularity", "long-running"])?;
        let direction = one_of("direction", &["asc", "desc"])?;
        let is_by_age = sort.as_deref().is_none_or(|sort| sort == "created");
        let oldest_first = direction.map_or(!is_by_age, |direction| direction == "asc");
        let head = asked.parameter("head");
        Ok(Self {
            is_open,
            head,
            base: asked.parameter("base"),
            by_update: sort.as_deref() == Some("updated"),
            oldest_first,
        })
    }

    /// Those of all that are asked for, in their order. `owner` is the repository's.
    pub(super) fn choose(&self, all: impl IntoIterator<Item = PullRequest>, owner: &str) -> Vec<PullRequest> {
        let mut chosen: Vec<_> = all.into_iter().filter(|pull| self.admits(pull, owner)).collect();
        if self.by_update {
            chosen.sort_by_key(|pull| pull.story.updated);
        }
        if !self.oldest_first {
            chosen.reverse();
        }
        chosen
    }

    fn admits(&self, pull: &PullRequest, owner: &str) -> bool {
        self.is_open.is_none_or(|is_open| is_open == pull.is_open())
            && self.base.as_ref().is_none_or(|base| *base == pull.destination_branch)
            && self.head.as_ref().is_none_or(|head| branch(head, pull.owner(owner)) == Some(&pull.source_branch))
    }
}

/// The branch that `OWNER:BRANCH` or `BRANCH` names, if it is this owner's.
fn branch<'t>(head: &'t str, owner: &str) -> Option<&'t str> {
    match head.split_once(':') {
        Some((user, branch)) => user.eq_ignore_ascii_case(owner).then_some(branch),
        None => Some(head),
    }
}
