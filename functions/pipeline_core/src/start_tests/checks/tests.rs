//! What a `tests.yaml` may say, and what becomes of one that is wrong, hostile or enormous.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::{ids::StackName, ports::Stack};

fn stack(outputs: &[(&str, &str)]) -> Stack {
    Stack {
        status: "UPDATE_COMPLETE".into(),
        outputs: outputs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        tags: BTreeMap::new(),
    }
}

fn told() -> Value {
    json!({
        "run_id": "", "test": "", "stage": "beta", "stack": "time-beta", "api_url": "https://api.example/Prod",
        "outputs": {"Zone": "UTC", "Odd": "a\nb"}, "revision": null, "execution_id": null,
    })
}

fn read(file: &[u8]) -> Result<Vec<Test>, InvalidChecks> {
    let names: [StackName; 2] = ["time-beta".parse().unwrap(), "time-tests".parse().unwrap()];
    let app = stack(&[("WorkerFunction", "time-beta-Worker-1"), ("Both", "time-beta-a"), ("Same", "time-beta-a")]);
    let tests = stack(&[
        ("Helper", "arn:aws:lambda:eu-west-1:111122223333:function:time-tests-Helper-1"),
        ("Prod", "time-prod-Worker-1"),
        ("Foreign", "arn:aws:lambda:eu-west-1:999999999999:function:time-tests-a"),
        ("Both", "time-tests-a"),
        ("Same", "time-beta-a"),
        ("Text", "not a function"),
    ]);
    let stacks = vec![(&names[0], &app), (&names[1], &tests)];
    parse(file, &Scope { home: Home { stacks, account: "111122223333", assumed: false }, told: &told() })
}

fn one(text: &str) -> Kind {
    read(text.as_bytes()).unwrap().remove(0).kind
}

fn refused(text: &str) -> String {
    let words = read(text.as_bytes()).unwrap_err().to_string();
    assert!(words.starts_with("tests.yaml: ") && words.chars().count() < 400, "{words}");

    words
}

fn body(text: &str) -> Value {
    let Kind::Http(check) = one(&format!("http: [{{name: a, path: /, body: {text}}}]")) else { panic!("{text}") };
    check.body.unwrap_or_default()
}

