//! What people are told: who, when, why, and what to do.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::{
    gate::{
        approved::{Vote, Worth},
        decision::{Answer, Decision, Outcome, Rule},
        makers::Excluded,
        overrides::Override,
        params::{Approved, Params},
        people::{Nobody, People, Person},
        runs::SUCCEEDED,
        source::{Identity, Maker, PullRequest, Review, Why},
        standing::Basis,
    },
    ids::{Digest, StackName},
    text,
};

/// All votes, in half a sentence: who approved, and what of that does not count.
pub(super) fn votes(params: &Params, rule: Approved, votes: &[Vote]) -> String {
    let mut givers: Vec<String> = votes.iter().filter(|vote| was_given(vote)).map(giver).collect();
    givers.dedup();
    let approved = (!givers.is_empty()).then(|| format!("{} approved", and(&givers)));
    // One alone is told with the time in its place.
    let approved = match (&givers[..], votes.iter().find(|vote| was_given(vote))) {
        ([_], Some(vote)) => Some(format!("{} approved{}", who(vote), at(vote))),
        _ => approved,
    };
    list(approved.into_iter().chain(votes.iter().filter_map(|vote| discounted(params, rule, vote))))
}

fn was_given(vote: &Vote) -> bool {
    vote.run.as_ref().is_some_and(|run| run.status == SUCCEEDED)
}

fn giver(vote: &Vote) -> String {
    format!("{}{}", who(vote), at(vote))
}

fn at(vote: &Vote) -> String {
    let answered = vote.run.as_ref().and_then(|run| run.answered);
    answered.map_or_else(String::new, |answered| format!(" at {answered:.0}"))
}

/// Why a vote does not count.
fn discounted(params: &Params, rule: Approved, vote: &Vote) -> Option<String> {
    let (action, who) = (&vote.action, who(vote));
    Some(match vote.worth {
        Worth::Counts => return None,
        Worth::NotAsked => format!("{action} did not ask anybody in this execution"),
        Worth::NotAnswered | Worth::NotGiven => {
            let status = vote.run.as_ref().map_or("unknown", |run| run.status.as_str());
            format!("{action} is {status} and not an approval")
        }
        Worth::Used => format!("the approval of {action} by {who} was used up by an earlier release"),
        Worth::Old => format!("the approval of {action} by {who} is not of the last {} hours", rule.within_hours),
        Worth::Nobody(nobody) => format!("{who} {} and does not count", self::nobody(&params.people, nobody)),
        Worth::Excluded(why) => format!("{who} {} and does not count", self::why(why)),
        Worth::Repeated => format!("{who} also answered {action}, which counts once"),
    })
}

fn who(vote: &Vote) -> String {
    match (&vote.person, vote.run.as_ref().and_then(|run| run.by.as_ref())) {
        (Some(person), _) => person.to_string(),
        (None, Some(arn)) if !arn.is_empty() => arn.clone(),
        (None, _) => "somebody unknown".to_owned(),
    }
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Pushed => "pushed this commit",
        Why::Wrote => "wrote this commit",
        Why::Committed => "committed this",
        Why::Proposed => "opened its pull request",
        Why::Contributed => "made a part of this release",
        Why::Updated => "pushed to its pull request",
        Why::Started => "started this execution",
    }
}

/// Why a principal is nobody, after its name.
pub(super) fn nobody(map: &str, nobody: Nobody) -> String {
    match nobody {
        Nobody::Root => "is the root user".to_owned(),
        Nobody::Unaddressed => format!("is a session that no e-mail address names, as {map} expects of its role"),
        Nobody::Stranger => format!("is not in the people map {map}"),
    }
}

/// Too few approvals count, and what to do about that.
pub(super) fn not_enough(
    params: &Params,
    rule: Approved,
    votes: &[Vote],
    missing: usize,
    can_be_met: bool,
) -> (String, String) {
    let seen = self::votes(params, rule, votes);
    let needed = match missing {
        1 => "one more is needed".to_owned(),
        more => format!("{more} more are needed"),
    };
    let again = again(params, votes);
    let remedy = if can_be_met { again } else { format!("{}, then {again}", add_people(params)) };
    (format!("{seen}; {needed}"), remedy)
}

