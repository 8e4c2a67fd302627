//! A developer's own stack.

use crate::previews::desk::Desk;

#[tokio::test]
async fn a_developer_has_a_stack_of_their_own_until_they_give_it_back() {
    let desk = Desk::new().await;
    let folder = desk.folder.display().to_string();
    desk.says("mine");
    let up = desk.up.json("dev", &["up", &folder, "--name", "alice"]).await.pop().unwrap();
    assert_eq!((&up["status"], &up["stack"]), (&"Succeeded".into(), &"shop-dev-alice".into()), "{up}");
    assert_eq!(desk.word("shop-dev-alice").await.as_deref(), Some("mine"));

    let invoked = desk.up.json("dev", &["invoke", &folder, "--name", "alice"]).await.pop().unwrap();
    assert_eq!(invoked["answer"]["body"], "mine", "{invoked}");
    let logs = desk.up.flowgate("dev", &["logs", &folder, "--name", "alice"]).await;
    assert!(logs.code == Some(0) && logs.stdout.contains("said mine"), "{logs:?}");

    // Whoever is called what would look the same has another one.
    let other = desk.up.json("dev", &["up", &folder, "--name", "Alice"]).await.pop().unwrap();
    assert_eq!(other["status"], "Succeeded", "{other}");
    let theirs = other["stack"].as_str().unwrap().to_owned();
    assert!(theirs.starts_with("shop-dev-alice-") && theirs != "shop-dev-alice-tests", "{theirs}");

    desk.up.json("dev", &["down", &folder, "--name", "alice"]).await;
    desk.swept(&["shop-dev-alice", "shop-dev-alice-tests"]).await;
    assert_eq!(desk.word(&theirs).await.as_deref(), Some("mine"), "nobody else's was touched");
}
