//! Who is meant by a member of an approval pool.

const APPROVERS: &str = "CodeCommitApprovers:";
const ACCOUNT_DIGITS: usize = 12;

/// Whether that may stand in a pool: an ARN, or a name in an account.
pub(super) fn is_member(member: &str) -> bool {
    member.starts_with("arn:") || named(member).is_some()
}

/// Whether an approval by this principal counts as one by this member.
pub(super) fn counts(member: &str, arn: &str) -> bool {
    match named(member) {
        Some((account, name)) => within(account, arn).is_some_and(|who| fits(name, who)),
        None => fits(member, arn) || is_role(member) && fits(&format!("{member}/*"), arn),
    }
}

/// The account and the name of `CodeCommitApprovers:ACCOUNT:NAME`.
fn named(member: &str) -> Option<(&str, &str)> {
    let (account, name) = member.strip_prefix(APPROVERS)?.split_once(':')?;
    let is_account = account.len() == ACCOUNT_DIGITS && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && !name.is_empty()).then_some((account, name))
}

/// What a principal is called in its account: a session is `ROLE/SESSION`, so that its name alone is nobody.
fn within<'a>(account: &str, arn: &'a str) -> Option<&'a str> {
    let kinds = [("iam", "user"), ("sts", "federated-user"), ("sts", "assumed-role")];
    kinds.iter().find_map(|(service, kind)| arn.strip_prefix(&format!("arn:aws:{service}::{account}:{kind}/")))
}

/// Whether that is a role as CodeCommit names it, without a session: each of its sessions is meant.
fn is_role(member: &str) -> bool {
    member.starts_with("arn:aws:sts::")
        && member.split_once(":assumed-role/").is_some_and(|(_, role)| !role.contains('/'))
}

/// Whether that is the text, where `*` stands for anything, `/` too.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    let Some(mut rest) = rest.strip_suffix(last) else { return false };
    pieces.all(|piece| {
        let found = rest.split_once(piece);
        rest = found.map_or(rest, |(_, behind)| behind);
        found.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "arn:aws:iam::123456789012:user/Mary_Major";
    const FEDERATED: &str = "arn:aws:sts::123456789012:federated-user/Mary_Major";
    const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/CodeCommitReview/Mary_Major";

    /// Users, federated users and sessions, as the guide says them.
    #[test]
    fn a_member_is_whom_the_guide_says() {
        for (member, expected) in [
            ("CodeCommitApprovers:123456789012:Mary_Major", [true, true, false]),
            ("CodeCommitApprovers:123456789012:*Mary_Major", [true, true, true]),
            ("CodeCommitApprovers:123456789012:CodeCommitReview/*", [false, false, true]),
            ("CodeCommitApprovers:123456789012:CodeCommitReview/Mary_Major", [false, false, true]),
            ("CodeCommitApprovers:123456789012:CodeCommitReview", [false, false, false]),
            ("CodeCommitApprovers:123456789012:Mary", [false, false, false]),
            ("CodeCommitApprovers:123456789012:mary_major", [false, false, false]),
            ("CodeCommitApprovers:123456789012:*", [true, true, true]),
            ("CodeCommitApprovers:210987654321:*", [false, false, false]),
            (USER, [true, false, false]),
            (FEDERATED, [false, true, false]),
            (SESSION, [false, false, true]),
            ("arn:aws:iam::123456789012:user/Mary*", [true, false, false]),
            ("arn:aws:sts::123456789012:assumed-role/CodeCommitReview/*", [false, false, true]),
            ("arn:aws:sts::123456789012:assumed-role/CodeCommitReview", [false, false, true]),
            ("arn:aws:sts::123456789012:assumed-role/CodeCommit", [false, false, false]),
            ("arn:aws:sts::123456789012:assumed-role/*/Mary_Major", [false, false, true]),
            ("arn:aws:iam::123456789012:role/CodeCommitReview", [false, false, false]),
            ("arn:aws:iam::210987654321:user/Mary_Major", [false, false, false]),
        ] {
            assert!(is_member(member), "{member}");
            assert_eq!([USER, FEDERATED, SESSION].map(|arn| counts(member, arn)), expected, "{member}");
        }
        assert!(!counts("CodeCommitApprovers:123456789012:*", "arn:aws:iam::123456789012:root"));
    }

    #[test]
    fn what_names_nobody_is_no_member() {
        for member in [
            "",
            "*",
            "Mary_Major",
            "CodeCommitApprovers:",
            "CodeCommitApprovers:123456789012:",
            "CodeCommitApprovers:*:a",
        ] {
            assert!(!is_member(member), "{member}");
        }
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*", "a/b", true),
            ("*b", "a/b", true),
            ("a*a", "a", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("a*bc*c", "abc", false),
            ("a**c", "abc", true),
            ("a?c", "abc", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
