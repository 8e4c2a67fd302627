//! Who wrote a parameter, as Parameter Store says.

use pipeline_aws::ssm::Parameters;
use pipeline_core::{
    gate::overrides::{ReadOverrides, Written},
    ports::PortError,
};
use serde_json::{Value, json};

use crate::canned::{Asked, Canned, run};

const NAME: &str = "/flowgate/time-service/overrides/22222222-abcd-1111-abcd-111111abcdef";

fn version(number: u64, by: &str, value: &str) -> Value {
    json!({
        "Name": NAME, "Type": "String", "LastModifiedDate": 1_795_262_400.5, "LastModifiedUser": by, "Value": value,
        "Version": number, "Labels": [], "Tier": "Standard", "Policies": [], "DataType": "text",
    })
}

fn written(answers: impl IntoIterator<Item = (u16, Value)>) -> (Result<Option<Written>, PortError>, Vec<Asked>) {
    let canned = Canned::new(answers.into_iter().map(|(status, answer)| (status, answer.to_string())));
    (run(Parameters::new(&canned.config()).written(NAME)), canned.asked())
}

fn page(versions: &[Value], token: &str) -> (u16, Value) {
    (200, json!({"Parameters": versions, "NextToken": token}))
}

#[test]
fn a_parameter_is_told_as_it_was_written_last_on_whichever_page_that_is() {
    let (alice, bob) = ("arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/bob");
    let expected =
        Written { value: "c".into(), by: bob.into(), at: "2026-11-21T12:00:00.5Z".parse().expect("a timestamp") };
    let [one, two, three] = [version(1, alice, "a"), version(2, alice, "b"), version(3, bob, "c")];
    for pages in [
        [page(&[one.clone(), two.clone()], "t"), page(std::slice::from_ref(&three), "")],
        [page(std::slice::from_ref(&three), "t"), page(&[two, one], "")],
    ] {
        let (found, asked) = written(pages);
        assert_eq!(found, Ok(Some(expected.clone())));
        assert_eq!(asked[0].json()["Name"], NAME);
        assert_eq!(asked[1].json()["NextToken"], "t");
    }
}

#[test]
fn what_was_never_written_overrides_nothing() {
    let missing = (400, json!({"__type": "ParameterNotFound", "message": "no"}));
    assert_eq!(written([missing]).0, Ok(None));
    assert_eq!(written([page(&[], "")]).0, Ok(None));
}

#[test]
fn i24_what_nobody_is_known_to_have_written_is_no_override() {
    let without = |field: &str| {
        let mut version = version(1, "arn:aws:iam::111122223333:user/alice", "a");
        version.as_object_mut().expect("an object").remove(field);
        version
    };
    let mut secure = version(1, "arn:aws:iam::111122223333:user/alice", "a");
    secure["Type"] = json!("SecureString");
    for version in
        [without("LastModifiedUser"), without("LastModifiedDate"), without("Value"), version(1, "", "a"), secure]
    {
        let (found, _) = written([page(std::slice::from_ref(&version), "")]);
        assert!(matches!(found, Err(PortError::Unusable { .. })), "{version}: {found:?}");
    }
    let error = |code: &str| written([(400, json!({"__type": code, "message": "m"}))]).0;
    assert!(matches!(error("AccessDeniedException"), Err(PortError::Denied { .. })));
    assert!(matches!(error("InvalidNextToken"), Err(PortError::Unavailable { .. })));
    let circle = [page(&[], "t"), page(&[], "t")];
    assert!(matches!(written(circle).0, Err(PortError::Unavailable { .. })), "a listing that is not whole");
}
