//! Who is behind a principal. Everything that counts or excludes people looks here, so that one person under two
//! identities is one.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};

use crate::gate::source::Identity;

/// A person: an e-mail address, whose letters' case means nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Person(String);

impl Person {
    /// The person of this address; `None` when it is none.
    pub fn of(email: &str) -> Option<Self> {
        let email = email.trim();
        let (local, domain) = email.split_once('@')?;
        let plain =
            |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control());
        (plain(local) && plain(domain)).then(|| Self(email.to_lowercase()))
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why the map cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPeople(String);

/// The map of principals, and of the addresses that people commit with, to people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    users: BTreeMap<String, Person>,
    roles: BTreeMap<Role, Sessions>,
    authors: BTreeMap<Person, Person>,
    accounts: BTreeMap<String, Person>,
}

/// Why a principal is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nobody {
    /// It is the root user, whom nobody is to be.
    Root,
    /// It is a session that should be named by an e-mail address, and is not.
    Unaddressed,
    /// The map does not name it.
    Stranger,
}

/// A role as its sessions show it: without its path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Role {
    partition: String,
    account: String,
    name: String,
}

/// Who the sessions of a role are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sessions {
    /// All of them one person.
    Person(Person),
    /// Each of them the person that its name says: an identity provider sets it, not the caller.
    Named,
}

impl People {
    /// Reads the map: a JSON object of user's ARN → e-mail address, role's ARN → e-mail address or `sso`, address that
    /// somebody commits with → their e-mail address, and `github:LOGIN` → e-mail address.
    pub fn parse(text: &str) -> Result<Self, InvalidPeople> {
        let Entries(entries) = serde_json::from_str(text)
            .map_err(|error| InvalidPeople(format!("it is not a JSON object of texts (line {})", error.line())))?;
        let mut people = Self::default();
        for (key, meaning) in entries {
            people.add(&key, &meaning)?;
        }
        match people.authors.iter().find(|(address, person)| address != person && people.is_somebody(address)) {
            Some((address, _)) => {
                Err(InvalidPeople(format!("{address}: it is a person of the map, and maps to another")))
            }
            None => Ok(people),
        }
    }

    fn add(&mut self, key: &str, meaning: &str) -> Result<(), InvalidPeople> {
        let invalid = |why: &str| InvalidPeople(format!("{key}: {why}"));
        let person = || Person::of(meaning).ok_or_else(|| invalid("it maps to neither an e-mail address nor sso"));
        if let Some(login) = key.strip_prefix(ACCOUNT) {
            let earlier = self.accounts.insert(account(login).ok_or_else(|| invalid("it names no login"))?, person()?);
            return if earlier.is_some() { Err(invalid("it is named twice")) } else { Ok(()) };
        }
        let Some(principal) = Principal::of(key) else {
            let address = Some(key).filter(|key| !key.starts_with("arn:")).and_then(Person::of);
            let address = address.ok_or_else(|| {
                invalid("it is neither the ARN of a user or a role, nor an address, nor github:LOGIN")
            })?;
            let earlier = self.authors.insert(address, person()?).is_some();
            return if earlier { Err(invalid("it is named twice")) } else { Ok(()) };
        };
        let earlier = match principal {
            Principal::Root => return Err(invalid("the root user is nobody; remove it")),
            Principal::Session { .. } => return Err(invalid("it is one session of a role; name the role")),
            Principal::User => self.users.insert(key.to_owned(), person()?).is_some(),
            Principal::Role(role) if meaning == "sso" => self.roles.insert(role, Sessions::Named).is_some(),
            Principal::Role(role) => self.roles.insert(role, Sessions::Person(person()?)).is_some(),
        };
        if earlier { Err(invalid("it is named twice")) } else { Ok(()) }
    }

    /// The person behind a name of any kind.
    pub fn behind(&self, name: &Identity) -> Result<Person, Nobody> {
        match name {
            Identity::Principal(arn) => self.person(arn),
            Identity::Address(address) => self.author(address).ok_or(Nobody::Stranger),
            Identity::Account(login) => {
                account(login).and_then(|login| self.accounts.get(&login)).cloned().ok_or(Nobody::Stranger)
            }
        }
    }

    /// What the map would have to name for somebody to be behind this name, where it can.
    pub fn entry(name: &Identity) -> Option<String> {
        match name {
            Identity::Principal(arn) => match Principal::of(arn)? {
                Principal::User => Some(arn.clone()),
                Principal::Session { role: Role { partition, account, name }, .. } => {
                    Some(format!("arn:{partition}:iam::{account}:role/{name}"))
                }
                Principal::Role(_) | Principal::Root => None,
            },
            Identity::Address(address) => Person::of(address).map(|_| address.clone()),
            Identity::Account(login) => account(login).map(|login| format!("{ACCOUNT}{login}")),
        }
    }

