//! What a variable is set to: a text, or the place of one that is kept elsewhere.

use std::fmt;

/// What a variable is set to. I26: a text may be anything, so that only where it comes from is printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// The text itself.
    Plain(String),
    /// What Systems Manager's Parameter Store holds under this name.
    Parameter(String),
    /// What Secrets Manager holds.
    Secret(Secret),
}

/// `secret-id:json-key:version-stage:version-id`, of which only the first is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// The secret's name or ARN.
    pub id: String,
    /// One key of the JSON object that the secret is; the whole secret without.
    pub key: Option<String>,
    /// The staging label of its version.
    pub stage: Option<String>,
    /// The id of its version.
    pub version: Option<String>,
}

/// How many parts the ARN of a secret has.
const PARTS_OF_ARN: usize = 7;

impl Secret {
    /// Reads a reference; an ARN may stand for the name.
    pub fn read(reference: &str) -> Self {
        let parts: Vec<&str> = reference.split(':').collect();
        let (id, rest) = parts.split_at(if parts[0] == "arn" { PARTS_OF_ARN.min(parts.len()) } else { 1 });
        let part = |at: usize| rest.get(at).filter(|part| !part.is_empty()).map(|part| (*part).to_owned());
        Self { id: id.join(":"), key: part(0), stage: part(1), version: part(2) }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain"),
            Self::Parameter(name) => f.debug_tuple("Parameter").field(name).finish(),
            Self::Secret(secret) => secret.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_to_a_secret_has_up_to_four_parts_and_an_arn_for_its_first() {
        let arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf";
        for (reference, expected) in [
            ("db", ["db", "", "", ""]),
            ("db:password", ["db", "password", "", ""]),
            ("a/b:password:AWSPREVIOUS", ["a/b", "password", "AWSPREVIOUS", ""]),
            ("db:::v1", ["db", "", "", "v1"]),
            (arn, [arn, "", "", ""]),
            (&format!("{arn}:k:s:v"), [arn, "k", "s", "v"]),
            ("arn:aws", ["arn:aws", "", "", ""]),
        ] {
            let Secret { id, key, stage, version } = Secret::read(reference);
            let [key, stage, version] = [key, stage, version].map(Option::unwrap_or_default);
            assert_eq!([id, key, stage, version], expected, "{reference}");
        }
    }
}
