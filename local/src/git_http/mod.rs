//! git's smart HTTP protocol over the source store, by git's own backend.
//!
//! A request's body is on the disk before anything begins: a push whose client goes away half-way changes nothing, and a
//! slow one keeps nobody else from the repository.

mod cgi;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::actions::Context;
use crate::identity::{self, AUTHOR};
use crate::repository::{self, Held, Store};
use cgi::{Body, Call, CgiError};

/// What a client names that wants to push.
const RECEIVE: &str = "service=git-receive-pack";

/// Why git was not served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Repository(#[from] repository::Error),
    #[error(transparent)]
    Cgi(#[from] CgiError),
    #[error("this repository speaks git's smart protocol alone")]
    Dumb,
    #[error("the push broke off: this is a defect of flowgate, its panic message is in the log")]
    BrokeOff,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Repository(repository::Error::NoRepository(_) | repository::Error::Name(_)) => StatusCode::NOT_FOUND,
            Self::Dumb => StatusCode::FORBIDDEN,
            Self::Cgi(CgiError::Request(_)) => StatusCode::BAD_REQUEST,
            Self::Repository(_) | Self::Cgi(_) | Self::BrokeOff => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, format!("{self}\n")).into_response()
    }
}

/// Whether a client that begins so wants to push.
pub(crate) fn is_push(query: Option<&str>) -> bool {
    query == Some(RECEIVE)
}

/// What a clone, a fetch or a push begins with: the branches, and what we can do.
pub(crate) async fn advertise(
    context: &Context,
    name: &str,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let query = query.filter(|query| [RECEIVE, "service=git-upload-pack"].contains(query)).ok_or(Error::Dumb)?;
    let store = existing(context, name)?;
    let call = Call { root: store.root(), name, method: "GET", service: "info/refs", query };
    Ok(call.start(&context.supervisor, headers, None).await?.stream())
}

/// A clone or a fetch; its answer may be long.
pub(crate) async fn fetch(context: &Context, name: &str, request: Request) -> Result<Response, Error> {
    let store = existing(context, name)?;
    let (parts, body) = request.into_parts();
    let body = Body::receive(body, store.root()).await?;
    let call = Call { root: store.root(), name, method: "POST", service: "git-upload-pack", query: "" };
    Ok(call.start(&context.supervisor, &parts.headers, Some(body)).await?.stream())
}

/// A push; its answer is short. `then` gets the repository, still held, and who pushed.
pub(crate) async fn push<T, F>(context: Context, name: String, request: Request, then: T) -> Result<Response, Error>
where
    T: FnOnce(Held, String) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let store = existing(&context, &name)?;
    let (parts, body) = request.into_parts();
    let body = Body::receive(body, store.root()).await?;
    // A task of its own: once branches may move, a client that goes away must not keep from others what became of them.
    let pushing = tokio::spawn(async move { receive(&context, &store, &name, &parts.headers, body, then).await });
    pushing.await.unwrap_or(Err(Error::BrokeOff))
}

async fn receive<T, F>(
    context: &Context,
    store: &Store,
    name: &str,
    headers: &HeaderMap,
    body: Body,
    then: T,
) -> Result<Response, Error>
where
    T: FnOnce(Held, String) -> F,
    F: Future<Output = ()>,
{
    let held = store.hold(name).await?;
    let call = Call { root: store.root(), name, method: "POST", service: "git-receive-pack", query: "" };
    let answer = call.start(&context.supervisor, headers, Some(body)).await?.collect().await?;
    then(held, pusher(headers)).await;
    Ok(answer)
}

/// The store, when it has that repository.
fn existing(context: &Context, name: &str) -> Result<Store, Error> {
    let store = Store::new(&context.state);
    store.check(name)?;
    Ok(store)
}

/// Who pushes: whom the local cloud names, where IAM is enforced. Else the user of basic authentication is an access key,
/// perhaps with a token behind it as the helper of AWS's command line has it; nobody is asked for one, so that a plain `git
/// push` works, and is the author's; who gives one that cannot be read is nobody's.
fn pusher(headers: &HeaderMap) -> String {
    if let Some(caller) = identity::named(headers) {
        return caller.arn;
    }
    if !headers.contains_key(header::AUTHORIZATION) {
        return AUTHOR.arn.to_owned();
    }
    identity::of_key(&user(headers).unwrap_or_default()).arn
}

/// The user of basic authentication, without what the helper of AWS's command line puts behind it.
pub(crate) fn user(headers: &HeaderMap) -> Option<String> {
    let (scheme, credentials) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (user, _password) = credentials.split_once(':')?;
    let key = user.split_once('%').map_or(user, |(key, _token)| key);
    Some(key.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn pusher_with(authorization: &str) -> String {
        pusher(&HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(authorization).unwrap())]))
    }

    #[test]
    fn the_user_name_is_the_access_key() {
        let basic = |credentials: &str| pusher_with(&format!("Basic {}", STANDARD.encode(credentials)));
        assert_eq!(basic("approver:approver"), identity::APPROVER.arn);
        assert_eq!(basic("approver%token:20260101T000000Zsignature"), identity::APPROVER.arn);
        assert_eq!(basic("author:"), AUTHOR.arn);
        assert_eq!(basic("somebody:author"), "arn:aws:iam::000000000000:root");
        assert_eq!(basic(":author"), "arn:aws:iam::000000000000:root");
    }

    #[test]
    fn whom_the_local_cloud_names_pushes_whatever_the_user_name_says() {
        let arn = "arn:aws:sts::000000000000:assumed-role/r/s";
        let user = format!("Basic {}", STANDARD.encode("author:author"));
        let headers = [(header::AUTHORIZATION, user.as_str()), ("x-flowgate-caller".parse().unwrap(), arn)];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_str(value).unwrap()));
        assert_eq!(pusher(&HeaderMap::from_iter(headers)), arn);
    }

    #[test]
    fn who_says_nothing_is_the_author_and_who_cannot_be_read_is_not() {
        assert_eq!(pusher(&HeaderMap::new()), AUTHOR.arn);
        for unreadable in ["", "Basic", "Basic !", "Bearer abc", "Basic YXBwcm92ZXI="] {
            assert_eq!(pusher_with(unreadable), "arn:aws:iam::000000000000:root", "{unreadable:?}");
        }
    }
}
