//! Why a stack is left as it is, in words for people.

use jiff::Timestamp;

use crate::{ids::StackArn, lease::record::Entered, ports::PortError};

/// One reason is enough to keep a stack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Keep {
    /// Something could not be read (I10).
    #[error("{0}")]
    Unreadable(#[from] PortError),
    /// CloudFormation does not know its id: that is not proof that it is gone (I6).
    #[error("CloudFormation does not know {0} (it forgets a deleted stack after 90 days)")]
    Unknown(StackArn),
    /// Another account, region or name than the lease's (I5).
    #[error("{0} is not the stack of this lease, account and region")]
    Elsewhere(StackArn),
    /// Another name.
    #[error("its name is not {service}-pr-NUMBER[-tests] or {service}-dev-NAME")]
    Name {
        /// The service.
        service: String,
    },
    /// Nobody said that it may be deleted.
    #[error("its tag flowgate:ephemeral is {}, not exactly true", quoted(.0.as_ref()))]
    Untagged(Option<String>),
    /// Another service's.
    #[error("its tag flowgate:service is {}, not exactly {service}", quoted(.found.as_ref()))]
    OtherService {
        /// Ours.
        service: String,
        /// What it says.
        found: Option<String>,
    },
    /// Deployed under another claim than the lease's.
    #[error("its tag flowgate:token is {}, no token of this lease", quoted(.0.as_ref()))]
    Token(Option<String>),
    /// Part of another stack.
    #[error("it is nested in {0}")]
    Nested(String),
    /// Protected.
    #[error("it is protected from deletion")]
    Protected,
    /// Perhaps protected.
    #[error("CloudFormation does not say whether it is protected from deletion")]
    ProtectionUnknown,
    /// Something goes on.
    #[error("it is {0}")]
    InProgress(String),
    /// A status that is left alone.
    #[error("its status is {0}, in which stacks are left alone")]
    Untouchable(String),
    /// Flowgate itself.
    #[error("it is Flowgate's own stack")]
    OwnStack,
    /// Others need it.
    #[error("its export {export} is imported by {}", .importers.join(", "))]
    Imported {
        /// The export.
        export: String,
        /// Who imports it.
        importers: Vec<String>,
    },
    /// Others may be deployed with it.
    #[error("its role {0} trusts cloudformation.amazonaws.com: other stacks may be deployed with it")]
    Trusted(String),
    /// Others may be deployed with it, for all we know.
    #[error("nobody can tell whom its role {0} trusts")]
    TrustUnclear(String),
    /// Not deployed by a pipeline of ours.
    #[error("it is deployed with {}, which is not the role of previews", .0.as_deref().unwrap_or("no role"))]
    ForeignRole(Option<String>),
    /// Somebody uses it (I11).
    #[error("it was updated{}, after it was marked or released", at(.0.as_ref()))]
    Updated(Option<Timestamp>),
    /// Its exports and roles were not looked at (I10).
    #[error("its exports and roles were not looked at")]
    Unseen,
    /// Not before.
    #[error("people were told; it is kept until {0:.0}")]
    Grace(Timestamp),
    /// It may still be deployed (I6).
    #[error("execution {} of {} may still deploy it", .0.execution, .0.pipeline)]
    Running(Entered),
    /// Only a person takes it out of there (I4).
    #[error("it is in quarantine since {at:.0}: {why}")]
    Quarantined {
        /// Since when.
        at: Timestamp,
        /// What stands in the way, and what to do about it.
        why: String,
    },
    /// The switch is off (I12).
    #[error("deletion is stopped")]
    Stopped,
    /// Enough for one run (I12).
    #[error("a run deletes {0} expired stacks at most")]
    OverLimit(usize),
    /// The run ended before.
    #[error("the run's time was up before it was looked at")]
    Late,
}

fn quoted(found: Option<&String>) -> String {
    found.map_or_else(|| "missing".to_owned(), |found| format!("{found:?}"))
}

fn at(changed: Option<&Timestamp>) -> String {
    changed.map_or_else(String::new, |changed| format!(" at {changed:.0}"))
}
