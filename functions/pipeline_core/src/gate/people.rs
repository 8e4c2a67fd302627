//! Who is behind a principal. Everything that counts or excludes people looks here, so that one person under two
//! identities is one.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};

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

/// The map of principals to people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    users: BTreeMap<String, Person>,
    roles: BTreeMap<Role, Sessions>,
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
    /// Reads the map: a JSON object of principal ARN → e-mail address, or role ARN → `sso`.
    pub fn parse(text: &str) -> Result<Self, InvalidPeople> {
        let Entries(entries) = serde_json::from_str(text)
            .map_err(|error| InvalidPeople(format!("it is not a JSON object of texts (line {})", error.line())))?;
        let mut people = Self::default();
        for (arn, meaning) in entries {
            people.add(&arn, &meaning)?;
        }
        Ok(people)
    }

    fn add(&mut self, arn: &str, meaning: &str) -> Result<(), InvalidPeople> {
        let invalid = |why: &str| InvalidPeople(format!("{arn}: {why}"));
        let principal = Principal::of(arn).ok_or_else(|| invalid("it is not the ARN of a user or a role"))?;
        let person = || Person::of(meaning).ok_or_else(|| invalid("it maps to neither an e-mail address nor sso"));
        let earlier = match principal {
            Principal::Root => return Err(invalid("the root user is nobody; remove it")),
            Principal::Session { .. } => return Err(invalid("it is one session of a role; name the role")),
            Principal::User => self.users.insert(arn.to_owned(), person()?).is_some(),
            Principal::Role(role) if meaning == "sso" => self.roles.insert(role, Sessions::Named).is_some(),
            Principal::Role(role) => self.roles.insert(role, Sessions::Person(person()?)).is_some(),
        };
        if earlier { Err(invalid("it is named twice")) } else { Ok(()) }
    }

    /// The person behind a principal. Root is nobody, and so is whoever the map does not name.
    pub fn person(&self, arn: &str) -> Option<Person> {
        match Principal::of(arn)? {
            Principal::User => self.users.get(arn).cloned(),
            Principal::Session { role, name } => match self.roles.get(&role)? {
                Sessions::Person(person) => Some(person.clone()),
                Sessions::Named => Person::of(&name),
            },
            Principal::Role(_) | Principal::Root => None,
        }
    }

    /// Everybody the map names; `None` when a role stands for people whom only their sessions name.
    pub fn everybody(&self) -> Option<Vec<&Person>> {
        let of_roles = self.roles.values().map(|sessions| match sessions {
            Sessions::Person(person) => Some(person),
            Sessions::Named => None,
        });
        self.users.values().map(Some).chain(of_roles).collect()
    }
}

/// Whether the ARN is that of an account's root user.
pub fn is_root(arn: &str) -> bool {
    matches!(Principal::of(arn), Some(Principal::Root))
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
            let found = people.person(arn).map_or_else(|| "nobody".to_owned(), |person| person.to_string());
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
            (r#"{"alice": "alice@example.com"}"#, "alice: it is not the ARN of a user or a role"),
            (r#"{"arn:aws:iam::1:user/": "a@b"}"#, "it is not the ARN"),
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
    fn everybody_is_known_unless_a_role_stands_for_whoever_has_it() {
        assert!(People::parse(MAP).unwrap().everybody().is_none());
        let people = People::parse(r#"{"arn:aws:iam::1:user/a": "a@b", "arn:aws:iam::1:role/c": "c@d"}"#).unwrap();
        assert_eq!(people.everybody().unwrap().len(), 2);
    }
}
