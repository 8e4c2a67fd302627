//! Whatever is removed from the roles of `template.yaml`, or added to them, the comparison names it.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its input has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use permissions::compare::compare;
use permissions::difference::{Comparison, Difference};
use permissions::exceptions::{Denial, Exceptions};
use permissions::permission::{Part, Permission};
use permissions::record::{Line, Record};
use permissions::template::{Effect, Roles, Statement};
use serde_json::{Value, json};

/// The template that users deploy.
fn roles() -> Roles {
    Roles::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml")).unwrap()
}

/// What the local cloud would write if all of them did all that they may, and tried all that they are denied.
fn everything(roles: &Roles) -> Record {
    let statements = roles.0.iter().flat_map(|(role, all)| all.iter().map(move |one| (role, one)));
    let lines = statements.flat_map(|(role, statement)| lines(&format!("shop-flowgate-{role}-1F"), statement));
    let directory = tempfile::tempdir().unwrap();
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    std::fs::write(directory.path().join("run.jsonl"), text).unwrap();
    Record::read(directory.path()).unwrap()
}

fn lines(role: &str, statement: &Statement) -> Vec<Value> {
    let Statement { sid, actions, .. } = statement;
    let resources = 0..statement.resources.len();
    // Each of both at least once, and not with each of the others, which takes its time.
    let asked = actions.iter().cycle().zip(resources.clone().cycle()).take(actions.len().max(resources.len()));
    match statement.effect {
        Effect::Deny => {
            vec![json!({"role": role, "decision": "Deny", "sid": sid, "action": actions[0], "resource": "arn"})]
        }
        Effect::Allow => {
            let keys = keys(statement);
            let allowed = |(action, resource)| {
                let decision = "Allow";
                json!({"role": role, "decision": decision, "sid": sid, "action": action, "resource": resource, "keys": keys})
            };
            asked.map(allowed).collect()
        }
    }
}

/// As they are written: lower case.
fn keys(statement: &Statement) -> BTreeMap<String, Vec<&str>> {
    let mut keys = BTreeMap::<_, Vec<_>>::new();
    for part in &statement.keys {
        let Part::Key(key) = part else { panic!("{part:?}") };
        let (name, value) = key.split_once('=').unwrap();
        keys.entry(name.to_lowercase()).or_default().push(value);
    }
    keys
}

/// Those denials are expected.
fn expected(record: &Record) -> Exceptions {
    let denied = record.lines.iter().filter_map(|line| match line {
        Line::Deny { role, action, .. } => Some((role.clone(), action.clone())),
        _ => None,
    });
    let expected = denied.collect::<BTreeSet<_>>().into_iter();
    let denial = |(role, action)| {
        let (resources, test, why) = (vec!["arn".to_owned()], "test".to_owned(), "why".to_owned());
        Denial { role, action, resources, test, why }
    };
    Exceptions { denials: expected.map(denial).collect(), ..Exceptions::default() }
}

fn without(roles: &Roles, permission: &Permission) -> Roles {
    let mut roles = roles.clone();
    let statements = roles.0.get_mut(&permission.role).unwrap();
    let place = statements.iter().position(|statement| statement.sid == permission.sid).unwrap();
    let statement = &mut statements[place];
    match &permission.part {
        Part::Action(action) => statement.actions.retain(|other| other != action),
        Part::Resource(resource) => statement.resources.retain(|other| other != resource),
        Part::Key(_) => statement.keys.retain(|other| *other != permission.part),
        Part::Denial => drop(statements.remove(place)),
    }
    roles
}

/// Whether something that the comparison found is about this part of this statement. The record counts resources: of one that
/// was removed it cannot tell which it was.
fn named(comparison: &Comparison, permission: &Permission) -> bool {
    let counted = matches!(permission.part, Part::Resource(_));
    comparison.differences.iter().any(|difference| match difference {
        Difference::NotInTemplate { permission: other } => {
            let part = other.part == permission.part || counted && matches!(other.part, Part::Resource(_));
            (&other.role, &other.sid) == (&permission.role, &permission.sid) && part
        }
        _ => false,
    })
}

/// The lines that show this permission to be used.
fn shows(line: &Line, permission: &Permission, roles: &Roles) -> bool {
    let of = |role: &str, sid: &str| (role, sid) == (&*permission.role, &*permission.sid);
    match line {
        Line::Allow { role, sid, action, resource, keys, .. } if of(role, sid) => match &permission.part {
            Part::Action(used) => used == action,
            Part::Resource(used) => roles.statement(role, sid).unwrap().resources[*resource] == *used,
            part => keys
                .iter()
                .any(|(name, values)| values.iter().any(|value| Part::key(name, value).as_ref() == Some(part))),
        },
        Line::Deny { role, sid: Some(sid), .. } => of(role, sid),
        _ => false,
    }
}

/// The record without what shows this permission to be used.
fn unseen(record: &Record, permission: &Permission, roles: &Roles) -> Record {
    let mut record = record.clone();
    // One line may show several keys: only this one goes.
    if let Part::Key(key) = &permission.part {
        let (name, value) = key.split_once('=').unwrap();
        for line in &mut record.lines {
            if let Line::Allow { role, sid, keys, .. } = line
                && (&*role, &*sid) == (&permission.role, &permission.sid)
            {
                keys.get_mut(&name.to_lowercase()).unwrap().retain(|other| other != value);
            }
        }
    } else {
        record.lines.retain(|line| !shows(line, permission, roles));
    }
    record
}

