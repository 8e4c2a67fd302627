//! An HTTP client that keeps to itself what requests prove their right with (I26).
//!
//! A service that refuses a request may repeat it: its `Authorization`, or all that was to be signed, with the session's
//! token. Here, where request and answer meet, each piece of these is blanked, before anything reads the answer.

use std::collections::HashSet;

use aws_sdk_s3::{
    config::{
        ConfigBag, RuntimeComponents,
        http::{HttpRequest, HttpResponse},
    },
    primitives::{ByteStream, SdkBody},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::AuthSchemeId,
        connector_metadata::ConnectorMetadata,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        result::ConnectorError,
        runtime_components::RuntimeComponentsBuilder,
    },
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// So many characters in a row of a secret are blanked: fewer tell nothing, and are found in innocent words.
const PIECE: usize = 12;

/// How requests with our credentials prove their right. One that cannot carries none.
const SIGNED: AuthSchemeId = AuthSchemeId::new("sigv4");

/// What stands in the place of each character, so that the answer keeps the length that its headers tell.
const BLANK: u8 = b'*';

/// A client whose refusals do not repeat the credentials that they refuse.
#[derive(Debug)]
pub(crate) struct Discreet(pub(crate) SharedHttpClient);

impl HttpClient for Discreet {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let plain = self.0.http_connector(settings, components);
        // A test's own request proves nothing of ours, and its answer may have no end.
        if components.auth_scheme(SIGNED).is_none() {
            return plain;
        }
        SharedHttpConnector::new(Connector(plain))
    }

    fn validate_base_client_config(&self, with: &RuntimeComponentsBuilder, config: &ConfigBag) -> Result<(), BoxError> {
        self.0.validate_base_client_config(with, config)
    }

    fn validate_final_config(&self, with: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.0.validate_final_config(with, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector(SharedHttpConnector);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let secrets = Secrets::of(&request);
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if answer.status().is_success() { Ok(answer) } else { secrets.blank_answer(answer).await }
        })
    }
}

/// What a request proves its right with, in the forms in which an answer may repeat it.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// These proofs.
    pub(crate) fn new<'a>(proofs: impl IntoIterator<Item = &'a str>) -> Self {
        let forms = |text: &str| [text.to_owned(), utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()];
        let long = proofs.into_iter().filter(|proof| proof.len() >= PIECE);
        Self(long.flat_map(forms).collect())
    }

    fn of(request: &HttpRequest) -> Self {
        let header = |name: &str| request.headers().get(name).unwrap_or_default();
        let signed = header("authorization");
        let after = |start: &str, end: char| signed.split_once(start).and_then(|(_, rest)| rest.split(end).next());
        let proofs = [after("Credential=", '/'), after("Signature=", ','), Some(header("x-amz-security-token"))];
        Self::new(proofs.into_iter().flatten())
    }

    async fn blank_answer(&self, mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
        let body = ByteStream::new(answer.take_body()).collect().await;
        let body = body.map_err(|error| ConnectorError::io(error.into()))?;
        *answer.body_mut() = SdkBody::from(self.blank(&body.into_bytes()));
        Ok(answer)
    }

    /// `text` with each piece of them blanked.
    pub(crate) fn blank(&self, text: &[u8]) -> Vec<u8> {
        let pieces: HashSet<&[u8]> = self.0.iter().flat_map(|secret| secret.as_bytes().windows(PIECE)).collect();
        let mut shown = text.to_vec();
        for (start, piece) in text.windows(PIECE).enumerate() {
            if pieces.contains(piece) {
                shown[start..start + PIECE].fill(BLANK);
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blanked(text: &str) -> String {
        let mut request = HttpRequest::get("https://example.com/").expect("a request");
        let signed = "AWS4-HMAC-SHA256 Credential=AKIASENTINEL0001/20261121/eu-west-1/s3/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=0123456789abcdef0123456789abcdef";
        request.headers_mut().insert("authorization", signed);
        request.headers_mut().insert("x-amz-security-token", "FwoG+token/with=signs");
        String::from_utf8(Secrets::of(&request).blank(text.as_bytes())).expect("text")
    }

    #[test]
    fn i26_what_repeats_the_proof_of_a_request_or_a_piece_of_it_is_blanked() {
        for (text, expected) in [
            ("the key AKIASENTINEL0001 is not known", "the key **************** is not known"),
            ("Signature=0123456789abcdef0123456789abcdef.", "Signature=********************************."),
            ("x-amz-security-token:FwoG+token/with=signs\n", "x-amz-security-token:*********************\n"),
            ("?token=FwoG%2Btoken%2Fwith%3Dsigns&a=b", "?token=***************************&a=b"),
            ("cut: oG+token/with", "cut: *************"),
            ("20261121/eu-west-1/s3/aws4_request, FwoG+token", "20261121/eu-west-1/s3/aws4_request, FwoG+token"),
            ("", ""),
        ] {
            assert_eq!(blanked(text), expected);
        }
    }
}
