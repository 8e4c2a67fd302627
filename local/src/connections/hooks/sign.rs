//! Signatures by which a receiver knows who sends, and that nothing was changed.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// The headers that a body signed with this secret has.
pub(super) fn headers(secret: &str, body: &[u8]) -> [(&'static str, String); 2] {
    [
        ("x-hub-signature-256", format!("sha256={}", signature::<Hmac<Sha256>>(secret, body))),
        ("x-hub-signature", format!("sha1={}", signature::<Hmac<Sha1>>(secret, body))),
    ]
}

fn signature<M: Mac + KeyInit>(secret: &str, body: &[u8]) -> String {
    // Any length will do as a key, so that there is always a signature.
    let signed = M::new_from_slice(secret.as_bytes()).map(|mac| mac.chain_update(body).finalize().into_bytes());
    signed.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_signed_as_github_documents() {
        let [(name, signature), (_, older)] = headers("It's a Secret to Everybody", b"Hello, World!");
        let expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!((name, signature.as_str()), ("x-hub-signature-256", expected));
        assert_eq!(older.len(), "sha1=".len() + 40);
    }
}
