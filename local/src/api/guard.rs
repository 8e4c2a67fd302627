//! Nobody but programs of this machine: a web page must not reach the API through its visitor's browser.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const LOOPBACK: [&str; 2] = ["127.0.0.1", "localhost"];

/// Where a browser says that a request comes from.
const SITE: header::HeaderName = header::HeaderName::from_static("sec-fetch-site");

/// Answers only what a program of this machine sent.
pub(super) async fn only_this_machine(request: Request, next: Next) -> Response {
    if is_local(request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "only programs of this machine may use the local cloud\n").into_response()
}

/// A foreign Host is a name that was made to point here; a foreign Origin is a page of another site.
fn is_local(headers: &HeaderMap) -> bool {
    let is_ours = |authority: &str| LOOPBACK.contains(&name(authority));
    let host = text(headers, &header::HOST).is_none_or(is_ours);
    // An image's or a link's address comes without Origin, but browsers say that another site has it.
    let is_elsewhere = || text(headers, &SITE) == Some("cross-site");
    let origin = match text(headers, &header::ORIGIN) {
        Some(origin) => origin.split_once("://").is_some_and(|(_, authority)| is_ours(authority)),
        None => !is_elsewhere(),
    };
    host && origin
}

/// A header's text; what is no text is nobody's name.
fn text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

fn name(authority: &str) -> &str {
    authority.rsplit_once(':').map_or(authority, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: Option<&str>, origin: Option<&str>) -> bool {
        let given = [(header::HOST, host), (header::ORIGIN, origin)];
        let headers = given.into_iter().filter_map(|(name, value)| Some((name, value?.parse().unwrap())));
        is_local(&headers.collect())
    }

    #[test]
    fn programs_and_pages_of_this_machine_are_answered() {
        for host in [None, Some("127.0.0.1:4000"), Some("localhost"), Some("localhost:80")] {
            for origin in [None, Some("http://127.0.0.1:3000"), Some("http://localhost")] {
                assert!(check(host, origin), "{host:?} {origin:?}");
            }
        }
    }

    #[test]
    fn nobody_else_is() {
        for origin in
            ["https://evil.example", "null", "", "http://127.0.0.1.evil.example", "http://localhost@evil.example"]
        {
            assert!(!check(Some("127.0.0.1:4000"), Some(origin)), "{origin:?}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example:80", "", "[::1]:80"] {
            assert!(!check(Some(host), None), "{host:?}");
        }
    }

    #[test]
    fn a_page_of_another_site_that_sends_no_origin_is_not() {
        let of = |site: &'static str| {
            let headers = [(header::HOST, "127.0.0.1:4000"), (SITE, site)];
            is_local(&headers.into_iter().map(|(name, value)| (name, value.parse().unwrap())).collect())
        };
        assert!(!of("cross-site"));
        assert!(of("same-origin") && of("same-site") && of("none"));
    }
}
