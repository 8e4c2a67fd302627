//! Every operation on every state. `>X` writes state X, `=X` leaves it as what was asked for, a word refuses.

use super::*;

const TABLE: &str = "
                 none    held       expired    marked     told       released   deleting   quarantined gone
claim-other      >HELD   Held       Held       Dirty      Dirty      Dirty      Deleting   Quarantined >HELD
claim-same       >HELD   >HELD      >HELD      >HELD      >HELD      >HELD      Deleting   Quarantined >HELD
claim-again      >HELD   =HELD      Expired    Dirty      Dirty      Dirty      Deleting   Quarantined Superseded
claim-taken-over >HELD Superseded Superseded Superseded Superseded Superseded Superseded Superseded Superseded
claim-in-doubt   >HELD   Held       Held       Dirty      Dirty      Dirty      Deleting   Quarantined >HELD
claim-adopted    >HELD   Held       Held       >HELD      >HELD      >HELD      Deleting   Quarantined >HELD
renew            NoLease >HELD      Expired    Dirty      Dirty      Dirty      Deleting   Quarantined NoLease
renew-shorter    NoLease >HELD      Expired    Dirty      Dirty      Dirty      Deleting   Quarantined NoLease
renew-stale      NoLease StaleToken StaleToken StaleToken StaleToken StaleToken StaleToken StaleToken  NoLease
bind-first       NoLease >HELD      >HELD      >DIRTY     >DIRTY     >DIRTY     Deleting   Quarantined NoLease
bind-same        NoLease =HELD      =HELD      =DIRTY     =DIRTY     =DIRTY     Deleting   Quarantined NoLease
bind-other       NoLease >HELD      Expired    Dirty      Dirty      Dirty      Deleting   Quarantined NoLease
bind-foreign     NoLease WrongStack WrongStack WrongStack WrongStack WrongStack WrongStack WrongStack  NoLease
bind-stale       NoLease StaleToken StaleToken StaleToken StaleToken StaleToken StaleToken StaleToken  NoLease
release          NoLease >DIRTY     >DIRTY     >DIRTY     >DIRTY     =DIRTY     =DELETING  Quarantined NoLease
release-mended   NoLease >DIRTY     >DIRTY     >DIRTY     >DIRTY     =DIRTY     =DELETING  >DELETING   NoLease
release-stale    NoLease StaleToken StaleToken StaleToken StaleToken StaleToken StaleToken StaleToken  NoLease
hold             NoLease >HELD      >HELD      >DIRTY     >DIRTY     >DIRTY     Deleting   Quarantined NoLease
hold-stale       NoLease StaleToken StaleToken StaleToken StaleToken StaleToken StaleToken StaleToken  NoLease
enter-first      NoLease >HELD      Expired    Dirty      Dirty      Dirty      Deleting   Quarantined NoLease
enter            NoLease =HELD      Expired    Dirty      Dirty      Dirty      Deleting   Quarantined NoLease
enter-after      NoLease >HELD      Expired    Dirty      Dirty      Dirty      Deleting   Quarantined NoLease
enter-moved      NoLease Superseded Superseded Superseded Superseded Superseded Superseded Superseded  NoLease
enter-stale      NoLease Superseded Superseded Superseded Superseded Superseded Superseded Superseded  NoLease
";

