//! Names and ids, each a type of its own so that none is taken for another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Why a text is not the name or id it should be. It does not repeat the text, which may be a secret in the wrong place
/// (I26).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a text of {length} characters is not {expected}")]
pub struct InvalidId {
    /// How long it is, in characters.
    length: usize,
    /// What a valid one looks like.
    expected: &'static str,
}

impl InvalidId {
    fn new(found: &str, expected: &'static str) -> Self {
        Self { length: found.chars().count(), expected }
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if $valid(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId::new(text, $expected)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A CodePipeline job: a UUID, a new one for each invocation that a continuation token causes.
    JobId, "a job id (a UUID)", is_uuid
);
id!(
    /// A pipeline execution: a UUID.
    ExecutionId, "a pipeline execution id (a UUID)", is_uuid
);
id!(
    /// A CloudFormation stack's name: a letter, then letters, digits and hyphens, 128 characters at most.
    StackName, "a stack name (a letter, then letters, digits and hyphens, at most 128)", is_stack_name
);
id!(
    /// A Lambda function, by name or ARN, with or without a version or alias.
    FunctionName, "a function's name or ARN", is_function
);

id!(
    /// A test: the key of the output that names it, or its name in `tests.yaml`.
    TestName, "a test's name (1 to 255 letters, digits, dots, hyphens and underscores)", is_test_name
);
id!(
    /// An IAM role, by its ARN.
    RoleArn, "a role's ARN (arn:PARTITION:iam::ACCOUNT:role/NAME)", is_role_arn
);
id!(
    /// An AWS region, such as `eu-west-1`.
    Region, "a region, such as eu-west-1", is_region
);

id!(
    /// A commit, by its full id: a name of its content that nobody can move.
    CommitId, "a full commit id (40 or 64 hexadecimal digits)", is_commit
);
id!(
    /// A SHA-256, in lowercase hexadecimal.
    Digest, "a SHA-256 (64 hexadecimal digits)", is_sha256
);

id!(
    /// A CloudFormation stack's full ARN, which names just one stack in all time.
    StackArn, "a stack's full ARN (arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/ID)", is_stack_arn
);
id!(
    /// Who claimed a lease: a UUID, a new one for each claim. A claim that is repeated with it is the same claim.
    Holder, "a holder (a new UUID for each claim)", is_uuid
);
id!(
    /// What a lease is claimed for, such as `pull request 42`: printable text, 256 bytes at most.
    Source, "a source (1 to 256 bytes of printable text)", is_source
);

impl StackArn {
    /// The region.
    pub fn region(&self) -> &str {
        self.0.split(':').nth(3).unwrap_or_default()
    }

    /// The account.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }

    /// The stack's name.
    pub fn name(&self) -> StackName {
        StackName(self.0.split('/').nth(1).unwrap_or_default().to_owned())
    }
}

/// A fencing token: for each name, a later claim has a greater one (I2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FencingToken(pub u64);

impl fmt::Display for FencingToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Digest {
    /// The SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from(<[u8; 32]>::from(Sha256::digest(bytes)))
    }
}

impl From<[u8; 32]> for Digest {
    /// The SHA-256 that was computed elsewhere, such as piece by piece.
    fn from(sha256: [u8; 32]) -> Self {
        Self(sha256.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A number used once: tells our own write from another's when a reply was lost (I8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nonce(Uuid);

impl Nonce {
    /// A nonce made of `random`.
    pub fn from_random(random: Uuid) -> Self {
        Self(random)
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FunctionName {
    /// The account that an ARN, or its short form `ACCOUNT:function:NAME`, names; `None` for a plain name, which means
    /// our own.
    pub fn account(&self) -> Option<&str> {
        let parts: Vec<&str> = self.0.split(':').collect();
        match parts[..] {
            ["arn", _, "lambda", _, account, "function", ..] | [account, "function", ..] => Some(account),
            _ => None,
        }
    }

    /// The name alone, without account, version or alias.
    pub fn name(&self) -> &str {
        let parts: Vec<&str> = self.0.split(':').collect();
        match parts[..] {
            ["arn", _, "lambda", _, _, "function", name, ..] | [_, "function", name, ..] | [name, ..] => name,
            [] => "",
        }
    }
}

impl RoleArn {
    /// The account that the role is in.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }
}

fn is_test_name(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "iam", "", account, name] = parts[..] else { return false };
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&b));
    partition.starts_with("aws")
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && text.len() <= 2048
        && name.strip_prefix("role/").is_some_and(is_name)
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    matches!(parts[..], [.., number] if number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit()))
        && (3..=4).contains(&parts.len())
        && parts[..parts.len() - 1].iter().all(is_word)
}

fn is_uuid(text: &str) -> bool {
    // `Uuid` also reads the braced, URN and unhyphenated forms, which CodePipeline never sends.
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

fn is_stack_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && is_hexadecimal(text)
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && is_hexadecimal(text)
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_stack_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "cloudformation", region, account, stack] = parts[..] else { return false };
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let [kind, name, id] = stack.split('/').collect::<Vec<_>>()[..] else { return false };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    plain(partition) && plain(region) && is_account && kind == "stack" && is_stack_name(name) && plain(id)
}

fn is_source(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control)
}

fn is_function(text: &str) -> bool {
    (1..=170).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:$.".contains(&b))
        && (!text.starts_with("arn:") || text.contains(":lambda:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_id_is_a_hyphenated_uuid_and_nothing_else() {
        assert!("11111111-abcd-1111-abcd-111111abcdef".parse::<JobId>().is_ok());
        for bad in ["", "x", "11111111abcd1111abcd111111abcdef", "{11111111-abcd-1111-abcd-111111abcde}", "1\n"] {
            assert!(bad.parse::<JobId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn stack_names_are_anchored() {
        for good in ["a", "time-service-beta", "A1"] {
            assert!(good.parse::<StackName>().is_ok(), "{good:?}");
        }
        for bad in ["", "1a", "a_b", "a\n", "ａ", "arn:aws:x", &"a".repeat(129)] {
            assert!(bad.parse::<StackName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_arn_names_its_account_and_a_name_does_not() {
        let account = |name: &str| name.parse::<FunctionName>().unwrap().account().map(str::to_owned);
        assert_eq!(account("arn:aws:lambda:eu-west-1:111122223333:function:t:live").as_deref(), Some("111122223333"));
        assert_eq!(account("111122223333:function:t").as_deref(), Some("111122223333"));
        assert_eq!((account("t"), account("t:live")), (None, None));
        assert!("arn:aws:sns:eu-west-1:111122223333:t".parse::<FunctionName>().is_err());
    }

    #[test]
    fn a_commit_is_named_in_full() {
        assert!("8f2c".repeat(10).parse::<CommitId>().is_ok());
        assert!("8f2c".repeat(16).parse::<CommitId>().is_ok());
        for bad in ["", "8f2c", "main", &"8F2C".repeat(10), &"8f2c".repeat(11), &format!("{}\n", "8f2c".repeat(10))] {
            assert!(bad.parse::<CommitId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_digest_is_the_one_that_everybody_computes() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc"), abc.parse().unwrap());
    }

    #[test]
    fn i26_an_error_says_what_is_expected_and_does_not_repeat_what_was_found() {
        let message = "é_secret".repeat(2).parse::<StackName>().unwrap_err().to_string();
        assert!(message.starts_with("a text of 16 characters is not a stack name (a letter, "), "{message}");
    }
}
