//! Binding: only a stack that CloudFormation says is there.

use jiff::Timestamp;

use super::Leases;
use crate::{
    ids::{Nonce, StackArn},
    lease::{
        record::Lease,
        refusal::Refusal,
        request::Bind,
        store::{FindLeases, ReadLeases, WriteLeases},
        transition,
    },
    ports::{Clock, Retry, patiently},
    sweep::{
        policy,
        ports::{InspectStacks, WatchExecutions},
        stack::{StackFacts, Standing},
    },
};

impl<C, S, I, E, N> Leases<'_, C, S, I, E, N>
where
    C: Clock,
    S: ReadLeases + FindLeases + WriteLeases,
    I: InspectStacks,
    E: WatchExecutions,
    N: Fn() -> Nonce,
{
    pub(super) async fn bind(&self, bind: &Bind, until: Timestamp) -> Result<Lease, Refusal> {
        let standing = self.read(&bind.stack, until).await?;
        transition::latest(standing.as_ref(), &bind.stack, bind.token)?;
        // After the lease was read: if that still stands when we write, nobody has begun to delete the stack since.
        let id = match &bind.stack_id {
            Some(id) => self.alive(bind, id, until).await?,
            None => self.tagged(bind, until).await?,
        };
        let decide = |standing: Option<&Lease>, moment: &_| transition::bind(standing, bind, &id, &self.place, moment);
        self.change_from(standing, &bind.stack, until, decide).await
    }

    /// I4: an id that was deleted is not used again.
    async fn alive(&self, bind: &Bind, id: &StackArn, until: Timestamp) -> Result<StackArn, Refusal> {
        let wrong = |why: &str| Refusal::WrongStack { id: id.clone(), why: why.to_owned() };
        // I5: not even looked at, elsewhere.
        if !self.place.has(id, &bind.stack) {
            return Err(transition::elsewhere(id, &bind.stack, &self.place));
        }
        let found = patiently(self.clock, until, Retry::Anything, async || self.stacks.by_id(id).await).await?;
        let facts = found.ok_or_else(|| wrong("CloudFormation knows no such stack"))?;
        match facts.status.standing() {
            Standing::Deleted | Standing::Deleting => Err(wrong(&format!("it is {}", facts.status.0))),
            Standing::Settled | Standing::InProgress | Standing::DeleteFailed | Standing::Untouchable => Ok(facts.id),
        }
    }

    async fn tagged(&self, bind: &Bind, until: Timestamp) -> Result<StackArn, Refusal> {
        let found =
            patiently(self.clock, until, Retry::Anything, async || self.stacks.by_name(&bind.stack).await).await?;
        let missing = || Refusal::BadRequest(format!("stack {} does not exist; deploy it first", bind.stack));
        let facts = found.ok_or_else(missing)?;
        if self.is_ours(bind, &facts) {
            return Ok(facts.id);
        }
        let why = format!("its tags do not say that it was deployed with token {}", bind.token);
        Err(Refusal::WrongStack { id: facts.id, why })
    }

    /// Exactly our tags: a stack of another service, or of another claim, is not this one.
    fn is_ours(&self, bind: &Bind, facts: &StackFacts) -> bool {
        let tag = |key: &str| facts.tags.get(key).map(String::as_str);
        tag(policy::EPHEMERAL.0) == Some(policy::EPHEMERAL.1)
            && tag(policy::SERVICE) == Some(&self.place.service)
            && tag(policy::TOKEN) == Some(&bind.token.to_string())
    }
}
