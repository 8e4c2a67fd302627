//! What is allowed, what was seen and what is excepted, held against each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::difference::{Comparison, Difference, Tally};
use crate::exceptions::{Denial, Exceptions};
use crate::permission::{Part, Permission};
use crate::record::{Line, Record};
use crate::template::{Roles, Statement};

/// Compares them: what is allowed must be what was seen and what is excepted, no more and no less.
pub fn compare(roles: &Roles, record: &Record, exceptions: &Exceptions) -> Comparison {
    let allowed = roles.permissions();
    let seen: BTreeSet<_> = record.lines.iter().flat_map(|line| used(roles, line)).collect();
    let excepted = exceptions.never_seen.iter().cloned().collect();
    let mut differences = uses(roles, &allowed, &seen, &excepted);
    differences.extend(excesses(&allowed, &seen, &exceptions.never_seen));
    differences.extend(askings(roles, record, &exceptions.asked));
    differences.extend(denials(record, &exceptions.denials));
    Comparison { roles: tallies(roles, &allowed, &seen, &excepted), differences }
}

type Permissions = BTreeSet<Permission>;

fn uses(roles: &Roles, allowed: &Permissions, seen: &Permissions, excepted: &Permissions) -> Vec<Difference> {
    let never = allowed.difference(seen).filter(|permission| !excepted.contains(permission)).map(|permission| {
        let statement = roles.statement(&permission.role, &permission.sid);
        let only_if = statement.and_then(|statement| statement.only_if.clone());
        Difference::NeverSeen { permission: permission.clone(), only_if }
    });
    let others =
        seen.difference(allowed).map(|permission| Difference::NotInTemplate { permission: permission.clone() });
    never.chain(others).collect()
}

/// What is wrong with exceptions from being seen.
fn excesses(allowed: &Permissions, seen: &Permissions, exceptions: &[Permission]) -> Vec<Difference> {
    let mut known = BTreeSet::new();
    let judged = exceptions.iter().filter_map(|permission| {
        let permission = || permission.clone();
        if !known.insert(permission()) {
            Some(Difference::ExceptedTwice { permission: permission() })
        } else if !allowed.contains(&permission()) {
            Some(Difference::ExceptsNothing { permission: permission() })
        } else if seen.contains(&permission()) {
            Some(Difference::SeenAfterAll { permission: permission() })
        } else {
            None
        }
    });
    judged.collect()
}

/// What is wrong with the list of what our own code only asks for.
fn askings(roles: &Roles, record: &Record, listed: &Permissions) -> Vec<Difference> {
    let (asked, done): (Vec<_>, Vec<_>) =
        record.lines.iter().partition(|line| matches!(line, Line::Allow { asked: true, .. }));
    let shown = |lines: Vec<_>| lines.into_iter().flat_map(|line| used(roles, line)).collect::<Permissions>();
    let mut only = &shown(asked) - &shown(done);
    only.retain(|permission| matches!(permission.part, Part::Action(_)));
    let unlisted = only.difference(listed).map(|permission| Difference::OnlyAsked { permission: permission.clone() });
    let wrong = listed.difference(&only).map(|permission| Difference::NotOnlyAsked { permission: permission.clone() });
    unlisted.chain(wrong).collect()
}

fn denials(record: &Record, expected: &[Denial]) -> Vec<Difference> {
    let happened: BTreeSet<_> = record.lines.iter().filter_map(denied).collect();
    let covers = |denial: &Denial, ((role, action), resource): &((&str, &str), &str)| {
        (&*denial.role, &*denial.action) == (*role, *action) && denial.is_about(resource)
    };
    let mut surprising = BTreeMap::<_, BTreeSet<_>>::new();
    for (asked, resource) in happened.iter().filter(|one| !expected.iter().any(|denial| covers(denial, one))) {
        surprising.entry(*asked).or_default().insert((*resource).to_owned());
    }
    let told = surprising.into_iter().map(|((role, action), resources)| {
        let (role, action) = (role.to_owned(), action.to_owned());
        Difference::Denied { role, action, resources }
    });
    let mut known = BTreeSet::new();
    let wrong = expected.iter().filter_map(|denial| {
        let again = denial.resources.iter().filter(|pattern| !known.insert((&denial.role, &denial.action, *pattern)));
        if again.count() > 0 {
            Some(Difference::ExpectedTwice { denial: denial.clone() })
        } else if !happened.iter().any(|one| covers(denial, one)) {
            Some(Difference::NotDenied { denial: denial.clone() })
        } else {
            None
        }
    });
    told.chain(wrong).collect()
}

/// Who was denied what, and with what.
fn denied(line: &Line) -> Option<((&str, &str), &str)> {
    match line {
        Line::Allow { .. } => None,
        Line::Deny { role, action, resource, .. } | Line::ImplicitDeny { role, action, resource } => {
            Some(((role, action), resource))
        }
    }
}

/// What a line shows to be used.
fn used(roles: &Roles, line: &Line) -> Vec<Permission> {
    let of = |role: &str, sid: &str, parts: Vec<Part>| {
        let permission = |part| Permission { role: role.to_owned(), sid: sid.to_owned(), part };
        parts.into_iter().map(permission).collect()
    };
    match line {
        // Every statement of the template has a Sid. This is of a policy that a user attached, as DeployPolicyArns are.
        Line::Allow { sid, .. } if sid.is_empty() => Vec::new(),
        Line::Allow { role, sid, action, resource, keys, .. } => {
            let values = keys.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
            let keys = values.filter_map(|(name, value)| Part::key(name, value));
            let resource = Part::Resource(nth(roles.statement(role, sid), *resource));
            of(role, sid, keys.chain([Part::Action(action.clone()), resource]).collect())
        }
        Line::Deny { role, sid: Some(sid), .. } => of(role, sid, vec![Part::Denial]),
        Line::Deny { sid: None, .. } | Line::ImplicitDeny { .. } => Vec::new(),
    }
}

/// The template's words for the resource at this place.
fn nth(statement: Option<&Statement>, place: usize) -> String {
    let written = statement.and_then(|statement| statement.resources.get(place));
    written.cloned().unwrap_or_else(|| format!("number {}", place + 1))
}

fn tallies(
    roles: &Roles,
    allowed: &Permissions,
    seen: &Permissions,
    excepted: &Permissions,
) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<_, _> = roles.0.keys().map(|role| (role.clone(), Tally::default())).collect();
    for permission in allowed {
        let tally = tallies.entry(permission.role.clone()).or_default();
        let kind = match permission.part {
            Part::Action(_) => &mut tally.actions,
            Part::Resource(_) => &mut tally.resources,
            Part::Key(_) => &mut tally.keys,
            Part::Denial => &mut tally.denials,
        };
        *kind += 1;
        tally.seen += usize::from(seen.contains(permission));
        tally.excepted += usize::from(excepted.contains(permission) && !seen.contains(permission));
    }
    tallies
}
