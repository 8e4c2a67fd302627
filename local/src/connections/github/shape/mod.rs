//! Things as GitHub shows them: pure functions over what is known of them.

pub(super) mod comment;
pub(super) mod commit;
pub(super) mod hook;
pub(super) mod pull;
pub(super) mod repository;
pub(super) mod review;
pub(super) mod status;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::ids;
use super::link::{Place, node_id};

/// What everybody is to a repository.
const ASSOCIATION: &str = "COLLABORATOR";
/// GitHub's own account, which commits what is merged there.
pub(super) const WEB_FLOW: &str = "web-flow";
/// Who stands for those whom GitHub does not know any more.
pub(super) const GHOST: &str = "ghost";

/// A time, without fractions of a second.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Gives an object more fields.
pub(super) fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

/// `simple-user`
pub(super) fn user(place: &Place, login: &str) -> Value {
    let id = match login {
        WEB_FLOW => 19_864_447,
        GHOST => 10_137,
        login => ids::of(&format!("user {login}")),
    };
    let url = format!("{}/users/{login}", place.api);
    json!({
        "login": login,
        "id": id,
        "node_id": node_id("User", id),
        "avatar_url": format!("{}/{login}.png", place.site),
        "gravatar_id": "",
        "url": url,
        "html_url": format!("{}/{login}", place.site),
        "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"),
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": "User",
        "site_admin": false,
    })
}
