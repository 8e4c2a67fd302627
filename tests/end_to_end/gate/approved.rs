//! I21: an author's own approval releases nothing, and the next one may.

use serde_json::Value;

use super::{SERVICE, Shop, assert_says, decided, last, said};

/// One cloud and one release: denied, denied again, and let through.
#[tokio::test]
async fn i21_the_author_approves_in_vain_and_somebody_else_is_asked_again() {
    let mut shop = Shop::new(&[]).await;
    let commit = shop.release().await;
    shop.approve(&commit, "author").await;
    let why = shop.denied(&commit, "Approve", "Gate").await;
    assert_says(
        &why,
        &[
            "author@example.com approved at 2",
            "author@example.com pushed this commit and does not count",
            "one more is needed: retry all actions of Approve",
        ],
    );
    assert!(!shop.has_prod().await, "nothing was released");

    // What does not ask anybody again changes nothing.
    shop.retry("Approve", &[]).await;
    assert_says(&shop.denied(&commit, "Approve", "Gate").await, &["retry all actions of Approve"]);

    shop.retry("Approve", &["--all"]).await;
    shop.approve(&commit, "approver").await;
    let released = shop.succeeded(&commit).await;
    assert!(shop.has_prod().await);
    assert_says(&said(&released, "Approve", "Gate"), &["approver@example.com approved"]);
    assert_says(&said(&released, "Prod", "Gate"), &["as decided at", "approver@example.com approved"]);
    let expected = ["ask approve", "decide deny", "decide deny", "ask approve", "decide approve", "enter approve"];
    assert_eq!(decided(&released), expected);
    keeps_what_it_was_based_on(&released, &commit);
    tells_people(&shop).await;
}

fn keeps_what_it_was_based_on(released: &Value, commit: &str) {
    let decisions = released["decisions"].as_array().unwrap();
    let votes = [&decisions[1], &decisions[4]].map(|decision| {
        let vote = &decision["votes"][0];
        (vote["person"].clone(), vote["worth"].clone(), vote["run"]["by"].clone())
    });
    let expected = [
        ("author@example.com", serde_json::json!({"excluded": "pushed"}), "arn:aws:iam::000000000000:user/author"),
        ("approver@example.com", serde_json::json!("counts"), "arn:aws:iam::000000000000:user/approver"),
    ];
    assert_eq!(votes, expected.map(|(person, worth, by)| (person.into(), worth, by.into())));
    for decision in decisions {
        assert_eq!((&decision["revision"], &decision["rules"]["approved"]["count"]), (&commit.into(), &1.into()));
        let inputs = &decision["inputs"];
        assert_eq!(inputs["execution"]["seen"]["sources"][0]["revision"], commit, "{decision:#}");
        assert_eq!(inputs["recorded"]["seen"], decision["digest"], "{decision:#}");
    }
    let makers = &decisions[1]["inputs"]["makers"]["seen"];
    assert!(makers.to_string().contains("user/author"), "{makers}");
    assert_eq!(decisions[1]["inputs"]["tests"]["seen"][0]["passed"], true, "{:#}", decisions[1]);
    assert_eq!(last(released)["inputs"]["drift"]["seen"], "absent", "{:#}", last(released));
}

async fn tells_people(shop: &Shop) {
    let told = shop.up.flowgate("history", &[SERVICE]).await.stdout;
    assert_says(&told, &["author@example.com pushed this commit and does not count", "approver@example.com approved"]);
}
