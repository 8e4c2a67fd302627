//! Who is who in the local cloud: its people, and whoever works at this machine.

use serde_json::{Value, json};
use tokio::process::Command;

use crate::identity::{AUTHOR, Identity, PEOPLE};

/// The people map of a new service: by ARN, and as a login where the source is on GitHub. Whoever works here commits under
/// `own`, an address of theirs, and pushes as the author: the gate has to know that the two are one.
pub(super) fn map(own: Option<&str>) -> Value {
    let names = |person: Identity| {
        let login = format!("github:{}", person.name);
        [person.arn.to_owned(), login].map(|name| (name, json!(person.email)))
    };
    let own = own.filter(|address| is_address(address) && !is_a_persons(address));
    PEOPLE.into_iter().flat_map(names).chain(own.map(|address| (address.to_owned(), json!(AUTHOR.email)))).collect()
}

/// The address that git gives the commits made here, if it knows one.
pub(super) async fn own_address() -> Option<String> {
    let asked = Command::new("git").args(["config", "--get", "user.email"]).output().await.ok()?;
    let address = String::from_utf8(asked.stdout).ok()?;
    Some(address.trim().to_owned()).filter(|address| !address.is_empty())
}

/// What the gate would not take for an address makes it refuse the whole map.
fn is_address(text: &str) -> bool {
    let is_plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control());
    text.split_once('@').is_some_and(|(local, domain)| is_plain(local) && is_plain(domain))
}

/// Nobody of the map may be somebody else, too.
fn is_a_persons(address: &str) -> bool {
    PEOPLE.iter().any(|person| person.email.eq_ignore_ascii_case(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_known_by_arn_and_login_and_whoever_works_here_is_the_author() {
        let people = map(Some("ada@lovelace.example"));
        let known = [
            ("arn:aws:iam::000000000000:user/author", "author@example.com"),
            ("arn:aws:iam::000000000000:user/approver", "approver@example.com"),
            ("arn:aws:iam::000000000000:user/reviewer", "reviewer@example.com"),
            ("github:author", "author@example.com"),
            ("github:approver", "approver@example.com"),
            ("github:reviewer", "reviewer@example.com"),
            ("ada@lovelace.example", "author@example.com"),
        ];
        assert_eq!(people, known.into_iter().map(|(name, email)| (name.to_owned(), json!(email))).collect::<Value>());
    }

    #[test]
    fn an_address_that_the_gate_would_refuse_is_left_out() {
        for own in ["", "ada", "@", "ada@", "a b@c", "a@b@c", "ada@b\n", "Author@Example.com", "reviewer@example.com"] {
            assert_eq!(map(Some(own)), map(None), "{own:?}");
        }
    }
}
