//! Where IAM is enforced, actions, builds and rules may do what their roles may, and nothing else.

mod build;
mod change_sets;
mod deploy;
mod jobs;
mod people;
mod source;

use flowgate::actions::jobs::Jobs;
use flowgate::cloud::authority::Iam;
use flowgate::cloud::client::ACCOUNT;
use flowgate::pipeline::action::Request;
use serde_json::{Value, json};

use crate::world::World;

/// An action, and what it is allowed on.
pub(crate) type Needs = [(&'static str, String)];

pub(crate) async fn world() -> World {
    World::start(None, Jobs::default(), Iam::Enforce).await
}

pub(crate) fn objects(keys: &str) -> String {
    format!("arn:aws:s3:::{}/{keys}", crate::world::BUCKET)
}

/// A role that a service may assume, without permissions.
pub(crate) async fn role(world: &World, name: &str, trusted: Value) -> String {
    let trust = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}]});
    let create = aws_sdk_iam::Client::new(&world.context.sdk).create_role().role_name(name);
    create.assume_role_policy_document(trust.to_string()).send().await.unwrap();
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

pub(crate) fn service(name: &str) -> Value {
    json!({"Service": format!("{name}.amazonaws.com")})
}

/// Allows a role this, and nothing else.
pub(crate) async fn allow<'a>(world: &World, role: &str, needs: impl Iterator<Item = &'a (&'static str, String)>) {
    let statement =
        |(action, resource): &(&str, String)| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let client = aws_sdk_iam::Client::new(&world.context.sdk);
    let statements: Vec<Value> = needs.map(statement).collect();
    if statements.is_empty() {
        drop(client.delete_role_policy().role_name(role).policy_name("P").send().await);
        return;
    }
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    client.put_role_policy().role_name(role).policy_name("P").policy_document(policy).send().await.unwrap();
}

/// Takes each permission away from the role, and expects the action to fail for just that; then it has all.
pub(crate) async fn needs_each(world: &World, role: &str, request: &Request, needs: &Needs) {
    for missing in needs {
        allow(world, role, needs.iter().filter(|need| *need != missing)).await;
        let refusal = world.refusal(request).await;
        assert!(refusal.starts_with("PermissionError: "), "without {missing:?}: {refusal}");
        assert!(refusal.contains(&format!("assumed-role/{role}/")), "without {missing:?}: {refusal}");
        assert!(refusal.contains(missing.0), "without {missing:?}: {refusal}");
        assert!(refusal.ends_with("; allow it in the policies of that role, then retry"), "{refusal}");
    }
    allow(world, role, needs.iter()).await;
}