#[test]
fn a_full_record_agrees() {
    let roles = roles();
    let record = everything(&roles);
    let comparison = compare(&roles, &record, &expected(&record));
    assert_eq!(comparison.differences, []);
    let tallied: usize = comparison.roles.values().map(|tally| tally.seen).sum();
    assert_eq!(tallied, roles.permissions().len());
    assert!(comparison.roles.values().all(|tally| tally.seen > 0 && tally.excepted == 0), "{:?}", comparison.roles);
}

#[test]
fn each_permission_is_missed_when_it_is_removed() {
    let roles = roles();
    let record = everything(&roles);
    let exceptions = expected(&record);
    let permissions = roles.permissions();
    for permission in &permissions {
        let comparison = compare(&without(&roles, permission), &record, &exceptions);
        assert!(named(&comparison, permission), "{permission}: {:?}", comparison.differences);
    }
    println!("{} permissions, each missed when it is removed", permissions.len());
    assert!(permissions.len() > 200, "{}", permissions.len());
}

#[test]
fn each_permission_is_named_when_it_is_not_seen() {
    let roles = roles();
    let record = everything(&roles);
    let exceptions = expected(&record);
    let permissions = roles.permissions();
    for permission in &permissions {
        let comparison = compare(&roles, &unseen(&record, permission, &roles), &exceptions);
        let told = comparison.differences.iter().any(
            |difference| matches!(difference, Difference::NeverSeen { permission: other, .. } if other == permission),
        );
        assert!(told, "{permission}: {:?}", comparison.differences);
    }
    println!("{} permissions, each named when it is not seen", permissions.len());
    assert!(permissions.len() > 200, "{}", permissions.len());
}

#[test]
fn whatever_is_added_to_a_statement_is_named() {
    let roles = roles();
    let record = everything(&roles);
    let exceptions = expected(&record);
    let mut count = 0;
    for (role, statement) in roles.0.iter().flat_map(|(role, all)| all.iter().map(move |one| (role, one))) {
        for (wider, added) in widened(statement) {
            let mut roles = roles.clone();
            let place = roles.0[role].iter().position(|other| other.sid == statement.sid).unwrap();
            roles.0.get_mut(role).unwrap()[place] = wider;
            let permission = Permission { role: role.clone(), sid: statement.sid.clone(), part: added };
            let expected = Difference::NeverSeen { permission, only_if: statement.only_if.clone() };
            assert_eq!(compare(&roles, &record, &exceptions).differences, [expected]);
            count += 1;
        }
    }
    println!("{count} additions, each named");
    assert!(count > 200, "{count}");
}

/// A statement that allows, with one thing more.
fn widened(statement: &Statement) -> Vec<(Statement, Part)> {
    if statement.effect == Effect::Deny {
        return Vec::new();
    }
    let mut action = statement.clone();
    action.actions.push("test:Added".to_owned());
    let mut resource = statement.clone();
    resource.resources.push("added".to_owned());
    let key = Part::key("dynamodb:LeadingKeys", "added#*").unwrap();
    let mut keys = statement.clone();
    keys.keys.push(key.clone());
    vec![(action, Part::Action("test:Added".to_owned())), (resource, Part::Resource("added".to_owned())), (keys, key)]
}

#[test]
fn every_new_statement_is_named() {
    let roles = roles();
    let record = everything(&roles);
    let exceptions = expected(&record);
    for role in roles.0.keys() {
        for effect in [Effect::Allow, Effect::Deny] {
            let mut roles = roles.clone();
            let (actions, resources) = (vec!["test:Added".to_owned()], vec!["added".to_owned()]);
            let sid = "Added".to_owned();
            let statement = Statement { sid, effect, actions, resources, keys: Vec::new(), only_if: None };
            roles.0.get_mut(role).unwrap().push(statement);
            let added = roles.permissions().into_iter().filter(|permission| permission.sid == "Added");
            let expected: Vec<_> =
                added.map(|permission| Difference::NeverSeen { permission, only_if: None }).collect();
            assert_eq!(expected.len(), if effect == Effect::Allow { 2 } else { 1 });
            assert_eq!(compare(&roles, &record, &exceptions).differences, expected);
        }
    }
}

/// Counted without the help of what reads it elsewhere.
#[test]
fn no_role_and_no_statement_of_the_template_is_overlooked() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml")).unwrap();
    let roles = roles();
    let mut found = 0;
    for (at, _) in text.match_indices("    Type: AWS::IAM::Role\n") {
        let name = text[..at].lines().last().unwrap().trim_matches([' ', ':']);
        let rest = &text[at..];
        // Up to the next resource, or the next heading.
        let end = rest.match_indices("\n  ").find(|(place, _)| !rest[place + 3..].starts_with([' ', '\n']));
        let role = &rest[..end.map_or(rest.len(), |(place, _)| place)];
        let written = role.lines().filter_map(|line| line.split_once("Sid: ")).map(|(_, sid)| sid.trim());
        let repeated = role.lines().filter(|line| line.trim_start().starts_with("- *")).count();
        let sids: BTreeSet<_> = roles.0[name].iter().map(|statement| &*statement.sid).collect();
        let missing: Vec<_> = written.clone().filter(|sid| !sids.contains(sid)).collect();
        assert_eq!((missing, written.count() + repeated), (Vec::new(), sids.len()), "{name}");
        found += 1;
    }
    assert_eq!(found, roles.0.len());
}
