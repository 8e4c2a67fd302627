//! A request to a function's URL, in Lambda's payload format 2.0.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::webhook::{LARGEST, answer::Answer};

/// A request, its body as whoever sent it signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    method: String,
    headers: Headers,
    pub(super) body: Vec<u8>,
}

/// Names and values, as they were sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Headers(Vec<(String, String)>);

/// What is none, and can be no webhook either.
const UNREADABLE: Answer = Answer::bad("this is no request to a function's URL, or its body is not base64");

impl Request {
    /// Reads the event that a function's URL makes of a request.
    pub(crate) fn read(event: &RawValue) -> Result<Self, Answer> {
        let wire: Wire<'_> = serde_json::from_str(event.get()).map_err(|_| UNREADABLE)?;
        let text = wire.body.unwrap_or_default();
        let body = if wire.is_base64_encoded {
            BASE64_STANDARD.decode(text.as_bytes()).map_err(|_| UNREADABLE)?
        } else {
            text.into_owned().into_bytes()
        };
        Ok(Self { method: wire.request_context.http.method, headers: wire.headers, body })
    }

    /// The value of a header, whatever the case of its name; `None` also where there are several: which of them is meant?
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// Whether it can be a webhook at all, as far as that is known without reading it.
    pub(super) fn is_plausible(&self) -> Result<(), Answer> {
        if self.method != "POST" {
            return Err(Answer::NOT_POST);
        }
        if self.body.len() > LARGEST {
            return Err(Answer::TOO_LARGE);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    request_context: Context,
    #[serde(default)]
    headers: Headers,
    #[serde(borrow)]
    body: Option<Cow<'a, str>>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct Context {
    http: Http,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

/// A map would keep one of two headers of the same name.
impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Headers, A::Error> {
        let mut headers = vec![];
        while let Some(header) = entries.next_entry()? {
            headers.push(header);
        }
        Ok(Headers(headers))
    }
}
