//! What webhooks are told: GitHub's events, as far as they happen here.

use serde_json::{Value, json};

use super::super::hooks::{self, Hook, Letter, Message};
use super::super::pulls::PullRequest;
use super::super::{Shared, people};
use super::link::Place;
use super::shape::{self, repository};
use super::{pulls, turns};
use crate::repository::{Error, Held, Move, RefKind, Reference};

/// What stands where there is no commit.
const NOTHING: &str = "0000000000000000000000000000000000000000";
/// When more tags than these move at once, nobody hears of any.
const TAGS: usize = 3;
/// The most commits of a push.
const COMMITS: usize = 2048;

/// Somebody did something to a repository that has webhooks.
struct Telling<'a> {
    shared: &'a Shared,
    held: &'a Held,
    place: Place,
    hooks: Vec<Hook>,
    /// The login of who did it.
    by: &'a str,
}

/// Tells of branches and tags that moved. What has happened stays so, whether anybody hears of it or not.
pub(in super::super) async fn moves(shared: &Shared, held: &Held, moves: &[Move], by: Option<&str>) {
    let told = async {
        let Some(telling) = Telling::new(shared, held, by)? else { return Ok(()) };
        let tags = moves.iter().filter(|one| one.reference.kind == RefKind::Tag).count();
        for one in moves.iter().filter(|one| one.reference.kind == RefKind::Branch || tags <= TAGS) {
            telling.moved(one).await?;
        }
        Ok(())
    };
    warn(held, told.await);
}

/// Tells what became of a pull request, in the same way.
pub(in super::super) async fn pull(
    shared: &Shared,
    held: &Held,
    before: Option<&PullRequest>,
    now: &PullRequest,
    by: Option<&str>,
) {
    let told = async {
        let turns = turns::turns(before, now);
        if turns.is_empty() {
            return Ok(());
        }
        let Some(telling) = Telling::new(shared, held, by)? else { return Ok(()) };
        let shown = pulls::shown(&telling.place, held, now).await?;
        for turn in turns {
            let payload = json!({"action": turn.action(), "number": now.number, "pull_request": shown});
            telling.tell("pull_request", payload, turn.more()).await?;
        }
        Ok(())
    };
    warn(held, told.await);
}

fn warn(held: &Held, told: Result<(), Error>) {
    if let Err(error) = told {
        eprintln!("error: the webhooks of {} were not told what happened: {error}", held.name());
    }
}

impl<'a> Telling<'a> {
    /// None where nobody wants to hear of anything.
    fn new(shared: &'a Shared, held: &'a Held, by: Option<&'a str>) -> Result<Option<Self>, Error> {
        let hooks = hooks::read(held.directory())?;
        let place = Place::of(shared, held.name());
        Ok((!hooks.is_empty()).then(|| Self { shared, held, place, hooks, by: by.unwrap_or(shape::GHOST) }))
    }

    /// GitHub tells first that a name is new or gone.
    async fn moved(&self, one: &Move) -> Result<(), Error> {
        let kind = match one.reference.kind {
            RefKind::Branch => "branch",
            RefKind::Tag => "tag",
        };
        let name = json!({"ref": one.reference.name, "ref_type": kind, "pusher_type": "user"});
        match (&one.from, &one.to) {
            (None, _) => {
                let description = self.held.record()?.description;
                let more = json!({"master_branch": self.held.default_branch().await?, "description": description});
                self.tell("create", name, more).await?;
            }
            (_, None) => self.tell("delete", name, json!({})).await?,
            _ => {}
        }
        let payload = self.push(one).await?;
        self.tell("push", payload, json!({})).await
    }

    async fn push(&self, one: &Move) -> Result<Value, Error> {
        let Move { reference, from, to } = one;
        let end = |commit: &Option<String>| commit.clone().unwrap_or_else(|| NOTHING.to_owned());
        let commits = self.commits(one).await?;
        let forced = match (from, to) {
            (Some(from), Some(to)) => !self.held.contains(to, from).await?,
            _ => false,
        };
        let head = match to {
            Some(to) => self.held.find(to).await?.map(|commit| shape::commit::pushed(&self.place, &commit)),
            None => None,
        };
        let compare = format!("/compare/{}...{}", end(from), end(to));
        Ok(json!({
            "ref": reference.to_string(),
            "before": end(from),
            "after": end(to),
            "created": from.is_none(),
            "deleted": to.is_none(),
            "forced": forced,
            "base_ref": null,
            "compare": self.place.page(&compare),
            "commits": commits,
            "head_commit": head,
            "pusher": {"name": self.by, "email": people::address(self.by)},
        }))
    }

    /// What a push brought: of a new branch what the default branch has not.
    async fn commits(&self, Move { reference, from, to }: &Move) -> Result<Vec<Value>, Error> {
        let Some(to) = to else { return Ok(Vec::new()) };
        let base = if let Some(from) = from {
            from.clone()
        } else {
            let default = self.held.default_branch().await?;
            match self.held.head(&default).await {
                Ok(head) if *reference != Reference::branch(&default) => head.id,
                _ => return Ok(Vec::new()),
            }
        };
        let commits = self.held.commits(&base, to).await?;
        Ok(commits.iter().take(COMMITS).map(|commit| shape::commit::pushed(&self.place, commit)).collect())
    }

    async fn tell(&self, event: &str, mut payload: Value, more: Value) -> Result<(), Error> {
        let wanted: Vec<&Hook> = self.hooks.iter().filter(|hook| hook.hears(event)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        shape::extend(&mut payload, more);
        payload["repository"] = repository::of(&self.place, self.held).await?;
        payload["sender"] = shape::user(&self.place, self.by);
        for hook in wanted {
            let message = Message { event: event.to_owned(), payload: payload.clone() };
            self.shared.post.send(self.held.directory(), hook.id, Letter::new(message));
        }
        Ok(())
    }
}
