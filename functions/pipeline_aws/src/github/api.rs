//! Where the API is.

use std::{fmt, str::FromStr};

use pipeline_core::ports::PortError;

use crate::wire::origin;

/// Where the API is: `https://api.github.com`, or `https://HOST/api/v3` of an enterprise's own server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api(String);

/// Why a text is not where an API is. It does not repeat the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not the URL of an API, such as https://api.github.com: https:// (or http:// on this machine), a host, a path"
)]
pub struct InvalidApi;

/// A repository's full name, such as `octo-org/time`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FullName(pub(crate) String);

/// Why a text is not a repository's full name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not OWNER/NAME")]
pub(crate) struct InvalidFullName;

impl FromStr for FullName {
    type Err = InvalidFullName;

    fn from_str(text: &str) -> Result<Self, InvalidFullName> {
        let named = |part: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !part.is_empty() && part != "." && part != ".." && part.bytes().all(known)
        };
        match text.split_once('/') {
            Some((owner, name)) if named(owner) && named(name) => Ok(Self(text.to_owned())),
            _ => Err(InvalidFullName),
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Default for Api {
    fn default() -> Self {
        Self("https://api.github.com".to_owned())
    }
}

impl FromStr for Api {
    type Err = InvalidApi;

    /// I26: the token is never sent in the clear, except to this machine itself.
    fn from_str(text: &str) -> Result<Self, InvalidApi> {
        let text = text.trim_end_matches('/');
        let (scheme, host) = origin(text).split_once("://").ok_or(InvalidApi)?;
        let name = host.split_once(':').map_or(host, |(name, _)| name);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte);
        let safe = scheme == "https" || (scheme == "http" && ["127.0.0.1", "localhost"].contains(&name));
        if safe && !name.is_empty() && text.bytes().all(plain) { Ok(Self(text.to_owned())) } else { Err(InvalidApi) }
    }
}

impl Api {
    /// The URL of a path of a repository, or of the repository itself. It is checked: it comes with the action's parameters.
    pub(super) fn url(&self, repository: &str, path: &str) -> Result<String, PortError> {
        let FullName(name) = repository.parse().map_err(|error: InvalidFullName| PortError::Unusable {
            what: "the name of the GitHub repository".to_owned(),
            why: error.to_string(),
        })?;
        Ok(format!("{}/repos/{name}/{path}", self.0).trim_end_matches('/').to_owned())
    }

    /// The URL of whoever a token stands for.
    pub(super) fn user(&self) -> String {
        format!("{}/user", self.0)
    }

    /// I26: whether a URL that the API names is one of its own.
    pub(super) fn owns(&self, url: &str) -> bool {
        origin(url) == origin(&self.0)
    }

    /// Such as `https://api.github.com`.
    pub(super) fn origin(&self) -> &str {
        origin(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i26_an_api_is_reached_by_tls_or_on_this_machine() {
        for good in [
            "https://api.github.com",
            "https://api.github.com/",
            "https://git.example.com:8443/api/v3",
            "http://127.0.0.1:4566/v1/github",
            "http://localhost:80",
        ] {
            assert_eq!(good.parse(), Ok(Api(good.trim_end_matches('/').to_owned())), "{good}");
        }
        for bad in [
            "",
            "api.github.com",
            "https://",
            "https://:80",
            "http://api.github.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "https://user:password@example.com",
            "https://example.com/?a=b",
            "https://example.com/#a",
            "ftp://example.com",
            "https://exa mple.com",
        ] {
            assert_eq!(bad.parse::<Api>(), Err(InvalidApi), "{bad}");
        }
    }

    #[test]
    fn a_repository_is_an_owner_and_a_name() {
        let url = |repository| Api::default().url(repository, "pulls/7");
        assert_eq!(url("octo-org/a.b_c").unwrap(), "https://api.github.com/repos/octo-org/a.b_c/pulls/7");
        let itself = Api::default().url("octo-org/time", "").unwrap();
        assert_eq!(itself, "https://api.github.com/repos/octo-org/time");
        for bad in ["", "a", "a/", "/a", "a/b/c", "a/..", "../a", "./a", "a/b?c", "a/b#c", "a/b%2f", "a/b c", "a/é"] {
            assert!(matches!(url(bad), Err(PortError::Unusable { .. })), "{bad}");
        }
    }

    #[test]
    fn i26_only_what_has_the_same_scheme_host_and_port_is_the_apis_own() {
        let api: Api = "https://api.github.com".parse().unwrap();
        assert!(api.owns("https://api.github.com/repositories/1/activity?after=x"));
        for other in [
            "http://api.github.com/a",
            "https://api.github.com:8443/a",
            "https://api.github.com.example.com/a",
            "https://api.github.com@example.com/a",
            "https://user@api.github.com/a",
            "/repositories/1",
            "",
        ] {
            assert!(!api.owns(other), "{other}");
        }
    }
}
