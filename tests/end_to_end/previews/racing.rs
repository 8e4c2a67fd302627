//! What comes in between: pushes, closing and reopening while something is under way.

use crate::previews::desk::Desk;

#[tokio::test]
async fn closing_in_the_middle_of_a_deployment_leaves_nothing() {
    let desk = Desk::new().await;
    desk.open(1, "short").await;
    desk.until("the stack is being made", async || desk.stack("shop-pr-1").await.map(drop)).await;
    desk.close(1).await;
    desk.until_phase("pr-1", "REMOVING").await;
    desk.swept(&["shop-pr-1", "shop-pr-1-tests"]).await;
    desk.look(1).await;
    desk.until_phase("pr-1", "REMOVED").await;
    assert!(desk.stack("shop-pr-1").await.is_none());
}

#[tokio::test]
async fn of_two_pushes_in_a_row_the_second_is_there_in_the_end() {
    let desk = Desk::new().await;
    desk.open(2, "one").await;
    desk.push(2, "two").await;
    desk.push(2, "three").await;
    desk.until_says("shop-pr-2", "three").await;
    desk.until_told(2, &["1 of 1 passed"]).await;
    assert_eq!(desk.word("shop-pr-2").await.as_deref(), Some("three"));
}
