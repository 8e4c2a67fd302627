//! Everything but the function, in memory.

use std::{cell::RefCell, collections::BTreeSet};

use jiff::{SignedDuration, Timestamp};
use pipeline_aws::{
    environment::Environment,
    previewing::{Change, Home, Previewer, Settings},
    webhook::{Deliveries, DeliveryId, PassOn, ReadSecret, Secret, Webhook},
};
use pipeline_core::{
    ids::{CommitId, Nonce},
    lease::{perform::Leases, place::Place},
    memory::World,
    ports::{Clock, PortError},
    preview::{
        look::Previewing,
        pull::{Pull, PullStatus},
        settings,
        subject::Subject,
    },
};
use secrecy::SecretString;
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

pub(crate) const SECRET: &str = "SENTINEL-SECRET";
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-2";
pub(crate) const REPOSITORY: &str = "MyDemoRepo";

/// Everything but the function.
pub(crate) struct Town {
    pub(crate) world: World,
    home: Home,
    known: RefCell<BTreeSet<DeliveryId>>,
    /// What the function told itself.
    pub(crate) told: RefCell<Vec<String>>,
}

impl Deliveries for Town {
    async fn is_known(&self, id: &DeliveryId) -> Result<bool, PortError> {
        Ok(self.known.borrow().contains(id))
    }

    async fn remember(&self, id: &DeliveryId) -> Result<(), PortError> {
        self.known.borrow_mut().insert(id.clone());
        Ok(())
    }
}

impl PassOn for Town {
    async fn pass_on(&self, change: &Change) -> Result<(), PortError> {
        self.told.borrow_mut().push(serde_json::to_string(change).unwrap());
        Ok(())
    }
}

