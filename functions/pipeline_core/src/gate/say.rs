//! What people are told: who, when, why, and what to do.

use crate::{
    gate::{
        approved::{Vote, Why, Worth},
        decision::{Answer, Decision, Outcome},
        params::Params,
    },
    ids::{Digest, ExecutionId},
};

/// All votes, in one sentence's half.
pub(super) fn votes(params: &Params, votes: &[Vote]) -> String {
    list(votes.iter().map(|vote| self::vote(params, vote)))
}

fn vote(params: &Params, vote: &Vote) -> String {
    let who = who(vote);
    let does_not_count = |why: &str| format!("{who} {}, but {why} and does not count", approved(vote));
    match vote.worth {
        Worth::Counts => format!("{who} {}", approved(vote)),
        Worth::NotAsked => format!("{} did not ask anybody in this execution", vote.action),
        Worth::NotGiven => {
            let status = vote.run.as_ref().map_or("unknown", |run| run.status.as_str());
            format!("{} is {status} and not an approval", vote.action)
        }
        Worth::Used => format!("the approval of {} by {who} was used up by an earlier release", vote.action),
        Worth::Root => does_not_count("the root user is nobody"),
        Worth::Stranger => does_not_count(&format!("is not in the people map {}", params.people)),
        Worth::Excluded(why) => does_not_count(self::why(why)),
        Worth::Repeated => format!("{who} also answered {}, which counts once", vote.action),
    }
}

fn who(vote: &Vote) -> String {
    match (&vote.person, vote.run.as_ref().and_then(|run| run.by.as_ref())) {
        (Some(person), _) => person.to_string(),
        (None, Some(arn)) => arn.clone(),
        (None, None) => "somebody unknown".to_owned(),
    }
}

fn approved(vote: &Vote) -> String {
    vote.run.as_ref().map_or_else(|| "approved".to_owned(), |run| format!("approved at {:.0}", run.answered))
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Pushed => "pushed this commit",
        Why::Wrote => "wrote this commit",
        Why::Started => "started this execution",
    }
}

/// Too few approvals count. `possible`: there are people whose approval would.
pub(super) fn not_enough(params: &Params, votes: &[Vote], missing: usize, possible: bool) -> String {
    let seen = self::votes(params, votes);
    let needed = match missing {
        1 => "one more is needed".to_owned(),
        more => format!("{more} more are needed"),
    };
    if !possible {
        let map = &params.people;
        return format!(
            "{seen}; {needed}, and {map} names too few people who may approve: add them, then {}",
            remedy(params)
        );
    }
    format!("{seen}; {needed}: {}", remedy(params))
}

fn remedy(params: &Params) -> String {
    format!("retry all actions of {}, or release again, and let somebody else approve", params.approvals.join(" and "))
}

/// Nothing says who pushed.
pub(super) fn unknown_pusher(params: &Params) -> String {
    let revision = params.revision.as_deref().unwrap_or("the commit");
    format!(
        "nobody knows who pushed {revision}, perhaps because Flowgate was not deployed yet when it was pushed: push \
         another commit"
    )
}

/// Somebody pushed whom the map does not name.
pub(super) fn strange_pusher(params: &Params, arn: &str) -> String {
    format!(
        "{arn} pushed the commit, and the people map {} does not say who that is: add them and retry",
        params.people
    )
}

/// A rollback, to what had been approved.
pub(super) fn brought_back(target: &Decision) -> String {
    format!(
        "it goes back to execution {}, which was released at {:.0}: {}",
        target.execution,
        target.at,
        summary(target)
    )
}

/// A rollback, to what nobody had approved.
pub(super) fn never_approved(target: &ExecutionId, found: &Digest) -> String {
    format!(
        "it goes back to execution {target}, which was never approved here with the artifact {found}: release that \
         revision again and have it approved"
    )
}

/// The whole decision, for the action's summary: why it was denied, or why it was not.
pub(super) fn summary(decision: &Decision) -> String {
    let objections = decision.answers.iter().filter(|answer| answer.outcome != Outcome::Approve);
    match decision.outcome {
        Outcome::Approve => list(decision.answers.iter().map(because)),
        Outcome::Wait | Outcome::Deny => format!("denied: {}", list(objections.map(because))),
    }
}

fn because(answer: &Answer) -> String {
    answer.because.clone()
}

/// Waited for what did not come.
pub(super) fn gave_up(minutes: u8, because: &str) -> String {
    format!("{because}; that did not change in {minutes} minutes: retry the stage")
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}
