//! The rule `pull_request`, with CodeCommit: reviewed and merged, or not at all.

use std::path::{Path, PathBuf};

use aws_sdk_codecommit::Client as CodeCommit;
use aws_sdk_codecommit::types::{ApprovalState, OverrideStatus, PullRequest, Target};
use serde_json::{Value, json};

use super::{SERVICE, Shop, assert_says, last, said};
use crate::connection::{git, head};

/// Somebody at work on a copy of the repository.
struct Work {
    dir: PathBuf,
    author: CodeCommit,
    reviewer: CodeCommit,
}

impl Work {
    async fn on(shop: &Shop) -> Self {
        let dir = shop.service.with_file_name("work");
        let url = format!("{}/v1/repos/{SERVICE}", shop.up.sdk().endpoint_url().unwrap());
        let url = url.replacen("://", "://author:author@", 1);
        git(shop.service.parent().unwrap(), &["clone", "-q", "-b", "main", &url, "work"]).await;
        let [author, reviewer] = ["author", "reviewer"].map(|who| CodeCommit::new(&shop.up.sdk_as(who)));
        Self { dir, author, reviewer }
    }

    /// Proposes a change, and gives its commit.
    async fn propose(&self, topic: &str) -> (PullRequest, String) {
        let dir: &Path = &self.dir;
        git(dir, &["checkout", "-q", "-b", topic]).await;
        git(dir, &["commit", "-q", "--allow-empty", "-m", topic]).await;
        git(dir, &["push", "-q", "origin", topic]).await;
        let target = Target::builder().repository_name(SERVICE).source_reference(topic).destination_reference("main");
        let create = self.author.create_pull_request().title(topic).targets(target.build().unwrap());
        (create.send().await.unwrap().pull_request.unwrap(), head(dir).await)
    }

    async fn review(&self, pull: &PullRequest) {
        let review = self.reviewer.update_pull_request_approval_state().pull_request_id(id(pull));
        let review = review.revision_id(pull.revision_id().unwrap()).approval_state(ApprovalState::Approve);
        review.send().await.unwrap();
    }

    async fn set_rules_aside(&self, pull: &PullRequest) {
        let set = self.author.override_pull_request_approval_rules().pull_request_id(id(pull));
        let set = set.revision_id(pull.revision_id().unwrap()).override_status(OverrideStatus::Override);
        set.send().await.unwrap();
    }

    /// Merges without a commit of its own, so that what was reviewed is what is released.
    async fn merge(&self, pull: &PullRequest) {
        let merge = self.author.merge_pull_request_by_fast_forward().pull_request_id(id(pull));
        merge.repository_name(SERVICE).send().await.unwrap();
    }
}

fn id(pull: &PullRequest) -> &str {
    pull.pull_request_id().unwrap()
}

/// From now on a pull request needs somebody who approves it.
async fn ask_for_reviews(shop: &Shop) {
    let client = CodeCommit::new(&shop.up.sdk());
    let content = json!({"Version": "2018-11-08", "Statements": [{"Type": "Approvers", "NumberOfApprovalsNeeded": 1}]});
    let create = client.create_approval_rule_template().approval_rule_template_name("reviewed");
    create.approval_rule_template_content(content.to_string()).send().await.unwrap();
    let associate = client.associate_approval_rule_template_with_repository();
    associate.approval_rule_template_name("reviewed").repository_name(SERVICE).send().await.unwrap();
}

#[tokio::test]
async fn i24_what_no_pull_request_brought_or_nobody_reviewed_there_is_not_released() {
    let mut shop = Shop::new(&["PullRequestReviews=1"]).await;
    let past = shop.release().await;
    let why = shop.denied(&past, "Approve", "Ready").await;
    assert_says(&why, &[&format!("no pull request brought {past} to main: release by merging one")]);

    ask_for_reviews(&shop).await;
    let work = Work::on(&shop).await;
    let (pull, commit) = work.propose("set-aside").await;
    work.set_rules_aside(&pull).await;
    work.merge(&pull).await;
    let why = shop.denied(&commit, "Approve", "Ready").await;
    assert_says(&why, &[&format!("user/author set the approval rules of pull request {} aside", id(&pull))]);

    let (pull, commit) = work.propose("reviewed").await;
    work.review(&pull).await;
    work.merge(&pull).await;
    shop.approve(&commit, "approver").await;
    let released = shop.succeeded(&commit).await;
    let words = format!("reviewer@example.com approved pull request {}", id(&pull));
    assert_says(&said(&released, "Approve", "Gate"), &[&words]);
    assert_says(&said(&released, "Prod", "Gate"), &[&words]);
    let asked: &Value = &last(&released)["rules"]["pull_request"];
    assert_eq!(asked["count"], 1, "{released:#}");
}
