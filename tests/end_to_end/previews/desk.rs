//! A service with pull requests, and what can be seen of them.

use std::fs;
use std::path::PathBuf;

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata as _};
use aws_sdk_cloudformation::types::Stack;
use aws_sdk_codecommit::Client as CodeCommit;
use aws_sdk_codecommit::types::CommentsForPullRequest;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::up::{PATIENCE, POLL, Up};

/// A service in CodeCommit on a cloud that stays up. Its own release ends soon, and is not what this is about.
pub(super) struct Desk {
    pub(super) up: Up,
    /// The folder that pull requests are made of.
    pub(super) folder: PathBuf,
    pub(super) service: &'static str,
}

impl Desk {
    pub(super) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With parameters of the template.
    pub(super) async fn with(parameters: &[&str]) -> Self {
        let up = Up::new().await;
        let folder = up.service("failing_build", "shop");
        let commit = up.push_with(&folder, parameters).await;
        up.until_ended("shop", &commit).await;
        fs::remove_dir_all(&folder).unwrap();
        let folder = up.service("previewed", "shop");
        Self { up, folder, service: "shop" }
    }

    /// One whose service is in Beta and Gamma, and waits for an approval.
    pub(super) async fn released() -> Self {
        let up = Up::new().await;
        let folder = up.service("previewed", "shop");
        let commit = up.push(&folder).await;
        up.until_asked("shop", &commit).await;
        Self { up, folder, service: "shop" }
    }

    /// Replaces a text in one of the service's files.
    pub(super) fn edit(&self, file: &str, from: &str, to: &str) {
        let file = self.folder.join(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{}: {from:?}", file.display());
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
    }

    /// Has the service say something else.
    pub(super) fn says(&self, word: &str) {
        fs::write(self.folder.join("app/word.py"), format!("WORD = {word:?}\n")).unwrap();
    }

    /// `flowgate pr`, which does not wait.
    pub(super) async fn pr(&self, what: &str, number: u64, more: &[&str]) -> Value {
        let (folder, number) = (self.folder.display().to_string(), number.to_string());
        let args = [&[what, &folder, "--number", &number, "--no-wait"], more].concat();
        self.up.json("pr", &args).await.pop().expect("a last line")
    }

    /// Opens a pull request that says this, and gives its commit.
    pub(super) async fn open(&self, number: u64, word: &str) {
        self.says(word);
        self.pr("open", number, &["--branch", &format!("feature/{number}")]).await;
    }

    /// Pushes to it.
    pub(super) async fn push(&self, number: u64, word: &str) {
        self.says(word);
        self.pr("update", number, &[]).await;
    }

    pub(super) async fn close(&self, number: u64) {
        self.pr("close", number, &[]).await;
    }

    /// What the function preview says.
    pub(super) async fn ask(&self, request: &Value) -> Value {
        let invoke = Lambda::new(&self.up.sdk()).invoke().function_name(format!("{}-flowgate-preview", self.service));
        let answer = invoke.payload(Blob::new(request.to_string())).send().await.unwrap();
        let payload = answer.payload().map(|blob| blob.as_ref().to_vec()).unwrap_or_default();
        assert_eq!(answer.function_error(), None, "{request}: {}", String::from_utf8_lossy(&payload));
        serde_json::from_slice(&payload).unwrap()
    }

    /// Has it look at a pull request now, and not when it is due.
    pub(super) async fn look(&self, number: u64) {
        assert_eq!(self.ask(&json!({"pull_request": number})).await, Value::Null);
    }

    pub(super) async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let wait = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                sleep(POLL * 10).await;
            }
        };
        match timeout(PATIENCE, wait).await {
            Ok(found) => found,
            Err(elapsed) => panic!("not in time: {what}: {elapsed}"),
        }
    }

    /// Waits until the preview is in this phase.
    pub(super) async fn until_phase(&self, preview: &str, phase: &str) -> Value {
        self.until(&format!("{preview} is {phase}"), async || {
            let view = self.ask(&json!({"operation": "show", "preview": preview})).await;
            (view["phase"] == phase).then_some(view)
        })
        .await
    }

    /// The one stack of this name.
    pub(super) async fn stack(&self, name: &str) -> Option<Stack> {
        match CloudFormation::new(&self.up.sdk()).describe_stacks().stack_name(name).send().await {
            Ok(found) => found.stacks().first().cloned(),
            Err(error) if error.message().is_some_and(|message| message.ends_with("does not exist")) => None,
            Err(error) => panic!("{name}: {}", DisplayErrorContext(error)),
        }
    }

    /// What the service of this stack says; `None` while it is not there.
    pub(super) async fn word(&self, stack: &str) -> Option<String> {
        let stack = self.stack(stack).await?;
        let url = stack.outputs().iter().find(|output| output.output_key() == Some("ApiUrl"))?.output_value()?;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{url}/word")).send().await.ok()?;
        answer.error_for_status().ok()?.text().await.ok()
    }

    pub(super) async fn output(&self, stack: &str, key: &str) -> String {
        let stack = self.stack(stack).await.unwrap_or_else(|| panic!("no stack {stack}"));
        let output = stack.outputs().iter().find(|output| output.output_key() == Some(key));
        output.and_then(|output| output.output_value()).unwrap_or_else(|| panic!("no output {key}")).to_owned()
    }

    pub(super) async fn until_says(&self, stack: &str, word: &str) {
        self.until(&format!("{stack} says {word}"), async || {
            (self.word(stack).await.as_deref() == Some(word)).then_some(())
        })
        .await;
    }

    /// What stands on the pull request.
    pub(super) async fn comments(&self, number: u64) -> Vec<String> {
        let get = CodeCommit::new(&self.up.sdk()).get_comments_for_pull_request();
        let comments = get.pull_request_id(number.to_string()).send().await.unwrap();
        let data = comments.comments_for_pull_request_data().iter();
        data.flat_map(CommentsForPullRequest::comments)
            .filter_map(|comment| comment.content().map(str::to_owned))
            .collect()
    }

    /// Waits until the one comment has all of this in it.
    pub(super) async fn until_told(&self, number: u64, words: &[&str]) -> String {
        self.until(&format!("pull request {number} says {words:?}"), async || {
            let comments = self.comments(number).await;
            assert!(comments.len() <= 1, "one comment that is updated: {comments:#?}");
            comments.into_iter().find(|text| words.iter().all(|word| text.contains(word)))
        })
        .await
    }

    /// The state of a stack's lease; `GONE` where its name is free.
    pub(super) async fn lease(&self, stack: &str) -> String {
        let done = self.up.flowgate("lease", &["show", stack, "--json"]).await;
        if done.stderr.contains("(NoLease)") {
            return "GONE".to_owned();
        }
        let view: Value = serde_json::from_str(done.stdout.trim()).unwrap_or_else(|_| panic!("{stack}: {done:?}"));
        view["state"].as_str().unwrap_or_else(|| panic!("{stack}: {view}")).to_owned()
    }

    /// Sweeps until these stacks are gone, their leases too.
    pub(super) async fn swept(&self, stacks: &[&str]) {
        self.until(&format!("{stacks:?} are gone"), async || {
            let _report = self.up.flowgate("sweep", &["--apply", self.service, "--json"]).await;
            for stack in stacks {
                if self.stack(stack).await.is_some() || self.lease(stack).await != "GONE" {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }
}
