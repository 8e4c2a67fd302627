//! Who pushed a commit, in the state table.

use pipeline_aws::dynamodb::StateTable;
use pipeline_core::record::facts::{Push, ReadFacts, WriteFacts};
use serde_json::{Value, json};

use crate::canned::{Canned, run};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

fn table(answers: impl IntoIterator<Item = (u16, Value)>) -> (StateTable, Canned) {
    let canned = Canned::new(answers.into_iter().map(|(status, answer)| (status, answer.to_string())));
    (StateTable::new(&canned.config(), "state".into()), canned)
}

fn push(by: Option<&str>, reference: Option<&str>) -> Push {
    Push {
        repository: "time_service".to_owned(),
        commit: "8f2c".repeat(10).parse().expect("a commit"),
        by: by.map(str::to_owned),
        reference: reference.map(str::to_owned),
        at: "2026-11-21T11:54:58Z".parse().ok(),
    }
}

#[test]
fn each_who_pushed_has_an_item_for_each_branch() {
    for (by, reference, key) in [
        (Some(ALICE), Some("refs/heads/main"), format!("push#refs/heads/main#{ALICE}")),
        (Some(ALICE), Some("refs/heads/a#b"), format!("push#refs/heads/a#b#{ALICE}")),
        (None, Some("refs/heads/main"), "push#refs/heads/main#".to_owned()),
        (Some(ALICE), None, format!("push##{ALICE}")),
        (None, None, "push##".to_owned()),
    ] {
        let (table, canned) = table([(200, json!({}))]);
        assert_eq!(run(table.record_push(&push(by, reference))), Ok(()));
        let asked = canned.asked()[0].json();
        assert_eq!(asked["Item"]["sk"]["S"], key);
        assert_eq!(asked["ConditionExpression"], "attribute_not_exists(pk)", "the first stands");
    }
}

#[test]
fn all_pushes_are_read_also_those_of_before_branches_were_recorded() {
    let item = |body: &Value| json!({"v": {"N": "1"}, "body": {"S": body.to_string()}});
    let old = json!({"repository": "time_service", "commit": "8f2c".repeat(10), "by": ALICE});
    let (new, nobody) = (push(Some(ALICE), Some("refs/heads/main")), push(None, Some("refs/heads/main")));
    let items = [item(&old), item(&json!(new)), item(&json!(nobody))];
    let (table, canned) = table([(200, json!({"Items": items, "Count": 3, "ScannedCount": 3}))]);
    let found = run(table.pushes("time_service", &new.commit));
    assert_eq!(found, Ok(vec![Push { at: None, ..push(Some(ALICE), None) }, new, nobody]));
    let asked = canned.asked()[0].json();
    assert_eq!(
        (&asked["ConsistentRead"], &asked["ExpressionAttributeValues"][":prefix"]["S"]),
        (&json!(true), &json!("push#"))
    );
}
