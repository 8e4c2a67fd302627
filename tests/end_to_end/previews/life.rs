//! A pull request from its opening to its end.

use crate::previews::desk::Desk;

#[tokio::test]
async fn a_pull_request_is_deployed_tested_updated_and_gives_its_stack_back() {
    let desk = Desk::new().await;
    desk.open(42, "first").await;
    desk.until_says("shop-pr-42", "first").await;
    let told = desk.until_told(42, &["1 of 1 passed", "http"]).await;
    assert!(told.contains(&desk.output("shop-pr-42", "ApiUrl").await), "{told}");
    let first = desk.stack("shop-pr-42").await.unwrap();

    desk.push(42, "second").await;
    desk.until_says("shop-pr-42", "second").await;
    assert_eq!(desk.stack("shop-pr-42").await.unwrap().stack_id(), first.stack_id(), "the same stack");
    let commit = desk.until_phase("pr-42", "RUNNING").await["commit"].as_str().unwrap().to_owned();
    desk.until_told(42, &[&commit[..7], "1 of 1 passed"]).await;

    desk.push(42, "wrong").await;
    let told = desk.until_told(42, &["0 of 1 passed", "TestFunctionWord", "expected a word that is not wrong"]).await;
    assert!(!told.contains("s3://"), "where its report is stored is nobody's concern: {told}");

    desk.close(42).await;
    desk.until_phase("pr-42", "REMOVING").await;
    assert_eq!(desk.lease("shop-pr-42").await, "DIRTY", "given back");
    desk.swept(&["shop-pr-42", "shop-pr-42-tests"]).await;
    desk.look(42).await;
    desk.until_told(42, &["Preview: removed", "closed"]).await;
}

/// What a stack exports is the account's: two previews cannot both have it.
#[tokio::test]
async fn an_export_that_is_not_the_stacks_own_is_refused_by_name() {
    let desk = Desk::new().await;
    desk.edit("app-sam.yaml", "Outputs:\n", "Outputs:\n  Word:\n    Value: a\n    Export: { Name: the-shops-word }\n");
    desk.open(7, "exported").await;
    desk.until_told(7, &["Word", "the-shops-word"]).await;
    assert!(desk.stack("shop-pr-7").await.is_none(), "nothing was deployed");
    desk.edit("app-sam.yaml", "Name: the-shops-word", "Name: !Sub '${AWS::StackName}-word'");
    desk.push(7, "own").await;
    desk.until_says("shop-pr-7", "own").await;
}
