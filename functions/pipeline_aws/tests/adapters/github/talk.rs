//! What people, and we, write on GitHub.

use pipeline_aws::{environment::Environment, host::Host};
use serde_json::{Value, json};

use super::{
    refusals::TOKEN,
    shapes::{pull, sha, user},
    world::{REPOSITORY, Reply, Served, USER, World, refused},
};
use crate::server::config;

/// Where the comments on pull request 7 are.
pub(super) const COMMENTS: &str = "issues/7/comments";

/// The account of our token.
pub(super) fn we() -> Value {
    let mut we = user("our-bot");
    we["id"] = json!(90_001);
    we
}

/// A comment of somebody.
pub(super) fn comment(id: u64, by: &Value, body: &str) -> Value {
    json!({
        "id": id, "node_id": "MDEyOklzc3VlQ29tbWVudDE=", "url": "u", "html_url": "h", "issue_url": "i", "body": body,
        "user": by, "created_at": "2026-11-21T12:00:00Z", "updated_at": "2026-11-21T12:00:00Z",
        "author_association": "COLLABORATOR", "performed_via_github_app": null, "reactions": {"total_count": 0},
    })
}

/// A world with pull request 7 and these comments on it, and a token that is kept in Parameter Store.
pub(super) fn world(comments: Vec<Value>) -> World {
    let mut world = World { token: Some(TOKEN.to_owned()), ..World::default() };
    world.ones.insert(String::new(), json!({"id": 1_300_192, "full_name": REPOSITORY, "private": true}));
    world.ones.insert("pulls/7".to_owned(), pull(&sha('c'), Some("alice")));
    world.ones.insert(USER.to_owned(), we());
    world.lists.insert(COMMENTS.to_owned(), comments);
    let kept = json!({"Parameter": {"Name": "/token", "Type": "SecureString", "Value": TOKEN, "Version": 1}});
    world.aws.insert("AmazonSSM.GetParameter".to_owned(), vec![Reply::new(200, &[], kept); 4].into());
    world
}

/// What a function of service `time` makes of its environment.
pub(super) fn host(served: &Served) -> Host {
    hosted(served, Some("/token"))
}

pub(super) fn hosted(served: &Served, token: Option<&str>) -> Host {
    let read = |name: &str| match name {
        "PROVIDER" => Some("GitHub".to_owned()),
        "REPOSITORY" => Some(REPOSITORY.to_owned()),
        "GITHUB_API" => Some(served.api().to_string()),
        "GITHUB_TOKEN" => token.map(str::to_owned),
        other => panic!("{other}"),
    };
    Host::new(&config(&served.address()), &Environment(&read), "time").expect("a host")
}

impl World {
    /// The comments on pull request 7: whose they are, and what they say.
    pub(super) fn said(&self) -> Vec<(u64, String)> {
        let comments = self.lists[COMMENTS].iter();
        comments
            .map(|one| (one["id"].as_u64().expect("an id"), one["body"].as_str().expect("text").to_owned()))
            .collect()
    }

    /// Writes what is asked for, as GitHub does.
    pub(super) fn write(&mut self, method: &str, path: &str, body: &Value) -> Reply {
        match (method, path.rsplit_once('/').expect("a path")) {
            ("POST", (of, "comments")) if of.starts_with("issues/") => self.add(path, &body["body"]),
            ("PATCH", ("issues/comments", id)) => self.change(id, &body["body"]),
            ("POST", ("statuses", sha)) => Reply::new(
                201,
                &[],
                json!({"id": 1, "state": body["state"], "url": format!("u/{sha}"), "creator": we()}),
            ),
            _ => refused(404, "Not Found"),
        }
    }

    fn add(&mut self, path: &str, body: &Value) -> Reply {
        let Some(list) = self.lists.get_mut(path) else { return refused(404, "Not Found") };
        let made = comment(5000 + list.len() as u64, &we(), body.as_str().expect("text"));
        list.push(made.clone());
        Reply::new(201, &[], made)
    }

    fn change(&mut self, id: &str, body: &Value) -> Reply {
        let mut comments = self.lists.values_mut().flatten();
        match comments.find(|comment| comment["id"].as_u64() == id.parse().ok()) {
            Some(comment) => {
                comment["body"] = body.clone();
                Reply::new(200, &[], &*comment)
            }
            None => refused(404, "Not Found"),
        }
    }
}
