//! What a run looks at and what it changes things with, strictly apart: code that is given eyes alone cannot change
//! anything (I13).

use crate::{
    lease::store::{FindLeases, ReadLeases, WriteLeases},
    ports::ReadParameters,
    sweep::ports::{
        DeleteStacks, EmptyBuckets, InspectStacks, ListStacks, ReadBuckets, ReadRoles, Tell, WatchExecutions,
    },
};

/// Every port that reads.
#[derive(Debug)]
pub struct Eyes<'a, L, I, A, R, B, X, P> {
    /// The leases.
    pub leases: &'a L,
    /// One stack.
    pub stacks: &'a I,
    /// All stacks.
    pub all: &'a A,
    /// Roles.
    pub roles: &'a R,
    /// Buckets.
    pub buckets: &'a B,
    /// Pipeline executions.
    pub executions: &'a X,
    /// The switch that stops all deletion.
    pub switch: &'a P,
}

/// Every port that changes something.
#[derive(Debug)]
pub struct Hands<'a, W, D, M, T> {
    /// The leases.
    pub leases: &'a W,
    /// Stacks.
    pub stacks: &'a D,
    /// Buckets.
    pub buckets: &'a M,
    /// Whoever is told.
    pub people: &'a T,
}

/// [`Eyes`], whatever they are made of.
pub trait Look {
    /// The leases.
    fn leases(&self) -> &(impl ReadLeases + FindLeases);
    /// One stack.
    fn stacks(&self) -> &impl InspectStacks;
    /// All stacks.
    fn all(&self) -> &impl ListStacks;
    /// Roles.
    fn roles(&self) -> &impl ReadRoles;
    /// Buckets.
    fn buckets(&self) -> &impl ReadBuckets;
    /// Pipeline executions.
    fn executions(&self) -> &impl WatchExecutions;
    /// The switch that stops all deletion.
    fn switch(&self) -> &impl ReadParameters;
}

/// [`Hands`], whatever they are made of.
pub trait Act {
    /// The leases.
    fn leases(&self) -> &impl WriteLeases;
    /// Stacks.
    fn stacks(&self) -> &impl DeleteStacks;
    /// Buckets.
    fn buckets(&self) -> &impl EmptyBuckets;
    /// Whoever is told.
    fn people(&self) -> &impl Tell;
}

impl<L, I, A, R, B, X, P> Look for Eyes<'_, L, I, A, R, B, X, P>
where
    L: ReadLeases + FindLeases,
    I: InspectStacks,
    A: ListStacks,
    R: ReadRoles,
    B: ReadBuckets,
    X: WatchExecutions,
    P: ReadParameters,
{
    fn leases(&self) -> &(impl ReadLeases + FindLeases) {
        self.leases
    }
    fn stacks(&self) -> &impl InspectStacks {
        self.stacks
    }
    fn all(&self) -> &impl ListStacks {
        self.all
    }
    fn roles(&self) -> &impl ReadRoles {
        self.roles
    }
    fn buckets(&self) -> &impl ReadBuckets {
        self.buckets
    }
    fn executions(&self) -> &impl WatchExecutions {
        self.executions
    }
    fn switch(&self) -> &impl ReadParameters {
        self.switch
    }
}

impl<W: WriteLeases, D: DeleteStacks, M: EmptyBuckets, T: Tell> Act for Hands<'_, W, D, M, T> {
    fn leases(&self) -> &impl WriteLeases {
        self.leases
    }
    fn stacks(&self) -> &impl DeleteStacks {
        self.stacks
    }
    fn buckets(&self) -> &impl EmptyBuckets {
        self.buckets
    }
    fn people(&self) -> &impl Tell {
        self.people
    }
}
