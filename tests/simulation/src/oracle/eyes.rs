//! What an actor saw in its present run: what the network answered it, whatever it makes of that.

use jiff::Timestamp;
use pipeline_core::{
    ids::{FencingToken, StackArn, StackName},
    lease::{due::later, record::Notice},
    ports::{Parameter, PortError},
    sweep::{
        report::{Mode, Work},
        stack::StackFacts,
    },
};

use crate::{
    cloud::{ACCOUNT, DEPLOY_ROLE, OWN_STACK, REGION, SERVICE},
    op::{Op, Reply, Target},
    scenario::ms,
    world::Answered,
};

/// The objection against a stack that CloudFormation does not know.
pub(super) const UNKNOWN: &str = "nobody knows it";

/// A release is about updates until so long after it, too, in ms (I11).
const COVERED: i64 = 3_600_000;

/// What came of a request to delete a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// CloudFormation took it.
    Taken,
    /// CloudFormation will not delete that stack.
    Refused,
    /// Nobody knows.
    Unclear,
}

/// A stack as it was seen.
#[derive(Debug)]
pub(super) struct Sight {
    pub(super) id: StackArn,
    pub(super) seq: u64,
    /// Why it must not be deleted.
    pub(super) objection: Option<&'static str>,
    pub(super) deleted: bool,
    /// Whether a deletion failed: nothing can update what it left.
    pub(super) failed: bool,
    /// Whether an operation goes on, or it is gone already.
    pub(super) busy: bool,
    pub(super) changed: Option<Timestamp>,
    /// The tag that says under which claim it was deployed.
    pub(super) tag: Option<String>,
    pub(super) exports: Vec<String>,
}

impl Sight {
    /// I11: whether people know of the stack as it is. Nothing can update what a failed deletion left.
    pub(super) fn is_covered(&self, notice: &Notice) -> bool {
        self.failed
            || self.objection == Some(UNKNOWN)
            || match notice {
                Notice::Mark { changed, .. } => self.changed == *changed,
                Notice::Release { at } => self.changed.is_none_or(|changed| changed <= later(*at, ms(COVERED))),
            }
    }

    /// Whether it was deployed under a later claim than this, or nobody knows under which.
    pub(super) fn is_newer(&self, token: FencingToken) -> bool {
        let number = |tag: &String| tag.parse::<u64>().ok();
        self.tag.as_ref().is_some_and(|tag| number(tag).is_none_or(|number| number > token.0))
    }
}

/// All that an actor saw.
#[derive(Debug)]
pub(super) struct Eyes {
    pub(super) run: u32,
    pub(super) mode: Mode,
    pub(super) work: Work,
    pub(super) stacks: Vec<Sight>,
    /// The roles of stacks.
    pub(super) roles: Vec<(StackArn, u64, Vec<String>)>,
    /// Whether exports are imported.
    pub(super) imported: Vec<(String, u64, bool)>,
    /// Whether CloudFormation may take on a role.
    pub(super) trusts: Vec<(String, u64, bool)>,
    /// What stack of this name is there.
    pub(super) present: Vec<(StackName, Option<Sight>)>,
    /// The deletions that it asked for.
    pub(super) asked: Vec<(StackArn, Asked)>,
    /// Whether an execution runs.
    pub(super) running: Vec<(String, bool)>,
    pub(super) owners: Vec<(String, Option<String>)>,
    /// Whether the switch allows deletions, as it was read.
    pub(super) allowed: bool,
    /// Whether a list of stacks could not be read to its end.
    pub(super) list_broken: bool,
    /// How many expired stacks it set out to delete.
    pub(super) expired_deletions: usize,
}

impl Default for Eyes {
    fn default() -> Self {
        Self {
            run: 0,
            mode: Mode::Apply,
            work: Work::Due,
            stacks: Vec::new(),
            roles: Vec::new(),
            imported: Vec::new(),
            trusts: Vec::new(),
            present: Vec::new(),
            asked: Vec::new(),
            running: Vec::new(),
            owners: Vec::new(),
            allowed: false,
            list_broken: false,
            expired_deletions: 0,
        }
    }
}

impl Eyes {
    /// Forgets all: another run begins.
    pub(super) fn begin(&mut self, mode: Mode, work: Work) {
        *self = Self { run: self.run + 1, mode, work, ..Self::default() };
    }

    /// The latest sight of a stack.
    pub(super) fn latest(&self, id: &StackArn) -> Option<&Sight> {
        self.stacks.iter().rev().find(|sight| sight.id == *id)
    }

    /// What came of its latest request to delete a stack.
    pub(super) fn asked(&self, id: &StackArn) -> Option<Asked> {
        self.asked.iter().rev().find(|(of, _)| of == id).map(|(_, asked)| *asked)
    }

