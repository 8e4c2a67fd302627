//! Many at once.

use futures_util::future::join_all;

use crate::previews::desk::Desk;

const MANY: u64 = 20;

#[tokio::test]
async fn twenty_pull_requests_at_once_each_have_their_own_and_one_more_waits_for_a_place() {
    let desk = Desk::with(&["MaxPreviewsPerAuthor=20"]).await;
    for number in 1..=MANY {
        desk.open(number, &format!("word-{number}")).await;
    }
    desk.open(MANY + 1, "late").await;
    desk.until_told(MANY + 1, &["Preview: waiting", "Its author has 20 previews already"]).await;
    let says = (1..=MANY).map(async |number| {
        desk.until_says(&format!("shop-pr-{number}"), &format!("word-{number}")).await;
        desk.until_told(number, &["1 of 1 passed"]).await;
    });
    join_all(says).await;
    assert!(desk.stack("shop-pr-21").await.is_none(), "there is no place for it");

    for number in 1..=MANY {
        desk.close(number).await;
    }
    let names: Vec<String> = (1..=MANY).flat_map(|n| [format!("shop-pr-{n}"), format!("shop-pr-{n}-tests")]).collect();
    desk.swept(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    // The first says that places are free, the second takes one.
    for _ in 0..2 {
        desk.tick().await;
    }
    desk.until_says("shop-pr-21", "late").await;
}
