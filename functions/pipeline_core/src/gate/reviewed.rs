//! The rule `pull_request`: a pull request brought the revision, and people who did not write it approved it there.

use std::collections::BTreeSet;

use crate::gate::{
    makers::{is_bot, people_behind},
    observation::Observation,
    params::{Params, Reviewed as Rule},
    people::{People, Person},
    rules::{Objection, Ruling, deny},
    say,
    source::{ApprovalRules, Maker, PullRequest, PullRequestState, Reviewed, Why},
};

pub(super) fn pull_request(rule: Rule, params: &Params, seen: &Observation) -> Ruling {
    let found = match &seen.pull_request {
        Some(found) => found.as_ref()?,
        None => return deny("the action names no repository and branch to look for a pull request in"),
    };
    let Some(pull_request) = found else { return deny(say::no_pull_request(params)) };
    merged(params, pull_request)?;
    if let Some(rules) = &pull_request.rules {
        kept(pull_request, rules)?;
    }
    agreed(rule, params, pull_request, seen.people.as_ref()?)
}

fn merged(params: &Params, pull_request: &PullRequest) -> Result<(), Objection> {
    let PullRequest { number, state, branch, .. } = pull_request;
    match state {
        PullRequestState::Open => deny(format!("pull request {number} is open: merge it")),
        PullRequestState::Closed => deny(format!("pull request {number} was closed and not merged")),
        PullRequestState::Merged if params.branch.as_ref() != Some(branch) => {
            deny(format!("pull request {number} was merged into {branch}, and that is not what is released"))
        }
        PullRequestState::Merged => Ok(()),
    }
}

/// I24: rules that ask for nothing, or that somebody set aside, say nothing.
fn kept(PullRequest { number, .. }: &PullRequest, rules: &ApprovalRules) -> Result<(), Objection> {
    if let Some(by) = &rules.overridden {
        return deny(format!("{by} set the approval rules of pull request {number} aside"));
    }
    if rules.rules.is_empty() {
        return deny(format!(
            "pull request {number} had no approval rule: associate an approval rule template with the repository"
        ));
    }
    for rule in &rules.rules {
        match rule.needed {
            Some(0) => return deny(format!("approval rule {} of pull request {number} needs nobody", rule.name)),
            None => return deny(format!("approval rule {} of pull request {number} is not understood", rule.name)),
            Some(_) if !rule.satisfied => {
                return deny(format!("approval rule {} of pull request {number} is not satisfied", rule.name));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Who approved just what was merged. Whoever merged it may have reviewed it; whoever wrote any of it may not.
fn agreed(rule: Rule, params: &Params, pull_request: &PullRequest, people: &People) -> Ruling {
    let PullRequest { number, revision, reviews, makers, .. } = pull_request;
    if let Some(review) = reviews.iter().find(|review| review.opinion == Reviewed::Refused) {
        let who = say::identity(&review.by);
        return deny(format!(
            "{who} asked for changes of pull request {number}: have that review changed or dismissed, and retry the stage"
        ));
    }
    if !makers.iter().any(|maker| maker.why == Why::Updated && !is_bot(maker)) {
        return Err(Objection::Wait {
            because: format!("nobody knows who pushed the commits of pull request {number}"),
            remedy: "release by one whose commits were pushed to this repository while Flowgate watched it".to_owned(),
        });
    }
    let wrote = writers(params, makers, people)?;
    let approvals = reviews.iter().filter(|review| review.opinion == Reviewed::Approved);
    let current = approvals.clone().filter(|review| review.revision == *revision);
    let reviewers: BTreeSet<Person> = current.filter_map(|review| people.behind(&review.by).ok()).collect();
    let reviewers: BTreeSet<&Person> = reviewers.difference(&wrote).collect();
    if reviewers.len() >= rule.count {
        return Ok(say::reviewed(number, &reviewers));
    }
    deny(say::not_reviewed(pull_request, approvals, people, rule.count - reviewers.len()))
}

/// I24: each must be known, since an unknown one may be who reviewed it.
fn writers(params: &Params, makers: &[Maker], people: &People) -> Result<BTreeSet<Person>, Objection> {
    let mut writers = BTreeSet::new();
    for maker in makers.iter().filter(|maker| maker.why != Why::Pushed) {
        writers.extend(people_behind(maker, params, people)?.into_iter().map(|excluded| excluded.person));
    }
    Ok(writers)
}