    pub(super) fn heard(&mut self, op: &Op, Answered { result, seq }: &Answered) {
        let seq = *seq;
        match (op, result) {
            (Op::ById(id), Ok(Reply::Facts(None))) => self.stacks.push(Sight {
                id: id.clone(),
                seq,
                objection: Some(UNKNOWN),
                deleted: false,
                failed: false,
                busy: false,
                changed: None,
                tag: None,
                exports: Vec::new(),
            }),
            (Op::ByName(name), Ok(Reply::Facts(facts))) => {
                // I5: what is about the name says nothing for a deletion.
                self.present.push((name.clone(), facts.as_deref().map(|facts| sight(facts, seq))));
            }
            (Op::Delete { target: Target::Id(id), .. }, result) => self.asked.push((id.clone(), asked(result))),
            (Op::ById(_), Ok(Reply::Facts(Some(facts)))) => self.stacks.push(sight(facts, seq)),
            (Op::Resources(id), Ok(Reply::Resources(resources))) => {
                let roles = resources.iter().filter(|it| it.kind == "AWS::IAM::Role" && !it.physical.is_empty());
                self.roles.push((id.clone(), seq, roles.map(|role| role.physical.clone()).collect()));
            }
            (Op::Importers(export), Ok(Reply::Texts(names))) => {
                self.imported.push((export.clone(), seq, !names.is_empty()));
            }
            (Op::TrustPolicy(role), Ok(Reply::Text(policy))) => {
                let trusts = policy.as_ref().is_none_or(|policy| policy.contains("cloudformation.amazonaws.com"));
                self.trusts.push((role.clone(), seq, trusts));
            }
            (Op::IsRunning(entered), Ok(Reply::Flag(running))) => {
                self.running.push((entered.execution.to_string(), *running));
            }
            (Op::Owner(bucket), Ok(Reply::Text(owner))) => self.owners.push((bucket.clone(), owner.clone())),
            (Op::Parameter(_), answer) => {
                self.allowed =
                    matches!(answer, Ok(Reply::Parameter(Some(Parameter::Plain(text)))) if text == "allowed");
            }
            (Op::Stacks { .. }, Err(_)) => self.list_broken = true,
            _ => {}
        }
    }
}

fn asked(result: &Result<Reply, PortError>) -> Asked {
    match result {
        Ok(_) => Asked::Taken,
        Err(PortError::Unusable { .. }) => Asked::Refused,
        Err(_) => Asked::Unclear,
    }
}

fn sight(facts: &StackFacts, seq: u64) -> Sight {
    Sight {
        id: facts.id.clone(),
        seq,
        objection: objection(facts),
        deleted: facts.status.0 == "DELETE_COMPLETE",
        failed: facts.status.0 == "DELETE_FAILED",
        busy: facts.status.0.ends_with("_IN_PROGRESS") && facts.status.0 != "REVIEW_IN_PROGRESS"
            || facts.status.0 == "DELETE_COMPLETE",
        changed: facts.changed,
        tag: facts.tags.get("flowgate:token").cloned(),
        exports: facts.exports.clone(),
    }
}

/// I9, as SAFETY.md puts it: what can be told from the stack itself.
pub(super) fn objection(facts: &StackFacts) -> Option<&'static str> {
    let tag = |key: &str| facts.tags.get(key).map(String::as_str);
    let id = &facts.id;
    [
        (tag("flowgate:ephemeral") != Some("true"), "it has not exactly the opt-in tag"),
        (tag("flowgate:service") != Some(SERVICE), "it is another service's"),
        (!is_preview(id.name().as_str()), "its name is none of a preview"),
        (id.account() != ACCOUNT || id.region() != REGION, "it is elsewhere"),
        (facts.parent.is_some(), "it is nested"),
        (facts.protected != Some(false), "it is protected"),
        (!may_be_deleted(&facts.status.0), "its status does not allow it"),
        (id.as_str() == OWN_STACK, "it is our own"),
        (facts.role.as_deref() != Some(DEPLOY_ROLE), "no role of ours deployed it"),
    ]
    .into_iter()
    .find_map(|(holds, why)| holds.then_some(why))
}

/// `svc-pr-N` and `svc-pr-N-tests`.
pub(super) fn is_preview(name: &str) -> bool {
    let number = name.strip_prefix("svc-pr-").map(|rest| rest.strip_suffix("-tests").unwrap_or(rest));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn may_be_deleted(status: &str) -> bool {
    let settled = status.ends_with("_COMPLETE") || status.ends_with("_FAILED");
    let known = ["CREATE_", "ROLLBACK_", "UPDATE_", "DELETE_FAILED"].iter().any(|begin| status.starts_with(begin));
    settled && known && status != "DELETE_COMPLETE"
}
