//! Whose stack it is, and the branch that it is made of.

use std::fmt::Write as _;

use aws_sdk_sts::Client;

use crate::cli::account::Account;
use crate::cli::call::{CallError, Called as _};
use crate::cli::lease::names;

/// What the roles of IAM Identity Center begin with.
const SSO: &str = "AWSReservedSSO_";

/// The name that was given, else the caller's.
pub(super) async fn of(account: &Account, named: Option<&str>) -> Result<String, CallError> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let identity = Client::new(&account.sdk).get_caller_identity().send().await;
    let identity = identity.called("GetCallerIdentity", "the caller")?;
    Ok(identity.arn().and_then(callers).map_or_else(names::user, str::to_owned))
}

/// The name in the ARN of a user, or of a session that IAM Identity Center named after one. Other sessions are called anything,
/// and otherwise each time; the account's root is nobody in particular.
fn callers(arn: &str) -> Option<&str> {
    let (kind, rest) = arn.splitn(6, ':').nth(5)?.split_once('/')?;
    let is_persons = match kind {
        "user" => true,
        "assumed-role" => rest.starts_with(SSO),
        _ => false,
    };
    rest.rsplit('/').next().filter(|name| is_persons && !name.is_empty())
}

/// The branch of a developer, where no branch of the service's own is in the way. Each text has one of its own: what git does not take in a branch is written as in a URL.
pub(super) fn branch(name: &str) -> String {
    let mut branch = "flowgate/dev/".to_owned();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'@');
    let mut before = None;
    let mut bytes = name.bytes().peekable();
    while let Some(byte) = bytes.next() {
        // Inside a word, and not before `lock`, which git keeps for itself.
        let is_inner_dot = byte == b'.' && before.is_some_and(is_plain) && bytes.peek().copied().is_some_and(is_plain);
        if is_plain(byte) || (is_inner_dot && name.strip_suffix(".lock").is_none()) {
            branch.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(branch, "%{byte:02X}");
        }
        before = Some(byte);
    }
    branch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::source;

    #[test]
    fn a_caller_is_a_user_or_whoever_identity_center_let_in() {
        let cases = [
            ("arn:aws:iam::000000000000:user/author", Some("author")),
            ("arn:aws:iam::1:user/team/ada", Some("ada")),
            ("arn:aws:sts::1:assumed-role/AWSReservedSSO_Developer_0123/ada@example.com", Some("ada@example.com")),
            ("arn:aws:sts::1:assumed-role/Developer/botocore-session-1790000000", None),
            ("arn:aws:sts::1:federated-user/anybody", None),
            ("arn:aws:iam::1:root", None),
            ("", None),
        ];
        for (arn, expected) in cases {
            assert_eq!(callers(arn), expected, "{arn}");
        }
    }

    #[tokio::test]
    async fn every_name_has_a_branch_of_its_own_that_git_takes() {
        let names = [
            "ada",
            "Ada",
            "ada.lovelace",
            "ada..lovelace",
            ".ada",
            "ada.",
            "a.lock",
            "a b",
            "a-b",
            "a/b",
            "a%2Fb",
            "@",
            "a@{b",
            "-",
            "~^:?*[\\",
            "日本",
        ];
        let mut branches: Vec<String> = names.iter().map(|name| branch(name)).collect();
        assert_eq!(&branches[..3], ["flowgate/dev/ada", "flowgate/dev/Ada", "flowgate/dev/ada.lovelace"]);
        assert_eq!(branch("a/b"), "flowgate/dev/a%2Fb");
        for branch in &branches {
            assert!(source::is_branch(branch).await.unwrap(), "{branch}");
        }
        branches.sort();
        branches.dedup();
        assert_eq!(branches.len(), names.len());
    }
}
