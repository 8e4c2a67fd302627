//! Every bad input gets a clear message, and changes nothing.

use jiff::SignedDuration;
use pipeline_core::{
    lease::{record::State, request::Request},
    memory::World,
    ports::Clock,
};
use serde_json::{Value, json};

use super::{EXECUTION, MINE, PR, STACK, THEIRS, about, claim, granted, id, leases, put, refused, standing, until};
use crate::support::world;

/// What a text comes to: parsed, and if it is a request, handled.
fn handled(world: &World, text: &str) -> Result<String, (&'static str, String)> {
    let work = async { leases(world, world).handle(Request::parse(text)?, until(world)).await };
    let answer = world.run(work).expect("no fault");
    answer.map(|answer| format!("{answer:?}")).map_err(|refusal| (refusal.code(), refusal.to_string()))
}

/// Refuses `text` as no request, in these words, without any effect.
fn is_bad(text: &str, words: &str) {
    let world = world();
    let (code, message) = handled(&world, text).expect_err(text);
    assert_eq!((code, message.contains(words)), ("BadRequest", true), "{message:?} has no {words:?}");
    assert!(message.chars().count() <= 600, "{} characters", message.chars().count());
    assert_eq!(*world.effects.borrow(), Vec::<&str>::new(), "{message}");
}

/// A claim in which this field has another value.
fn claim_with(field: &str, value: &Value) -> String {
    let mut request = claim(MINE, PR);
    request[field] = value.clone();
    request.to_string()
}

