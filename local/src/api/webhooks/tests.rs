use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::definition::Definition;
use super::filter::Filter;
use crate::api::tests::world::pipeline;

fn filter(path: &str, wanted: Option<&str>) -> Filter {
    Filter { json_path: path.to_owned(), match_equals: wanted.map(str::to_owned) }
}

fn definition(changed: &Value) -> Definition {
    let mut definition = json!({
        "name": "hook", "targetPipeline": "p", "targetAction": "Fetch", "authentication": "UNAUTHENTICATED",
        "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{BranchName}"}], "authenticationConfiguration": {},
    });
    for (member, value) in changed.as_object().unwrap() {
        definition[member] = value.clone();
    }
    serde_json::from_value(definition).unwrap()
}

#[test]
fn a_filter_passes_what_has_the_wanted_value_at_its_place() {
    let request = json!({"ref": "refs/heads/main", "commits": [{"id": 7, "a.b": true}], "none": null});
    let configuration = BTreeMap::from([("BranchName".to_owned(), "main".to_owned())]);
    for (path, wanted, passes) in [
        ("$.ref", Some("refs/heads/main"), true),
        ("$.ref", Some("refs/heads/{BranchName}"), true),
        ("$['ref']", Some("refs/{Missing}/main"), false),
        ("$.ref", Some("main"), false),
        ("$.commits[0].id", Some("7"), true),
        ("$.commits[0]['a.b']", Some("true"), true),
        ("$.commits[0][\"a.b\"]", None, true),
        ("$.commits[1].id", None, false),
        ("$.none", None, true),
        ("$.nothing", None, false),
        ("$", None, true),
    ] {
        assert_eq!(filter(path, wanted).passes(&request, &configuration), passes, "{path} {wanted:?}");
    }
}

#[test]
fn paths_that_lead_to_several_places_or_nowhere_are_none() {
    for path in [
        "",
        "ref",
        "$ref",
        "$.",
        "$..ref",
        "$.*",
        "$[*]",
        "$[-1]",
        "$[+1]",
        "$[0",
        "$['a",
        "$['a'",
        "$.a[?(@.b)]",
        "$[0:2]",
    ] {
        assert!(filter(path, None).path().is_err(), "{path}");
    }
}

#[test]
fn a_definition_that_could_not_work_is_refused_by_its_documented_name() {
    const FILTER: &str = "InvalidWebhookFilterPatternException";
    const AUTHENTICATION: &str = "InvalidWebhookAuthenticationParametersException";
    let secret = json!({"SecretToken": "s"});
    for (changed, exception) in [
        (json!({"targetAction": "Ask"}), "ValidationException"),
        (json!({"filters": [{"jsonPath": "$..ref"}]}), FILTER),
        (json!({"filters": [{"jsonPath": "$.ref", "matchEquals": "{Branch}"}]}), FILTER),
        (json!({"filters": [{"jsonPath": "$.ref", "matchEquals": "{BranchName"}]}), FILTER),
        (json!({"authentication": "GITHUB_HMAC"}), AUTHENTICATION),
        (json!({"authentication": "IP", "authenticationConfiguration": secret}), AUTHENTICATION),
        (json!({"authentication": "IP", "authenticationConfiguration": {"AllowedIPRange": "here"}}), AUTHENTICATION),
        (json!({"authenticationConfiguration": secret}), AUTHENTICATION),
    ] {
        assert_eq!(definition(&changed).check(&pipeline()).unwrap_err().exception(), exception, "{changed}");
    }
    for allowed in [
        json!({}),
        json!({"filters": []}),
        json!({"authentication": "GITHUB_HMAC", "authenticationConfiguration": secret}),
        json!({"authentication": "IP", "authenticationConfiguration": {"AllowedIPRange": "127.0.0.0/8"}}),
    ] {
        assert_eq!(definition(&allowed).check(&pipeline()), Ok(()), "{allowed}");
    }
}

#[test]
fn nobody_is_shown_a_secret() {
    let configuration = json!({"SecretToken": "hidden"});
    let definition =
        definition(&json!({"authentication": "GITHUB_HMAC", "authenticationConfiguration": configuration}));
    assert_eq!(definition.written()["authenticationConfiguration"], json!({"SecretToken": "****"}));
    assert!(!format!("{definition:?}").contains("hidden"));
}
