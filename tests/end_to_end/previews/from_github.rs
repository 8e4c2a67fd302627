//! Pull requests of GitHub: webhooks, statuses and comments.

use std::path::PathBuf;

use aws_sdk_codepipeline::Client as CodePipeline;
use aws_sdk_ssm::Client as Parameters;
use aws_sdk_ssm::types::ParameterType;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::connection::{CONNECTION, connect, ended, git, github, head, push};
use crate::previews::desk::Desk;
use crate::up::Up;

const SECRET: &str = "It's a Secret to Everybody";

/// A service that moved to GitHub, which tells us of pull requests.
struct Shop {
    desk: Desk,
    url: String,
}

impl Shop {
    async fn new() -> Self {
        let up = Up::new().await;
        ended(&up).await;
        let parameters = Parameters::new(&up.sdk());
        for (name, value) in [("/linked/webhook", SECRET), ("/linked/token", "reviewer")] {
            let put = parameters.put_parameter().name(name).value(value).r#type(ParameterType::SecureString);
            put.send().await.unwrap();
        }
        let more = [
            ("RepositoryName", "ada/linked"),
            ("ConnectionArn", CONNECTION),
            ("GitHubWebhookSecretParameter", "/linked/webhook"),
            ("GitHubTokenParameter", "/linked/token"),
        ];
        connect(&up, &more).await;
        let folder = up.service("previewed", "linked");
        for args in [&["init", "-q", "-b", "main"][..], &["add", "-A"], &["commit", "-qm", "Begin"]] {
            git(&folder, args).await;
        }
        push(&up, &folder, "main").await;
        let desk = Desk { up, folder, service: "linked" };
        let url = desk.output("linked-flowgate", "WebhookUrl").await;
        let hook =
            json!({"config": {"url": url, "content_type": "json", "secret": SECRET}, "events": ["pull_request"]});
        github(&desk.up, "author", Method::POST, "/hooks", &hook).await;
        Self { desk, url }
    }

    fn folder(&self) -> &PathBuf {
        &self.desk.folder
    }

    /// Commits what the service says, and pushes that to a branch.
    async fn commit(&self, branch: &str, word: &str) -> String {
        self.desk.says(word);
        git(self.folder(), &["commit", "-qam", word]).await;
        push(&self.desk.up, self.folder(), &format!("HEAD:{branch}")).await;
        head(self.folder()).await
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        github(&self.desk.up, "author", method, path, body).await
    }

    async fn open(&self, branch: &str, more: &Value) -> u64 {
        let mut wanted = json!({"title": branch, "head": branch, "base": "main"});
        wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.call(Method::POST, "/pulls", &wanted).await["number"].as_u64().unwrap()
    }

    async fn state(&self, number: u64, state: &str) {
        self.call(Method::PATCH, &format!("/pulls/{number}"), &json!({"state": state})).await;
    }

    async fn comments(&self, number: u64) -> Vec<String> {
        let comments = self.call(Method::GET, &format!("/issues/{number}/comments"), &json!({})).await;
        let texts = comments.as_array().unwrap().iter().map(|comment| comment["body"].as_str().unwrap().to_owned());
        texts.collect()
    }

    async fn until_told(&self, number: u64, words: &[&str]) {
        self.desk
            .until(&format!("pull request {number} says {words:?}"), async || {
                let comments = self.comments(number).await;
                assert!(comments.len() <= 1, "one comment that is updated: {comments:#?}");
                comments.iter().any(|text| words.iter().all(|word| text.contains(word))).then_some(())
            })
            .await;
    }

    /// Waits until a commit's status is this, and gives it.
    async fn until_status(&self, commit: &str, state: &str) -> Value {
        self.desk
            .until(&format!("{commit} is {state}"), async || {
                let combined = self.call(Method::GET, &format!("/commits/{commit}/status"), &json!({})).await;
                let statuses = combined["statuses"].as_array().unwrap();
                assert!(statuses.len() <= 1, "one status: {combined}");
                statuses.iter().find(|status| status["state"] == state).cloned()
            })
            .await
    }

