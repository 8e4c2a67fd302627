//! The sweep from the command line: what it would do, what it does, and what stays.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_ssm::Client as Parameters;
use flowgate::cloud::stacks::{self, Deployment, Template};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::up::{PATIENCE, POLL, Up};

const TEMPLATE: &str = r#"{"Resources": {"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {
    "LogGroupName": {"Fn::Sub": "${AWS::StackName}-logs"}}}}}"#;
const SWITCH: &str = "/flowgate/shop/deletions";

/// A service with stacks of all kinds, on a cloud that stays up.
struct Shop {
    up: Up,
    stacks: CloudFormation,
    role: String,
}

/// One cloud for all of it, since starting one is most of the work.
#[tokio::test]
async fn what_was_released_is_deleted_and_nothing_else() {
    let shop = Shop::new().await;
    for name in ["shop-dev-ada", "shop-pr-7", "shop-pr-8"] {
        shop.claim_and_deploy(name).await;
    }
    shop.bind("shop-dev-ada").await;
    let protect = shop.stacks.update_termination_protection().enable_termination_protection(true);
    protect.stack_name("shop-pr-7").send().await.unwrap();
    let nothing = shop.up.flowgate("sweep", &[]).await;
    assert!(nothing.code == Some(0) && nothing.stdout.contains("\nnothing to do\n"), "{nothing:?}");

    for name in ["shop-dev-ada", "shop-pr-7"] {
        shop.up.json("lease", &["release", name, "--yes"]).await;
    }
    shop.plans().await;
    shop.stops().await;
    shop.resumes().await;
    shop.deletes().await;
    shop.ends().await;
    shop.adopts().await;
}

impl Shop {
    async fn new() -> Self {
        let up = Up::new().await;
        // Its pipeline ends soon, and is not what this is about.
        up.push(&up.service("failing_build", "shop")).await;
        let stacks = CloudFormation::new(&up.sdk());
        let described = stacks.describe_stacks().stack_name("shop-flowgate").send().await.unwrap();
        let outputs = described.stacks()[0].outputs();
        let role = outputs.iter().find(|output| output.output_key() == Some("PreviewDeployRole"));
        let role = role.and_then(|output| output.output_value()).expect("a role for previews").to_owned();
        Self { up, stacks, role }
    }

    async fn claim_and_deploy(&self, name: &str) {
        let claimed = self.up.json("lease", &["claim", name, "--ttl", "1h"]).await;
        self.deploy(name, Some(&claimed[0]["token"])).await;
    }

    async fn deploy(&self, name: &str, token: Option<&Value>) {
        let token = token.map(|token| ("flowgate:token", token.to_string()));
        let tags = [("flowgate:ephemeral", "true".to_owned()), ("flowgate:service", "shop".to_owned())];
        let tags = tags.into_iter().chain(token).map(|(key, value)| (key.to_owned(), value)).collect();
        let template = Template::Body(TEMPLATE);
        let deployment = Deployment { stack: name, template, tags, role: Some(&self.role), ..Deployment::default() };
        stacks::deploy(&self.stacks, &deployment).await.unwrap();
    }

    /// As a pipeline does after it has deployed; a stack that nobody bound is bound by the sweep.
    async fn bind(&self, name: &str) {
        let token = self.lease(name).await["token"].clone();
        let request = Blob::new(json!({"operation": "bind", "stack": name, "token": token}).to_string());
        let bind = Lambda::new(&self.up.sdk()).invoke().function_name("shop-flowgate-lease").payload(request);
        assert_eq!(bind.send().await.unwrap().function_error(), None);
        assert!(self.lease(name).await["stack_id"].is_string(), "it is bound");
    }

    /// One report.
    async fn sweep(&self, args: &[&str]) -> Value {
        let mut lines = self.up.json("sweep", args).await;
        assert_eq!(lines.len(), 1, "one report: {lines:?}");
        lines.remove(0)
    }

    async fn lease(&self, name: &str) -> Value {
        self.up.json("lease", &["show", name]).await.remove(0)
    }

    /// Everything that a sweep could change.
    async fn world(&self) -> (Vec<Value>, BTreeSet<String>) {
        (self.up.json("lease", &["list"]).await, self.up.stacks().await)
    }

    async fn plans(&self) {
        let before = self.world().await;
        let report = self.sweep(&["shop"]).await;
        assert_eq!((&report["mode"], &report["stopped"]), (&"plan".into(), &Value::Null), "{report}");
        let expected = [("shop-dev-ada", ("delete", "planned")), ("shop-pr-7", ("bind", "planned"))];
        assert_eq!(steps(&report), BTreeMap::from(expected), "{report}");
        let said = self.up.flowgate("sweep", &[]).await;
        assert!(said.stdout.starts_with("plan at ") && said.stdout.contains("; nothing was changed\n"), "{said:?}");
        assert!(said.stdout.ends_with("2 planned\n`flowgate sweep --apply shop` does it\n"), "{said:?}");
        assert_eq!(self.world().await, before, "a plan changes nothing");
    }

