//! CloudFormation, as leases look at it: over the stacks of the world in memory, one of each name.

use pipeline_core::{
    ids::{FencingToken, StackArn, StackName},
    memory::World,
    ports::{PortError, ReadStacks, Stack},
    sweep::{
        ports::InspectStacks,
        stack::{Resource, StackFacts, StackStatus, Standing},
    },
};

/// The output in which the world has a stack's id.
const ID: &str = "id";

/// CloudFormation.
pub(crate) struct Cloud<'a>(pub(crate) &'a World);

/// Puts a stack there, with the tags of service `shop`.
pub(crate) fn deploy(world: &World, id: &StackArn, status: &str, token: FencingToken) {
    let tags = [("flowgate:ephemeral", "true"), ("flowgate:service", "shop"), ("flowgate:token", &token.to_string())];
    let stack = Stack {
        status: status.to_owned(),
        outputs: [(ID.to_owned(), id.to_string())].into(),
        tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
    };
    world.stacks.borrow_mut().insert(id.name().to_string(), stack);
}

impl Cloud<'_> {
    async fn facts(&self, name: &StackName) -> Result<Option<StackFacts>, PortError> {
        match self.0.describe(name).await {
            Ok(stack) => Ok(Some(facts(stack))),
            Err(PortError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn facts(stack: Stack) -> StackFacts {
    StackFacts {
        id: stack.outputs[ID].parse().expect("an ARN"),
        status: StackStatus(stack.status),
        reason: None,
        tags: stack.tags,
        parent: None,
        protected: Some(false),
        role: None,
        created: jiff::Timestamp::UNIX_EPOCH,
        changed: None,
        exports: vec![],
    }
}

impl InspectStacks for Cloud<'_> {
    async fn by_id(&self, id: &StackArn) -> Result<Option<StackFacts>, PortError> {
        Ok(self.facts(&id.name()).await?.filter(|facts| facts.id == *id))
    }

    async fn by_name(&self, name: &StackName) -> Result<Option<StackFacts>, PortError> {
        Ok(self.facts(name).await?.filter(|facts| facts.status.standing() != Standing::Deleted))
    }

    async fn resources(&self, _: &StackArn) -> Result<Vec<Resource>, PortError> {
        unreachable!("a lease is not about resources")
    }

    async fn importers(&self, _: &str) -> Result<Vec<String>, PortError> {
        unreachable!("a lease is not about exports")
    }
}
