//! Whatever is sent: no panic, and no effect without a valid signature.

use proptest::{collection::vec, prelude::*};

use super::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,80}",
        Just("application/json".to_owned()),
        Just("application/x-www-form-urlencoded".to_owned()),
        Just("pull_request".to_owned()),
        Just("delete".to_owned()),
        "[0-9a-f-]{36}",
        "sha256=[0-9a-f]{64}",
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let pull = (any::<i64>(), any::<String>(), any::<String>()).prop_map(|(number, name, time)| {
        let pull = json!({"updated_at": time, "head": {"sha": name}});
        json!({"number": number, "pull_request": pull, "repository": {"full_name": REPOSITORY}}).to_string()
    });
    prop_oneof![
        vec(any::<u8>(), 0..200),
        any::<String>().prop_map(String::into_bytes),
        pull.prop_map(String::into_bytes),
        Just(pushed().to_string().into_bytes()),
    ]
}

prop_compose! {
    fn sent()(
        headers in proptest::collection::btree_map(
            prop_oneof![
                Just("x-hub-signature-256".to_owned()), Just("X-Hub-Signature-256".to_owned()),
                Just("x-github-event".to_owned()), Just("x-github-delivery".to_owned()),
                Just("content-type".to_owned()), any::<String>(),
            ],
            text(),
            0..6,
        ),
        body in body(),
        encoded in any::<bool>(),
    ) -> Sent {
        Sent { method: "POST", headers, body, encoded }
    }
}

proptest! {
    #[test]
    fn nothing_is_done_without_a_valid_signature(sent in sent()) {
        let here = Here::new();
        let answer = here.answer(&sent);
        prop_assert!((400..500).contains(&answer.status), "{answer:?}");
        prop_assert!(here.passed_on().is_empty() && here.known.borrow().is_empty());
    }

    #[test]
    fn whatever_is_signed_is_answered(sent in sent()) {
        let here = Here::new();
        let sent = sent.without("X-Hub-Signature-256").signed(SECRET);
        let answer = here.answer(&sent);
        let passed_on = here.passed_on();
        prop_assert!([200, 202, 400].contains(&answer.status), "{answer:?}");
        prop_assert_eq!(passed_on.len(), usize::from(answer.status == 202));
    }

    #[test]
    fn whatever_the_event_is_it_is_read_or_refused(text in any::<String>(), body in any::<String>(), flag in any::<bool>()) {
        let mut event = push().event();
        event["body"] = json!(body);
        event["isBase64Encoded"] = json!(flag);
        event["requestContext"]["http"]["method"] = json!(text);
        let here = Here::new();
        if let Ok(request) = Request::read(&to_raw_value(&event).unwrap()) {
            let answer = here.world.run(here.webhook().answer(&request)).unwrap();
            prop_assert!(answer.status >= 400);
        }
        prop_assert!(here.passed_on().is_empty());
    }
}
