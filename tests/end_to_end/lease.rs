//! Leases from the command line: what each command answers, prints and refuses.

use std::collections::BTreeSet;

use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::Environment;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::refused::error;
use crate::terminal::Terminal;
use crate::up::{POLL, Up};

const HOLDER: &str = "11111111-aaaa-4bbb-8ccc-000000000001";
const FUNCTION: &str = "shop-flowgate-lease";

/// One cloud for all of it, since starting one is most of the work.
#[tokio::test]
async fn a_name_is_claimed_kept_and_given_back() {
    let up = Up::new().await;
    no_function(&up, &["lease", "show", "shop-dev-ada"], "it has no stack shop-flowgate; deploy").await;
    no_function(&up, &["sweep", "shop"], "it has no stack shop-flowgate; deploy").await;
    let none = up.flowgate("lease", &["list"]).await;
    assert_eq!(error(&none, 2), "there is no pipeline; make one with `flowgate push DIR`");

    // Its pipeline ends soon, and is not what this is about.
    up.push(&up.service("failing_build", "shop")).await;
    let empty = up.flowgate("lease", &["list"]).await;
    assert_eq!(empty.stdout, "service shop has no leases; `flowgate lease claim NAME` makes one\n", "{empty:?}");
    let token = claims(&up).await;
    changes(&up, token).await;
    refusals(&up, token).await;
    at_a_terminal(&up, token).await;
    lists(&up).await;
    failures(&up).await;
}

async fn lease(up: &Up, args: &[&str]) -> Value {
    let mut lines = up.json("lease", args).await;
    assert_eq!(lines.len(), 1, "one object: {lines:?}");
    lines.remove(0)
}

fn time(lease: &Value, field: &str) -> Timestamp {
    lease[field].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no {field}: {lease}"))
}

