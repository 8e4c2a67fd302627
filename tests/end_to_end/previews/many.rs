//! Many at once.

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
    // All are under way already; asked one after the other, the cloud has time for its work.
    for number in 1..=MANY {
        desk.until_says(&format!("shop-pr-{number}"), &format!("word-{number}")).await;
        desk.until_told(number, &["1 of 1 passed"]).await;
    }
    assert!(desk.stack("shop-pr-21").await.is_none(), "there is no place for it");

    for number in 1..=MANY {
        desk.close(number).await;
    }
    let names: Vec<String> = (1..=MANY).flat_map(|n| [format!("shop-pr-{n}"), format!("shop-pr-{n}-tests")]).collect();
    desk.swept(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    // That they are gone is seen at once by who looks; that there is a place now, by the schedule.
    for number in 1..=MANY {
        desk.look(number).await;
        desk.until_phase(&format!("pr-{number}"), "REMOVED").await;
    }
    desk.until_says("shop-pr-21", "late").await;
}
