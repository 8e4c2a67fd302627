//! Requests: bad input ends here.

mod ttl;
mod wire;

use jiff::Timestamp;
pub use ttl::Ttl;

use crate::{
    ids::{CommitId, FencingToken, Holder, Source, StackArn, StackName},
    lease::{record::Entered, refusal::Refusal, store::Cursor},
};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// To have the name for a while.
    Claim(Claim),
    /// To let an execution deploy.
    Enter(Enter),
    /// To note which stack was deployed.
    Bind(Bind),
    /// To have it longer.
    Renew(Renew),
    /// To give it back.
    Release(Release),
    /// To keep the stack, whoever has it.
    Hold(Hold),
    /// To see the leases.
    List(List),
    /// To see the lease of this name.
    Show(StackName),
}

/// `claim`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The stack's name.
    pub stack: StackName,
    /// Who claims: the same claim again has the same holder.
    pub holder: Holder,
    /// For how long.
    pub ttl: Ttl,
    /// What for.
    pub source: Source,
    /// Whether buckets of the stack may be emptied so that it can be deleted (I14).
    pub empty_buckets: bool,
}

/// `enter`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enter {
    /// The stack's name.
    pub stack: StackName,
    /// The token of the claim that it is deployed under.
    pub token: FencingToken,
    /// Who deploys.
    pub entered: Entered,
    /// The commit that was to be deployed, and the one that was built.
    pub commits: Option<Commits>,
}

/// Two commits that must be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commits {
    /// The one that was to be deployed.
    pub head: CommitId,
    /// The one that was built.
    pub revision: CommitId,
}

/// `bind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The stack's name.
    pub stack: StackName,
    /// The token of the claim that it was deployed under.
    pub token: FencingToken,
    /// The stack; without it, the one of that name if its tag has this token.
    pub stack_id: Option<StackArn>,
}

/// `renew`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renew {
    /// The stack's name.
    pub stack: StackName,
    /// The claim's token.
    pub token: FencingToken,
    /// For how long from now.
    pub ttl: Ttl,
}

/// `release`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The stack's name.
    pub stack: StackName,
    /// The claim's token.
    pub token: FencingToken,
    /// Whether to release it from quarantine, too: a person mended what stood in the way of its deletion.
    pub quarantined: bool,
}

/// `hold`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The stack's name.
    pub stack: StackName,
    /// The latest claim's token.
    pub token: FencingToken,
    /// Until when.
    pub until: Timestamp,
}

/// `list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// How many at most, 1-100.
    pub limit: usize,
    /// Those behind this place.
    pub after: Option<Cursor>,
}

impl Request {
    /// Reads a request: a JSON object, each of whose fields is known, stands there once, and is what it should be.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        wire::parse(text).map_err(Refusal::BadRequest)
    }
}
