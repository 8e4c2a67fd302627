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
        let stand = match &seen {
            Some(seen) => stand(&leases, seen).await?,
            None => Some(Stand::Never),
        };
        if let Some(stand) = stand {
            let text = words(&target.service.name, preview, stand, seen.as_ref());
            let (stack, status) = (seen.map(|seen| seen.stack), stand.status());
            tell(json, &text, json!({"status": status, "preview": preview, "stack": stack, "number": number}));
            return Ok(());
        }
        if begun.elapsed() > RELEASED_WITHIN {
            let minutes = RELEASED_WITHIN.as_secs() / 60;
            return Err(PreviewError::Kept { preview: preview.to_owned(), minutes }.into());
        }
        sleep(pause(target)).await;
    }
}

/// What has become of the stacks of a preview that is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// There never was one.
    Never,
    /// They are there, and nobody holds them.
    Released,
    /// They are not there any more.
    Gone,
}

impl Stand {
    /// The word that programs know it by.
    fn status(self) -> &'static str {
        match self {
            Self::Released => "Released",
            Self::Never | Self::Gone => "Removed",
        }
    }
}

/// Where that is; none while they are not given back.
async fn stand(leases: &Function, seen: &Preview) -> Result<Option<Stand>, ClientError> {
    match &*seen.phase {
        "REMOVED" => Ok(Some(Stand::Gone)),
        "REMOVING" => {
            let states = [state(leases, &seen.stack).await?, state(leases, &seen.tests_stack).await?];
            Ok(of_leases(&states.each_ref().map(Option::as_deref)))
        }
        _ => Ok(None),
    }
}

fn of_leases(states: &[Option<&str>]) -> Option<Stand> {
    let is_gone = |state: Option<&str>| state.is_none_or(|state| state == "GONE");
    match states {
        states if states.contains(&Some("HELD")) => None,
        states if states.iter().copied().all(is_gone) => Some(Stand::Gone),
        _ => Some(Stand::Released),
    }
}

/// The state of a stack's lease; none where its name is free.
async fn state(leases: &Function, stack: &str) -> Result<Option<String>, ClientError> {
    match leases.ask(&json!({"operation": "show", "stack": stack})).await {
        Ok(answer) => Ok(Some(leases.read::<Lease>(&answer)?.state)),
        Err(error) if error.code() == Some(FREE) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn words(service: &str, preview: &str, stand: Stand, seen: Option<&Preview>) -> String {
    match (stand, seen) {
        (Stand::Released, Some(Preview { stack, tests_stack, .. })) => format!(
            "preview {preview} is given back; the sweep deletes stacks {stack} and {tests_stack}, now with `flowgate sweep \
             --apply {service}`"
        ),
        (Stand::Never, _) => format!("there was no preview {preview}"),
        (Stand::Released | Stand::Gone, _) => format!("there is no preview {preview} any more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_holds_is_given_back() {
        let cases = [
            ([Some("HELD"), Some("HELD")], None),
            ([Some("DIRTY"), Some("HELD")], None),
            ([Some("DIRTY"), Some("DIRTY")], Some(Stand::Released)),
            ([Some("GONE"), Some("DELETING")], Some(Stand::Released)),
            ([Some("QUARANTINED"), None], Some(Stand::Released)),
            ([Some("GONE"), None], Some(Stand::Gone)),
        ];
        for (states, expected) in cases {
            assert_eq!(of_leases(&states), expected, "{states:?}");
        }
    }

    #[test]
    fn what_becomes_of_the_stacks_is_said() {
        let (stack, tests_stack) = ("shop-pr-7".to_owned(), "shop-pr-7-tests".to_owned());
        let seen = Preview { stack, tests_stack, ..Preview::default() };
        let text = words("shop", "pr-7", Stand::Released, Some(&seen));
        assert!(
            text.ends_with("stacks shop-pr-7 and shop-pr-7-tests, now with `flowgate sweep --apply shop`"),
            "{text}"
        );
        assert_eq!(words("shop", "pr-7", Stand::Gone, Some(&seen)), "there is no preview pr-7 any more");
        assert_eq!(words("shop", "pr-7", Stand::Never, None), "there was no preview pr-7");
    }
}
