//! Who calls: the principal that the local cloud names where IAM is enforced; else the people, told apart by the access key
//! that signs a request.

use axum::http::{HeaderMap, header};

use crate::cloud::client::ACCOUNT;

/// A person with keys of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The IAM user's name.
    pub name: &'static str,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key: &'static str,
    /// The IAM user's ARN.
    pub arn: &'static str,
    /// Who that is in the people map.
    pub email: &'static str,
}

/// Writes the service and pushes it.
pub const AUTHOR: Identity = Identity {
    name: "author",
    access_key: "author",
    arn: "arn:aws:iam::000000000000:user/author",
    email: "author@example.com",
};

/// Approves what others pushed.
pub const APPROVER: Identity = Identity {
    name: "approver",
    access_key: "approver",
    arn: "arn:aws:iam::000000000000:user/approver",
    email: "approver@example.com",
};

/// Approves, too: where two people are asked, the author is not the second.
pub const REVIEWER: Identity = Identity {
    name: "reviewer",
    access_key: "reviewer",
    arn: "arn:aws:iam::000000000000:user/reviewer",
    email: "reviewer@example.com",
};

/// Everybody who has keys.
pub const PEOPLE: [Identity; 3] = [AUTHOR, APPROVER, REVIEWER];

impl Identity {
    /// `AWS_SECRET_ACCESS_KEY`: the access key once more, for it is no secret. Whoever reaches the local cloud may be anybody.
    pub fn secret_key(&self) -> &'static str {
        self.access_key
    }

    /// The person of this name.
    pub fn named(name: &str) -> Option<Self> {
        PEOPLE.into_iter().find(|identity| identity.name == name)
    }
}

/// Who signed a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The principal's ARN.
    pub arn: String,
}

/// By it the local cloud says who asks, when it has checked who that is: no client's request brings it here, for the local
/// cloud forwards none of their headers but those it knows.
const CALLER: &str = "x-flowgate-caller";

/// Whom the local cloud names as the caller, if it does.
pub fn named(headers: &HeaderMap) -> Option<Caller> {
    let arn = headers.get(CALLER)?.to_str().ok()?;
    Some(Caller { arn: arn.to_owned() })
}

/// Names the caller as the local cloud does, or by the access key in the `Authorization` header. Whoever is nobody in
/// particular is the account's root, who counts for nothing where people count.
pub fn caller(headers: &HeaderMap) -> Caller {
    if let Some(caller) = named(headers) {
        return caller;
    }
    let key = headers.get(header::AUTHORIZATION).and_then(|value| access_key(value.to_str().ok()?));
    of_key(key.unwrap_or_default())
}

/// Names the caller by their access key.
pub fn of_key(access_key: &str) -> Caller {
    let known = PEOPLE.into_iter().find(|identity| identity.access_key == access_key);
    let arn = known.map_or_else(|| format!("arn:aws:iam::{ACCOUNT}:root"), |identity| identity.arn.to_owned());
    Caller { arn }
}

/// `AWS4-… Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=…, Signature=…`
fn access_key(authorization: &str) -> Option<&str> {
    let (scheme, parameters) = authorization.split_once(char::is_whitespace)?;
    let credential = parameters.split(',').find_map(|parameter| parameter.trim().strip_prefix("Credential="))?;
    let (key, _scope) = credential.split_once('/')?;
    scheme.starts_with("AWS4-").then_some(key)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const ROOT: &str = "arn:aws:iam::000000000000:root";

    fn arn(authorization: &[u8]) -> String {
        let value = HeaderValue::from_bytes(authorization).unwrap();
        caller(&HeaderMap::from_iter([(header::AUTHORIZATION, value)])).arn
    }

    #[test]
    fn a_signed_request_is_of_whose_key_signed_it() {
        let scope = "20260101/us-east-1/codepipeline/aws4_request, SignedHeaders=host, Signature=s";
        for (key, expected) in [
            ("author", AUTHOR.arn),
            ("approver", APPROVER.arn),
            ("reviewer", REVIEWER.arn),
            ("test", ROOT),
            ("000000000000", ROOT),
            ("Author", ROOT),
            ("author2", ROOT),
        ] {
            assert_eq!(arn(format!("AWS4-HMAC-SHA256 Credential={key}/{scope}").as_bytes()), expected, "{key}");
        }
        let parameters = "SignedHeaders=host,Signature=s,Credential=approver/20260101/us-east-1/s3/aws4_request";
        assert_eq!(arn(format!("AWS4-ECDSA-P256-SHA256 {parameters}").as_bytes()), APPROVER.arn);
    }

    #[test]
    fn whom_the_local_cloud_names_is_the_caller_whatever_key_signs() {
        let session = "arn:aws:sts::000000000000:assumed-role/r/s";
        let signed = "AWS4-HMAC-SHA256 Credential=author/20260101/us-east-1/codepipeline/aws4_request";
        let headers = [(header::AUTHORIZATION, signed), (CALLER.parse().unwrap(), session)];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        assert_eq!(caller(&HeaderMap::from_iter(headers)).arn, session);
    }

    #[test]
    fn what_is_no_signature_names_nobody() {
        assert_eq!(caller(&HeaderMap::new()).arn, ROOT);
        for malformed in [
            "",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 ",
            "AWS4-HMAC-SHA256 Credential",
            "AWS4-HMAC-SHA256 Credential=",
            "AWS4-HMAC-SHA256 Credential=author",
            "AWS4-HMAC-SHA256 credential=author/20260101/us-east-1/s3/aws4_request",
            "AWS4-HMAC-SHA256 NotCredential=author/20260101/us-east-1/s3/aws4_request",
            "AWS4-HMAC-SHA256 Credential=/author/us-east-1/s3/aws4_request",
            "Credential=author/20260101/us-east-1/s3/aws4_request",
            "Basic YXV0aG9yOmF1dGhvcg==",
            "Bearer Credential=author/x",
        ] {
            assert_eq!(arn(malformed.as_bytes()), ROOT, "{malformed:?}");
        }
        assert_eq!(arn(b"AWS4-HMAC-SHA256 Credential=author\xff/x"), ROOT);
    }

    #[test]
    fn people_belong_to_the_account_of_the_local_cloud() {
        for identity in PEOPLE {
            assert_eq!(identity.arn, format!("arn:aws:iam::{ACCOUNT}:user/{}", identity.name));
            assert_eq!(Identity::named(identity.name), Some(identity));
        }
        assert_eq!(Identity::named("root"), None);
    }
}
