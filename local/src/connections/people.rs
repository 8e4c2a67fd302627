//! Who asks, as a provider of repositories knows people: by their logins. A user of IAM has their name as login here.

use axum::http::{HeaderMap, header};

use crate::git_http;
use crate::identity::{self, AUTHOR, PEOPLE};

/// What stands before the user's name in an address that the provider made up.
const NO_REPLY: &str = "@users.noreply.github.com";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    /// Somebody who says nothing of themselves.
    Anonymous,
    /// Whoever has this login.
    Login(String),
    /// Somebody in the account who is no user.
    NoUser,
}

/// Credentials that are nobody's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadCredentials;

impl Caller {
    /// Whom the local cloud names, where IAM is enforced. Else a token, or the user of basic authentication, is an access key.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, BadCredentials> {
        if let Some(named) = identity::named(headers) {
            return Ok(login(&named.arn).map_or(Self::NoUser, |login| Self::Login(login.to_owned())));
        }
        if !headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self::Anonymous);
        }
        let key = token(headers).or_else(|| git_http::user(headers)).ok_or(BadCredentials)?;
        let caller = identity::of_key(&key);
        login(&caller.arn).map(|login| Self::Login(login.to_owned())).ok_or(BadCredentials)
    }

    /// In whose name something is changed; whoever says nothing is the author, as they are when they push.
    pub(super) fn login(&self) -> Option<&str> {
        match self {
            Self::Anonymous => Some(AUTHOR.name),
            Self::Login(login) => Some(login),
            Self::NoUser => None,
        }
    }
}

/// The login of a principal of IAM; none where it is no user.
pub(super) fn login(arn: &str) -> Option<&str> {
    let (_, path) = arn.split_once(":user/")?;
    path.rsplit('/').next()
}

/// The address that somebody commits with at the provider.
pub(super) fn address(login: &str) -> String {
    let known = PEOPLE.into_iter().find(|person| person.name == login);
    known.map_or_else(|| format!("{login}{NO_REPLY}"), |person| person.email.to_owned())
}

/// Whose address that is, as far as the provider knows.
pub(super) fn of_address(address: &str) -> Option<&str> {
    if let Some(known) = PEOPLE.into_iter().find(|person| person.email.eq_ignore_ascii_case(address)) {
        return Some(known.name);
    }
    let login = address.strip_suffix(NO_REPLY)?;
    Some(login.split_once('+').map_or(login, |(_number, login)| login))
}

/// `Bearer TOKEN`, or `token TOKEN` as it was written before.
fn token(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    ["bearer", "token"].contains(&scheme.to_ascii_lowercase().as_str()).then(|| token.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn caller(authorization: &'static str) -> Result<Caller, BadCredentials> {
        Caller::of(&HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(authorization))]))
    }

    #[test]
    fn a_token_or_a_user_is_an_access_key_and_what_is_nobodys_is_refused() {
        let login = |login: &str| Ok(Caller::Login(login.to_owned()));
        assert_eq!(Caller::of(&HeaderMap::new()), Ok(Caller::Anonymous));
        assert_eq!(caller("Bearer approver"), login("approver"));
        assert_eq!(caller("token reviewer"), login("reviewer"));
        assert_eq!(caller("Basic YXV0aG9yOmF1dGhvcg=="), login("author"));
        for nobodys in
            ["Bearer somebody", "Bearer ", "Basic !", "approver", "Digest approver", "Basic c29tZWJvZHk6eA=="]
        {
            assert_eq!(caller(nobodys), Err(BadCredentials), "{nobodys}");
        }
    }

    #[test]
    fn whom_the_local_cloud_names_is_the_caller_and_changes_things_only_as_a_user() {
        let named = |arn: &'static str| {
            let headers = [("x-flowgate-caller".parse().unwrap(), arn), (header::AUTHORIZATION, "Bearer author")];
            let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
            Caller::of(&HeaderMap::from_iter(headers)).unwrap()
        };
        assert_eq!(named("arn:aws:iam::000000000000:user/team/ada"), Caller::Login("ada".to_owned()));
        assert_eq!(named("arn:aws:sts::000000000000:assumed-role/r/s").login(), None);
        assert_eq!(named("arn:aws:iam::000000000000:root").login(), None);
        assert_eq!(Caller::Anonymous.login(), Some("author"));
    }

    #[test]
    fn an_address_is_of_who_has_it_or_is_in_it() {
        for person in PEOPLE {
            assert_eq!(of_address(&address(person.name)), Some(person.name));
        }
        assert_eq!(of_address(&address("ada")), Some("ada"));
        assert_eq!(of_address("7+ada@users.noreply.github.com"), Some("ada"));
        assert_eq!(of_address("ada@example.com"), None);
    }
}