    /// The person behind a principal.
    pub fn person(&self, arn: &str) -> Result<Person, Nobody> {
        match Principal::of(arn) {
            Some(Principal::User) => self.users.get(arn).cloned().ok_or(Nobody::Stranger),
            Some(Principal::Session { role, name }) => match self.roles.get(&role) {
                Some(Sessions::Person(person)) => Ok(person.clone()),
                Some(Sessions::Named) => Person::of(&name).map(|address| self.who(address)).ok_or(Nobody::Unaddressed),
                None => Err(Nobody::Stranger),
            },
            Some(Principal::Root) => Err(Nobody::Root),
            Some(Principal::Role(_)) | None => Err(Nobody::Stranger),
        }
    }

    /// The person who commits with this address, when the map says who that is.
    pub fn author(&self, address: &str) -> Option<Person> {
        Person::of(address).map(|address| self.who(address)).filter(|person| self.is_somebody(person))
    }

    /// I21: whoever the map gives several addresses is one person under each of them.
    fn who(&self, address: Person) -> Person {
        self.authors.get(&address).cloned().unwrap_or(address)
    }

    fn is_somebody(&self, person: &Person) -> bool {
        let of_roles = self.roles.values().filter_map(Sessions::person);
        let others = self.authors.values().chain(self.accounts.values());
        self.users.values().chain(of_roles).chain(others).any(|somebody| somebody == person)
    }

    /// Everybody who can approve; `None` when a role stands for people whom only their sessions name.
    pub fn approvers(&self) -> Option<Vec<&Person>> {
        self.users.values().map(Some).chain(self.roles.values().map(Sessions::person)).collect()
    }
}

/// What stands before a login on GitHub.
const ACCOUNT: &str = "github:";

/// A login, whose letters' case means nothing.
fn account(login: &str) -> Option<String> {
    let is_one = !login.is_empty() && !login.contains(|c: char| c.is_whitespace() || c.is_control());
    is_one.then(|| login.to_lowercase())
}

impl Sessions {
    fn person(&self) -> Option<&Person> {
        match self {
            Self::Person(person) => Some(person),
            Self::Named => None,
        }
    }
}

/// Whether the ARN is that of somebody or something that signs in, and not of a rule, a webhook or a connection.
pub fn is_principal(arn: &str) -> bool {
    matches!(arn.split(':').collect::<Vec<_>>()[..], ["arn", _, "iam" | "sts", ..])
}

enum Principal {
    Root,
    User,
    Role(Role),
    Session { role: Role, name: String },
}

impl Principal {
    /// `arn:PARTITION:iam::ACCOUNT:user/PATH/NAME`, `…:role/PATH/NAME`, `…:root`, or
    /// `arn:PARTITION:sts::ACCOUNT:assumed-role/NAME/SESSION`.
    fn of(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, service, "", account, resource] = parts[..] else { return None };
        let role = |name: &str| Role { partition: partition.into(), account: account.into(), name: name.into() };
        match (service, resource.split_once('/')) {
            ("iam", None) if resource == "root" => Some(Self::Root),
            ("iam", Some(("user", name))) if !name.is_empty() => Some(Self::User),
            ("iam", Some(("role", path))) => {
                path.rsplit('/').next().filter(|name| !name.is_empty()).map(role).map(Self::Role)
            }
            ("sts", Some(("assumed-role", session))) => {
                let (name, session) = session.split_once('/')?;
                Some(Self::Session { role: role(name), name: session.to_owned() })
            }
            _ => None,
        }
    }
}

/// The entries as they stand, so that one that stands twice shows.
struct Entries(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Listed)
    }
}

struct Listed;