#[test]
fn what_is_no_object_is_no_request() {
    for text in ["", " ", "null", "[]", "claim", "42", "\"{}\"", r#"["claim", "shop-pr-42"]"#, "\u{feff}{}"] {
        is_bad(text, "not a JSON object");
    }
    is_bad("{", "EOF");
    is_bad("{}", "missing field `operation`");
    is_bad(r#"{"operation": "list"} {"operation": "list"}"#, "trailing characters");
    is_bad(r#"{"Records": [{"eventSource": "aws:sqs"}]}"#, "missing field `operation`");
    for operation in ["\"delete\"", "\"Claim\"", "\"\"", "null", "7"] {
        is_bad(&format!(r#"{{"operation": {operation}}}"#), "operation: ");
    }
}

#[test]
fn a_field_that_is_missing_unknown_or_twice_is_named() {
    for field in ["stack", "holder", "ttl", "source"] {
        let mut request = claim(MINE, PR);
        request.as_object_mut().unwrap().remove(field);
        is_bad(&request.to_string(), &format!("missing field `{field}`"));
    }
    is_bad(&claim_with("owner", &json!("me")), "unknown field `owner`, expected one of");
    is_bad(&claim_with("token", &json!(1)), "unknown field");
    is_bad(r#"{"operation": "show", "stack": "a", "stack": "b"}"#, "duplicate field `stack`");
    is_bad(r#"{"operation": "show", "operation": "list", "stack": "a"}"#, "duplicate field `operation`");
    for (operation, fields) in [
        ("enter", json!({"pipeline": "shop-previews", "execution": EXECUTION})),
        ("bind", json!({})),
        ("renew", json!({"ttl": 60})),
        ("release", json!({})),
        ("hold", json!({"until": "2026-11-22T12:00:00Z"})),
    ] {
        let mut request = json!({"operation": operation, "stack": STACK});
        request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        is_bad(&request.to_string(), "missing field `token`");
        request["token"] = json!(1);
        request["force"] = json!(true);
        is_bad(&request.to_string(), "unknown field");
    }
}

#[test]
fn a_value_of_another_type_is_named_with_its_field() {
    for field in ["stack", "holder", "ttl", "source", "empty_buckets"] {
        for value in [json!(null), json!([]), json!({"a": 1})] {
            is_bad(&claim_with(field, &value), &format!("{field}: invalid type"));
        }
    }
    for field in ["stack", "holder", "source", "empty_buckets"] {
        is_bad(&claim_with(field, &json!(1.5)), &format!("{field}: invalid type"));
    }
    for token in [json!("1"), json!(null), json!(1.0), json!(-1), json!(true)] {
        is_bad(&json!({"operation": "release", "stack": STACK, "token": token}).to_string(), "token: invalid");
    }
    is_bad(&claim_with("empty_buckets", &json!("true")), "empty_buckets: invalid type");
    let release = |quarantined| json!({"operation": "release", "stack": STACK, "token": 1, "quarantined": quarantined});
    for quarantined in [json!(null), json!("true"), json!(1)] {
        is_bad(&release(quarantined).to_string(), "quarantined: invalid type");
    }
}

#[test]
fn a_time_that_no_lease_lasts_is_refused() {
    for ttl in ["0", "-1", "2592001", "18446744073709551615", "-9223372036854775808", "1.5", "60.0"] {
        is_bad(&claim(MINE, PR).to_string().replace("3600", ttl), &format!("ttl: {ttl} is not a lease's time"));
    }
    is_bad(&claim_with("ttl", &json!("3600")), "ttl: invalid type: string");
    is_bad(&claim(MINE, PR).to_string().replace("3600", "1e400"), "ttl: number out of range");
}

#[test]
fn a_holder_is_a_uuid_and_a_source_short_and_printable() {
    for holder in ["", " ", "me", &"x".repeat(2048), &MINE.replace('-', ""), &format!("{MINE}\n")] {
        is_bad(&claim_with("holder", &json!(holder)), "is not a holder (a new UUID for each claim)");
    }
    for source in ["", " ", &"x".repeat(2048), &"é".repeat(129), "a\nb", "a\u{0}", " a"] {
        is_bad(&claim_with("source", &json!(source)), "is not a source (1 to 256 bytes of printable text)");
    }
}

#[test]
fn a_name_that_sweep_would_not_delete_is_not_claimed() {
    for stack in [
        "shop-prod",
        "shop-pr-",
        "shop-pr-42-prod",
        "shop-PR-42",
        "shop-pr-4a",
        "shop-dev-",
        "shop-dev-Ada",
        "xshop-pr-42",
        "shop-flowgate",
        "other-pr-42",
    ] {
        is_bad(&claim_with("stack", &json!(stack)), "is neither shop-pr-NUMBER[-tests] nor shop-dev-NAME");
    }
    for stack in ["", "shop-pr-42\n", "shop_pr_42", "ѕhop-pr-42", &"a".repeat(129), "arn:aws:cloudformation"] {
        is_bad(&claim_with("stack", &json!(stack)), "is not a stack name");
    }
}

#[test]
fn a_megabyte_or_deep_nesting_is_refused_without_reading_it_whole() {
    is_bad(&claim_with("source", &json!("x".repeat(1 << 20))), "16384 are the most");
    is_bad(&format!("{}{}", " ".repeat(1 << 20), claim(MINE, PR)), "16384 are the most");
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    is_bad(&format!(r#"{{"operation": "show", "stack": {deep}}}"#), "stack: invalid type: sequence");
    is_bad(&format!(r#"{{"operation": "show", "stack": "a", "x": {deep}}}"#), "unknown field");
    is_bad(&format!(r#"{{"operation": {deep}}}"#), "operation: ");
    is_bad(&format!(r#"{{"operation": "show", "{}": 1}}"#, "k".repeat(10_000)), "unknown field");
}

#[test]
fn other_fields_are_what_they_should_be() {
    let enter = |fields: Value| {
        let mut request = json!({
            "operation": "enter", "stack": STACK, "token": 1, "pipeline": "shop-previews", "execution": EXECUTION,
        });
        request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        request.to_string()
    };
    is_bad(&enter(json!({"pipeline": ""})), "pipeline: a text");
    is_bad(&enter(json!({"pipeline": "a".repeat(101)})), "is not a pipeline's name");
    for pipeline in ["shop", "shopping", "p", "other-shop-previews", "Shop-previews"] {
        is_bad(&enter(json!({"pipeline": pipeline})), &format!("pipeline: {pipeline} is not named shop-…"));
    }
    is_bad(&enter(json!({"execution": "#{codepipeline.PipelineExecutionId}"})), "is not a pipeline execution id");
    is_bad(&enter(json!({"head": "8f2c", "revision": "8f2c"})), "is not a full commit id");
    is_bad(&enter(json!({"head": "a".repeat(40)})), "give both or neither");
    is_bad(&enter(json!({"revision": "a".repeat(40)})), "give both or neither");
    for until in ["", "tomorrow", "2026-11-22", "2026-11-22T12:00:00", "2026-13-22T12:00:00Z"] {
        is_bad(&json!({"operation": "hold", "stack": STACK, "token": 1, "until": until}).to_string(), "until: ");
    }
    for arn in ["", "shop-pr-42", "arn:aws:cloudformation:eu-west-1:1:stack/shop-pr-42/a", "arn:aws:s3:::bucket"] {
        is_bad(&json!({"operation": "bind", "stack": STACK, "token": 1, "stack_id": arn}).to_string(), "full ARN");
    }
    for limit in [json!(0), json!(101), json!(-1), json!("all")] {
        is_bad(&json!({"operation": "list", "limit": limit}).to_string(), "limit: ");
    }
    let time = "2026-11-21T12:00:00Z";
    for after in ["", "x", "page 2", time, &format!("{time}#"), "#shop-pr-42", &"x".repeat(10_000)] {
        let words = "after: a text that is not the next of a list of leases";
        is_bad(&json!({"operation": "list", "after": after}).to_string(), words);
    }
}

/// Refuses `request` with this code, and leaves the lease as it is.
fn changes_nothing(world: &World, request: &Value, code: &str) {
    let before = standing(world);
    assert_eq!(refused(world, request).0, code, "{request}");
    assert_eq!(standing(world), before, "{request}");
}

#[test]
fn i7_a_stale_a_future_and_a_made_up_token_change_nothing() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    let token = standing(&world).token.0;
    for wrong in [0, token - 1, token + 1, u64::MAX] {
        for (operation, fields) in [("renew", json!({"ttl": 60})), ("release", json!({})), ("bind", json!({}))] {
            let mut request = about(&world, operation, &fields);
            request["token"] = json!(wrong);
            changes_nothing(&world, &request, "StaleToken");
        }
    }
}

#[test]
fn i4_what_is_being_deleted_cannot_be_had_back() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    let notice = pipeline_core::lease::record::Notice::Release { at: world.now() };
    put(&world, State::Deleting { notice, attempts: 0 });
    changes_nothing(&world, &claim(THEIRS, PR), "Deleting");
    changes_nothing(&world, &claim(MINE, PR), "Deleting");
    changes_nothing(&world, &about(&world, "renew", &json!({"ttl": 60})), "Deleting");
    changes_nothing(&world, &about(&world, "hold", &json!({"until": "2026-11-22T12:00:00Z"})), "Deleting");
    let enter = about(&world, "enter", &json!({"pipeline": "shop-previews", "execution": EXECUTION}));
    changes_nothing(&world, &enter, "Deleting");
}

#[test]
fn a_release_twice_is_one_release() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    let release = about(&world, "release", &json!({}));
    let once = granted(&world, &release);
    world.pass(SignedDuration::from_mins(5));
    assert_eq!(granted(&world, &release), once);
    assert_eq!(world.leases.history.borrow().len(), 2);
}

#[test]
fn a_renewal_after_the_expiry_is_refused_also_when_nobody_has_marked_it() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    world.pass(SignedDuration::from_hours(1));
    changes_nothing(&world, &about(&world, "renew", &json!({"ttl": 60})), "Expired");
    changes_nothing(&world, &claim(THEIRS, "pull request 43"), "Held");
}

#[test]
fn i2_i7_a_clock_that_goes_back_shortens_nothing_and_repeats_no_token() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    let first = standing(&world);
    world.pass(SignedDuration::from_hours(-24));
    granted(&world, &about(&world, "renew", &json!({"ttl": 60})));
    assert_eq!(standing(&world).expires_at(), first.expires_at());
    assert_eq!(granted(&world, &claim(THEIRS, PR)).token.0, first.token.0 + 1);
}

#[test]
fn i5_a_stack_elsewhere_is_not_bound() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    for (of, other) in [("111122223333", "999999999999"), ("eu-west-1", "us-east-1"), ("/shop-pr-42/", "/shop-pr-420/")]
    {
        let foreign = id("a").to_string().replace(of, other);
        changes_nothing(&world, &about(&world, "bind", &json!({"stack_id": foreign})), "WrongStack");
    }
}

#[test]
fn a_name_without_a_lease_has_none_to_show_or_change() {
    let world = world();
    for (operation, fields) in [
        ("show", json!({})),
        ("renew", json!({"token": 1, "ttl": 60})),
        ("release", json!({"token": 1})),
        ("bind", json!({"token": 1})),
        ("hold", json!({"token": 1, "until": "2026-11-22T12:00:00Z"})),
        ("enter", json!({"token": 1, "pipeline": "shop-previews", "execution": EXECUTION})),
    ] {
        let mut request = json!({"operation": operation, "stack": STACK});
        request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert_eq!(refused(&world, &request).0, "NoLease", "{operation}");
    }
    assert!(world.leases.history.borrow().is_empty());
}
