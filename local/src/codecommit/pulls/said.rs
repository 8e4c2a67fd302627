//! What was said of pull requests: read again, changed, and taken back.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::events::{self, COMMENT_UPDATED, What};
use super::record::{Comment, PullRequest};
use super::request::{Request, refusal, required};
use super::shelf;
use crate::actions::Context;
use crate::json_api::Refusal;
use crate::repository::{Held, Store};

pub(super) fn get(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let id = id(asked)?;
    let (_, pull) = shelf::find_comment(&Store::new(&context.state), id)?.ok_or_else(|| absent(id))?;
    Ok(json!({"comment": there(&pull, id)?.shown()}))
}

/// Only who wrote it changes it.
pub(super) async fn update(context: &Context, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let (id, content) = (id(asked)?, asked.content()?);
    let (held, mut pull) = hold(context, id).await?;
    if there(&pull, id)?.author != caller {
        let message = format!("comment {id} is not by {caller}: only who wrote it changes it");
        return Err(refusal("CommentNotCreatedByCallerException", message));
    }
    let comment = change(&held, &mut pull, id, |comment| comment.content = content)?;
    events::tell(context, &held, &pull, What::Commented(&comment, COMMENT_UPDATED), caller).await;
    Ok(json!({"comment": comment.shown()}))
}

/// Whoever may does it, whosever it is. Of this no event is documented.
pub(super) async fn delete_content(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let id = id(asked)?;
    let (held, mut pull) = hold(context, id).await?;
    there(&pull, id)?;
    let comment = change(&held, &mut pull, id, |comment| {
        comment.content.clear();
        comment.deleted = true;
    })?;
    Ok(json!({"comment": comment.shown()}))
}

/// Also of one whose content is gone.
pub(super) fn repository(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let id = id(asked)?;
    let (repository, _) = shelf::find_comment(&Store::new(&context.state), id)?.ok_or_else(|| absent(id))?;
    Ok(json!({"repositoryName": repository}))
}

fn id(asked: &Request) -> Result<&str, Refusal> {
    let id = required(asked.comment_id.as_ref(), "CommentIdRequiredException", "commentId")?;
    match Uuid::parse_str(id) {
        Ok(_) => Ok(id),
        Err(_) => Err(refusal("InvalidCommentIdException", format!("commentId {id:?} is no comment's"))),
    }
}

/// The pull request that the comment is about, in its repository, which nobody else changes meanwhile.
async fn hold(context: &Context, id: &str) -> Result<(Held, PullRequest), Refusal> {
    let store = Store::new(&context.state);
    let (_, pull) = shelf::find_comment(&store, id)?.ok_or_else(|| absent(id))?;
    shelf::hold(&store, pull.id).await
}

fn there<'p>(pull: &'p PullRequest, id: &str) -> Result<&'p Comment, Refusal> {
    let comment = pull.comments.iter().find(|one| one.id == id).ok_or_else(|| absent(id))?;
    if comment.deleted {
        return Err(refusal("CommentDeletedException", format!("comment {id} was deleted")));
    }
    Ok(comment)
}

fn change(
    held: &Held,
    pull: &mut PullRequest,
    id: &str,
    change: impl FnOnce(&mut Comment),
) -> Result<Comment, Refusal> {
    let now = Timestamp::now();
    let comment = pull.comments.iter_mut().find(|one| one.id == id).ok_or_else(|| absent(id))?;
    change(comment);
    comment.modified = Some(now);
    let comment = comment.clone();
    pull.active = now;
    shelf::write(held, pull)?;
    Ok(comment)
}

fn absent(id: &str) -> Refusal {
    refusal("CommentDoesNotExistException", format!("there is no comment {id}"))
}
