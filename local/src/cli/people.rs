//! Who is who in the local cloud: its people, and whoever works at this machine.

use aws_config::SdkConfig;
use serde_json::{Map, Value, json};

use super::call::CallError;
use super::parameter;
use super::service::Service;
use crate::identity::{APPROVER, AUTHOR, Identity, PEOPLE};
use crate::repository::{self, NEUTRAL};

/// What a login on GitHub begins with in the map.
const LOGIN: &str = "github:";

/// Tells the gate who is who: makes the service's map, or adds to one of ours what is missing. Somebody else's is left alone.
pub(super) async fn introduce(sdk: &SdkConfig, service: &Service) -> Result<(), CallError> {
    let client = aws_sdk_ssm::Client::new(sdk);
    let name = format!("/flowgate/{}/people", service.name);
    let stands = parameter::read(&client, &name).await?;
    let (_, own) = repository::committer(&service.folder).await;
    match wanted(stands.as_deref(), &own) {
        Some(people) => parameter::write(&client, &name, Value::Object(people).to_string(), stands.is_some()).await,
        None => Ok(()),
    }
}

/// The map to write; none where what stands is enough, or not ours.
fn wanted(stands: Option<&str>, own: &str) -> Option<Map<String, Value>> {
    let Some(stands) = stands else { return Some(map(own)) };
    let stands: Map<String, Value> = serde_json::from_str(stands).ok().filter(is_ours)?;
    let missing: Vec<_> = map(own).into_iter().filter(|(name, _)| !has(&stands, name)).collect();
    (!missing.is_empty()).then(|| stands.into_iter().chain(missing).collect())
}

/// The people map of a new service: by ARN, and as a login where the source is on GitHub. Whoever works here pushes as the
/// author and commits under `own`, and what is committed in nobody's name is theirs, too: the gate has to know them for one.
fn map(own: &str) -> Map<String, Value> {
    let names = |person: Identity| {
        let login = format!("{LOGIN}{}", person.name);
        [person.arn.to_owned(), login].map(|name| (name, json!(person.email)))
    };
    let addresses = [NEUTRAL.1.to_owned(), own.to_lowercase()].into_iter().filter(|address| !is_a_persons(address));
    PEOPLE.into_iter().flat_map(names).chain(addresses.map(|address| (address, json!(AUTHOR.email)))).collect()
}

/// Whether flowgate wrote it: but for addresses of the author it names just whom a flowgate of some time names.
fn is_ours(map: &Map<String, Value>) -> bool {
    let is_name = |name: &str| name.starts_with("arn:") || name.starts_with(LOGIN);
    let rest: Map<_, _> = map.clone().into_iter().filter(|(name, who)| is_name(name) || *who != AUTHOR.email).collect();
    let first = Map::from_iter([AUTHOR, APPROVER].map(|person| (person.arn.to_owned(), json!(person.email))));
    let now: Map<_, _> = self::map(AUTHOR.email).into_iter().filter(|(name, _)| is_name(name)).collect();
    rest == first || rest == now
}

/// The case of an address means nothing, and naming one twice makes the gate refuse the whole map.
fn has(map: &Map<String, Value>, name: &str) -> bool {
    map.keys().any(|known| known.eq_ignore_ascii_case(name))
}

/// Nobody of the map may be somebody else, too.
fn is_a_persons(address: &str) -> bool {
    PEOPLE.iter().any(|person| person.email.eq_ignore_ascii_case(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORS: &str = "author@example.com";

    /// `known` and these addresses of the author.
    fn with(known: &Map<String, Value>, addresses: &[&str]) -> Map<String, Value> {
        let addresses = addresses.iter().map(|address| ((*address).to_owned(), json!(AUTHORS)));
        known.clone().into_iter().chain(addresses).collect()
    }

    fn everybody() -> Map<String, Value> {
        let known = [
            ("arn:aws:iam::000000000000:user/author", AUTHORS),
            ("arn:aws:iam::000000000000:user/approver", "approver@example.com"),
            ("arn:aws:iam::000000000000:user/reviewer", "reviewer@example.com"),
            ("github:author", AUTHORS),
            ("github:approver", "approver@example.com"),
            ("github:reviewer", "reviewer@example.com"),
        ];
        known.into_iter().map(|(name, email)| (name.to_owned(), json!(email))).collect()
    }

    fn completed(stands: &Map<String, Value>, own: &str) -> Option<Map<String, Value>> {
        wanted(Some(&json!(stands).to_string()), own)
    }

    #[test]
    fn everybody_is_known_by_arn_and_login_and_whoever_works_here_is_the_author() {
        let made = |own: &str| wanted(None, own).unwrap();
        assert_eq!(made("ada@lovelace.example"), with(&everybody(), &["flowgate@localhost", "ada@lovelace.example"]));
        // Nobody is named twice, nor as somebody else.
        for own in ["flowgate@localhost", "Flowgate@LocalHost", "Author@Example.com", "reviewer@example.com"] {
            assert_eq!(made(own), with(&everybody(), &["flowgate@localhost"]), "{own}");
        }
    }

    #[test]
    fn a_map_of_ours_gets_what_is_missing() {
        let everybody = everybody();
        let is_first = |name: &str| name.ends_with(":user/author") || name.ends_with(":user/approver");
        let first = everybody.clone().into_iter().filter(|(name, _)| is_first(name)).collect();
        for before in [&first, &with(&first, &["Old@Example.org"]), &everybody] {
            let expected: Map<_, _> =
                before.clone().into_iter().chain(with(&everybody, &["flowgate@localhost", "ada@b"])).collect();
            assert_eq!(completed(before, "Ada@b"), Some(expected));
        }
        let whole = with(&everybody, &["Flowgate@localhost", "ADA@b"]);
        assert_eq!(completed(&whole, "ada@B"), None);
    }

    #[test]
    fn a_map_of_somebody_elses_is_left_alone() {
        let everybody = everybody();
        let changed =
            |name: &str, who: Value| with(&everybody, &[]).into_iter().chain([(name.to_owned(), who)]).collect();
        let without = |gone: &str| everybody.clone().into_iter().filter(|(name, _)| name != gone).collect();
        let others: [Map<String, Value>; 7] = [
            Map::new(),
            without("arn:aws:iam::000000000000:user/reviewer"),
            without("github:author"),
            changed("github:ada", json!(AUTHORS)),
            changed("ada@b", json!("ada@b")),
            changed("github:approver", json!(AUTHORS)),
            changed("ada@b", json!(["author@example.com"])),
        ];
        for map in others {
            assert_eq!(completed(&map, "ada@b"), None, "{map:?}");
        }
        assert_eq!(wanted(Some("no map"), "ada@b"), None);
    }
}
