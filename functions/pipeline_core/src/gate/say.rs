//! What people are told: who, when, why, and what to do.

use jiff::SignedDuration;

use crate::{
    gate::{
        approved::{Vote, Why, Worth},
        decision::{Answer, Decision, Outcome},
        params::Params,
        people::{Nobody, Person},
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
        Worth::NotAnswered | Worth::NotGiven => {
            let status = vote.run.as_ref().map_or("unknown", |run| run.status.as_str());
            format!("{} is {status} and not an approval", vote.action)
        }
        Worth::Used => format!("the approval of {} by {who} was used up by an earlier release", vote.action),
        Worth::Nobody(nobody) => does_not_count(&self::nobody(params, nobody)),
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
    let answered = vote.run.as_ref().and_then(|run| run.answered);
    answered.map_or_else(|| "approved".to_owned(), |answered| format!("approved at {answered:.0}"))
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Pushed => "pushed this commit",
        Why::Wrote => "wrote this commit",
        Why::Started => "started this execution",
    }
}

/// Why a principal is nobody, after its name.
fn nobody(params: &Params, nobody: Nobody) -> String {
    let map = &params.people;
    match nobody {
        Nobody::Root => "the root user is nobody".to_owned(),
        Nobody::Unaddressed => format!("the session is not named by an e-mail address, as {map} expects of its role"),
        Nobody::Stranger => format!("is not in the people map {map}"),
    }
}

/// Too few approvals count.
pub(super) fn not_enough(params: &Params, votes: &[Vote], missing: usize) -> String {
    let seen = self::votes(params, votes);
    match missing {
        1 => format!("{seen}; one more is needed"),
        more => format!("{seen}; {more} more are needed"),
    }
}

/// A stage that succeeded cannot be retried, so neither can an approval that was given.
pub(super) const RELEASE_AGAIN: &str = "release it again (push, or start the pipeline)";

/// What to do about approvals that do not count. `possible`: there are people whose approval would.
pub(super) fn approve_again(params: &Params, possible: bool) -> String {
    let again = "have it released again (push, or start the pipeline) by somebody who will not approve, and let \
                 somebody else approve";
    if possible {
        return again.to_owned();
    }
    format!("{} names too few people who may approve: add them, then {again}", params.people)
}

/// Nothing says who pushed.
pub(super) fn unknown_pusher(params: &Params) -> String {
    let revision = params.revision.as_deref().unwrap_or("the commit");
    format!(
        "nobody knows who pushed {revision}, perhaps because Flowgate was not deployed yet when it was pushed: push \
         another commit"
    )
}

/// Somebody pushed or started the release, and nobody knows who that is.
pub(super) fn strange_maker(params: &Params, arn: &str, why: Why, nobody: Nobody) -> String {
    let did = self::why(why);
    let because = self::nobody(params, nobody);
    match nobody {
        Nobody::Stranger => format!("{arn} {did}, but {because}: add them and retry the stage"),
        Nobody::Root | Nobody::Unaddressed => {
            format!("{arn} {did}, but {because}: have somebody whom the map knows release it again")
        }
    }
}

/// The map does not say who wrote the commit.
pub(super) fn strange_author(params: &Params, author: &str) -> String {
    if Person::of(author).is_none() {
        return format!("the commit's author is {author:?}, which is no e-mail address: release a commit that has one");
    }
    format!(
        "{author} wrote the commit, and the people map {} does not say who that is: add \"{author}\": \"THEIR \
         ADDRESS\" and retry the stage",
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
pub(super) fn never_approved(target: &ExecutionId, found: &Digest, count: usize) -> String {
    format!(
        "it goes back to execution {target}, which was never approved here with the artifact {found} by as many as are \
         asked for now, {count}: release that revision again and have it approved"
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
pub(super) fn gave_up(waited: SignedDuration, because: &str, remedy: &str) -> String {
    format!("{because}; that did not change in {:#}: {remedy}", SignedDuration::from_secs(waited.as_secs()))
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}
