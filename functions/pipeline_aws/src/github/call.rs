//! One request to the API, and what it is for.

use aws_sdk_s3::{config::http::HttpRequest, primitives::SdkBody};
use pipeline_core::{ports::PortError, text};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

/// A request.
pub(super) struct Call<'a> {
    pub(super) method: &'static str,
    pub(super) url: &'a str,
    /// What it sends, as JSON.
    pub(super) body: Option<String>,
    /// The answer's status when all is well.
    pub(super) expected: u16,
    /// What it is for, such as `read`.
    pub(super) verb: &'static str,
    /// On what.
    pub(super) what: &'a str,
    /// The permission without which GitHub refuses it, where it need not say so itself.
    pub(super) needs: Option<&'static str>,
    /// What people wrote of it, which is for those alone who read it there (I26).
    pub(super) text: &'a str,
}

impl<'a> Call<'a> {
    /// Reads `what`.
    pub(super) fn read(url: &'a str, what: &'a str) -> Self {
        Self { method: "GET", url, body: None, expected: 200, verb: "read", what, needs: None, text: "" }
    }

    /// What it is for, such as `read pull request 7 of octo-org/time on GitHub`.
    pub(super) fn operation(&self) -> String {
        format!("{} {}", self.verb, self.what)
    }

    pub(super) fn failed(&self, detail: impl Into<String>) -> PortError {
        PortError::Unavailable { operation: self.operation(), detail: detail.into() }
    }

    pub(super) fn strange(&self, why: &str) -> PortError {
        self.failed(format!("GitHub's answer is not what it documents: {why}"))
    }

    /// I26: what is wrong with an answer is told without what stands there.
    pub(super) fn understood<T: DeserializeOwned>(&self, answer: &[u8]) -> Result<T, PortError> {
        serde_json::from_slice(answer).map_err(|error| self.strange(&text::complaint(&error)))
    }

    pub(super) fn request(&self, token: Option<&SecretString>) -> Option<HttpRequest> {
        let mut request = HttpRequest::new(self.body.clone().map_or_else(SdkBody::empty, SdkBody::from));
        request.set_method(self.method).ok()?;
        request.set_uri(self.url).ok()?;
        let headers = request.headers_mut();
        for (name, value) in [
            ("accept", "application/vnd.github+json"),
            ("x-github-api-version", "2022-11-28"),
            // GitHub refuses who does not say who they are.
            ("user-agent", "flowgate"),
        ] {
            headers.insert(name, value);
        }
        if self.body.is_some() {
            headers.insert("content-type", "application/json");
        }
        if let Some(token) = token {
            headers.try_insert("authorization", format!("Bearer {}", token.expose_secret())).ok()?;
        }
        Some(request)
    }
}

/// The URL of the next page, of a `Link` header.
pub(super) fn next(links: &str) -> Option<&str> {
    let mut links = links.split('<').filter_map(|link| link.split_once('>'));
    links.find(|(_, rest)| rest.split([';', ',']).any(|part| part.trim() == r#"rel="next""#)).map(|(url, _)| url)
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let (one, two) = ("https://a.b/c?page=2", "https://a.b/c?page=9&x=1,2;3");
        for (links, expected) in [
            (format!(r#"<{one}>; rel="next", <{two}>; rel="last""#), Some(one)),
            (format!(r#"<{two}>; rel="last", <{one}>; rel="next""#), Some(one)),
            (format!(r#"<{two}>; rel="next""#), Some(two)),
            (format!(r#"<{one}>; rel="prev", <{two}>; rel="first""#), None),
            (String::new(), None),
            (r#"rel="next""#.to_owned(), None),
            (format!(r#"<{one}; rel="next""#), None),
        ] {
            assert_eq!(next(&links), expected, "{links}");
        }
    }
}
