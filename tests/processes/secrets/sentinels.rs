//! Values that must not get out, and the search for them in whatever form.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// The credentials that a job brings for its artifacts.
pub(crate) const JOB_KEY: &str = "ASIASENTINELJOB00001";
pub(crate) const JOB_SECRET: &str = "jobSentinelSecret/9fQ+Zb3xLwT7hVd2KpRm8sYc4Nu6";
pub(crate) const JOB_TOKEN: &str = "jobSentinelToken//IQoJb3JpZ2luX2VjEHQaCXVz+LWVhc3QtMSJHMEUCIQDsNtR5v==";
/// The credentials that a function has of its role.
pub(crate) const OWN_KEY: &str = "ASIASENTINELOWN00002";
pub(crate) const OWN_SECRET: &str = "ownSentinelSecret/4gWk+Xe8uQj1yBn5TzHf7rMa0Pd3";
pub(crate) const OWN_TOKEN: &str = "ownSentinelToken//FwoGZXIvYXdzEMv+aDKq3xVbGn7LpYtUe0Rz9HsWjCf2mKoQ==";
/// What proves that an approval was asked for.
pub(crate) const APPROVAL: &str = "c0ffee5e-a7e1-4b1d-9a5c-5e47121e1abc";
/// What a continuation brought along.
pub(crate) const CONTINUATION: &str = "goesOnSentinel+Hq2/7mZxWc4Tn9Lk";
/// The value of a parameter that is nobody's business.
pub(crate) const PARAMETER: &str = "parameterSentinel+Vt5/1kRw";
/// What a check of `tests.yaml` sends in a header.
pub(crate) const CHECK: &str = "checkSentinel+Bq8/3nWtYz6Rm1Lc5";
/// The credentials of a session of a stage's role.
pub(crate) const SESSION_KEY: &str = "ASIASENTINELSES00003";
pub(crate) const SESSION_SECRET: &str = "sessionSentinelSecret/7dJv+Oy5iUw3pSk9ExNc2hBq";
pub(crate) const SESSION_TOKEN: &str = "sessionSentinelToken//IQoLb4FwM1xYc8KvTg7UnZe2RpAq==";

/// All of them.
const ALL: [&str; 13] = [
    JOB_KEY,
    JOB_SECRET,
    JOB_TOKEN,
    OWN_KEY,
    OWN_SECRET,
    OWN_TOKEN,
    APPROVAL,
    CONTINUATION,
    PARAMETER,
    CHECK,
    SESSION_KEY,
    SESSION_SECRET,
    SESSION_TOKEN,
];

/// So many characters in a row count as having got out.
const PIECE: usize = 12;

/// Every piece of every sentinel, in every form.
pub(crate) struct Sentinels(HashSet<Vec<u8>>);

impl Sentinels {
    pub(crate) fn new() -> Self {
        let forms = ALL.into_iter().flat_map(forms);
        Self(forms.flat_map(|form| form.as_bytes().windows(PIECE).map(<[u8]>::to_vec).collect::<Vec<_>>()).collect())
    }

    /// The first piece that stands in `text`, with what is around it.
    pub(crate) fn find(&self, text: &[u8]) -> Option<String> {
        let at = text.windows(PIECE).position(|piece| self.0.contains(piece))?;
        let around = &text[at.saturating_sub(200)..text.len().min(at + 100)];
        Some(String::from_utf8_lossy(around).into_owned())
    }

    /// Nothing of them stands in `text`.
    pub(crate) fn assert_absent(&self, place: &str, text: &str) {
        if let Some(found) = self.find(text.as_bytes()) {
            panic!("a sentinel got out in {place}: …{found}…");
        }
    }
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn forms(sentinel: &str) -> Vec<String> {
    let json = serde_json::Value::from(sentinel).to_string();
    let hexadecimal = sentinel.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms =
        vec![sentinel.to_owned(), percent_encoded(sentinel), json.trim_matches('"').replace('/', "\\/"), hexadecimal];
    // Whatever stands before it: what it shares a group of characters with is left off.
    for (before, shared) in [(0, 0), (1, 2), (2, 3)] {
        let bytes = [&vec![b'x'; before], sentinel.as_bytes()].concat();
        for engine in [STANDARD, URL_SAFE] {
            let encoded = engine.encode(&bytes);
            forms.push(encoded[shared..encoded.len() - 4].to_owned());
        }
    }
    forms
}

#[test]
fn sentinels_are_found_in_every_form_and_by_a_piece() {
    let sentinels = Sentinels::new();
    for text in [
        JOB_TOKEN.to_owned(),
        format!("{{\"token\":\"{}\"}}", JOB_TOKEN.replace('/', "\\/")),
        format!("message={}&a=b", percent_encoded(OWN_SECRET)),
        STANDARD.encode(format!("a{OWN_KEY}")),
        STANDARD.encode(format!("ab {JOB_SECRET} c")),
        URL_SAFE.encode(format!("\"{PARAMETER}\"")),
        format!("cut: {}", &APPROVAL[5..17]),
    ] {
        assert!(sentinels.find(text.as_bytes()).is_some(), "{text}");
    }
    for text in ["", "SENTINEL", "jobSentinel", "the key ASIASENTINE", &JOB_SECRET[..11]] {
        assert_eq!(sentinels.find(text.as_bytes()), None, "{text}");
    }
}