    /// What deletes nothing goes on.
    async fn stops(&self) {
        let before = self.up.stacks().await;
        self.switch("stopped by ada").await;
        let said = self.up.flowgate("sweep", &["--apply", "shop"]).await;
        assert!(said.code == Some(0) && said.stdout.contains("\ndeletion is stopped: "), "{said:?}");
        assert!(said.stdout.ends_with("1 done, 1 kept\n"), "{said:?}");
        assert_eq!(self.up.stacks().await, before);
        assert_eq!(self.lease("shop-dev-ada").await["state"], "DIRTY");
        assert!(self.lease("shop-pr-7").await["stack_id"].is_string(), "it is bound");
    }

    /// What was kept then is looked at again some minutes later; who does not want to wait holds it for a moment, and
    /// releases it again.
    async fn resumes(&self) {
        self.switch("allowed").await;
        let planned = self.sweep(&[]).await;
        assert_eq!(steps(&planned).get("shop-dev-ada"), None, "{planned}");
        for change in [&["hold", "shop-dev-ada", "--for", "1s", "--yes"][..], &["release", "shop-dev-ada", "--yes"]] {
            self.up.json("lease", change).await;
        }
        let due = self.lease("shop-dev-ada").await["due"].as_str().unwrap().parse().unwrap();
        while Timestamp::now() <= due {
            sleep(POLL).await;
        }
    }

    async fn switch(&self, value: &str) {
        let put = Parameters::new(&self.up.sdk()).put_parameter().name(SWITCH).value(value).overwrite(true);
        put.send().await.unwrap();
    }

    async fn deletes(&self) {
        let planned = self.sweep(&[]).await;
        let expected = [("shop-dev-ada", ("delete", "planned")), ("shop-pr-7", ("keep", "planned"))];
        assert_eq!(steps(&planned), BTreeMap::from(expected), "{planned}");
        let report = self.sweep(&["--apply"]).await;
        assert_eq!(steps(&report).get("shop-dev-ada"), Some(&("delete", "done")), "{report}");
        for report in [planned, report] {
            assert_eq!(entry(&report, "shop-pr-7")["reason"], "it is protected from deletion");
        }
        let kept = self.lease("shop-pr-7").await;
        assert_eq!((&kept["state"], &kept["why"]), (&"DIRTY".into(), &"it is protected from deletion".into()));
        // I4: it cannot be had back.
        for args in [&["claim", "shop-dev-ada"][..], &["renew", "shop-dev-ada", "--yes"]] {
            let done = self.up.flowgate("lease", args).await;
            assert!(done.code == Some(2) && done.stderr.ends_with("(Deleting)\n"), "{done:?}");
        }
    }

    /// A stack is seen to be gone in a later run than the one that deletes it.
    async fn ends(&self) {
        let before = self.lease("shop-dev-ada").await;
        let gone = async {
            while self.lease("shop-dev-ada").await["state"] != "GONE" {
                self.sweep(&["--apply"]).await;
                sleep(Duration::from_secs(1)).await;
            }
        };
        timeout(PATIENCE, gone).await.expect("it is deleted");
        let stacks = self.up.stacks().await;
        let left: Vec<_> = stacks.iter().filter(|name| name.contains("-pr-") || name.contains("-dev-")).collect();
        assert_eq!(left, ["shop-pr-7", "shop-pr-8"], "{stacks:?}");
        assert_eq!(self.lease("shop-pr-8").await["state"], "HELD");
        // I2
        let again = self.up.json("lease", &["claim", "shop-dev-ada"]).await.remove(0);
        assert!(again["token"].as_u64() > before["token"].as_u64(), "{again} after {before}");
    }

    /// A stack that nobody claimed is found, and not deleted at once.
    async fn adopts(&self) {
        self.deploy("shop-dev-eve", None).await;
        for (args, outcome) in [(&["--adopt"][..], "planned"), (&["--adopt", "--apply"], "done")] {
            let none = self.up.flowgate("lease", &["show", "shop-dev-eve"]).await;
            assert!(none.code == Some(2) && none.stderr.ends_with("(NoLease)\n"), "{none:?}");
            let report = self.sweep(args).await;
            assert_eq!(steps(&report).get("shop-dev-eve"), Some(&("adopt", outcome)), "{report}");
        }
        let adopted = self.lease("shop-dev-eve").await;
        assert_eq!((&adopted["state"], &adopted["source"]), (&"DIRTY".into(), &Value::Null), "{adopted}");
        self.sweep(&["--apply"]).await;
        assert!(self.up.stacks().await.contains("shop-dev-eve"));
    }
}

/// What is to be done about each stack, and what came of it.
fn steps(report: &Value) -> BTreeMap<&str, (&str, &str)> {
    let entries = report["entries"].as_array().unwrap_or_else(|| panic!("{report}"));
    entries.iter().map(|entry| (word(entry, "stack"), (word(entry, "step"), word(entry, "outcome")))).collect()
}

fn entry<'a>(report: &'a Value, stack: &str) -> &'a Value {
    let found = report["entries"].as_array().and_then(|all| all.iter().find(|entry| entry["stack"] == stack));
    found.unwrap_or_else(|| panic!("no {stack}: {report}"))
}

fn word<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap_or_else(|| panic!("no {field}: {entry}"))
}
