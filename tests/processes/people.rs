//! What people and pipelines do with leases, again and again.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::function::Function;
use crate::stacks::Preview;
use crate::world::{World, ask};

/// A lease that somebody has, with the stack that was deployed under it.
pub(crate) struct Deployed {
    pub(crate) token: u64,
    pub(crate) id: String,
}

/// Claims the name for an hour, or for as long as is said.
pub(crate) async fn claim(lease: &Function, stack: &str, more: Value) -> u64 {
    let mut request =
        json!({"operation": "claim", "stack": stack, "holder": Uuid::new_v4(), "ttl": 3600, "source": "a test"});
    request.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    ask(lease, &request).await.unwrap()["token"].as_u64().unwrap()
}

/// Gives the name back.
pub(crate) async fn release(lease: &Function, stack: &str, token: u64) {
    ask(lease, &json!({"operation": "release", "stack": stack, "token": token})).await.unwrap();
}

impl World {
    /// Claims, deploys and binds a preview that is a little different.
    pub(crate) async fn deployed(
        &self,
        lease: &Function,
        stack: &str,
        claimed: Value,
        change: impl FnOnce(&mut Preview<'_>),
    ) -> Deployed {
        let token = claim(lease, stack, claimed).await;
        let mut preview = self.preview(stack, token);
        change(&mut preview);
        let id = self.create(preview).await;
        let bind = json!({"operation": "bind", "stack": stack, "token": token, "stack_id": id});
        ask(lease, &bind).await.unwrap();
        Deployed { token, id }
    }

    /// Likewise, and gives the name back: sweep may delete the stack, if nothing is in the way.
    pub(crate) async fn released(
        &self,
        lease: &Function,
        stack: &str,
        claimed: Value,
        change: impl FnOnce(&mut Preview<'_>),
    ) -> String {
        let Deployed { token, id } = self.deployed(lease, stack, claimed, change).await;
        release(lease, stack, token).await;
        id
    }

    /// CloudFormation's status of a stack of this id.
    pub(crate) async fn status(&self, id: &str) -> String {
        let found = flowgate::cloud::stack_wait::find(&self.cloudformation(), id).await.unwrap();
        found.unwrap_or_else(|| panic!("no stack {id}")).status
    }
}