/// What asks people again. A stage that succeeded cannot be retried, so neither can an approval that was given in another
/// stage than ours.
fn again(params: &Params, votes: &[Vote]) -> String {
    let asked = votes.iter().find_map(|vote| vote.run.as_ref()).map(|run| &run.stage);
    match &params.stage {
        Some(stage) if asked.is_none_or(|asked| asked == stage) => format!("retry all actions of {stage}"),
        _ => format!("have it released again by somebody who will not approve: {RELEASE_AGAIN}"),
    }
}

fn add_people(params: &Params) -> String {
    format!("{} names too few people who may approve: add them", params.people)
}

/// What makes another execution.
pub(super) const RELEASE_AGAIN: &str = "release it again (push, or start the pipeline)";

/// Nobody needs to be asked: too few could approve.
pub(super) fn impossible(params: &Params, excluded: &[Excluded], count: usize) -> String {
    let made: BTreeMap<&Person, Why> = excluded.iter().rev().map(|one| (&one.person, one.why)).collect();
    let made: Vec<String> = made.into_iter().map(|(person, why)| format!("{person} {}", self::why(why))).collect();
    let made = if made.is_empty() { String::new() } else { format!("{}; ", few(&made)) };
    let others = if count == 1 { "somebody else".to_owned() } else { format!("{count} other people") };
    format!("{made}{others} would have to approve, and {}, and then retry the stage", add_people(params))
}

/// People can be asked.
pub(super) fn possible(count: usize, excluded: &[Excluded], others: Option<usize>) -> String {
    let could = others.map_or_else(String::new, |others| format!(" of the {others} who could"));
    let makers: BTreeSet<String> = excluded.iter().map(|one| one.person.to_string()).collect();
    let makers: Vec<String> = makers.into_iter().collect();
    let but = if makers.is_empty() { String::new() } else { format!(", not {}", and(&makers)) };
    format!("{count}{could} must approve{but}")
}

/// Nothing says who pushed, and what to do about it.
pub(super) fn unknown_pusher(params: &Params) -> (String, String) {
    let revision = params.revision.as_deref().unwrap_or("the commit");
    let because =
        format!("nobody knows who pushed {revision}, perhaps because Flowgate was not deployed yet when it was pushed");
    (because, "push another commit".to_owned())
}

/// A name, for people: whoever commits may have made it up, at any length.
pub(super) fn identity(identity: &Identity) -> String {
    let name = match identity {
        Identity::Principal(name) | Identity::Address(name) => name.clone(),
        Identity::Account(login) => format!("github:{login}"),
    };
    text::fit(&name, NAME)
}

/// How much is told of a name that is not of our making, and how many of a list.
const NAME: usize = 200;
const MANY: usize = 12;

/// Somebody made or started the release, and nobody knows who that is.
pub(super) fn strange_maker(params: &Params, people: &People, Maker { names, why }: &Maker) -> String {
    let told = names.iter().filter(|name| **name != Identity::Principal(String::new()));
    let named: Vec<String> = told.map(identity).collect();
    let quoted: Vec<String> = named.iter().map(|name| format!("{name:?}")).collect();
    let who = if quoted.is_empty() { "somebody who is not named".to_owned() } else { quoted.join(" or ") };
    let did = self::why(*why);
    let again = "have somebody whom the map knows release it again";
    if let Some(Err(nobody @ (Nobody::Root | Nobody::Unaddressed))) = names.first().map(|name| people.behind(name)) {
        return format!("{who} {did}, but {}: {again}", self::nobody(&params.people, nobody));
    }
    let unknown = format!("{who} {did}, and the people map {} does not say who that is", params.people);
    let entries: Vec<String> = names.iter().filter_map(People::entry).map(|entry| format!("{entry:?}")).collect();
    match &entries[..] {
        [] => format!("{unknown}, nor can it: {again}"),
        entries => format!("{unknown}: add {} with their address, and retry the stage", entries.join(" or ")),
    }
}

