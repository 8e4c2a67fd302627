//! I21: two people are asked at once, and two people it must be.

use super::{Shop, assert_says, said};

#[tokio::test]
async fn i21_of_two_who_approve_neither_is_the_author_nor_the_other_one() {
    let mut shop = Shop::new(&["ApprovalsRequired=2"]).await;
    let commit = shop.release().await;
    shop.approve(&commit, "approver").await;
    shop.approve(&commit, "author").await;
    let why = shop.denied(&commit, "Approve", "Gate").await;
    assert_says(
        &why,
        &[
            "author@example.com pushed this commit and does not count",
            "one more is needed: retry all actions of Approve",
        ],
    );

    shop.retry("Approve", &["--all"]).await;
    shop.approve(&commit, "approver").await;
    shop.approve(&commit, "approver").await;
    let why = shop.denied(&commit, "Approve", "Gate").await;
    assert_says(&why, &["approver@example.com also answered ApproveSecond, which counts once", "one more is needed"]);
    assert!(!shop.has_prod().await, "nothing was released");

    shop.retry("Approve", &["--all"]).await;
    shop.approve(&commit, "approver").await;
    shop.approve(&commit, "reviewer").await;
    let released = shop.succeeded(&commit).await;
    assert_says(&said(&released, "Approve", "Gate"), &["approver@example.com", "reviewer@example.com", " approved"]);
}