/// The token of `shop-dev-ada`, which has a holder and a source that are known.
async fn claims(up: &Up) -> u64 {
    let args = ["claim", "shop-dev-ada", "--ttl", "2h", "--source", "ada@laptop", "--holder", HOLDER];
    let before = Timestamp::now();
    let claimed = lease(up, &args).await;
    let token = claimed["token"].as_u64().unwrap_or_else(|| panic!("{claimed}"));
    let left = time(&claimed, "expires_at").duration_since(before);
    let two_hours = SignedDuration::from_hours(2);
    assert!(left >= two_hours && left < two_hours + SignedDuration::from_mins(10), "{claimed}");
    let expected = json!({
        "stack": "shop-dev-ada", "state": "HELD", "token": token, "holder": HOLDER, "source": "ada@laptop",
        "empty_buckets": false, "expires_at": claimed["expires_at"], "due": claimed["due"],
    });
    assert_eq!(claimed, expected);
    assert_eq!(lease(up, &args).await, claimed, "the same claim again");
    assert_eq!(lease(up, &["show", "shop-dev-ada"]).await, claimed);

    let said = up.flowgate("lease", &["claim", "shop-pr-7", "--empty-buckets"]).await;
    let shown = lease(up, &["show", "shop-pr-7"]).await;
    assert_eq!((said.code, &shown["empty_buckets"]), (Some(0), &true.into()), "{said:?}");
    let source = shown["source"].as_str().unwrap_or_else(|| panic!("{shown}"));
    for part in [
        "shop-pr-7 is held until ",
        &format!(" for {source}, token {}, holder {}", shown["token"], shown["holder"].as_str().unwrap()),
        "role that stack shop-flowgate has as output PreviewDeployRole",
        &format!("flowgate:ephemeral=true flowgate:service=shop flowgate:token={}", shown["token"]),
    ] {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
    token
}

async fn changes(up: &Up, token: u64) {
    let token = token.to_string();
    let renewed = lease(up, &["renew", "shop-dev-ada", "--ttl", "3h", "--yes"]).await;
    let shorter = lease(up, &["renew", "shop-dev-ada", "--ttl", "1m", "--token", &token]).await;
    assert_eq!(shorter, renewed, "a claim does not become shorter");
    let before = Timestamp::now();
    let held = lease(up, &["hold", "shop-dev-ada", "--for", "3d", "--token", &token]).await;
    assert!(time(&held, "hold_until").duration_since(before) >= SignedDuration::from_hours(72), "{held}");
    assert_eq!((&held["state"], &held["expires_at"]), (&"HELD".into(), &renewed["expires_at"]));
    let said = up.flowgate("lease", &["show", "shop-dev-ada"]).await.stdout;
    for part in ["shop-dev-ada  HELD\n", &format!("\n  token    {token}\n"), "\n  source   ada@laptop\n"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// Each is refused with its code, and the lease stays as it is.
async fn refusals(up: &Up, token: u64) {
    let before = lease(up, &["show", "shop-dev-ada"]).await;
    let stale = (token - 1).to_string();
    let cases: [(&[&str], &str); 18] = [
        (&["claim", "shop-dev-ada", "--source", "bob@desk"], "(Held)"),
        (&["claim", "shop-prod"], "neither shop-pr-NUMBER[-tests] nor shop-dev-NAME (BadRequest)"),
        (&["claim", "other-dev-ada", "--service", "shop"], "(BadRequest)"),
        (&["claim", "shop-dev-x", "--ttl", "31d"], "(BadRequest)"),
        (&["claim", "shop-dev-x", "--source", ""], "(BadRequest)"),
        (&["claim", "shop-dev-x", "--ttl", "0s"], "write whole seconds, one at least"),
        (&["claim", "shop-dev-x", "--holder", "ada"], "invalid value 'ada' for '--holder <UUID>'"),
        (&["show", "shop-dev-nobody"], "(NoLease)"),
        (&["release", "shop-dev-nobody", "--yes"], "(NoLease)"),
        (&["release", "shop-dev-ada"], "name the claim with --token N, or say --yes for whichever stands"),
        (&["renew", "shop-dev-ada"], "name the claim with --token N"),
        (&["hold", "shop-dev-ada", "--for", "1d"], "name the claim with --token N"),
        (&["renew", "shop-dev-ada", "--token", &stale], "(StaleToken)"),
        (&["release", "shop-dev-ada", "--token", &stale], "(StaleToken)"),
        (&["hold", "shop-dev-ada", "--for", "1d", "--token", &stale], "(StaleToken)"),
        (&["hold", "shop-dev-ada", "--until", "2020-01-01", "--yes"], "(BadRequest)"),
        (&["hold", "shop-dev-ada"], "<--until <TIME>|--for <LENGTH>>"),
        (&["list", "--as", "mallory"], "nobody is named mallory in the local cloud"),
    ];
    for (args, expected) in cases {
        let done = up.flowgate("lease", args).await;
        assert!(error(&done, 2).contains(expected), "{args:?}: {done:?}");
    }
    assert_eq!(lease(up, &["show", "shop-dev-ada"]).await, before);

    let short = lease(up, &["claim", "shop-dev-x", "--ttl", "1s"]).await;
    while Timestamp::now() <= time(&short, "expires_at") {
        sleep(POLL).await;
    }
    let expired = up.flowgate("lease", &["renew", "shop-dev-x", "--yes"]).await;
    assert!(error(&expired, 2).ends_with("(Expired)"), "{expired:?}");
}

/// Somebody who sees the lease may still say no; what is released then is what was seen.
async fn at_a_terminal(up: &Up, token: u64) {
    let refused = typed(up, "n").await;
    assert!(refused.0 == Some(2) && refused.1.contains("error: nothing was changed"), "{refused:?}");
    assert_eq!(lease(up, &["show", "shop-dev-ada"]).await["state"], "HELD");
    let released = typed(up, "y").await;
    for expected in
        ["shop-dev-ada is released; a hold keeps it until ", &format!("then sweep may delete it, token {token}")]
    {
        assert!(released.0 == Some(0) && released.1.contains(expected), "{expected}: {released:?}");
    }

    let shown = lease(up, &["show", "shop-dev-ada"]).await;
    assert_eq!((&shown["state"], &shown["expires_at"]), (&"DIRTY".into(), &Value::Null));
    assert_eq!(shown["due"], shown["hold_until"], "the hold outlives the release");
    for more in [&[][..], &["--quarantined"]] {
        let again = lease(up, &[&["release", "shop-dev-ada", "--yes"], more].concat()).await;
        assert_eq!(again, shown, "released twice");
    }
    for (args, code) in [(&["renew", "shop-dev-ada", "--yes"][..], "(Dirty)"), (&["claim", "shop-dev-ada"], "(Dirty)")]
    {
        let done = up.flowgate("lease", args).await;
        assert!(error(&done, 2).ends_with(code), "{args:?}: {done:?}");
    }
}

/// Releases at a terminal, with this answer; how it ended, and what it said then.
async fn typed(up: &Up, answer: &'static str) -> (Option<i32>, String) {
    let (mut terminal, end) = Terminal::open();
    let mut command = up.command("lease");
    command.args(["release", "shop-dev-ada"]);
    command.stdin(end.try_clone().unwrap()).stdout(end.try_clone().unwrap()).stderr(end);
    let mut release = command.spawn().unwrap();
    // What we hold of the program's end would keep the terminal open when the program has ended.
    drop(command);
    let said = spawn_blocking(move || {
        terminal.answer("release? [y/N] ", answer);
        terminal.rest()
    });
    let said = said.await.unwrap();
    (release.wait().await.unwrap().code(), said)
}

/// More than one page of them.
async fn lists(up: &Up) {
    let lambda = Lambda::new(&up.sdk());
    let names: Vec<String> = (0..101).map(|n| format!("shop-dev-n{n}")).collect();
    for (ttl, name) in (3600..).zip(names.iter().rev()) {
        let claim = json!({"operation": "claim", "stack": name, "holder": HOLDER, "ttl": ttl, "source": "many"});
        let sent = lambda.invoke().function_name(FUNCTION).payload(Blob::new(claim.to_string())).send().await;
        assert_eq!(sent.unwrap().function_error(), None);
    }
    let listed = up.json("lease", &["list", "shop"]).await;
    let stacks: BTreeSet<_> = listed.iter().map(|lease| lease["stack"].as_str().unwrap()).collect();
    let others = ["shop-dev-ada", "shop-dev-x", "shop-pr-7"];
    assert_eq!(stacks, names.iter().map(String::as_str).chain(others).collect());
    assert_eq!(listed.len(), stacks.len(), "each once");
    assert!(listed.is_sorted_by_key(|lease| time(lease, "due")), "what is due first comes first: {listed:?}");

    let table = up.flowgate("lease", &["list"]).await.stdout;
    let mut lines = table.lines();
    let head: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(head, ["NAME", "STATE", "SOURCE", "UNTIL", "DUE", "WHY"]);
    let rows: Vec<_> = lines.map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(rows, listed.iter().map(|lease| lease["stack"].as_str().unwrap()).collect::<Vec<_>>());
}

/// A function that fails is told from one that is not there.
async fn failures(up: &Up) {
    let lambda = Lambda::new(&up.sdk());
    let nothing = Environment::builder().variables("NOTHING", "").build();
    lambda.update_function_configuration().function_name(FUNCTION).environment(nothing).send().await.unwrap();
    let failed = up.flowgate("lease", &["list"]).await;
    assert!(error(&failed, 3).starts_with("shop-flowgate-lease failed: "), "{failed:?}");
    lambda.delete_function().function_name(FUNCTION).send().await.unwrap();
    no_function(up, &["lease", "list"], "its stack shop-flowgate is older; deploy").await;
}

async fn no_function(up: &Up, args: &[&str], why: &str) {
    let done = up.flowgate(args[0], &args[1..]).await;
    let expected = format!("service shop has no function shop-flowgate-{} in this account and region: {why}", args[0]);
    assert!(error(&done, 2).starts_with(&expected), "{done:?}");
}
