//! What proves that GitHub sent a body.

use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// An HMAC-SHA256, as `X-Hub-Signature-256` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature([u8; 32]);

/// A text is no such signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text that is not sha256= and 64 hexadecimal digits")]
pub(super) struct InvalidSignature;

impl Signature {
    /// Whether it is that of these bytes, in a time that does not tell how much of it is right.
    pub(super) fn is_of(&self, bytes: &[u8], secret: &SecretString) -> bool {
        let secret = secret.expose_secret().as_bytes();
        // What nobody has to know proves nothing.
        if secret.is_empty() {
            return false;
        }
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
        mac.update(bytes);
        mac.verify_slice(&self.0).is_ok()
    }
}

impl FromStr for Signature {
    type Err = InvalidSignature;

    fn from_str(text: &str) -> Result<Self, InvalidSignature> {
        let digits = text.strip_prefix("sha256=").ok_or(InvalidSignature)?.as_bytes();
        let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let byte = |pair: &[u8]| Some(nibble(pair[0])? << 4 | nibble(pair[1])?);
        let bytes: Option<Vec<u8>> = digits.chunks_exact(2).map(byte).collect();
        let whole = bytes.filter(|_| digits.len() == 64).and_then(|bytes| bytes.try_into().ok());
        whole.map(Self).ok_or(InvalidSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn is_of(signature: &str, bytes: &[u8], secret: &str) -> bool {
        signature.parse::<Signature>().unwrap().is_of(bytes, &secret.into())
    }

    #[test]
    fn the_signature_that_github_documents_is_right_and_no_other() {
        let (signature, secret) = (format!("sha256={HELLO}"), "It's a Secret to Everybody");
        assert!(is_of(&signature, b"Hello, World!", secret));
        assert!(is_of(&format!("sha256={}", HELLO.to_uppercase()), b"Hello, World!", secret));
        assert!(!is_of(&signature, b"Hello, World", secret));
        assert!(!is_of(&signature, b"Hello, World!", "It's a Secret to Everybod"));
        assert!(!is_of(&format!("sha256=6{}", &HELLO[1..]), b"Hello, World!", secret));
    }

    #[test]
    fn an_empty_secret_accepts_nothing() {
        // Its HMAC of nothing, which anybody can compute.
        let known = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
        assert!(!is_of(known, b"", ""));
    }

    #[test]
    fn only_a_whole_sha256_is_a_signature() {
        for bad in [
            "",
            "sha256=",
            HELLO,
            &format!("sha1={HELLO}"),
            &format!("SHA256={HELLO}"),
            &format!("sha256={}", &HELLO[1..]),
            &format!("sha256={}", &HELLO[2..]),
            &format!("sha256={HELLO}0"),
            &format!("sha256={HELLO}00"),
            &format!("sha256={HELLO},sha256={HELLO}"),
            &format!("sha256= {HELLO}"),
            &format!("sha256={HELLO} "),
            &format!("sha256=+{}", &HELLO[1..]),
            &format!("sha256=é{}", &HELLO[2..]),
        ] {
            assert_eq!(bad.parse::<Signature>(), Err(InvalidSignature), "{bad}");
        }
    }
}
