//! What sweep may delete, when, and how much of it at a time.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::{ids::StackArn, lease::place::Place};

/// The policy of one service.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The account and region whose stacks these are, and the service.
    pub place: Place,
    /// Flowgate's own stack.
    pub own_stack: StackArn,
    /// The ARNs of the roles that previews are deployed with: a stack that another role deploys is not one.
    pub roles: BTreeSet<String>,
    /// How much the clocks of holders may lag behind ours.
    pub margin: SignedDuration,
    /// How long people are told before an expired stack is deleted (I11).
    pub grace: SignedDuration,
    /// How many expired stacks are deleted in a run, at most (I12).
    pub max_deletes: usize,
    /// How often a deletion that failed is tried again (I14).
    pub max_attempts: u32,
    /// How long a stack that nobody claimed is left alone after it was last changed.
    pub adopt_after: SignedDuration,
    /// How many due leases a run looks at, at most.
    pub batch: usize,
    /// How many of them at a time.
    pub width: usize,
    /// How many calls a second CloudFormation and IAM get, together.
    pub rate: u32,
}

/// The tag without which no stack is deleted, and its only value that counts.
pub const EPHEMERAL: (&str, &str) = ("flowgate:ephemeral", "true");
/// The tag that names the service.
pub const SERVICE: &str = "flowgate:service";
/// The tag with the fencing token, in decimal, of the claim that the stack was deployed under.
pub const TOKEN: &str = "flowgate:token";

/// Whether it is the name of a preview, of a preview's tests or of somebody's own stack of this service: `<service>-pr-N`,
/// `<service>-pr-N-tests` or `<service>-dev-NAME`, all of it and nothing around it.
pub fn is_ephemeral(service: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(service).and_then(|rest| rest.strip_prefix('-')) else { return false };
    let all = |text: &str, of: fn(u8) -> bool| !text.is_empty() && text.bytes().all(of);
    let is_preview = |text: &str| all(text.strip_suffix("-tests").unwrap_or(text), |byte| byte.is_ascii_digit());
    let is_own = |text| all(text, |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    !service.is_empty()
        && (rest.strip_prefix("pr-").is_some_and(is_preview) || rest.strip_prefix("dev-").is_some_and(is_own))
}

/// The parameter that allows deletion; see [`ALLOWED`].
pub fn switch(service: &str) -> String {
    format!("/flowgate/{service}/deletions")
}

/// The only value of [`switch`] under which anything is deleted (I12).
pub const ALLOWED: &str = "allowed";

#[cfg(test)]
mod tests {
    use super::is_ephemeral;

    #[test]
    fn i9_only_whole_names_of_this_service_are_ephemeral() {
        for good in ["shop-pr-42", "shop-pr-420", "shop-pr-0", "shop-pr-42-tests", "shop-dev-ann", "shop-dev-ann-tests"]
        {
            assert!(is_ephemeral("shop", good), "{good:?}");
        }
        let long = format!("shop-pr-{}x", "4".repeat(119));
        for bad in [
            "shop-pr-",
            "shop-pr-42-prod",
            "shop-pr-42-tests-x",
            "shop-pr-42-tests-tests",
            "shop-pr-42tests",
            "shop-pr-42-test",
            "shop-pr-42-Tests",
            "shop-pr-42-tests\n",
            "shop-pr-tests",
            "shop-pr--tests",
            "shop-PR-42",
            "SHOP-pr-42",
            "shop-pr-42\n",
            "shop-pr-42 ",
            " shop-pr-42",
            "shop-pr-4２",
            "ѕhop-pr-42",
            "shop-dev-",
            "shop-dev-Ann",
            "shop-dev-ann_2",
            "shop-prod",
            "shop-tests",
            "shop",
            "",
            "shoppr-42",
            "my-shop-pr-42",
            "shop-2-pr-42",
            &long,
        ] {
            assert!(!is_ephemeral("shop", bad), "{bad:?}");
        }
        assert!(!is_ephemeral("", "-pr-42"));
        assert!(is_ephemeral("shop", &format!("shop-pr-{}", "4".repeat(120))));
    }
}