impl<'de> Visitor<'de> for Listed {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = vec![];
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = r#"{
        "arn:aws:iam::111122223333:user/alice": "alice@example.com",
        "arn:aws:iam::111122223333:user/team/bob": "Bob@Example.com",
        "arn:aws:iam::111122223333:role/deploy/robot": "robot@example.com",
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Dev_0a1b": "sso"
    }"#;

    #[test]
    fn principals_and_the_people_behind_them() {
        let people = People::parse(MAP).unwrap();
        for (arn, person) in [
            ("arn:aws:iam::111122223333:user/alice", "alice@example.com"),
            ("arn:aws:iam::111122223333:user/Alice", "nobody"),
            ("arn:aws:iam::111122223333:user/team/alice", "nobody"),
            ("arn:aws:iam::999999999999:user/alice", "nobody"),
            ("arn:aws:iam::111122223333:user/team/bob", "bob@example.com"),
            ("arn:aws:iam::111122223333:user/bob", "nobody"),
            ("arn:aws:iam::111122223333:root", "nobody"),
            ("arn:aws:sts::111122223333:assumed-role/robot/any", "robot@example.com"),
            ("arn:aws:sts::111122223333:assumed-role/robot", "nobody"),
            ("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0a1b/ALICE@example.com", "alice@example.com"),
            ("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0a1b/alice", "nobody"),
            ("arn:aws:sts::999999999999:assumed-role/AWSReservedSSO_Dev_0a1b/alice@example.com", "nobody"),
            ("arn:aws-cn:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0a1b/alice@example.com", "nobody"),
            ("arn:aws:sts::111122223333:assumed-role/Other/alice@example.com", "nobody"),
            ("arn:aws:iam::111122223333:role/deploy/robot", "nobody"),
            ("alice@example.com", "nobody"),
            ("", "nobody"),
        ] {
            let found = people.person(arn).map_or_else(|_| "nobody".to_owned(), |person| person.to_string());
            assert_eq!(found, person, "{arn}");
        }
    }

    #[test]
    fn a_map_that_could_mislead_is_refused_by_its_entry() {
        for (text, words) in [
            ("", "not a JSON object"),
            ("[]", "not a JSON object"),
            ("null", "not a JSON object"),
            (r#"{"arn:aws:iam::1:user/a": 7}"#, "not a JSON object"),
            (
                r#"{"alice": "alice@example.com"}"#,
                "alice: it is neither the ARN of a user or a role, nor an address, nor github:LOGIN",
            ),
            (r#"{"arn:aws:iam::1:user/": "a@b"}"#, "it is neither the ARN"),
            (r#"{"arn:aws:iam::1:group/a@b": "a@b"}"#, "it is neither the ARN"),
            (r#"{"a@b": "sso"}"#, "neither an e-mail address nor sso"),
            (r#"{"a@b": "c@d", "A@B": "c@d"}"#, "it is named twice"),
            (
                r#"{"a@b": "c@d", "arn:aws:iam::1:user/a": "A@b"}"#,
                "a@b: it is a person of the map, and maps to another",
            ),
            (r#"{"a@b": "c@d", "c@d": "e@f"}"#, "c@d: it is a person of the map, and maps to another"),
            (r#"{"arn:aws:iam::1:root": "a@b"}"#, "the root user is nobody"),
            (r#"{"arn:aws:sts::1:assumed-role/dev/a": "a@b"}"#, "it is one session of a role; name the role"),
            (r#"{"arn:aws:iam::1:user/a": "alice"}"#, "neither an e-mail address nor sso"),
            (r#"{"arn:aws:iam::1:user/a": "sso"}"#, "neither an e-mail address nor sso"),
            (r#"{"arn:aws:iam::1:role/a": "SSO"}"#, "neither an e-mail address nor sso"),
            (r#"{"arn:aws:iam::1:user/a": "a b@c"}"#, "neither an e-mail address nor sso"),
            (r#"{"arn:aws:iam::1:user/a": "a@b@c"}"#, "neither an e-mail address nor sso"),
            (r#"{"arn:aws:iam::1:user/a": "a@b", "arn:aws:iam::1:user/a": "c@d"}"#, "it is named twice"),
            (r#"{"arn:aws:iam::1:role/a": "a@b", "arn:aws:iam::1:role/x/a": "sso"}"#, "it is named twice"),
        ] {
            let message = People::parse(text).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn authors_are_known_by_the_addresses_that_the_map_has() {
        let map = r#"{
            "arn:aws:iam::1:user/a": "alice@example.com", "arn:aws:iam::1:role/b": "bob@example.com",
            "arn:aws:iam::1:role/c": "sso", "1234+alice@users.noreply.github.com": "Alice@example.com",
            "carol@example.com": "carol@example.com"
        }"#;
        let people = People::parse(map).unwrap();
        for (address, person) in [
            ("alice@example.com", Some("alice@example.com")),
            ("1234+Alice@users.noreply.github.com", Some("alice@example.com")),
            ("BOB@example.com", Some("bob@example.com")),
            ("carol@example.com", Some("carol@example.com")),
            ("dave@example.com", None),
            ("sso", None),
            ("", None),
            ("arn:aws:iam::1:user/a", None),
        ] {
            assert_eq!(people.author(address).map(|person| person.to_string()).as_deref(), person, "{address}");
        }
    }

    #[test]
    fn who_is_nobody_is_so_for_a_reason() {
        let people = People::parse(MAP).unwrap();
        for (arn, why) in [
            ("arn:aws:iam::111122223333:root", Nobody::Root),
            ("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0a1b/alice", Nobody::Unaddressed),
            ("arn:aws:sts::111122223333:assumed-role/Other/alice@example.com", Nobody::Stranger),
            ("arn:aws:iam::111122223333:user/eve", Nobody::Stranger),
            ("", Nobody::Stranger),
        ] {
            assert_eq!(people.person(arn), Err(why), "{arn}");
        }
    }

    #[test]
    fn a_principal_is_told_by_its_service() {
        for arn in ["arn:aws:iam::1:user/a", "arn:aws:iam::1:root", "arn:aws-cn:sts::1:federated-user/a"] {
            assert!(is_principal(arn), "{arn}");
        }
        for other in ["arn:aws:events:eu-west-1:1:rule/a", "arn:aws:codepipeline:eu-west-1:1:webhook:a", "iam", ""] {
            assert!(!is_principal(other), "{other}");
        }
    }

    #[test]
    fn everybody_is_known_unless_a_role_stands_for_whoever_has_it() {
        assert!(People::parse(MAP).unwrap().approvers().is_none());
        let people = People::parse(r#"{"arn:aws:iam::1:user/a": "a@b", "arn:aws:iam::1:role/c": "c@d"}"#).unwrap();
        assert_eq!(people.approvers().unwrap().len(), 2);
    }
}