type Case = (&'static str, String, fn(&mut Lease, &mut Moment));

fn cases() -> Vec<Case> {
    let claim = |holder: &str, source: &str| {
        ask("claim", &format!(r#""holder": "{holder}", "ttl": 3600, "source": "{source}""#))
    };
    let token = format!(r#""token": {TOKEN}"#);
    let stale = format!(r#""token": {}"#, TOKEN.0 - 1);
    let bind = |token: &str, id: &str| ask("bind", &format!(r#"{token}, "stack_id": "{id}""#));
    let execution = format!(r#""pipeline": "shop-previews", "execution": "{OTHER}""#);
    let moved = format!(r#""head": "{}", "revision": "{}""#, "a".repeat(40), "b".repeat(40));
    let foreign = id("a").to_string().replace("111122223333", "999999999999");
    vec![
        ("claim-other", claim(OTHER, "pull request 43"), |_, _| ()),
        ("claim-same", claim(OTHER, "pull request 42"), |_, _| ()),
        ("claim-again", claim(HOLDER, "pull request 42"), |_, _| ()),
        ("claim-taken-over", claim(OTHER, "pull request 42"), |lease, _| lease.superseded = vec![holder(OTHER)]),
        ("claim-in-doubt", claim(OTHER, "pull request 42"), |_, moment| moment.doubt = true),
        ("claim-adopted", claim(OTHER, "pull request 42"), |lease, _| (lease.holder, lease.source) = (None, None)),
        ("renew", ask("renew", &format!(r#"{token}, "ttl": 3600"#)), |_, _| ()),
        ("renew-shorter", ask("renew", &format!(r#"{token}, "ttl": 1"#)), |_, _| ()),
        ("renew-stale", ask("renew", &format!(r#"{stale}, "ttl": 3600"#)), |_, _| ()),
        ("bind-first", bind(&token, id("a").as_str()), |lease, _| lease.bound = None),
        ("bind-same", bind(&token, id("a").as_str()), |_, _| ()),
        ("bind-other", bind(&token, id("b").as_str()), |_, _| ()),
        ("bind-foreign", bind(&token, &foreign), |_, _| ()),
        ("bind-stale", bind(&stale, id("a").as_str()), |_, _| ()),
        ("release", ask("release", &token), |_, _| ()),
        ("release-mended", ask("release", &format!(r#"{token}, "quarantined": true"#)), |_, _| ()),
        ("release-stale", ask("release", &stale), |_, _| ()),
        ("hold", ask("hold", &format!(r#"{token}, "until": "2026-11-22T12:00:00Z""#)), |_, _| ()),
        ("hold-stale", ask("hold", &format!(r#"{stale}, "until": "2026-11-22T12:00:00Z""#)), |_, _| ()),
        ("enter-first", ask("enter", &format!("{token}, {execution}")), |_, _| ()),
        ("enter", ask("enter", &format!("{token}, {execution}")), |lease, _| lease.executions = vec![entered(OTHER)]),
        ("enter-after", ask("enter", &format!("{token}, {execution}")), |lease, _| {
            lease.executions = vec![entered(HOLDER)];
        }),
        ("enter-moved", ask("enter", &format!("{token}, {execution}, {moved}")), |_, _| ()),
        ("enter-stale", ask("enter", &format!("{stale}, {execution}")), |_, _| ()),
    ]
}

fn cell(standing: Option<Lease>, (_, request, prepare): &Case) -> String {
    let (mut standing, mut moment) = (standing, moment());
    match &mut standing {
        Some(lease) => prepare(lease, &mut moment),
        None => prepare(&mut held(now()), &mut moment),
    }
    match decide(standing.as_ref(), request, &moment) {
        Ok(Change::Write(next)) => format!(">{}", next.state.name()),
        Ok(Change::Stands(lease)) => format!("={}", lease.state.name()),
        Err(refusal) => refusal.code().to_owned(),
    }
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn i4_i5_i7_every_operation_on_every_state() {
    let mut expected = TABLE.trim().lines();
    assert_eq!(words(expected.next().unwrap()), standings().map(|(name, _)| name.to_owned()));
    for case in cases() {
        let found = standings().into_iter().map(|(_, standing)| cell(standing, &case));
        let found: Vec<String> = [case.0.to_owned()].into_iter().chain(found).collect();
        assert_eq!(found, words(expected.next().unwrap()));
    }
    assert_eq!(expected.next(), None);
}

#[test]
fn i8_every_write_has_the_nonce_of_its_moment_and_whatever_stands_keeps_its_own() {
    for (_, standing) in standings() {
        for (name, request, _) in cases() {
            match decide(standing.as_ref(), &request, &moment()) {
                Ok(Change::Write(next)) => assert_eq!(next.nonce, nonce(2), "{name}"),
                Ok(Change::Stands(lease)) => assert_eq!(Some(lease), standing, "{name}"),
                Err(_) => (),
            }
        }
    }
}

#[test]
fn i4_nothing_leaves_deleting_and_only_a_release_leaves_quarantine_for_it() {
    for (column, standing) in standings() {
        for (name, request, _) in cases() {
            if let Ok(Change::Write(next)) = decide(standing.as_ref(), &request, &moment()) {
                assert_ne!(column, "deleting", "{name}");
                assert_eq!(next.state.name() == "DELETING", column == "quarantined", "{name} on {column}");
            }
        }
    }
}