#[test]
fn a_file_in_full() {
    let file = "
http:
  - name: time-is-told
    method: POST
    path: /time?run=${run_id}
    headers: { accept: application/json, x-count: 3 }
    body: { zone: '${outputs.Zone}' }
    expect:
      status: 201
      json: { zone: UTC }
      within_ms: 2000
invoke:
  - name: worker-adds
    output: WorkerFunction
    payload: { a: 1, b: 2 }
    expect: { result: { sum: 3 }, within_ms: 100 }
";
    let headers = [("accept", "application/json"), ("x-count", "3")];
    let http = HttpCheck {
        method: "POST".into(),
        path: "/time?run=${run_id}".into(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Some(json!({"zone": "${outputs.Zone}"})),
        status: 201,
        json: Some(json!({"zone": "UTC"})),
        within: Some(SignedDuration::from_secs(2)),
    };
    let invoke = InvokeCheck {
        function: "time-beta-Worker-1".parse().unwrap(),
        payload: json!({"a": 1, "b": 2}),
        result: Some(json!({"sum": 3})),
        within: Some(SignedDuration::from_millis(100)),
    };
    let expected = vec![
        Test { name: "time-is-told".parse().unwrap(), kind: Kind::Http(http) },
        Test { name: "worker-adds".parse().unwrap(), kind: Kind::Invoke(invoke) },
    ];
    assert_eq!(read(file.as_bytes()), Ok(expected));
}

#[test]
fn what_is_not_said_is_a_get_that_expects_200_and_an_empty_object() {
    let Kind::Http(http) = one("http: [{name: a, path: /}]") else { panic!() };
    assert_eq!((http.method.as_str(), http.status, http.json, http.within, http.body), ("GET", 200, None, None, None));
    let Kind::Invoke(invoke) = one("invoke: [{name: a, output: Helper}]") else { panic!() };
    assert_eq!((invoke.payload, invoke.result), (json!({}), None));
    assert_eq!(invoke.function.name(), "time-tests-Helper-1");
    for nothing in ["", "# nothing yet", "http: []\ninvoke:\n"] {
        assert_eq!(read(nothing.as_bytes()), Ok(Vec::new()), "{nothing}");
    }
}

#[test]
fn values_keep_their_type_and_a_date_is_a_text() {
    for (text, value) in [
        ("1", json!(1)),
        ("-1", json!(-1)),
        ("1.5", json!(1.5)),
        ("18446744073709551615", json!(u64::MAX)),
        ("true", json!(true)),
        ("'1'", json!("1")),
        ("\"true\"", json!("true")),
        ("2026-11-21", json!("2026-11-21")),
        ("2026-11-21T12:00:00Z", json!("2026-11-21T12:00:00Z")),
        ("12:30:45", json!("12:30:45")),
        ("1.2.3", json!("1.2.3")),
        ("0755", json!(755.0)),
        ("yes", json!("yes")),
        ("no", json!("no")),
        ("on", json!("on")),
        ("~", json!(null)),
        ("[1, null, {a: 2026-11-21}]", json!([1, null, {"a": "2026-11-21"}])),
    ] {
        assert_eq!(body(text), value, "{text}");
    }
    for text in [".nan", ".inf", "1e999"] {
        assert!(refused(&format!("http: [{{name: a, path: /, body: {text}}}]")).contains("line "), "{text}");
    }
}

#[test]
fn an_expected_null_is_an_expectation() {
    let Kind::Http(http) = one("http: [{name: a, path: /, expect: {json: null}}]") else { panic!() };
    let Kind::Invoke(invoke) = one("invoke: [{name: a, output: Helper, expect: {result: }}]") else { panic!() };
    assert_eq!((http.json, invoke.result), (Some(Value::Null), Some(Value::Null)));
}

#[test]
fn what_cannot_be_meant_is_refused_and_says_what_is() {
    for (test, words) in [
        ("name: a, path: time", "a: path does not begin with /"),
        ("name: a, path: /a b", "a: path has characters"),
        ("name: a, path: '/a#b'", "a: path has characters"),
        ("name: a, path: /é", "a: path has characters"),
        ("name: a, path: '/a?b=<c'", "a: path has characters"),
        ("name: a, path: '/a>b'", "a: path has characters"),
        ("name: a, path: '/a`b'", "a: path has characters"),
        ("name: a, path: '/a?b=\"c\"'", "a: path has characters"),
        ("name: a, path: \"/a\\nHost: b\"", "a: path has characters"),
        ("name: a, path: /, method: get", "a: method is none of DELETE, GET, "),
        ("name: a, path: /, expect: {status: 99}", "a: expect.status is 99, not 200 to 599"),
        ("name: a, path: /, expect: {status: 70000}", "line 1"),
        ("name: a, path: /, expect: {within_ms: 0}", "a: expect.within_ms is 0"),
        ("name: a, path: /, expect: {within_ms: -1}", "line 1"),
        ("name: a, path: /, expect: {jsn: 1}", "unknown field `jsn`, expected one of status, json, within_ms"),
        ("name: a, path: /, url: b", "unknown field `url`, expected one of name, "),
        ("name: a", "missing field"),
        ("name: a b, path: /", "is not a test's name"),
        ("path: /", "missing field"),
        ("name: a, path: /, headers: {'a b': c}", "a: headers: a key is not a header's name"),
        ("name: a, path: /, headers: {X-Flowgate-Run-Id: c}", "headers: x-flowgate-run-id is not the test's to set"),
        ("name: a, path: /, headers: {Content-Length: 1}", "headers: content-length is not"),
        ("name: a, path: /, headers: {Host: b.example}", "headers: host is not the test's to set"),
        ("name: a, path: /, headers: {a: \"b\\r\\nc: d\"}", "a: headers: a value has characters"),
        ("name: a, path: /, headers: {a: '${outputs.Odd}'}", "a: headers: a value has characters"),
        ("name: a, path: '/${nonsense}'", "a: path: ${nonsense} stands for nothing; there are ${run_id}, "),
        ("name: a, path: '/${SECRET}'", "a: path: ${…} stands for nothing"),
        ("name: a, path: '/${revision}'", "${revision} is not known in this run, as the app stack has no tag"),
        ("name: a, path: /, body: {b: ['${outputs.Nothing}']}", "a: body: ${outputs.…} names no output of the app"),
        ("name: a, path: /, expect: {json: ['${nonsense}']}", "a: expect.json: ${nonsense} stands for nothing"),
        ("name: a, path: /, headers: {a: '${run_id'}", "a: headers: a ${ is not closed"),
    ] {
        let message = refused(&format!("http: [{{{test}}}]"));
        assert!(message.contains(words), "{test}: {message}");
    }
    for (test, words) in [
        (
            "output: Nothing",
            "a: output names no output of stack time-beta and stack time-tests; there are Both, Foreign, Helper, ",
        ),
        ("output: Prod", "a: its output names a function of another stack: its name must begin with time-tests-;"),
        ("output: Foreign", "a: its output names a function in account 999999999999, and the stage is in 111122223333"),
        ("output: Text", "a: its output does not name a test"),
        ("output: Both", "a: output names different outputs of "),
        ("output: Helper, payload: ['${execution_id}']", "a: payload: ${execution_id} is not known in this run"),
        ("output: Helper, expect: {result: '${nonsense}'}", "a: expect.result: ${nonsense} stands for nothing"),
    ] {
        let message = refused(&format!("invoke: [{{name: a, {test}}}]"));
        assert!(message.contains(words), "{test}: {message}");
    }
    // Both stacks have it, and it is one's own.
    assert!(read(b"invoke: [{name: a, output: Same}]").is_ok());
}

#[test]
fn i26_what_is_no_tests_yaml_is_refused_without_repeating_it() {
    for text in [
        "SECRET",
        "[SECRET]",
        "{",
        "http: SECRET",
        "http: [SECRET]",
        "https: []",
        "SECRET: 1",
        "http: []\nhttp: []",
        "http: [{name: a, name: SECRET, path: /}]",
        "http: [{name: a, path: /, body: {SECRET: 1, SECRET: 2}}]",
        "http: [{name: a, path: /, expect: {status: SECRET}}]",
        "http: [{name: a, path: /, body: *SECRET}]",
        "http: []\n---\nhttp: []",
        "\u{0}",
    ] {
        let message = refused(text);
        assert!(!message.contains("SECRET"), "{text:?}: {message}");
    }
    assert!(read(b"http: \xff").is_err());
}

#[test]
fn bombs_are_refused() {
    let laughs: String = (1..12).map(|n| format!(", &l{n} [{}]", format!("*l{},", n - 1).repeat(9))).collect();
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let long = "x".repeat(500_000);
    for text in [
        format!("http: [{{name: a, path: /, body: [&l0 lol{laughs}]}}]"),
        format!("http: [{{name: a, path: /, body: [&l0 {long}, {}]}}]", "*l0,".repeat(900)),
        format!("http: [{{name: a, path: /, body: {open}{close}}}]"),
        format!("http: [{{name: a, path: /, body: {}}}]", "{a: ".repeat(50_000)),
        format!("http: [{{name: a, path: /, body: {}1{}}}]", "[".repeat(60), "]".repeat(60)),
        format!("http: [{{name: a, path: /, body: [{}]}}]", "1,".repeat(400_000)),
        format!("http: [{{name: a, path: /, body: {{{}}}}}]", "? [".repeat(20_000)),
        format!("http:{}", "\n- ".repeat(300_000)),
        format!("# {}", "x".repeat(1 << 20)),
    ] {
        refused(&text);
    }
}

#[test]
fn five_hundred_tests_and_shared_parts_are_no_bomb() {
    let header = "http:\n- {name: first, path: /, headers: &headers {accept: application/json, x-team: shop}}\n";
    let test = |n| format!("- {{name: test-{n}, path: '/items/{n}', headers: *headers, body: {{id: {n}}}}}\n");
    let file: String = (1..500).map(test).collect();
    assert_eq!(read(format!("{header}{file}").as_bytes()).unwrap().len(), 500);
}