impl ReadSecret for &Town {
    async fn read(&self) -> Result<SecretString, PortError> {
        Ok(SECRET.into())
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn commit(digits: &str) -> CommitId {
    digits.repeat(40 / digits.len()).parse().unwrap()
}

pub(crate) fn pull(number: u64, head: &str) -> Pull {
    Pull {
        number,
        status: PullStatus::Open,
        is_draft: false,
        is_fork: false,
        head: commit(head),
        branch: Some(format!("topic-{number}")),
        author: "ada".to_owned(),
        updated: at("2026-11-22T12:00:00Z"),
    }
}

impl Town {
    /// With pull requests of CodeCommit.
    pub(crate) fn new(pulls: impl IntoIterator<Item = Pull>) -> Self {
        let place = Place { account: ACCOUNT.into(), region: REGION.into(), service: "shop".into() };
        let home = Home { place, repository: Some(REPOSITORY.to_owned()) };
        let world = World::new(at("2026-11-22T12:00:00Z"));
        let town = Self { world, home, known: RefCell::default(), told: RefCell::default() };
        pulls.into_iter().for_each(|pull| town.shows(pull));
        town
    }

    pub(crate) fn of_github(pulls: impl IntoIterator<Item = Pull>) -> Self {
        let town = Self::new(pulls);
        Self { home: Home { repository: None, ..town.home }, ..town }
    }

    /// From now on the host shows it so.
    pub(crate) fn shows(&self, pull: Pull) {
        let mut pulls = self.world.previews.pulls.borrow_mut();
        pulls.entry(pull.number).or_default().push((self.world.now(), pull));
    }

    /// What the function makes of an event, as a process that just started.
    pub(crate) fn handle(&self, event: &str) -> Result<Value, String> {
        let settings = settings();
        let leases = Leases {
            clock: &self.world,
            store: &self.world,
            stacks: &self.world,
            executions: &self.world,
            place: self.home.place.clone(),
            margin: SignedDuration::from_mins(1),
            nonce: || Nonce::from_random(Uuid::new_v4()),
        };
        let previewer = Previewer {
            previewing: Previewing {
                clock: &self.world,
                store: &self.world,
                pulls: &self.world,
                stacks: &leases,
                pipeline: &self.world,
                announce: &self.world,
                settings: &settings,
                ids: Uuid::new_v4,
            },
            webhook: Webhook {
                clock: &self.world,
                secret: Some(Secret::new(self)),
                deliveries: self,
                worker: self,
                repository: "octocat/Hello-World".to_owned(),
            },
            home: self.home.clone(),
        };
        let event: &RawValue = serde_json::from_str(event).unwrap();
        let deadline = self.world.now() + SignedDuration::from_mins(5);
        let deadline = deadline.as_millisecond().try_into().unwrap();
        let handled = self.world.run(previewer.handle(event, deadline)).unwrap();
        handled.map(|answer| serde_json::from_str(answer.get()).unwrap()).map_err(|error| error.to_string())
    }

    /// It is done with, and answered with nothing.
    pub(crate) fn takes(&self, event: &Value) {
        assert_eq!(self.handle(&event.to_string()), Ok(Value::Null), "{event}");
    }

    /// What was started, as the preview and its commit.
    pub(crate) fn started(&self) -> Vec<(Subject, CommitId)> {
        let started = self.world.previews.started.borrow();
        started.iter().map(|(_, start)| (start.subject.clone(), start.head.commit.clone())).collect()
    }

    pub(crate) fn phase(&self, subject: &str) -> Option<&'static str> {
        let records = self.world.previews.records.borrow();
        records.get(&subject.parse().unwrap()).map(|preview| preview.phase.name())
    }

    /// Nothing was read, and nothing written.
    pub(crate) fn is_untouched(&self) -> bool {
        self.world.effects.borrow().is_empty()
    }
}

fn settings() -> settings::Settings {
    Settings::read(&Environment(&|name| read(name, &[]))).unwrap().previews
}

pub(crate) fn read(name: &str, changed: &[(&str, Option<&str>)]) -> Option<String> {
    let usual = [
        ("AWS_LAMBDA_FUNCTION_NAME", "shop-flowgate-preview"),
        ("OWN_STACK", "arn:aws:cloudformation:us-east-2:123456789012:stack/shop-flowgate/1"),
        ("PIPELINE", "shop-flowgate-previews"),
        ("PROVIDER", "CodeCommit"),
        ("QUOTA", "20"),
        ("QUOTA_PER_AUTHOR", "5"),
        ("REPOSITORY", REPOSITORY),
        ("SERVICE", "shop"),
        ("STATE_TABLE", "state"),
        ("TTL", "72h"),
    ];
    let other = changed.iter().find(|(known, _)| *known == name).map(|(_, value)| value.map(str::to_owned));
    let usual = usual.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    other.unwrap_or(usual)
}

pub(crate) fn of_pull(what: &str, number: &Value) -> Value {
    let detail = json!({
        "event": what, "pullRequestId": number, "repositoryNames": [REPOSITORY], "isMerged": "False",
        "pullRequestStatus": "Open", "sourceReference": "refs/heads/topic", "creationDate": "Tue Feb 9 2019 10:18:42 PDT ",
    });
    by_codecommit("CodeCommit Pull Request State Change", &detail)
}

pub(crate) fn by_codecommit(kind: &str, detail: &Value) -> Value {
    json!({
        "version": "0", "id": "98377d67-EXAMPLE", "detail-type": kind, "source": "aws.codecommit", "account": ACCOUNT,
        "time": "2026-11-22T12:00:00Z", "region": REGION,
        "resources": [format!("arn:aws:codecommit:{REGION}:{ACCOUNT}:{REPOSITORY}")], "detail": detail,
    })
}

pub(crate) fn deleted(branch: &str) -> Value {
    let detail = json!({
        "event": "referenceDeleted", "repositoryName": REPOSITORY, "repositoryId": "r", "referenceType": "branch",
        "referenceName": branch, "referenceFullName": format!("refs/heads/{branch}"), "oldCommitId": "26a8f2EXAMPLE",
    });
    by_codecommit("CodeCommit Repository State Change", &detail)
}

pub(crate) fn up(commit: &CommitId) -> Value {
    json!({"operation": "up", "developer": "alice", "commit": commit, "branch": "dev/alice"})
}
