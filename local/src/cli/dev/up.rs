//! `flowgate dev up` and `down`.

use serde_json::json;

use super::args::{Down, Up};
use super::{Developer, name};
use crate::cli::End;
use crate::cli::client::ClientError;
use crate::cli::preview::{Expected, Seen, follow, tell, until_released};

pub(super) async fn up(options: &Up) -> Result<End, ClientError> {
    let json = options.whose.about.json;
    let developer = Developer::open(&options.whose).await?;
    let Developer { target, name } = &developer;
    let repository = target.made(target.found().await?, json).await?;
    let branch = name::branch(name);
    let taken = target.take(&repository, &branch).await?;
    taken.push(&repository).await?;
    let commit = taken.commit();
    let request = json!({"operation": "up", "developer": name, "commit": commit, "branch": branch});
    let seen = Seen::asked(&target.function(), &request).await?.ok_or_else(|| developer.none())?;
    let (preview, stack) = (&seen.preview.preview, &seen.preview.stack);
    let text = format!("preview {preview} of commit {commit}, branch {branch}, is asked for; its stack is {stack}");
    let object = json!({
        "status": "Asked", "preview": preview, "stack": stack, "branch": branch, "commit": commit, "developer": name,
    });
    tell(json, &text, object);
    if options.wait.no_wait {
        return Ok(End::Succeeded);
    }
    let expected = Expected { preview: preview.clone(), commit: commit.to_owned(), before: None };
    Ok(follow(target, &expected, json).await?.tell(json, None))
}

pub(super) async fn down(options: &Down) -> Result<End, ClientError> {
    let json = options.whose.about.json;
    let developer = Developer::open(&options.whose).await?;
    let Developer { target, name } = &developer;
    let request = json!({"operation": "down", "developer": name});
    let seen = Seen::asked(&target.function(), &request).await?.ok_or_else(|| developer.none())?;
    let (preview, stack) = (&seen.preview.preview, &seen.preview.stack);
    if options.wait.no_wait {
        let text = format!("preview {preview}, stack {stack}, is being given back");
        tell(json, &text, json!({"status": "Down", "preview": preview, "stack": stack}));
    } else {
        until_released(target, preview, None, json).await?;
    }
    Ok(End::Succeeded)
}
