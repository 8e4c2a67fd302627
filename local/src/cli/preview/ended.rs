//! How it ended, for people and programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::judge::is_draft;
use super::progress::{Progress, Tests};
use super::tell;
use crate::cli::End;
use crate::report::{self, Preview};

/// The output that says where a service answers.
const URL: &str = "ApiUrl";

/// A pull request's number, where it is about one.
pub(in crate::cli) type Number = Option<u64>;

/// How a preview ended that was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Ended {
    /// The preview's name.
    preview: String,
    /// The name of the service's stack.
    stack: String,
    /// CodePipeline's status of its execution, or `Removed`, or `Draft`.
    status: String,
    /// What was deployed, or was to be.
    commit: Option<String>,
    /// The execution.
    execution: Option<String>,
    /// What the stack gives.
    outputs: BTreeMap<String, String>,
    /// What the tests came to.
    tests: Option<Tests>,
    /// Why it is so.
    why: Option<String>,
}

impl Ended {
    /// An execution came to its end.
    pub(super) fn by(preview: &Preview, commit: &str, progress: Progress) -> Self {
        let why = if progress.state() == "Succeeded" { None } else { progress.failure() };
        Self {
            preview: preview.preview.clone(),
            stack: preview.stack.clone(),
            status: progress.state().to_owned(),
            commit: Some(commit.to_owned()),
            execution: preview.execution.clone(),
            outputs: progress.outputs,
            tests: progress.tests,
            why,
        }
    }

    /// There will be no stack.
    pub(super) fn absent(preview: &Preview, why: String) -> Self {
        Self {
            preview: preview.preview.clone(),
            stack: preview.stack.clone(),
            status: if is_draft(preview) { "Draft" } else { "Removed" }.to_owned(),
            commit: preview.commit.clone(),
            execution: None,
            outputs: BTreeMap::new(),
            tests: None,
            why: Some(why),
        }
    }

    /// Says it, as the last thing.
    pub(in crate::cli) fn tell(&self, json: bool, number: Number) -> End {
        tell(json, self.text().trim_end(), self.object(number));
        // A draft was to have none.
        if self.succeeded() || self.status == "Draft" { End::Succeeded } else { End::Failed }
    }

    fn succeeded(&self) -> bool {
        self.status == "Succeeded"
    }

    fn text(&self) -> String {
        let Self { preview, stack, status, .. } = self;
        let why = self.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        let heading = match (self.succeeded(), &*status.to_lowercase()) {
            (true, _) => format!("preview {preview} is up, as stack {stack}"),
            (false, "removed" | "draft") => format!("there is no preview {preview}{why}"),
            (false, status) => format!("preview {preview} of stack {stack} {status}{why}"),
        };
        let tests = self.tests.as_ref().and_then(|tests| tests.summary.as_deref());
        let outputs = self.outputs.iter().map(|(key, value)| (&**key, &**value));
        report::deployed(&heading, outputs, tests.filter(|_| self.succeeded()))
    }

    pub(super) fn object(&self, number: Number) -> Value {
        let tests = self.tests.as_ref();
        json!({
            "status": self.status,
            "preview": self.preview,
            "stack": self.stack,
            "number": number,
            "url": self.outputs.get(URL),
            "tests": tests.map(|tests| json!({
                "passed": tests.passed, "failed": tests.failed, "summary": tests.summary,
            })),
            "outputs": self.outputs,
            "commit": self.commit,
            "execution": self.execution,
            "why": self.why,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::view::{Action, Execution, Stage, Status};

    fn preview() -> Preview {
        Preview {
            preview: "pr-7".into(),
            stack: "shop-pr-7".into(),
            execution: Some("e1".into()),
            ..Preview::default()
        }
    }

    fn progress(status: &str, test: &str) -> Progress {
        let said = format!("{test} tests");
        let action =
            Action { name: "Test".into(), status: Some(test.into()), summary: Some(said.clone()), ..Action::default() };
        let stages = vec![Stage { name: "Preview".into(), actions: vec![action], ..Stage::default() }];
        let executions = vec![Execution { status: status.into(), ..Execution::default() }];
        Progress {
            status: Status { stages, executions, ..Status::default() },
            outputs: BTreeMap::from([(URL.to_owned(), "https://x".to_owned())]),
            tests: Some(Tests { summary: Some(said), passed: Some(3), failed: Some(1) }),
        }
    }

    #[test]
    fn what_is_up_says_where_and_what_failed_says_why() {
        let up = Ended::by(&preview(), "c", progress("Succeeded", "Succeeded"));
        assert_eq!(
            up.text(),
            "preview pr-7 is up, as stack shop-pr-7\n  ApiUrl  https://x\n  tests   Succeeded tests\n"
        );
        let failed = Ended::by(&preview(), "c", progress("Failed", "Failed"));
        assert_eq!(
            failed.text(),
            "preview pr-7 of stack shop-pr-7 failed: Preview Test failed: Failed tests\n  ApiUrl  https://x\n"
        );
        assert_eq!((up.tell(true, Some(7)), failed.tell(true, None)), (End::Succeeded, End::Failed));
        let object = failed.object(Some(7));
        assert_eq!(object["number"], 7);
        assert_eq!(object["url"], "https://x");
        assert_eq!(object["tests"], json!({"passed": 3, "failed": 1, "summary": "Failed tests"}));
    }

    #[test]
    fn a_preview_that_is_given_back_is_no_success() {
        let absent = Ended::absent(&preview(), "its pull request is closed".to_owned());
        assert_eq!(absent.text(), "there is no preview pr-7: its pull request is closed\n");
        assert_eq!(absent.tell(true, Some(7)), End::Failed);
        let draft = Preview { why: Some("DRAFT".into()), ..preview() };
        let draft = Ended::absent(&draft, "its pull request is a draft".to_owned());
        assert_eq!(draft.text(), "there is no preview pr-7: its pull request is a draft\n");
        assert_eq!(draft.tell(true, Some(7)), End::Succeeded);
    }
}
