//! Requests to the API, one at a time.

use std::{collections::HashSet, time::Duration};

use aws_sdk_s3::{
    config::http::{HttpRequest, HttpResponse},
    primitives::SdkBody,
};
use aws_smithy_runtime_api::http::Headers;
use aws_types::SdkConfig;
use pipeline_core::{ports::PortError, text};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use crate::{
    discreet::Secrets,
    github::{
        api::Api,
        refusal::Refusal,
        token::{Token, TokenSource},
    },
    wire::{Wire, read, words},
};

/// The most that is read of one answer, in bytes: a commit tells of up to 300 files.
const LARGEST: usize = 8 << 20;

/// GitHub itself gives up after 10 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// Speaks to the API.
#[derive(Debug)]
pub(super) struct Transport {
    wire: Wire,
    api: Api,
    token: Option<Token>,
}

/// An answer of the API.
struct Page {
    headers: Headers,
    body: Vec<u8>,
}

/// A request that came to nothing, and the answer's status, if there was an answer that refuses it.
struct Refused {
    status: Option<u16>,
    error: PortError,
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        Self { status: None, error }
    }
}

impl Transport {
    pub(super) fn new(config: &SdkConfig, api: Api, source: Option<TokenSource>) -> Self {
        Self { wire: Wire::new(config), api, token: source.map(|source| Token::new(config, source)) }
    }

    /// One thing, named `what`.
    pub(super) async fn one<T: DeserializeOwned>(
        &self,
        repository: &str,
        path: &str,
        what: &str,
    ) -> Result<T, PortError> {
        let page = self.get(&self.api.url(repository, path)?, what).await?;
        understood(&page.body, what)
    }

    /// A list, and whether that is all of it: at most `most` pages are read.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        repository: &str,
        path: &str,
        what: &str,
        most: usize,
    ) -> Result<(Vec<T>, bool), PortError> {
        let (pages, is_whole) = self.pages::<Vec<T>>(repository, path, what, most).await?;
        Ok((pages.into_iter().flatten().collect(), is_whole))
    }

    /// The pages of something, at least one and at most `most`, and whether these are all.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        repository: &str,
        path: &str,
        what: &str,
        most: usize,
    ) -> Result<(Vec<T>, bool), PortError> {
        let mut url = self.api.url(repository, path)?;
        let (mut all, mut seen) = (vec![], HashSet::from([url.clone()]));
        for _ in 0..most {
            let page = self.get(&url, what).await?;
            all.push(understood(&page.body, what)?);
            let Some(next) = page.headers.get_all("link").find_map(next) else { return Ok((all, true)) };
            // I26: whoever answers must not send the token elsewhere.
            if !self.api.owns(next) || !seen.insert(next.to_owned()) {
                return Err(strange(what, "its next page is one that was there before, or another site's"));
            }
            next.clone_into(&mut url);
        }
        Ok((all, false))
    }

    async fn get(&self, url: &str, what: &str) -> Result<Page, PortError> {
        let Some(token) = &self.token else {
            return self.attempt(url, what, None).await.map_err(|refused| refused.error);
        };
        let given = token.read().await?;
        match self.attempt(url, what, Some(&given.token)).await {
            Err(Refused { status: Some(401), .. }) if given.is_kept => {
                token.forget();
                let anew = token.read().await?;
                self.attempt(url, what, Some(&anew.token)).await
            }
            answered => answered,
        }
        .map_err(|refused| {
            if refused.status == Some(401) {
                token.forget();
            }
            refused.error
        })
    }

    async fn attempt(&self, url: &str, what: &str, token: Option<&SecretString>) -> Result<Page, Refused> {
        let failed =
            |detail: String| Refused::from(PortError::Unavailable { operation: format!("read {what}"), detail });
        let request = request(url, token).ok_or_else(|| failed("no request can be made of it".to_owned()))?;
        let silent = |_| failed(format!("GitHub did not answer within {} s", PATIENCE.as_secs()));
        let answer = tokio::time::timeout(PATIENCE, self.exchange(request)).await.map_err(silent)?;
        let (status, headers, mut body, cut) = answer.map_err(failed)?;
        if status == 200 && !cut {
            return Ok(Page { headers, body });
        }
        if status == 200 {
            let why = format!("it is larger than {LARGEST} bytes");
            return Err(PortError::Unusable { what: what.to_owned(), why }.into());
        }
        if let Some(sent) = token {
            // I26: a refusal may repeat what it refuses.
            body = Secrets::new([sent.expose_secret()]).blank(&body);
        }
        let refusal = Refusal { status, headers: &headers, body: &body, known: token.is_some() };
        Err(Refused { status: Some(status), error: refusal.error(what) })
    }

    async fn exchange(&self, request: HttpRequest) -> Result<(u16, Headers, Vec<u8>, bool), String> {
        let mut answer: HttpResponse =
            self.wire.send(self.api.origin(), request).await.map_err(|error| words(&error))?;
        let (body, cut) = read(answer.take_body(), LARGEST).await?;
        Ok((answer.status().as_u16(), answer.headers().clone(), body, cut))
    }
}

fn request(url: &str, token: Option<&SecretString>) -> Option<HttpRequest> {
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_method("GET").ok()?;
    request.set_uri(url).ok()?;
    let headers = request.headers_mut();
    for (name, value) in [
        ("accept", "application/vnd.github+json"),
        ("x-github-api-version", "2022-11-28"),
        // GitHub refuses who does not say who they are.
        ("user-agent", "flowgate"),
    ] {
        headers.insert(name, value);
    }
    if let Some(token) = token {
        headers.try_insert("authorization", format!("Bearer {}", token.expose_secret())).ok()?;
    }
    Some(request)
}

/// I26: what is wrong with it is told without what stands there.
fn understood<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, PortError> {
    serde_json::from_slice(body).map_err(|error| strange(what, &text::complaint(&error)))
}

fn strange(what: &str, why: &str) -> PortError {
    PortError::Unavailable {
        operation: format!("read {what}"),
        detail: format!("GitHub's answer is not what it documents: {why}"),
    }
}

/// The URL of the next page, of a `Link` header.
fn next(links: &str) -> Option<&str> {
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
