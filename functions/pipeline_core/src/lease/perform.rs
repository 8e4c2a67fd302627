//! Doing what a request asks: read the lease, decide, write if it still stands.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::{Nonce, StackName},
    lease::{
        place::Place,
        record::Lease,
        refusal::Refusal,
        request::{Claim, List, Request},
        store::{Committed, FindLeases, Page, ReadLeases, WriteLeases, commit},
        transition::{self, Change, Moment},
        view::{Answer, View},
    },
    ports::{Clock, PortError, Retry, patiently},
    sweep::{
        policy::is_ephemeral,
        ports::{InspectStacks, WatchExecutions},
    },
};

mod bind;
mod enter;

/// How often a change is decided anew because somebody else changed the lease meanwhile. Each time another one had
/// success, so that this many in a row tell of trouble.
const ATTEMPTS: usize = 20;

/// The leases, with the ports that changing them takes.
#[derive(Debug)]
pub struct Leases<'a, C, S, I, E, N> {
    /// Time.
    pub clock: &'a C,
    /// Where leases are kept.
    pub store: &'a S,
    /// CloudFormation.
    pub stacks: &'a I,
    /// CodePipeline.
    pub executions: &'a E,
    /// Where we are, and whose stacks these are.
    pub place: Place,
    /// How far clocks may differ.
    pub margin: SignedDuration,
    /// Makes a nonce for each write.
    pub nonce: N,
}

impl<C, S, I, E, N> Leases<'_, C, S, I, E, N>
where
    C: Clock,
    S: ReadLeases + FindLeases + WriteLeases,
    I: InspectStacks,
    E: WatchExecutions,
    N: Fn() -> Nonce,
{
    /// Does what is asked, as long as `until` at most.
    pub async fn handle(&self, request: Request, until: Timestamp) -> Result<Answer, Refusal> {
        let lease = match request {
            Request::List(list) => return self.list(&list, until).await,
            Request::Show(stack) => self.read(&stack, until).await?.ok_or(Refusal::NoLease(stack))?,
            Request::Claim(claim) => self.claim(&claim, until).await?,
            Request::Enter(enter) => self.enter(&enter, until).await?,
            Request::Bind(bind) => self.bind(&bind, until).await?,
            Request::Renew(renew) => {
                self.change(&renew.stack, until, |standing, moment| transition::renew(standing, &renew, moment)).await?
            }
            Request::Release(release) => {
                let decide =
                    |standing: Option<&Lease>, moment: &Moment| transition::release(standing, &release, moment);
                self.change(&release.stack, until, decide).await?
            }
            Request::Hold(hold) => {
                self.change(&hold.stack, until, |standing, moment| transition::hold(standing, &hold, moment)).await?
            }
        };
        Ok(Answer::Lease(View::from(lease)))
    }

    async fn list(&self, List { limit, after }: &List, until: Timestamp) -> Result<Answer, Refusal> {
        let page = async || self.store.page(after.as_ref(), *limit).await;
        let Page { leases, next } = patiently(self.clock, until, Retry::Anything, page).await?;
        let leases = leases.into_iter().map(View::from).collect();
        Ok(Answer::Leases { leases, next: next.map(|cursor| cursor.to_string()) })
    }

    async fn claim(&self, claim: &Claim, until: Timestamp) -> Result<Lease, Refusal> {
        let service = &self.place.service;
        if !is_ephemeral(service, claim.stack.as_str()) {
            let why = format!("stack: {} is neither {service}-pr-NUMBER[-tests] nor {service}-dev-NAME", claim.stack);
            return Err(Refusal::BadRequest(why));
        }
        self.change(&claim.stack, until, |standing, moment| transition::claim(standing, claim, moment)).await
    }

    async fn read(&self, stack: &StackName, until: Timestamp) -> Result<Option<Lease>, PortError> {
        patiently(self.clock, until, Retry::Anything, async || self.store.lease(stack).await).await
    }

    async fn change(
        &self,
        stack: &StackName,
        until: Timestamp,
        decide: impl Fn(Option<&Lease>, &Moment) -> Result<Change, Refusal>,
    ) -> Result<Lease, Refusal> {
        let standing = self.read(stack, until).await?;
        self.change_from(standing, stack, until, decide).await
    }

    /// Decides, and writes; decides anew by what stands when somebody else was faster.
    async fn change_from(
        &self,
        mut standing: Option<Lease>,
        stack: &StackName,
        until: Timestamp,
        decide: impl Fn(Option<&Lease>, &Moment) -> Result<Change, Refusal>,
    ) -> Result<Lease, Refusal> {
        let doubt = Cell::new(false);
        for _ in 0..ATTEMPTS {
            let next = match decide(standing.as_ref(), &self.moment(doubt.get()))? {
                Change::Stands(lease) => return Ok(lease),
                Change::Write(next) => next,
            };
            match self.write(standing.as_ref(), &next, &doubt, until).await? {
                Committed::Ours => return Ok(next),
                Committed::Theirs(other) => standing = other,
            }
        }
        let detail = format!("others changed it {ATTEMPTS} times meanwhile");
        Err(PortError::Unavailable { operation: format!("change the lease of {stack}"), detail }.into())
    }

    fn moment(&self, doubt: bool) -> Moment {
        Moment { now: self.clock.now(), margin: self.margin, nonce: (self.nonce)(), doubt }
    }

    /// I8: until there is an answer, the same conditional write. Whatever becomes of earlier copies, only one of them
    /// can be applied.
    async fn write(
        &self,
        seen: Option<&Lease>,
        next: &Lease,
        doubt: &Cell<bool>,
        until: Timestamp,
    ) -> Result<Committed, PortError> {
        patiently(self.clock, until, Retry::Anything, async || {
            let answer = commit(self.store, seen, next).await;
            // A throttled call did nothing.
            doubt.set(doubt.get() || matches!(answer, Err(PortError::Unavailable { .. })));
            answer
        })
        .await
    }
}
