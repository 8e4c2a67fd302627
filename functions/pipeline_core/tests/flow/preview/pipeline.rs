//! The preview pipeline: what it does with what was started, and what CloudFormation makes of that.

use std::{collections::BTreeMap, rc::Rc};

use jiff::SignedDuration;
use pipeline_core::{
    ids::{CommitId, ExecutionId, FencingToken, StackName},
    lease::{
        record::Entered,
        request::{Bind, Commits, Enter, Request},
    },
    memory::Live,
    ports::Clock,
    preview::ports::Start,
    sweep::stack::{StackFacts, StackStatus},
};

use super::town::{SERVICE, Town, number_of};
use crate::sweep::{ROLE, arn};

/// Commits with such a number do not build.
pub(super) const UNBUILDABLE: u64 = 7;
/// Commits with such a number cannot be deployed.
pub(super) const UNDEPLOYABLE: u64 = 5;

const ACTION: SignedDuration = SignedDuration::from_secs(90);

pub(super) fn builds(commit: &CommitId) -> bool {
    !number_of(commit).is_multiple_of(UNBUILDABLE)
}

pub(super) fn deploys(commit: &CommitId) -> bool {
    !number_of(commit).is_multiple_of(UNDEPLOYABLE)
}

impl Town {
    /// Runs what is started, each by itself, for so long.
    pub(super) fn run_pipeline(self: &Rc<Self>, time: SignedDuration) {
        let (town, end) = (Rc::clone(self), self.world.now() + time);
        self.begin(async move {
            let mut begun = town.world.previews.started.borrow().len();
            while town.world.now() < end {
                let started = town.world.previews.started.borrow()[begun..].to_vec();
                begun += started.len();
                for (execution, start) in started {
                    let running = Rc::clone(&town);
                    town.begin(async move {
                        running.execute(&execution, &start).await;
                        running.world.cloud.running.borrow_mut().remove(&execution);
                    });
                }
                town.world.sleep_until(town.world.now() + SignedDuration::from_secs(1)).await;
            }
        });
    }

    /// The actions, one after the other. `None`: it failed, or was stopped before the next one.
    async fn execute(&self, execution: &ExecutionId, start: &Start) -> Option<()> {
        self.pause(ACTION).await;
        (builds(&start.head.commit) && self.goes_on(execution)).then_some(())?;
        let claims = [(&start.stack, start.tokens.app), (&start.tests_stack, start.tokens.tests)];
        for (stack, token) in claims {
            self.enter(execution, stack, token, &start.head.commit).await?;
        }
        self.goes_on(execution).then_some(())?;
        let mut is_deployed = true;
        for (stack, token) in claims {
            // From here on nothing but CloudFormation itself can keep it.
            self.pause(ACTION).await;
            self.witness(start, stack);
            is_deployed &= self.deploy(stack, token, &start.head.commit).await;
        }
        (is_deployed && self.goes_on(execution)).then_some(())?;
        for (stack, token) in claims {
            let bind = Bind { stack: stack.clone(), token, stack_id: None };
            self.leases().handle(Request::Bind(bind), self.world.now() + SignedDuration::from_secs(30)).await.ok()?;
        }
        self.goes_on(execution).then_some(())?;
        self.pause(ACTION).await;
        Some(())
    }

    fn goes_on(&self, execution: &ExecutionId) -> bool {
        !self.world.previews.stopped.borrow().contains(execution)
    }

    async fn enter(
        &self,
        execution: &ExecutionId,
        stack: &StackName,
        token: FencingToken,
        commit: &CommitId,
    ) -> Option<()> {
        let entered = Entered { pipeline: self.settings.pipeline.clone(), execution: execution.clone() };
        let commits = Some(Commits { head: commit.clone(), revision: commit.clone() });
        let enter = Enter { stack: stack.clone(), token, entered, commits };
        let until = self.world.now() + SignedDuration::from_secs(15 * 60 - 5);
        self.leases().handle(Request::Enter(enter), until).await.ok().map(drop)
    }

    /// `CREATE_UPDATE`: makes the stack, or updates it if that is possible.
    async fn deploy(&self, stack: &StackName, token: FencingToken, commit: &CommitId) -> bool {
        let found = {
            let stacks = self.world.cloud.stacks.borrow();
            let named = |facts: &&StackFacts| facts.id.name() == *stack && facts.status.0 != "DELETE_COMPLETE";
            stacks.values().map(|live| &live.facts).find(named).cloned()
        };
        match found {
            None => self.create(stack, token, commit).await,
            Some(facts) if is_updatable(&facts.status) => self.update(facts, token, commit).await,
            Some(_) => false,
        }
    }

    async fn create(&self, stack: &StackName, token: FencingToken, commit: &CommitId) -> bool {
        let unique = self.world.cloud.stacks.borrow().len().to_string();
        let id = arn(stack.as_str(), &unique);
        self.world.cloud.put(Live::from(StackFacts {
            id: id.clone(),
            status: StackStatus("CREATE_IN_PROGRESS".into()),
            reason: None,
            tags: tags(token, commit),
            parent: None,
            protected: Some(false),
            role: Some(ROLE.to_owned()),
            created: self.world.now(),
            changed: None,
            exports: vec![],
        }));
        self.pause(ACTION).await;
        let status = if deploys(commit) { "CREATE_COMPLETE" } else { "ROLLBACK_COMPLETE" };
        self.world.cloud.edit(&id, |live| live.facts.status = StackStatus(status.into()));
        deploys(commit)
    }

    async fn update(&self, before: StackFacts, token: FencingToken, commit: &CommitId) -> bool {
        let now = self.world.now();
        self.world.cloud.edit(&before.id, |live| {
            live.facts.status = StackStatus("UPDATE_IN_PROGRESS".into());
            live.facts.changed = Some(now);
        });
        self.pause(ACTION).await;
        self.world.cloud.edit(&before.id, |live| {
            let status = if deploys(commit) { "UPDATE_COMPLETE" } else { "UPDATE_ROLLBACK_COMPLETE" };
            live.facts.status = StackStatus(status.into());
            live.facts.tags = if deploys(commit) { tags(token, commit) } else { before.tags.clone() };
        });
        deploys(commit)
    }
}

fn is_updatable(status: &StackStatus) -> bool {
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"].contains(&status.0.as_str())
}

fn tags(token: FencingToken, commit: &CommitId) -> BTreeMap<String, String> {
    let tags = [
        ("flowgate:ephemeral", "true".to_owned()),
        ("flowgate:service", SERVICE.to_owned()),
        ("flowgate:token", token.to_string()),
        ("flowgate:revision", commit.to_string()),
    ];
    tags.map(|(key, value)| (key.to_owned(), value)).into()
}
