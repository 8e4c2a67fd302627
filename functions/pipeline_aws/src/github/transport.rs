//! Requests to the API, one at a time.

use std::{collections::HashSet, time::Duration};

use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::Headers;
use aws_types::SdkConfig;
use pipeline_core::ports::PortError;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use crate::{
    discreet::Secrets,
    github::{
        api::Api,
        call::{Call, next},
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

    pub(super) fn api(&self) -> &Api {
        &self.api
    }

    /// One thing, named `what`.
    pub(super) async fn one<T: DeserializeOwned>(
        &self,
        repository: &str,
        path: &str,
        what: &str,
    ) -> Result<T, PortError> {
        self.ask(&Call::read(&self.api.url(repository, path)?, what)).await
    }

    /// What is answered.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, PortError> {
        call.understood(&self.answer(call).await?.body)
    }

    /// Makes a request of which it is enough to know that it was done.
    pub(super) async fn tell(&self, call: &Call<'_>) -> Result<(), PortError> {
        self.answer(call).await.map(drop)
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
        let mut all = vec![];
        let is_whole = self.each(repository, path, what, most, |page| all.push(page)).await?;
        Ok((all, is_whole))
    }

    /// Shows the same pages to `see`, one after the other, and tells whether these are all.
    pub(super) async fn each<T: DeserializeOwned>(
        &self,
        repository: &str,
        path: &str,
        what: &str,
        most: usize,
        mut see: impl FnMut(T),
    ) -> Result<bool, PortError> {
        let mut url = self.api.url(repository, path)?;
        let mut seen = HashSet::from([url.clone()]);
        for _ in 0..most {
            let call = Call::read(&url, what);
            let page = self.answer(&call).await?;
            see(call.understood(&page.body)?);
            let Some(next) = page.headers.get_all("link").find_map(next) else { return Ok(true) };
            // I26: whoever answers must not send the token elsewhere.
            if !self.api.owns(next) || !seen.insert(next.to_owned()) {
                return Err(call.strange("its next page is one that was there before, or another site's"));
            }
            next.clone_into(&mut url);
        }
        Ok(false)
    }

    /// The answer. Nothing is sent twice but what was refused for its token, and so was not done: a comment that is written
    /// again is there twice.
    async fn answer(&self, call: &Call<'_>) -> Result<Page, PortError> {
        let Some(token) = &self.token else {
            return self.attempt(call, None).await.map_err(|refused| refused.error);
        };
        let given = token.read().await?;
        match self.attempt(call, Some(&given.token)).await {
            Err(Refused { status: Some(401), .. }) if given.is_kept => {
                token.forget();
                let anew = token.read().await?;
                self.attempt(call, Some(&anew.token)).await
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

    async fn attempt(&self, call: &Call<'_>, token: Option<&SecretString>) -> Result<Page, Refused> {
        let request = call.request(token).ok_or_else(|| call.failed("no request can be made of it"))?;
        let silent = |_| call.failed(format!("GitHub did not answer within {} s", PATIENCE.as_secs()));
        let answer = tokio::time::timeout(PATIENCE, self.exchange(request)).await.map_err(silent)?;
        let (status, headers, body, cut) = answer.map_err(|detail| call.failed(detail))?;
        if status == call.expected && !cut {
            return Ok(Page { headers, body });
        }
        if status == call.expected {
            let why = format!("it is larger than {LARGEST} bytes");
            return Err(PortError::Unusable { what: call.what.to_owned(), why }.into());
        }
        // I26: a refusal may repeat what it refuses.
        let body = Secrets::new(token.map(ExposeSecret::expose_secret)).blank(&body);
        let refusal = Refusal { status, headers: &headers, body: &body, known: token.is_some(), call };
        Err(Refused { status: Some(status), error: refusal.error() })
    }

    async fn exchange(&self, request: HttpRequest) -> Result<(u16, Headers, Vec<u8>, bool), String> {
        let mut answer: HttpResponse =
            self.wire.send(self.api.origin(), request).await.map_err(|error| words(&error))?;
        let (body, cut) = read(answer.take_body(), LARGEST).await?;
        Ok((answer.status().as_u16(), answer.headers().clone(), body, cut))
    }
}
