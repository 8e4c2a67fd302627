//! What one commit has and another has not.

use axum::response::Response;
use serde_json::{Value, json};

use super::super::activity::{self, Activity};
use super::asked::Asked;
use super::link::Place;
use super::page;
use super::refused::Refused;
use super::shape::commit::commit;
use crate::repository::{Commit, Held};

/// As many commits as are told, the newest, where no page is asked for.
const COMMITS: usize = 250;

/// `GET /repos/OWNER/NAME/compare/BASE...HEAD`: a branch's name may have as many parts as it likes.
pub(super) async fn get(asked: Asked) -> Result<Response, Refused> {
    let (base, head) = asked.part("ends").split_once("...").ok_or_else(Refused::not_found)?;
    let held = asked.hold().await?;
    let (base, head) = (find(&held, base).await?, find(&held, head).await?);
    let fork = held.merge_base(&base.id, &head.id).await?.ok_or_else(Refused::not_found)?;
    let ahead = held.commits(&base.id, &head.id).await?;
    let behind = held.commits(&head.id, &base.id).await?.len();
    let ends = Ends { fork: find(&held, &fork).await?, base, head, ahead: ahead.len(), behind };
    let activity = activity::read(held.directory())?;
    let is_paged = ["page", "per_page"].iter().any(|name| asked.parameter(name).is_some());
    let page = if is_paged { page::by_number(&asked.url, ahead) } else { page::last(ahead, COMMITS) };
    let page = page.shown(|one| commit(&asked.place, &one, &activity));
    Ok(page.within(|commits| ends.shown(&asked.place, &activity, &commits)))
}

async fn find(held: &Held, name: &str) -> Result<Commit, Refused> {
    held.find(name).await?.ok_or_else(Refused::not_found)
}

/// Two commits, and where they part.
struct Ends {
    base: Commit,
    head: Commit,
    fork: Commit,
    /// How many commits the head has and the base has not.
    ahead: usize,
    behind: usize,
}

impl Ends {
    fn status(&self) -> &'static str {
        match (self.ahead, self.behind) {
            (0, 0) => "identical",
            (_, 0) => "ahead",
            (0, _) => "behind",
            _ => "diverged",
        }
    }

    /// `commit-comparison`, without its files.
    fn shown(&self, place: &Place, activity: &[Activity], commits: &[Value]) -> Value {
        let path = format!("/compare/{}...{}", self.base.id, self.head.id);
        let html = place.page(&path);
        json!({
            "url": place.api(&path),
            "html_url": html,
            "permalink_url": html,
            "diff_url": format!("{html}.diff"),
            "patch_url": format!("{html}.patch"),
            "base_commit": commit(place, &self.base, activity),
            "merge_base_commit": commit(place, &self.fork, activity),
            "status": self.status(),
            "ahead_by": self.ahead,
            "behind_by": self.behind,
            "total_commits": self.ahead,
            "commits": commits,
        })
    }
}
