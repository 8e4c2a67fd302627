//! What the gate lets through and what it does not, by real releases on a cloud where IAM is enforced.

mod approved;
mod drifted;
mod exchanged;
mod from_github;
mod impossible;
mod restored;
mod reviewed;
mod several;
mod tested;

use std::fs;
use std::path::PathBuf;

use aws_sdk_codepipeline::types::{ActionExecutionDetail, ActionExecutionFilter};
use serde_json::Value;

use crate::up::{Up, stage};

/// The service that is released, and its pipeline.
const SERVICE: &str = "plain";

/// A cloud that stays up, and a service that is released there again and again.
struct Shop {
    up: Up,
    service: PathBuf,
    /// Parameters of the template, for the first release.
    parameters: &'static [&'static str],
    releases: usize,
}

impl Shop {
    async fn new(parameters: &'static [&'static str]) -> Self {
        let up = Up::new().await;
        Self { service: up.service(SERVICE, SERVICE), up, parameters, releases: 0 }
    }

    /// Pushes a change of the service's code, and gives the commit.
    async fn release(&mut self) -> String {
        fs::write(self.service.join("app/release.py"), format!("number = {}\n", self.releases)).unwrap();
        let parameters = if self.releases == 0 { self.parameters } else { &[] };
        self.releases += 1;
        self.up.push_with(&self.service, parameters).await
    }

    /// Waits until this is asked about, and has somebody approve it.
    async fn approve(&self, commit: &str, who: &str) {
        self.up.until_asked(SERVICE, commit).await;
        self.up.json("approve", &[SERVICE, "--as", who]).await;
    }

    /// Releases a change that the approver agrees with.
    async fn released(&mut self) -> String {
        let commit = self.release().await;
        self.approve(&commit, "approver").await;
        self.succeeded(&commit).await;
        commit
    }

    async fn ended(&self, commit: &str) -> Value {
        self.up.until_ended(SERVICE, commit).await
    }

    async fn succeeded(&self, commit: &str) -> Value {
        let ended = self.ended(commit).await;
        assert_eq!(ended["status"], "Succeeded", "{ended:#}");
        ended
    }

    /// Waits until the gate of a stage has denied it, and gives what it said.
    async fn denied(&self, commit: &str, at: &str, action: &str) -> String {
        let ended = self.ended(commit).await;
        assert_eq!(ended["status"], "Failed", "{ended:#}");
        let status = self.up.json("status", &[SERVICE]).await.remove(0);
        assert_eq!(stage(&status, at)["status"], "Failed", "{status:#}");
        said(&ended, at, action)
    }

    /// Has a failed stage tried again.
    async fn retry(&self, stage: &str, more: &[&str]) {
        self.up.json("retry", &[&[SERVICE, "--stage", stage], more].concat()).await;
    }

    /// Every run of an action of an execution, the oldest first.
    async fn runs(&self, execution: &str) -> Vec<ActionExecutionDetail> {
        let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution).build();
        let list = self.up.pipelines().list_action_executions().pipeline_name(SERVICE).filter(filter);
        let pages = list.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
        pages.into_iter().rev().collect()
    }

    async fn has_prod(&self) -> bool {
        self.up.stacks().await.contains("plain-prod")
    }
}

/// What an action of a stage said last.
fn said(execution: &Value, stage: &str, action: &str) -> String {
    let said = execution["said"].as_array().unwrap().iter().rev();
    let mut said = said.filter(|said| said["stage"] == stage && said["action"] == action);
    let text = said.next().and_then(|said| said["text"].as_str());
    text.unwrap_or_else(|| panic!("{stage}/{action} said nothing: {execution:#}")).to_owned()
}

/// What was decided, the oldest first: `PHASE OUTCOME`.
fn decided(execution: &Value) -> Vec<String> {
    let decisions = execution["decisions"].as_array().unwrap_or_else(|| panic!("nothing was decided: {execution:#}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    decisions.iter().map(|one| format!("{} {}", text(&one["phase"]), text(&one["outcome"]))).collect()
}

/// The last decision.
fn last(execution: &Value) -> &Value {
    execution["decisions"].as_array().and_then(|all| all.last()).unwrap_or_else(|| panic!("{execution:#}"))
}

/// Asserts that a text says all of this.
fn assert_says(text: &str, all: &[&str]) {
    for words in all {
        assert!(text.contains(words), "{words:?} is not in {text:?}");
    }
}