/// No pull request is behind the commit.
pub(super) fn no_pull_request(params: &Params) -> String {
    let revision = params.revision.as_deref().unwrap_or("the commit");
    let branch = params.branch.as_deref().unwrap_or("the branch");
    format!("no pull request brought {revision} to {branch}: release by merging one")
}

/// Enough reviewers approved.
pub(super) fn reviewed(number: &str, reviewers: &BTreeSet<&Person>) -> String {
    let names: Vec<String> = reviewers.iter().map(ToString::to_string).collect();
    format!("{} approved pull request {number}", and(&names))
}

/// Too few did.
pub(super) fn not_reviewed<'a>(
    PullRequest { number, revision, .. }: &PullRequest,
    approvals: impl Iterator<Item = &'a Review>,
    people: &People,
    missing: usize,
) -> String {
    let told = approvals.map(|review| {
        let who = identity(&review.by);
        match people.behind(&review.by) {
            Err(_) => format!("{who} approved it and is not in the people map"),
            Ok(_) if review.revision != *revision => format!("{who} approved what it was before its last change"),
            Ok(person) => format!("{person} approved it"),
        }
    });
    let told = list(told);
    let told = if told.is_empty() { "nobody approved it".to_owned() } else { told };
    format!(
        "pull request {number} needs {missing} more who approve it as it was merged and wrote nothing of it ({told}): \
         have it reviewed there before it is merged, and release that"
    )
}

/// A stack is not as its template says.
pub(super) fn drifted(stack: &StackName, resources: &[String]) -> String {
    format!("{stack} has drifted: {}; undo that by hand or have a template say it, and retry the stage", few(resources))
}

/// What was decided before says so.
pub(super) fn stands(rule: Rule, basis: &Basis, decision: &Decision) -> String {
    let said = decision.answers.iter().filter(|answer| answer.rule == rule).map(because);
    let said = list(said);
    match basis {
        Basis::BroughtBack(target) => {
            format!("it goes back to execution {target}, which was let through at {:.0}: {said}", decision.at)
        }
        Basis::Fresh | Basis::Reaffirmed(_) => format!("{said}, as decided at {:.0}", decision.at),
    }
}

/// Nothing that was decided before says so. `last` is the last decision about just this artifact.
pub(super) fn never_decided(
    rule: Rule,
    basis: &Basis,
    params: &Params,
    found: &Digest,
    last: Option<&Decision>,
) -> String {
    let asked = match params.rules.approved {
        Some(Approved { count, .. }) if rule == Rule::Approved => format!(" by as many as are asked for now, {count}"),
        _ => String::new(),
    };
    match (basis, last) {
        (Basis::BroughtBack(target), _) => format!(
            "it goes back to execution {target}, which was never let through here by {rule} with the artifact \
             {found}{asked}: release that revision again and have it approved{}",
            or_override(rule, params)
        ),
        (_, Some(decision)) => format!(
            "what was decided at {:.0} no longer lets it through by {rule}{asked}, or never did: {RELEASE_AGAIN}",
            decision.at
        ),
        (_, None) => format!(
            "no gate let this execution through by {rule} with the artifact {found}, which is what would be deployed: \
             {RELEASE_AGAIN}"
        ),
    }
}

/// The quick way back, for whoever may take it.
fn or_override(rule: Rule, params: &Params) -> String {
    if params.overrides.is_none() || !rule.can_be_overridden() {
        return String::new();
    }
    format!(", or have somebody override {rule} for execution {} and retry the stage", params.execution)
}

/// Somebody answers for it.
pub(super) fn overridden(rule: Rule, Override { reason, by, at, .. }: &Override, because: &str) -> String {
    format!("{by} overrode {rule} at {at:.0} ({reason}), which said: {because}")
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

/// The first of many, and how many more there are: what to do about them stands after them.
fn few(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MANY).map(|name| text::fit(name, NAME)).collect();
    match names.len().saturating_sub(MANY) {
        0 => shown.join(", "),
        more => format!("{}, and {more} more", shown.join(", ")),
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

fn and(names: &[String]) -> String {
    match names {
        [all @ .., before, last] => {
            let all: Vec<&str> = all.iter().chain([before]).map(String::as_str).collect();
            format!("{} and {last}", all.join(", "))
        }
        one => one.concat(),
    }
}
