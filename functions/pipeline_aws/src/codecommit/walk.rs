//! The commits that one commit has and another has not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use aws_sdk_codecommit::types::Commit;
use pipeline_core::ports::PortError;

use crate::{codecommit::CodeCommit, error::port_error};

/// The most commits that may be found.
const MOST: usize = 250;

/// The most commits that are looked at to find them.
const LOOKED_AT: usize = 1000;

/// So many commits CodeCommit gives at once.
const BATCH: usize = 100;

/// Why the commits are not found.
#[derive(Debug)]
pub(super) enum Lost {
    /// There are too many.
    Many(String),
    /// The repository does not have the one that they are counted from.
    Base,
    /// Anything else.
    Other(PortError),
}

impl CodeCommit {
    /// All commits that `tip` has and `base` has not, `tip` first, and the others after it the newest first.
    pub(super) async fn between(&self, repository: &str, base: &str, tip: &str) -> Result<Vec<Commit>, Lost> {
        let mut walk = Walk::new(tip, base);
        loop {
            let next = walk.next();
            let whole = next.is_empty();
            if (whole && walk.found().count() > MOST) || walk.known.len() > LOOKED_AT {
                let why = format!("more than {MOST} commits, or parted from the other more than {LOOKED_AT} ago");
                return Err(Lost::Many(why));
            }
            if whole {
                return Ok(walk.ordered());
            }
            for batch in next.chunks(BATCH) {
                walk.learn(self.commits(repository, batch, base).await?);
            }
        }
    }

    async fn commits(&self, repository: &str, ids: &[String], base: &str) -> Result<Vec<Commit>, Lost> {
        let operation = format!("read commits of repository {repository}");
        let request = self.0.batch_get_commits().repository_name(repository).set_commit_ids(Some(ids.to_vec()));
        let answer = request.send().await.map_err(|error| Lost::Other(port_error(&operation, &error)))?;
        let told: BTreeSet<&str> = answer.commits().iter().filter_map(|commit| commit.commit_id()).collect();
        let refused = |id: &str| answer.errors().iter().any(|error| error.commit_id() == Some(id));
        match ids.iter().find(|id| !told.contains(&id[..])) {
            Some(missing) if missing == base && refused(base) => Err(Lost::Base),
            // One that is missing hides who wrote it, and all before it.
            Some(missing) => {
                let detail = format!("CodeCommit answered without commit {missing}");
                Err(Lost::Other(PortError::Unavailable { operation, detail }))
            }
            None => Ok(answer.commits.unwrap_or_default()),
        }
    }
}

/// Goes from both ends towards older commits, until all that is left is the destination's, too. By the source alone it
/// would pass by the place where they part when the destination was merged into the source on the way.
struct Walk {
    source: String,
    known: BTreeMap<String, Commit>,
    theirs: BTreeSet<String>,
    ours: BTreeSet<String>,
}

impl Walk {
    fn new(source: &str, base: &str) -> Self {
        let known = BTreeMap::new();
        Self { source: source.to_owned(), known, theirs: [base.to_owned()].into(), ours: [source.to_owned()].into() }
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

    /// The same, from the source on towards older ones.
    fn ordered(mut self) -> Vec<Commit> {
        let mut left: BTreeSet<String> = self.found().cloned().collect();
        let (mut next, mut ordered): (VecDeque<String>, _) = ([self.source.clone()].into(), vec![]);
        while let Some(id) = next.pop_front() {
            if left.remove(&id)
                && let Some(commit) = self.known.remove(&id)
            {
                next.extend(commit.parents().iter().cloned());
                ordered.push(commit);
            }
        }
        ordered
    }
}