    async fn executions(&self) -> usize {
        let list = CodePipeline::new(&self.desk.up.sdk()).list_pipeline_executions();
        let list = list.pipeline_name("linked-flowgate-previews").send().await.unwrap();
        list.pipeline_execution_summaries().iter().filter(|one| one.trigger().is_some()).count()
    }

    /// What somebody sends who does not know the secret, and gets for it.
    async fn send(&self, body: &Value, signature: Option<&str>) -> u16 {
        let client = Client::builder().no_proxy().build().unwrap();
        let mut request = client.post(&self.url).header("X-GitHub-Event", "pull_request").json(body);
        request = request.header("X-GitHub-Delivery", "8d9bd8a0-0000-11f0-8000-000000000000");
        if let Some(signature) = signature {
            request = request.header("X-Hub-Signature-256", signature);
        }
        request.send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_pull_request_of_github_is_deployed_reopened_in_the_middle_of_its_removal_and_removed() {
    let shop = Shop::new().await;
    let desk = &shop.desk;
    let commit = shop.commit("topic", "first").await;
    let number = shop.open("topic", &json!({})).await;
    let (preview, stack) = (format!("pr-{number}"), format!("linked-pr-{number}"));
    let tests = format!("{stack}-tests");
    desk.until_says(&stack, "first").await;
    let status = shop.until_status(&commit, "success").await;
    assert_eq!(status["target_url"], desk.output(&stack, "ApiUrl").await, "{status}");
    shop.until_told(number, &["1 of 1 passed"]).await;

    let before = shop.executions().await;
    shop.redeliver().await;
    shop.replay(number).await;
    let forged = json!({"action": "opened", "number": 77, "pull_request": {"number": 77}});
    assert_eq!(shop.send(&forged, None).await, 401);
    assert_eq!(shop.send(&forged, Some(&format!("sha256={}", "0".repeat(64)))).await, 401);
    assert_eq!(shop.executions().await, before, "nothing was begun");

    let first = desk.stack(&stack).await.unwrap().stack_id().map(str::to_owned);
    shop.state(number, "closed").await;
    desk.until_phase(&preview, "REMOVING").await;
    // One run begins to delete; the next would see that it is gone.
    desk.until("the deletion has begun", async || {
        let _report = desk.up.flowgate("sweep", &["--apply", "linked", "--json"]).await;
        (desk.lease(&stack).await == "DELETING").then_some(())
    })
    .await;
    shop.state(number, "open").await;
    let waiting = desk.until_phase(&preview, "STARTING").await;
    assert!(waiting["waits"].is_string(), "{waiting}");
    desk.until("deployed afresh", async || {
        let _report = desk.up.flowgate("sweep", &["--apply", "linked", "--json"]).await;
        desk.look(number).await;
        let again = desk.stack(&stack).await?.stack_id().map(str::to_owned);
        (again != first && desk.word(&stack).await.as_deref() == Some("first")).then_some(())
    })
    .await;
    shop.until_told(number, &["1 of 1 passed"]).await;

    let merged = shop.call(Method::PUT, &format!("/pulls/{number}/merge"), &json!({})).await;
    assert_eq!(merged["merged"], true, "{merged}");
    desk.until_phase(&preview, "REMOVING").await;
    desk.swept(&[&stack, &tests]).await;
    desk.look(number).await;
    shop.until_told(number, &["Preview: removed", "merged"]).await;
}

#[tokio::test]
async fn forks_and_drafts_get_no_stack_and_a_deleted_branch_takes_its_stack_along() {
    let shop = Shop::new().await;
    let desk = &shop.desk;
    let url = "/v1/connections/eve/linked";
    let fork = format!("{}{url}", desk.up.sdk().endpoint_url().unwrap()).replacen("://", "://author:author@", 1);
    desk.says("evil");
    git(shop.folder(), &["commit", "-qam", "evil"]).await;
    git(shop.folder(), &["push", "-q", &fork, "HEAD:evil"]).await;
    let forked = shop.open("eve:evil", &json!({})).await;
    shop.until_told(forked, &["fork"]).await;
    assert!(desk.stack(&format!("linked-pr-{forked}")).await.is_none());

    shop.commit("draft", "drafted").await;
    let number = shop.open("draft", &json!({"draft": true})).await;
    let (preview, stack) = (format!("pr-{number}"), format!("linked-pr-{number}"));
    for number in [forked, number] {
        desk.look(number).await;
    }
    assert_eq!(shop.executions().await, 0, "neither the fork nor the draft begins one");
    shop.call(Method::PATCH, &format!("/pulls/{number}"), &json!({"draft": false})).await;
    desk.until_says(&stack, "drafted").await;
    assert_eq!(shop.executions().await, 1, "and the fork never does");
    git(shop.folder(), &["push", "-q", &shop.remote(), ":draft"]).await;
    desk.until_phase(&preview, "REMOVING").await;
    desk.swept(&[&stack, &format!("{stack}-tests")]).await;
}

impl Shop {
    fn remote(&self) -> String {
        let endpoint = self.desk.up.sdk().endpoint_url().unwrap().replacen("://", "://author:author@", 1);
        format!("{endpoint}/v1/connections/ada/linked")
    }

    /// What GitHub has sent, or how one of it was sent.
    async fn deliveries(&self, id: Option<&Value>) -> Value {
        let hooks = self.call(Method::GET, "/hooks", &json!({})).await;
        let one = id.map(|id| format!("/{id}")).unwrap_or_default();
        self.call(Method::GET, &format!("/hooks/{}/deliveries{one}", hooks[0]["id"]), &json!({})).await
    }

    /// Has GitHub send everything again that it has sent: 200 says that it has no effect, as 202 that it was passed on.
    async fn redeliver(&self) {
        let sent = self.deliveries(None).await.as_array().unwrap().clone();
        assert!(sent.iter().any(|one| one["action"] == "opened" && one["status_code"] == 202), "{sent:?}");
        let hook = self.call(Method::GET, "/hooks", &json!({})).await[0]["id"].clone();
        for one in &sent {
            let again = format!("/hooks/{hook}/deliveries/{}/attempts", one["id"]);
            self.call(Method::POST, &again, &json!({})).await;
        }
        let codes = self.desk.until("all were sent again", async || {
            let all = self.deliveries(None).await;
            let again = all.as_array().unwrap().iter().filter(|one| one["redelivery"] == true);
            let codes: Vec<_> = again.map(|one| one["status_code"].clone()).collect();
            (codes.len() == sent.len()).then_some(codes)
        });
        assert!(codes.await.iter().all(|code| *code == 200), "each was accepted before");
    }

    /// Sends what opened the pull request as somebody would who once saw it: under another delivery's id.
    async fn replay(&self, number: u64) {
        let all = self.deliveries(None).await;
        let opened = all.as_array().unwrap().iter().find(|one| one["action"] == "opened").unwrap()["id"].clone();
        let request = self.deliveries(Some(&opened)).await["request"].clone();
        let (told, signature) = (&request["payload"], request["headers"]["x-hub-signature-256"].as_str());
        assert_eq!(told["number"], number, "{told}");
        assert_eq!(self.send(told, signature).await, 202, "it is signed, and passed on");
        // What it tells itself then, told by somebody who waits until it is done.
        let pull = &told["pull_request"];
        let passed_on = json!({"pull_request": number, "updated": pull["updated_at"], "head": pull["head"]["sha"]});
        assert_eq!(self.desk.ask(&passed_on).await, Value::Null);
    }
}
