//! Pull requests opened, changed, and opened again.

use jiff::Timestamp;

use super::super::pulls::{PullRequest, Pulls, Status, Story};
use super::link::Place;
use super::refused::Refused;
use super::wanted::{Edit, Open, State, title};
use crate::repository::{Error, Held};

/// The greatest number that is given because somebody wishes for it.
const GREATEST: u64 = 999_999_999;

/// The branch that a pull request is from.
struct Source {
    /// The repository that it is in, where that is another one.
    fork: Option<String>,
    owner: String,
    branch: String,
}

pub(super) async fn opened(
    place: &Place,
    held: &Held,
    pulls: &Pulls,
    wanted: Open,
    by: String,
) -> Result<PullRequest, Refused> {
    let title = title(wanted.title)?;
    let base_branch = wanted.base.ok_or_else(|| Refused::field("base", "missing_field"))?;
    let head = wanted.head.ok_or_else(|| Refused::field("head", "missing_field"))?;
    let source = Source::of(&head, wanted.head_repo.as_deref(), place);
    let number = number(pulls, wanted.number);
    let base = at(held, &base_branch, "base").await?;
    let head = source.head(held, number).await?.ok_or_else(|| Refused::field("head", "invalid"))?;
    let Source { fork, owner, branch } = source;
    if held.contains(&base, &head).await? {
        return Err(Refused::custom(&format!("No commits between {base_branch} and {branch}")));
    }
    let is_same = |one: &PullRequest| {
        one.source_branch == branch && one.destination_branch == base_branch && one.story.fork == fork
    };
    if pulls.0.values().any(|one| one.is_open() && is_same(one)) {
        return Err(Refused::custom(&format!("A pull request already exists for {owner}:{branch}.")));
    }
    let now = Timestamp::now();
    let (opened_by, body, draft) = (Some(by), wanted.body, wanted.draft);
    let story = Story { opened_by, body, draft, fork, base, opened: now, updated: now, ..Story::default() };
    let (destination_branch, status) = (base_branch, Status::Open);
    Ok(PullRequest { number, title, source_branch: branch, destination_branch, status, head, story })
}

pub(super) async fn edited(held: &Held, mut pull: PullRequest, wanted: Edit) -> Result<PullRequest, Refused> {
    let now = Timestamp::now();
    if let Some(given) = wanted.title {
        pull.title = title(Some(given))?;
    }
    if let Some(body) = wanted.body {
        pull.story.body = Some(body);
    }
    if let Some(draft) = wanted.draft {
        pull.story.draft = draft;
    }
    if let Some(base) = wanted.base {
        pull.story.base = at(held, &base, "base").await?;
        pull.destination_branch = base;
    }
    match wanted.state {
        Some(State::Closed) => pull.close(now),
        Some(State::Open) if !pull.is_open() => reopen(held, &mut pull, now).await?,
        _ => {}
    }
    pull.story.updated = now;
    Ok(pull)
}

async fn reopen(held: &Held, pull: &mut PullRequest, now: Timestamp) -> Result<(), Refused> {
    if pull.story.merged.is_some() {
        return Err(Refused::custom("state cannot be changed. The pull request is merged."));
    }
    let gone =
        |branch: &str| Refused::custom(&format!("state cannot be changed. The {branch} branch has been deleted."));
    let source = Source { fork: pull.story.fork.clone(), owner: String::new(), branch: pull.source_branch.clone() };
    let head = source.head(held, pull.number).await?.ok_or_else(|| gone(&pull.source_branch))?;
    let base = at(held, &pull.destination_branch, "base").await.map_err(|_| gone(&pull.destination_branch))?;
    pull.moved_to(&head, &base, now);
    pull.status = Status::Open;
    pull.story.closed = None;
    Ok(())
}

impl Source {
    /// `BRANCH`, or `OWNER:BRANCH`: of a fork where that is another owner. A fork has the repository's name unless it is said.
    fn of(head: &str, fork_name: Option<&str>, place: &Place) -> Self {
        let (owner, branch) = head.split_once(':').unwrap_or((place.owner(), head));
        let name = fork_name.map_or(place.name(), |name| name.rsplit('/').next().unwrap_or(name));
        let is_own = owner.eq_ignore_ascii_case(place.owner());
        let fork = (!is_own).then(|| format!("{owner}/{name}"));
        Self { fork, owner: owner.to_owned(), branch: branch.to_owned() }
    }

    /// Where it is; none where it is not.
    async fn head(&self, held: &Held, number: u64) -> Result<Option<String>, Refused> {
        if let Some(fork) = &self.fork {
            return Ok(held.bring(fork, &self.branch, number).await?);
        }
        match held.head(&self.branch).await {
            Ok(head) => Ok(Some(head.id)),
            Err(Error::NoBranch { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The number that somebody wishes for, if it is free, and else the next one.
fn number(pulls: &Pulls, wish: Option<u64>) -> u64 {
    let free = wish.filter(|wish| (1..=GREATEST).contains(wish) && !pulls.0.contains_key(wish));
    free.unwrap_or_else(|| pulls.0.keys().last().map_or(1, |last| last + 1))
}

/// Where a branch is that a field names.
async fn at(held: &Held, branch: &str, field: &str) -> Result<String, Refused> {
    match held.head(branch).await {
        Ok(head) => Ok(head.id),
        Err(Error::NoBranch { .. }) => Err(Refused::field(field, "invalid")),
        Err(error) => Err(error.into()),
    }
}
