//! What is open about jobs, in the index of the state table.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use pipeline_aws::dynamodb::StateTable;
use pipeline_core::{
    ids::{JobId, Nonce},
    ports::{RecordVerdicts, Settled},
    repair::ports::{CloseOpen, Due, FindOpen, Open},
    start_tests::{
        params::Reporting,
        run::{Claim, Run, Subject, WriteRuns},
        site::Site,
    },
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json};

use crate::canned::{Canned, run};

const JOB: &str = "11111111-abcd-1111-abcd-111111abcdef";

fn job() -> JobId {
    JOB.parse().expect("an id")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn table(answers: impl IntoIterator<Item = (u16, Value)>) -> (StateTable, Canned) {
    let canned = Canned::new(answers.into_iter().map(|(status, answer)| (status, answer.to_string())));
    (StateTable::new(&canned.config(), "state".into()), canned)
}

fn tests() -> Run {
    Run {
        job: job(),
        id: Nonce::from_random("33333333-abcd-1111-abcd-111111abcdef".parse().expect("an id")),
        execution: None,
        stage: "beta".into(),
        stack: "time-beta".parse().expect("a name"),
        subject: Subject { api_url: "https://api.example".into(), outputs: BTreeMap::new(), revision: None },
        site: Site::default(),
        reporting: Reporting::Auto,
        setup: None,
        tests: vec!["TestFunction".parse().expect("a name")],
        teardown: None,
        report: false,
        began: at("2026-11-21T12:00:00Z"),
        deadline: at("2026-11-21T12:10:00Z"),
        ends: at("2026-11-21T12:10:05Z"),
    }
}

#[test]
fn a_run_is_stored_with_the_time_to_look_at_it() {
    let (table, canned) = table([(200, json!({}))]);
    assert_eq!(run(table.claim(&tests())), Ok(Claim::Ours));
    let item = canned.asked()[0].json()["Item"].clone();
    assert_eq!(item["due_of"], json!({"S": "job"}));
    assert_eq!(item["due"], json!({"S": format!("2026-11-21T12:11:15.000Z#run#{JOB}")}));
}

#[test]
fn a_verdict_is_recorded_with_the_time_to_look_at_it_and_leaves_the_index_when_it_was_sent() {
    let (table, canned) = table([(200, json!({})), (200, json!({}))]);
    let before = Timestamp::now();
    run(table.record(&job(), &Report::fail(FailureKind::JobFailed, "no"))).unwrap();
    run(table.mark_sent(&job(), Settled::Accepted)).unwrap();
    let [recorded, marked] = &canned.asked()[..] else { panic!("{:?}", canned.asked()) };
    let item = recorded.json()["Item"].clone();
    assert_eq!(item["due_of"], json!({"S": "job"}));
    let (due, pk) = item["due"]["S"].as_str().unwrap().split_once('#').unwrap();
    assert_eq!(pk, format!("verdict#{JOB}"));
    let pause = at(due).duration_since(before);
    assert!(pause >= SignedDuration::from_secs(30) && pause < SignedDuration::from_mins(2), "{pause}");
    let marked = marked.json();
    let expression = "SET #answer = if_not_exists(#answer, :answer) REMOVE #due_of, #due";
    assert_eq!(
        (&marked["UpdateExpression"], &marked["ConditionExpression"]),
        (&json!(expression), &json!("attribute_exists(pk)"))
    );
    let names = json!({"#answer": "answer", "#due_of": "due_of", "#due": "due"});
    assert_eq!(marked["ExpressionAttributeNames"], names);
}

fn key(pk: &str, due: &str) -> Value {
    json!({"pk": {"S": pk}, "due": {"S": due}})
}

#[test]
fn what_is_due_is_found_by_its_keys_alone_and_what_is_no_job_s_hides_nothing() {
    let (run_pk, verdict_pk) = (format!("run#{JOB}"), format!("verdict#{JOB}"));
    let first = json!({
        "Items": [
            key(&run_pk, &format!("2026-11-21T12:10:15.000Z#{run_pk}")),
            key("run#7", "2026-11-21T12:10:15.000Z#run#7"),
            key(&format!("lease#{JOB}"), "2026-11-21T12:10:15.000Z#x"),
        ],
        "LastEvaluatedKey": {"pk": {"S": "p"}, "sk": {"S": "run"}, "due_of": {"S": "job"}, "due": {"S": "d"}},
    });
    let second = json!({"Items": [key(&verdict_pk, "soon")]});
    let (table, canned) = table([(200, first), (200, second)]);
    let now = at("2026-11-21T12:30:00Z");
    let found = run(table.open(now, 5)).unwrap();
    let due = |at, open| Due { at, open };
    assert_eq!(found, [due(at("2026-11-21T12:10:15Z"), Open::Run(job())), due(now, Open::Verdict(job()))]);
    let asked: Vec<Value> = canned.asked().iter().map(crate::canned::Asked::json).collect();
    assert_eq!((&asked[0]["IndexName"], &asked[0]["ProjectionExpression"]), (&json!("due"), &json!("pk, #due")));
    let values = json!({":kind": {"S": "job"}, ":until": {"S": "2026-11-21T12:30:00.000Z$"}});
    assert_eq!(asked[0]["ExpressionAttributeValues"], values);
    assert_eq!((&asked[0]["Limit"], &asked[1]["Limit"]), (&json!(5), &json!(4)));
    assert_eq!(asked[1]["ExclusiveStartKey"]["pk"]["S"], "p");
}

#[test]
fn what_is_closed_leaves_the_index_once_and_nothing_comes_into_being() {
    let refused =
        json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "no"});
    for (open, key) in [
        (Open::Run(job()), json!({"pk": {"S": format!("run#{JOB}")}, "sk": {"S": "run"}})),
        (Open::Verdict(job()), json!({"pk": {"S": format!("verdict#{JOB}")}, "sk": {"S": "verdict"}})),
    ] {
        let (table, canned) =
            table([(200, json!({})), (400, refused.clone()), (400, json!({"__type": "x#AccessDenied"}))]);
        assert_eq!((run(table.close(&open)), run(table.close(&open))), (Ok(()), Ok(())));
        assert!(run(table.close(&open)).is_err());
        let asked = canned.asked()[0].json();
        assert_eq!(canned.asked()[0].header("x-amz-target"), Some("DynamoDB_20120810.UpdateItem"));
        let (update, condition) = (json!("REMOVE #due_of, #due"), json!("attribute_exists(pk)"));
        assert_eq!((&asked["UpdateExpression"], &asked["ConditionExpression"]), (&update, &condition));
        assert_eq!(asked["Key"], key);
    }
}
