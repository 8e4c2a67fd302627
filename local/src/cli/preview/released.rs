//! Waiting until a preview is given back.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::follow::pause;
use super::seen::Seen;
use super::{Number, PreviewError, Target, tell};
use crate::cli::client::ClientError;
use crate::cli::function::Function;
use crate::report::{Lease, Preview};

/// How long it may take until the leases are released.
const RELEASED_WITHIN: Duration = Duration::from_mins(5);

/// The code of a refusal: the stack's name is free.
const FREE: &str = "NoLease";

/// Waits until nobody holds the stacks of a preview any more, and says what becomes of them.
pub(in crate::cli) async fn until_released(
    target: &Target,
    preview: &str,
    number: Number,
    json: bool,
) -> Result<(), ClientError> {
    let (function, leases) = (target.function(), target.leases());
    let begun = Instant::now();
    loop {
        let seen = Seen::of(&function, preview).await?.map(|seen| seen.preview);
        let Some(seen) = seen else {
            say(target, json, number, preview, None);
            return Ok(());
        };
        if is_given_back(&leases, &seen).await? {
            say(target, json, number, preview, Some(&seen));
            return Ok(());
        }
        if begun.elapsed() > RELEASED_WITHIN {
            let minutes = RELEASED_WITHIN.as_secs() / 60;
            return Err(PreviewError::Kept { preview: preview.to_owned(), minutes }.into());
        }
        sleep(pause(target)).await;
    }
}

async fn is_given_back(leases: &Function, seen: &Preview) -> Result<bool, ClientError> {
    match &*seen.phase {
        "REMOVED" => Ok(true),
        "REMOVING" => Ok(!is_held(leases, &seen.stack).await? && !is_held(leases, &seen.tests_stack).await?),
        _ => Ok(false),
    }
}

async fn is_held(leases: &Function, stack: &str) -> Result<bool, ClientError> {
    match leases.ask(&json!({"operation": "show", "stack": stack})).await {
        Ok(answer) => Ok(leases.read::<Lease>(&answer)?.state == "HELD"),
        Err(error) if error.code() == Some(FREE) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn say(target: &Target, json: bool, number: Number, preview: &str, seen: Option<&Preview>) {
    let (text, status) = words(&target.service.name, preview, seen);
    let stack = seen.map(|seen| &seen.stack);
    tell(json, &text, json!({"status": status, "preview": preview, "stack": stack, "number": number}));
}

fn words(service: &str, preview: &str, seen: Option<&Preview>) -> (String, &'static str) {
    match seen {
        Some(seen) if seen.phase == "REMOVED" => (format!("there is no preview {preview} any more"), "Removed"),
        Some(seen) => {
            let Preview { stack, tests_stack, .. } = seen;
            let text = format!(
                "preview {preview} is given back; the sweep deletes stacks {stack} and {tests_stack}, now with `flowgate \
                 sweep --apply {service}`"
            );
            (text, "Released")
        }
        None => (format!("there was no preview {preview}"), "Removed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_the_stacks_is_said() {
        let seen = |phase: &str| Preview {
            phase: phase.into(),
            stack: "shop-pr-7".into(),
            tests_stack: "shop-pr-7-tests".into(),
            ..Preview::default()
        };
        let (text, status) = words("shop", "pr-7", Some(&seen("REMOVING")));
        assert!(
            text.ends_with("stacks shop-pr-7 and shop-pr-7-tests, now with `flowgate sweep --apply shop`"),
            "{text}"
        );
        assert_eq!(status, "Released");
        assert_eq!(words("shop", "pr-7", Some(&seen("REMOVED"))).1, "Removed");
        assert_eq!(words("shop", "pr-7", None).0, "there was no preview pr-7");
    }
}
