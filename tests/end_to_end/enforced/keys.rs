//! Each function sees only its own keys of the state table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;

use super::Enforced;

const FAMILIES: [&str; 12] = [
    "verdict#",
    "run#",
    "tests#",
    "digest#",
    "push#",
    "decision#",
    "lease#",
    "preview#",
    "slots#",
    "delivery#",
    "told#",
    "notice#",
];
const OPERATIONS: [&str; 5] = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"];

type Family = (&'static str, &'static [&'static str]);

const VERDICTS: Family = ("verdict#", &["GetItem", "PutItem", "UpdateItem"]);
const KEPT: &[&str] = &["GetItem", "PutItem"];
const LEASES: Family = ("lease#", KEPT);

/// What each function may do, by its name, its role and the families of keys. Written by hand: read from the template it
/// would be whatever the template says.
const MAY: [(&str, &str, &[Family]); 7] = [
    ("configure", "ConfigureRole", &[VERDICTS]),
    (
        "start-tests",
        "StartTestsRole",
        &[VERDICTS, ("run#", &["GetItem", "PutItem", "Query"]), ("tests#", &["PutItem"])],
    ),
    (
        "gate",
        "GateRole",
        &[
            VERDICTS,
            ("tests#", &["Query"]),
            ("digest#", &["GetItem"]),
            ("push#", &["Query"]),
            ("decision#", &["PutItem", "Query"]),
        ],
    ),
    (
        "record",
        "RecordRole",
        &[
            VERDICTS,
            ("run#", &["GetItem"]),
            ("digest#", &["PutItem"]),
            ("push#", &["PutItem"]),
            ("preview#", &["GetItem"]),
            ("told#", KEPT),
            ("notice#", KEPT),
        ],
    ),
    ("preview", "PreviewRole", &[LEASES, ("preview#", KEPT), ("slots#", KEPT), ("delivery#", KEPT)]),
    ("lease", "LeaseRole", &[VERDICTS, LEASES]),
    ("sweep", "SweepRole", &[LEASES, VERDICTS, ("run#", &["GetItem", "Query", "UpdateItem"])]),
];

/// Who may ask what of the index: those that look for what is due.
const SEARCHERS: [(&str, &[&str]); 3] =
    [("preview", &["preview"]), ("lease", &["lease"]), ("sweep", &["lease", "job"])];

#[tokio::test]
async fn a_functions_role_reaches_its_own_keys_and_nobody_elses() {
    let shop = Enforced::deployed().await;
    let table = shop.resource("StateTable").await;
    let mut wrong = vec![];
    for (function, role, may) in MAY {
        let session = shop.function(function, role).await;
        let probe = Probe { client: Client::new(&session.sdk), table: &table };
        for family in FAMILIES {
            let own = may.iter().find(|(own, _)| *own == family).map_or(&[][..], |(_, operations)| operations);
            for operation in OPERATIONS {
                let answer = probe.item(operation, &format!("{family}probe")).await;
                wrong.extend(surprise(&format!("{function}: {operation} {family}"), own.contains(&operation), answer));
            }
        }
        let searches = SEARCHERS.iter().find(|(searcher, _)| *searcher == function).map_or(&[][..], |(_, of)| of);
        for of in ["lease", "job", "run", "verdict", "preview"] {
            let expected = searches.contains(&of);
            wrong.extend(surprise(&format!("{function}: Query due of {of}"), expected, probe.due(of).await));
        }
        wrong.extend(surprise(&format!("{function}: Scan"), false, probe.scan().await));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is not as it should be: allowed or refused, and anything else.
fn surprise(what: &str, expected: bool, answer: Result<(), String>) -> Option<String> {
    match (expected, answer) {
        (true, Ok(())) => None,
        (false, Err(code)) if code == "AccessDeniedException" => None,
        (_, answer) => Some(format!("{what}: {answer:?}")),
    }
}

struct Probe<'a> {
    client: Client,
    table: &'a str,
}

impl Probe<'_> {
    async fn item(&self, operation: &str, key: &str) -> Result<(), String> {
        let Self { client, table } = self;
        let (pk, sk) = (text(key), text("probe"));
        match operation {
            "GetItem" => client
                .get_item()
                .table_name(*table)
                .key("pk", pk)
                .key("sk", sk)
                .send()
                .await
                .map(drop)
                .map_err(|error| code(&error)),
            "PutItem" => client
                .put_item()
                .table_name(*table)
                .item("pk", pk)
                .item("sk", sk)
                .send()
                .await
                .map(drop)
                .map_err(|error| code(&error)),
            "UpdateItem" => {
                let update = client.update_item().table_name(*table).key("pk", pk).key("sk", sk);
                let update = update.update_expression("SET a = :a").expression_attribute_values(":a", text("a"));
                update.send().await.map(drop).map_err(|error| code(&error))
            }
            "DeleteItem" => client
                .delete_item()
                .table_name(*table)
                .key("pk", pk)
                .key("sk", sk)
                .send()
                .await
                .map(drop)
                .map_err(|error| code(&error)),
            "Query" => {
                let query = client.query().table_name(*table).key_condition_expression("pk = :pk");
                query.expression_attribute_values(":pk", pk).send().await.map(drop).map_err(|error| code(&error))
            }
            _ => panic!("{operation}"),
        }
    }

    async fn due(&self, of: &str) -> Result<(), String> {
        let query =
            self.client.query().table_name(self.table).index_name("due").key_condition_expression("due_of = :of");
        query.expression_attribute_values(":of", text(of)).send().await.map(drop).map_err(|error| code(&error))
    }

    async fn scan(&self) -> Result<(), String> {
        self.client.scan().table_name(self.table).send().await.map(drop).map_err(|error| code(&error))
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn code(error: &SdkError<impl ProvideErrorMetadata>) -> String {
    error.code().unwrap_or("no code").to_owned()
}
