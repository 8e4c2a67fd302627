//! A policy that nobody could satisfy is said before anybody is asked.

use aws_sdk_ssm::Client as Ssm;
use aws_sdk_ssm::types::ParameterType;
use serde_json::{Map, Value};

use super::{SERVICE, Shop, assert_says, decided};

const PEOPLE: &str = "/flowgate/plain/people";

async fn people(ssm: &Ssm) -> Map<String, Value> {
    let answer = ssm.get_parameter().name(PEOPLE).send().await.unwrap();
    serde_json::from_str(answer.parameter().and_then(|parameter| parameter.value()).unwrap()).unwrap()
}

async fn write(ssm: &Ssm, people: &Map<String, Value>) {
    let value = Value::Object(people.clone()).to_string();
    ssm.put_parameter().name(PEOPLE).r#type(ParameterType::String).overwrite(true).value(value).send().await.unwrap();
}

#[tokio::test]
async fn where_nobody_but_the_author_could_approve_nobody_is_asked() {
    let mut shop = Shop::new(&[]).await;
    let ssm = Ssm::new(&shop.up.sdk());
    let commit = shop.release().await;
    let everybody = people(&ssm).await;
    let author_alone = everybody.iter().filter(|(_, person)| **person == "author@example.com");
    write(&ssm, &author_alone.map(|(name, person)| (name.clone(), person.clone())).collect()).await;

    let why = shop.denied(&commit, "Approve", "Ready").await;
    assert_says(&why, &["author@example.com pushed this commit", " would have to approve", "names too few people"]);
    let runs = shop.runs(&shop.up.execution(SERVICE, &commit).await).await;
    let asked: Vec<_> = runs.iter().filter(|run| run.action_name() == Some("Approve")).collect();
    assert!(asked.is_empty(), "nobody is asked: {asked:?}");
    assert_eq!(decided(&shop.ended(&commit).await), ["ask deny"]);

    write(&ssm, &everybody).await;
    shop.retry("Approve", &[]).await;
    shop.approve(&commit, "approver").await;
    shop.succeeded(&commit).await;
}
