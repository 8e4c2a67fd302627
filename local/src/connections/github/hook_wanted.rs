//! What a webhook is to be.

use std::net::IpAddr;

use reqwest::Url;
use serde::Deserialize;

use super::super::hooks::{Config, ContentType, EVERYTHING, Hook};
use super::refused::Refused;

/// What is told here; beside it every webhook hears pings.
const EVENTS: [&str; 4] = ["create", "delete", "pull_request", "push"];

/// A webhook to be made.
#[derive(Debug, Deserialize)]
pub(super) struct Create {
    name: Option<String>,
    config: Option<Wanted>,
    events: Option<Vec<String>>,
    active: Option<bool>,
}

/// What is to become of one.
#[derive(Debug, Deserialize)]
pub(super) struct Edit {
    config: Option<Wanted>,
    events: Option<Vec<String>>,
    #[serde(default)]
    add_events: Vec<String>,
    #[serde(default)]
    remove_events: Vec<String>,
    active: Option<bool>,
}

/// Its configuration, of which only the address must be there.
#[derive(Debug, Deserialize)]
struct Wanted {
    url: Option<String>,
    content_type: Option<ContentType>,
    secret: Option<String>,
    insecure_ssl: Option<Switch>,
}

/// GitHub takes both forms.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Switch {
    Text(String),
    Number(f64),
}

impl Create {
    pub(super) fn checked(self) -> Result<(Config, Vec<String>, bool), Refused> {
        if self.name.is_some_and(|name| name != "web") {
            return Err(Refused::hook("name is web, or not given"));
        }
        let config = self.config.ok_or_else(|| Refused::hook("Config must contain URL for webhooks"))?;
        let events = self.events.unwrap_or_else(|| vec!["push".to_owned()]);
        Ok((config.checked(None)?, known(events)?, self.active.unwrap_or(true)))
    }
}

impl Edit {
    /// Without a secret in its configuration a webhook has none any more.
    pub(super) fn of(self, hook: Hook) -> Result<Hook, Refused> {
        let config = match self.config {
            Some(wanted) => wanted.checked(Some(hook.config.url))?,
            None => hook.config,
        };
        let mut events = self.events.unwrap_or(hook.events);
        events.extend(self.add_events);
        events.retain(|event| !self.remove_events.contains(event));
        Ok(Hook { config, events: known(events)?, active: self.active.unwrap_or(hook.active), ..hook })
    }
}

impl Wanted {
    fn checked(self, before: Option<String>) -> Result<Config, Refused> {
        let url = self.url.or(before).ok_or_else(|| Refused::hook("Config must contain URL for webhooks"))?;
        is_here(&url)?;
        Ok(Config {
            url,
            content_type: self.content_type.unwrap_or_default(),
            secret: self.secret.filter(|secret| !secret.is_empty()),
            insecure_ssl: self.insecure_ssl.is_some_and(|switch| switch.is_on()),
        })
    }
}

impl Switch {
    fn is_on(&self) -> bool {
        match self {
            Self::Text(text) => text == "1",
            Self::Number(number) => *number != 0.0,
        }
    }
}

/// Nothing that happens in the local cloud leaves this machine.
fn is_here(url: &str) -> Result<(), Refused> {
    let parsed = Url::parse(url).map_err(|why| Refused::hook(&format!("url {url:?} is none: {why}")))?;
    let host = parsed.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    if parsed.scheme() == "http" && is_loopback {
        return Ok(());
    }
    let why = "the local cloud tells webhooks on this machine only: give an address that begins with http://127.0.0.1 or \
               http://localhost";
    Err(Refused::hook(&format!("url {url:?} is elsewhere: {why}")))
}

/// Each once, in an order of their own.
fn known(mut events: Vec<String>) -> Result<Vec<String>, Refused> {
    if let Some(other) = events.iter().find(|event| *event != EVERYTHING && !EVENTS.contains(&event.as_str())) {
        let told = EVENTS.join(", ");
        return Err(Refused::hook(&format!("event {other:?} is not told here: {told} and {EVERYTHING:?} are")));
    }
    events.sort();
    events.dedup();
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_told() {
        for url in ["http://127.0.0.1:80/x", "http://localhost:1/", "http://[::1]:2/a?b=c", "http://127.9.9.9"] {
            assert!(is_here(url).is_ok(), "{url}");
        }
        for url in [
            "https://127.0.0.1/",
            "http://example.com/",
            "http://10.0.0.1/",
            "http://169.254.169.254/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1@example.com/",
            "ftp://127.0.0.1/",
            "127.0.0.1",
            "",
        ] {
            assert!(is_here(url).is_err(), "{url}");
        }
    }
}
