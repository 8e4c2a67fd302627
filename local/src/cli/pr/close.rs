//! `flowgate pr close`: closes a pull request, and waits until its preview is given back.

use serde_json::json;

use super::args::{About, Close};
use super::host::{Host, State};
use super::{PrError, preview, stack};
use crate::cli::End;
use crate::cli::client::ClientError;
use crate::cli::preview::{Seen, Target, tell, until_released};

pub(super) async fn run(options: &Close) -> Result<End, ClientError> {
    let (About { folder, caller, json }, number) = (&options.about, options.number);
    let target = Target::open(folder, caller).await?;
    let repository = target.repository().await?;
    let host = Host::of(&target, &repository);
    let pull = host.pull(number).await?;
    let pull = pull.ok_or_else(|| PrError::None { repository: repository.name.clone(), number })?;
    // Where nobody sees to previews, nothing is closed.
    Seen::of(&target.function(), &preview(number)).await?;
    let is_open = pull.state == State::Open;
    if is_open {
        host.close(number).await?;
    }
    let (status, text) = said(number, is_open);
    let object = json!({
        "status": status, "preview": preview(number), "stack": stack(&target, number), "number": number,
        "message": text,
    });
    tell(*json, &text, object);
    if !options.wait.no_wait {
        until_released(&target, &preview(number), Some(number), *json).await?;
    }
    Ok(End::Succeeded)
}

fn said(number: u64, is_open: bool) -> (&'static str, String) {
    if is_open {
        let text = format!(
            "pull request {number} is closed; when its leases are released the sweep deletes its stacks (`flowgate sweep \
             --apply`)"
        );
        ("Closed", text)
    } else {
        ("Unchanged", format!("pull request {number} was closed already"))
    }
}
