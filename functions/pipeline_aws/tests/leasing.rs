//! Requests and jobs through the real handler of `lease`, with the state and CodePipeline in memory.

use pipeline_aws::{
    environment::Environment,
    leasing::{Leasing, Settings},
};
use pipeline_core::{
    drive::Ports,
    ids::{Nonce, StackArn, StackName},
    lease::{perform::Leases, place::Place},
    memory::{Fault, World},
    ports::{Clock as _, PortError},
    sweep::{
        ports::InspectStacks,
        stack::{Resource, StackFacts},
    },
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:time-service-flowgate-lease";
const SENTINEL: &str = "SENTINEL-SECRET";
const NAME: &str = "time-service-pr-42";
const HOLDER: &str = "44444444-abcd-1111-abcd-111111abcdef";

/// No stacks at all.
struct Nothing;

impl InspectStacks for Nothing {
    async fn by_id(&self, _: &StackArn) -> Result<Option<StackFacts>, PortError> {
        Ok(None)
    }
    async fn by_name(&self, _: &StackName) -> Result<Option<StackFacts>, PortError> {
        Ok(None)
    }
    async fn resources(&self, _: &StackArn) -> Result<Vec<Resource>, PortError> {
        Ok(vec![])
    }
    async fn importers(&self, _: &str) -> Result<Vec<String>, PortError> {
        Ok(vec![])
    }
}

fn world() -> World {
    World::new("2026-11-21T12:00:00Z".parse().expect("a timestamp"))
}

/// The function's answer to an event.
fn handle(world: &World, event: &str) -> Value {
    let place = Place { account: "111122223333".into(), region: "eu-west-1".into(), service: "time-service".into() };
    let leasing = Leasing {
        ports: Ports { clock: world, verdicts: world, jobs: world },
        leases: || Leases {
            clock: world,
            store: world,
            stacks: &Nothing,
            executions: world,
            place: place.clone(),
            margin: jiff::SignedDuration::from_mins(1),
            nonce: || Nonce::from_random(Uuid::new_v4()),
        },
    };
    let event: &RawValue = serde_json::from_str(event).expect("Lambda hands over JSON only");
    let deadline = 1_795_266_000_000;
    let handled = world.run(leasing.handle(event, FUNCTION, deadline)).expect("no fault");
    serde_json::from_str(handled.expect("an answer, not an error").get()).expect("JSON")
}

fn claim(with: &[(&str, Value)]) -> Value {
    let mut request = json!({
        "operation": "claim", "stack": NAME, "holder": HOLDER, "ttl": 3600,
        "source": "pull request 42",
    });
    for (name, value) in with {
        request[name] = value.clone();
    }
    request
}

fn job(parameters: &Value) -> Value {
    json!({"CodePipeline.job": {"id": "11111111-abcd-1111-abcd-111111abcdef", "accountId": "111122223333", "data": {
        "actionConfiguration": {"configuration": {"FunctionName": "f", "UserParameters": parameters.to_string()}},
        "inputArtifacts": [], "outputArtifacts": [],
        "artifactCredentials": {"accessKeyId": SENTINEL, "secretAccessKey": SENTINEL, "sessionToken": SENTINEL},
    }}})
}

fn reports(world: &World) -> Vec<Report> {
    world.reports.borrow().iter().map(|(_, report, _)| report.clone()).collect()
}

#[track_caller]
fn assert_bad_request(event: &str, words: &str) {
    let world = world();
    let answer = handle(&world, event);
    let (code, message) = (&answer["error"]["code"], answer["error"]["message"].as_str().unwrap_or_default());
    assert_eq!(code, "BadRequest", "{answer}");
    assert!(message.contains(words) && message.len() < 1500, "{message}");
    assert_eq!(world.effects.borrow()[..], [""; 0], "{message}");
}

#[test]
fn a_request_is_answered() {
    let world = world();
    let claimed = handle(&world, &claim(&[]).to_string());
    assert_eq!((&claimed["state"], &claimed["stack"]), (&json!("HELD"), &json!(NAME)));
    let release = json!({"operation": "release", "stack": NAME, "token": claimed["token"]});
    assert_eq!(handle(&world, &release.to_string())["state"], "DIRTY");
    assert!(reports(&world).is_empty());
}

#[test]
fn a_job_is_settled_with_what_later_actions_need() {
    let world = world();
    assert_eq!(handle(&world, &job(&claim(&[])).to_string()), Value::Null);
    let [Report::Succeed { outputs, .. }] = &reports(&world)[..] else { panic!("{:?}", reports(&world)) };
    assert_eq!(outputs["expires_at"], "2026-11-21T13:00:00Z");
    assert_eq!(
        outputs["token"],
        handle(&world, &json!({"operation": "show", "stack": NAME}).to_string())["token"].to_string()
    );
}

#[test]
fn a_refused_job_fails_once_however_often_it_is_delivered() {
    let world = world();
    let renew = job(&json!({"operation": "renew", "stack": NAME, "token": 7, "ttl": 60})).to_string();
    for _ in 0..3 {
        assert_eq!(handle(&world, &renew), Value::Null);
    }
    let [Report::Fail { kind: FailureKind::JobFailed, message }] = &reports(&world)[..] else {
        panic!("{:?}", reports(&world))
    };
    assert!(message.contains("has no lease"), "{message}");
}

#[test]
fn i17_a_job_whose_request_is_bad_fails_and_shows_nothing_of_its_event() {
    for parameters in [json!(null), json!({}), claim(&[("ttl", json!(0))]), json!({"operation": "list"}), json!("{}")] {
        let world = world();
        assert_eq!(handle(&world, &job(&parameters).to_string()), Value::Null);
        let [Report::Fail { kind: FailureKind::ConfigurationError, message }] = &reports(&world)[..] else {
            panic!("{parameters}: {:?}", reports(&world))
        };
        assert!(message.contains("UserParameters") && !message.contains(SENTINEL), "{message}");
    }
}

#[test]
fn a_job_that_cannot_be_settled_is_ignored() {
    for event in
        [json!({"CodePipeline.job": null}), json!({"CodePipeline.job": {"id": "x"}}), json!({"CodePipeline.job": {}})]
    {
        let world = world();
        assert_eq!(handle(&world, &event.to_string()), Value::Null);
        assert!(world.effects.borrow().is_empty(), "{event}");
    }
}

#[test]
fn what_is_neither_a_job_nor_a_request_is_refused_and_does_nothing() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let twice = claim(&[]).to_string().replacen('{', r#"{"ttl":1,"#, 1);
    for (event, words) in [
        ("null", "not a JSON object"),
        ("[]", "not a JSON object"),
        (r#"["claim"]"#, "not a JSON object"),
        ("7", "not a JSON object"),
        (r#""x""#, "not a JSON object"),
        ("{}", "missing field `operation`"),
        (r#"{"operation": "delete"}"#, "unknown variant, expected one of"),
        (r#"{"operation": null}"#, "operation"),
        (r#"{"source": "aws.events", "detail-type": "Scheduled Event"}"#, "missing field `operation`"),
        (r#"{"codepipeline.job": {}}"#, "missing field `operation`"),
        (r#"{"CodePipeline.job": {}, "CodePipeline.job": {}}"#, "missing field `operation`"),
        (&format!(r#"{{"operation": "show", "stack": {}}}"#, "[".repeat(100) + &"]".repeat(100)), "stack"),
        (&format!(r#"{{"operation": "show", "stack": {deep}}}"#), "bytes"),
        (&claim(&[("note", json!("x".repeat(1 << 20)))]).to_string(), "bytes"),
        (&twice, "duplicate field `ttl`"),
        (&claim(&[("ttl", json!(1.5))]).to_string(), ""),
    ] {
        assert_bad_request(event, words);
    }
}

#[test]
fn each_field_is_what_it_must_be() {
    for (field, value) in [
        ("ttl", json!(0)),
        ("ttl", json!(-1)),
        ("ttl", json!(u64::MAX)),
        ("ttl", json!("3600")),
        ("ttl", json!(null)),
        ("holder", json!("")),
        ("holder", json!("x".repeat(2048))),
        ("source", json!("")),
        ("source", json!("x".repeat(2048))),
        ("source", json!("a\nb")),
        ("empty_buckets", json!("true")),
        ("unknown", json!(1)),
        ("stack", json!(["time-service-pr-42"])),
        ("stack", json!("time-service-pr-42\n")),
    ] {
        assert_bad_request(&claim(&[(field, value)]).to_string(), field);
    }
}

#[test]
fn only_the_service_s_own_ephemeral_stacks_can_be_claimed() {
    for stack in
        ["time-service-prod", "time-service-pr-42-prod", "other-pr-42", "time-service-PR-42", "time-service-pr-"]
    {
        assert_bad_request(&claim(&[("stack", json!(stack))]).to_string(), stack);
    }
}

#[test]
fn i5_a_stack_of_another_account_region_or_name_is_not_bound() {
    for (account, region, name) in [
        ("999999999999", "eu-west-1", NAME),
        ("111122223333", "us-east-1", NAME),
        ("111122223333", "eu-west-1", "time-service-pr-420"),
    ] {
        let world = world();
        let token = handle(&world, &claim(&[]).to_string())["token"].clone();
        let id = format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/a1");
        let bind = json!({"operation": "bind", "stack": NAME, "token": token, "stack_id": id});
        assert_eq!(handle(&world, &bind.to_string())["error"]["code"], "WrongStack", "{id}");
        assert_eq!(world.leases.history.borrow().len(), 1, "{id}");
    }
}

#[test]
fn i7_a_stale_token_changes_nothing() {
    for request in [
        json!({"operation": "renew", "stack": NAME, "token": 1, "ttl": 60}),
        json!({"operation": "release", "stack": NAME, "token": 1}),
        json!({"operation": "hold", "stack": NAME, "token": 1, "until": "2026-11-22T12:00:00Z"}),
    ] {
        let world = world();
        handle(&world, &claim(&[]).to_string());
        assert_eq!(handle(&world, &request.to_string())["error"]["code"], "StaleToken", "{request}");
        assert_eq!(world.leases.history.borrow().len(), 1, "{request}");
    }
}

#[test]
fn a_table_out_of_reach_is_told_as_such() {
    let world = world();
    world.outage("read lease", Fault::Refused);
    let answer = handle(&world, &json!({"operation": "show", "stack": NAME}).to_string());
    assert_eq!(answer["error"]["code"], "Unavailable", "{answer}");
}

#[test]
fn who_waits_for_an_answer_is_told_soon_that_there_is_none() {
    let (enter, show) = (
        json!({"operation": "enter", "stack": NAME, "token": 7, "pipeline": "time-service-preview", "execution": HOLDER}),
        json!({"operation": "show", "stack": NAME}),
    );
    let waits = |request: &Value| {
        let world = world();
        world.outage("read lease", Fault::Refused);
        let began = world.now();
        assert_eq!(handle(&world, &request.to_string())["error"]["code"], "Unavailable", "{request}");
        world.now().duration_since(began).as_secs()
    };
    assert!((1..=30).contains(&waits(&show)), "{}", waits(&show));
    assert!(waits(&enter) > 600, "{}", waits(&enter));
}

#[test]
fn a_bad_environment_fails_at_the_start_and_names_its_variable() {
    let good = [
        ("STATE_TABLE", "state"),
        ("SERVICE", "time-service"),
        ("OWN_STACK", "arn:aws:cloudformation:eu-west-1:111122223333:stack/time-service-flowgate/1"),
    ];
    let read = |changed: &str, to: Option<&str>| {
        let lookup = |name: &str| match (name == changed, good.iter().find(|(known, _)| *known == name)) {
            (true, _) => to.map(str::to_owned),
            (false, known) => known.map(|(_, value)| (*value).to_owned()),
        };
        Settings::read(&Environment(&lookup)).map_err(|error| error.to_string())
    };
    let settings = read("", None).unwrap();
    assert_eq!((&settings.place.account[..], &settings.place.region[..]), ("111122223333", "eu-west-1"));
    assert_eq!((&settings.place.service[..], settings.margin.as_secs()), ("time-service", 60));
    assert_eq!(read("MARGIN_SECONDS", Some("5")).unwrap().margin.as_secs(), 5);
    for (name, bad) in [
        ("STATE_TABLE", None),
        ("STATE_TABLE", Some("")),
        ("SERVICE", Some("time_service")),
        ("OWN_STACK", None),
        ("OWN_STACK", Some("time-service-flowgate")),
        ("MARGIN_SECONDS", Some("")),
        ("MARGIN_SECONDS", Some("-1")),
        ("MARGIN_SECONDS", Some("1m")),
        ("MARGIN_SECONDS", Some("99999999999")),
    ] {
        let error = read(name, bad).unwrap_err();
        assert!(error.contains(&format!("variable {name} is ")), "{error}");
    }
}
