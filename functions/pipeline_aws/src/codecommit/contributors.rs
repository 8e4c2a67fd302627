//! Who wrote the commits of a pull request: those that its source has and its destination had not.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_codecommit::types::{Commit, PullRequestTarget};
use pipeline_core::{
    gate::source::{Maker, Why},
    ports::PortError,
};

use crate::{
    codecommit::{CodeCommit, makers::signed},
    error::port_error,
};

/// The most commits that a pull request may have.
const MOST: usize = 250;

/// The most commits that are looked at to find them.
const LOOKED_AT: usize = 1000;

/// So many commits CodeCommit gives at once.
const BATCH: usize = 100;

impl CodeCommit {
    /// Who wrote and committed its commits.
    pub(super) async fn contributors(
        &self,
        repository: &str,
        id: &str,
        target: &PullRequestTarget,
    ) -> Result<Vec<Maker>, PortError> {
        let unusable = |why: String| PortError::Unusable { what: format!("pull request {id}"), why };
        let base = target.merge_base().or(target.destination_commit());
        let (Some(source), Some(base)) = (target.source_commit(), base) else {
            return Err(unusable("CodeCommit does not tell its commits".to_owned()));
        };
        let mut walk = Walk::new(source, base);
        loop {
            let next = walk.next();
            let whole = next.is_empty();
            if (whole && walk.found().count() > MOST) || walk.known.len() > LOOKED_AT {
                let why =
                    format!("it has more than {MOST} commits, or parted from its branch more than {LOOKED_AT} ago");
                return Err(unusable(why));
            }
            if whole {
                return Ok(walk.makers());
            }
            for batch in next.chunks(BATCH) {
                walk.learn(self.commits(repository, batch).await?);
            }
        }
    }

    async fn commits(&self, repository: &str, ids: &[String]) -> Result<Vec<Commit>, PortError> {
        let operation = format!("read commits of repository {repository}");
        let request = self.0.batch_get_commits().repository_name(repository).set_commit_ids(Some(ids.to_vec()));
        let answer = request.send().await.map_err(|error| port_error(&operation, &error))?;
        let told: BTreeSet<&str> = answer.commits().iter().filter_map(|commit| commit.commit_id()).collect();
        match ids.iter().find(|id| !told.contains(&id[..])) {
            // One that is missing hides who wrote it, and all before it.
            Some(missing) => {
                let detail = format!("CodeCommit answered without commit {missing}");
                Err(PortError::Unavailable { operation, detail })
            }
            None => Ok(answer.commits.unwrap_or_default()),
        }
    }
}

/// Goes from both ends towards older commits, until all that is left is the destination's, too. By the source alone it
/// would pass by the place where they part when the destination was merged into the source on the way.
struct Walk {
    known: BTreeMap<String, Commit>,
    theirs: BTreeSet<String>,
    ours: BTreeSet<String>,
}

impl Walk {
    fn new(source: &str, base: &str) -> Self {
        Self { known: BTreeMap::new(), theirs: [base.to_owned()].into(), ours: [source.to_owned()].into() }
    }

    /// The commits to learn of next; none when it is done.
    fn next(&self) -> Vec<String> {
        let unknown = |id: &&String| !self.known.contains_key(*id);
        if !self.found().any(|id| unknown(&id)) {
            return vec![];
        }
        self.ours.union(&self.theirs).filter(unknown).cloned().collect()
    }

    fn learn(&mut self, commits: Vec<Commit>) {
        self.known.extend(commits.into_iter().filter_map(|commit| Some((commit.commit_id.clone()?, commit))));
        self.theirs = self.reached(&self.theirs);
        self.ours = self.reached(&self.ours);
    }

    /// All that is reached from these by what is known.
    fn reached(&self, from: &BTreeSet<String>) -> BTreeSet<String> {
        let mut reached = from.clone();
        let mut left: Vec<String> = from.iter().cloned().collect();
        while let Some(id) = left.pop() {
            let parents = self.known.get(&id).map(Commit::parents).unwrap_or_default();
            left.extend(parents.iter().filter(|parent| reached.insert((*parent).clone())).cloned());
        }
        reached
    }

    /// Those of the source alone.
    fn found(&self) -> impl Iterator<Item = &String> {
        self.ours.difference(&self.theirs)
    }

    fn makers(&self) -> Vec<Maker> {
        let mut makers = vec![];
        for commit in self.found().filter_map(|id| self.known.get(id)) {
            for maker in signed(commit, Why::Contributed, Why::Contributed) {
                if !makers.contains(&maker) {
                    makers.push(maker);
                }
            }
        }
        makers
    }
}
