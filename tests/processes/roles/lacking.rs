//! A role that somebody took a permission from: what needs it is not done, and whoever asks is told what is missing.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::buckets::role;
use crate::function::Function;
use crate::near_misses::exporting;
use crate::people::{claim, release};
use crate::plan::{full, snapshot};
use crate::world::{World, ask, entry, run};

/// A stack that was released, with an export and a role.
const RELEASED: &str = "shop-pr-1";
/// A stack that is being deleted, whose bucket is full.
const FULL: &str = "shop-pr-2";
/// A name that was released, which an execution had entered.
const ENTERED: &str = "shop-pr-3";

/// What sweep lacks in turn, and about which of these then nothing can be done.
const SWEEP_LACKS: [(&str, &str); 9] = [
    ("cloudformation:DescribeStacks", RELEASED),
    ("cloudformation:ListStackResources", RELEASED),
    ("cloudformation:ListImports", RELEASED),
    ("iam:GetRole", RELEASED),
    ("dynamodb:GetItem", RELEASED),
    ("dynamodb:PutItem", RELEASED),
    ("s3:GetBucketTagging", FULL),
    ("s3:ListBucketVersions", FULL),
    ("codepipeline:GetPipelineExecution", ENTERED),
];

impl World {
    /// The function as it is when its role lacks this permission.
    async fn lacking(&self, function: &str, action: &str) -> Function {
        let others = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "NotAction": action, "Resource": "*"},
        ]});
        self.function_as(function, &self.session(function, Some(others)).await)
    }

    async fn with_all_that_sweep_looks_at(&self, lease: &Function) {
        self.released(lease, RELEASED, json!({}), |preview| {
            preview.template = exporting();
            preview.template["Resources"]["Role"] = role();
        })
        .await;
        let entered = claim(lease, ENTERED, json!({})).await;
        let execution = Uuid::new_v4();
        let enter = json!({"operation": "enter", "stack": ENTERED, "token": entered, "pipeline": "shop-preview",
            "execution": execution});
        ask(lease, &enter).await.unwrap();
        release(lease, ENTERED, entered).await;
        let full = full(self, lease, FULL).await;
        self.store([full]).await;
        self.codepipeline.execution(&execution.to_string(), "Failed");
        for stack in [RELEASED, FULL, ENTERED] {
            self.postpone(stack).await;
        }
    }

    /// What must not change: stacks, how leases stand, and what is in the bucket.
    async fn standing(&self) -> (Vec<(String, Value)>, impl PartialEq + std::fmt::Debug, usize) {
        let (leases, stacks) = snapshot(self).await;
        let states = leases.into_iter().map(|(stack, record)| (stack, state(record))).collect();
        (states, stacks, self.versions(&format!("{FULL}-bucket")).await.len())
    }
}

/// Without the count of failed deletions: that the latest one failed is noted before anything is tried again.
fn state(mut record: Value) -> Value {
    let mut state = record["state"].take();
    state.as_object_mut().unwrap().remove("attempts");
    state
}

#[tokio::test]
async fn i10_who_lacks_a_permission_says_so_and_changes_nothing() {
    let world = World::new().await;
    let lease = world.lease();
    world.with_all_that_sweep_looks_at(&lease).await;
    sweep_keeps(&world).await;
    sweep_stops(&world).await;
    lease_refuses(&world).await;

    // Nothing but the permissions was in the way.
    for stack in [RELEASED, FULL, ENTERED] {
        world.hasten(stack).await;
    }
    let report = run(&world.sweep(&[]), &json!({"mode": "apply"})).await;
    for (stack, step) in [(RELEASED, "delete"), (FULL, "retry"), (ENTERED, "await")] {
        let entry = entry(&report, stack);
        assert_eq!((&entry["step"], &entry["outcome"]), (&json!(step), &json!("done")), "{report:#}");
    }
}

async fn sweep_keeps(world: &World) {
    for (action, stack) in SWEEP_LACKS {
        let sweep = world.lacking("sweep", action).await;
        let before = world.standing().await;
        world.hasten(stack).await;
        let report = run(&sweep, &json!({"mode": "apply"})).await;
        let entry = entry(&report, stack);
        let told = ["reason", "detail"].map(|field| entry[field].as_str().unwrap_or_default());
        assert!(told.iter().any(|told| told.contains(action)), "without {action}: {report:#}");
        assert_ne!(entry["outcome"], "done", "without {action}: {report:#}");
        assert_eq!(world.standing().await, before, "without {action}: {report:#}");
        world.postpone(stack).await;
    }
}

/// What a run as a whole needs.
async fn sweep_stops(world: &World) {
    for action in ["dynamodb:Query", "ssm:GetParameter"] {
        let sweep = world.lacking("sweep", action).await;
        let before = world.standing().await;
        world.hasten(RELEASED).await;
        let told = match sweep.invoke(&json!({"mode": "apply"}).to_string()).await {
            Ok(report) => report.to_string(),
            Err(failure) => failure.to_string(),
        };
        assert!(told.contains(action), "without {action}: {told}");
        assert_eq!(world.standing().await, before, "without {action}: {told}");
        world.postpone(RELEASED).await;
    }
}

async fn lease_refuses(world: &World) {
    let token = claim(&world.lease(), "shop-pr-9", json!({})).await;
    let claiming = json!({
        "operation": "claim", "stack": "shop-pr-8", "holder": Uuid::new_v4(), "ttl": 60, "source": "a test",
    });
    for (action, request) in [
        ("dynamodb:GetItem", claiming.clone()),
        ("dynamodb:PutItem", claiming),
        ("dynamodb:PutItem", json!({"operation": "release", "stack": "shop-pr-9", "token": token})),
        ("dynamodb:Query", json!({"operation": "list"})),
        ("cloudformation:DescribeStacks", json!({"operation": "bind", "stack": "shop-pr-9", "token": token})),
    ] {
        let lease = world.lacking("lease", action).await;
        let before = snapshot(world).await;
        let refusal = ask(&lease, &request).await.expect_err(action);
        let message = refusal["message"].as_str().unwrap();
        assert!(refusal["code"] == "Unavailable" && message.contains(action), "without {action}: {refusal}");
        assert_eq!(snapshot(world).await, before, "without {action}");
    }
}
