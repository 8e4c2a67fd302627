//! A local cloud with what the two functions need of an account, and the functions in front of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_ssm::types::ParameterType;
use flowgate::cloud::client;
use flowgate::cloud::stack_wait::Stack;
use flowgate::cloud::stacks::{Deployment, Template, deploy};
use flowgate::cloud::{Cloud, Options};
use flowgate::supervise::Supervisor;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binaries::{build, checkout};
use crate::function::{Failure, Function, Launch};
use crate::proxy::Proxy;

/// The service whose previews these are.
pub(crate) const SERVICE: &str = "shop";

/// As `template.yaml` has it for sweep, which keeps most of a minute of it back for what it has begun.
const TIMEOUT: Duration = Duration::from_secs(110);

/// A cloud, a wire to it, and programs. Everything goes when it is dropped.
pub(crate) struct World {
    pub(crate) wire: Proxy,
    pub(crate) table: String,
    /// The role that previews are deployed with.
    pub(crate) role: String,
    topic: String,
    own_stack: String,
    programs: BTreeMap<String, PathBuf>,
    processes: AtomicUsize,
    logs: TempDir,
    cloud: Cloud,
}

impl World {
    /// Deletions are allowed.
    pub(crate) async fn new() -> Self {
        let options = options();
        let (programs, cloud) = tokio::join!(build(&["lease", "sweep"]), Cloud::start(&options));
        let cloud = cloud.unwrap();
        let own = own_stack(&cloud.sdk_config()).await;
        let world = Self {
            wire: Proxy::start(cloud.endpoint()).await,
            table: own.outputs["Table"].clone(),
            role: own.outputs["Role"].clone(),
            topic: own.outputs["Topic"].clone(),
            own_stack: own.id,
            programs,
            processes: AtomicUsize::new(0),
            logs: tempfile::tempdir().unwrap(),
            cloud,
        };
        world.switch("allowed").await;
        world
    }

    /// For clients of the test's own, which the wire does not see.
    pub(crate) fn sdk(&self) -> SdkConfig {
        self.cloud.sdk_config()
    }

    /// Where the cloud answers, past the wire.
    pub(crate) fn endpoint(&self) -> &str {
        self.cloud.endpoint()
    }

    pub(crate) fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.sdk())
    }

    /// Sets the switch that stops all deletion (I12).
    pub(crate) async fn switch(&self, to: &str) {
        let ssm = aws_sdk_ssm::Client::new(&self.sdk());
        let parameter = ssm.put_parameter().name(format!("/flowgate/{SERVICE}/deletions")).value(to);
        parameter.r#type(ParameterType::String).overwrite(true).send().await.unwrap();
    }

    /// One more environment of the function `lease`.
    pub(crate) fn lease(&self) -> Function {
        self.function("lease", &[])
    }

    /// One more environment of the function `sweep`, with these settings in place of the usual ones.
    pub(crate) fn sweep(&self, settings: &[(&str, &str)]) -> Function {
        self.function("sweep", settings)
    }

    fn function(&self, program: &str, settings: &[(&str, &str)]) -> Function {
        let number = self.processes.fetch_add(1, Ordering::Relaxed);
        let usual = [
            ("STATE_TABLE", self.table.as_str()),
            ("SERVICE", SERVICE),
            ("OWN_STACK", &self.own_stack),
            ("STACK_ROLES", &self.role),
            ("TOPIC_ARN", &self.topic),
            ("MODE", "plan"),
            ("MARGIN_SECONDS", "1"),
            ("GRACE", "1s"),
            ("MAX_DELETES", "20"),
            ("ADOPT_AFTER", "1s"),
        ];
        let aws = client::variables(&self.wire.endpoint);
        let aws = aws.iter().map(|(name, value)| (*name, value.as_str())).chain([("AWS_SESSION_TOKEN", "token")]);
        let all = aws.chain(usual).chain(settings.iter().copied());
        Function::new(Launch {
            name: format!("{SERVICE}-flowgate-{program}"),
            program: self.programs[program].clone(),
            environment: all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            log: self.logs.path().join(format!("{program}-{number}.log")),
            timeout: TIMEOUT,
        })
    }
}

/// Invokes sweep, which must answer with its report.
pub(crate) async fn run(sweep: &Function, event: &Value) -> Value {
    let report = sweep.invoke(&event.to_string()).await;
    report.unwrap_or_else(|error| panic!("{event}: {error}\n{}", sweep.log()))
}

/// What sweep reports of a stack.
pub(crate) fn entry<'a>(report: &'a Value, stack: &str) -> &'a Value {
    let entries = report["entries"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    let of_stack: Vec<_> = entries.iter().filter(|entry| entry["stack"] == stack).collect();
    assert_eq!(of_stack.len(), 1, "one entry about {stack}: {report:#}");
    of_stack[0]
}

/// Asks lease for something; its refusal is the `Err`.
pub(crate) async fn ask(lease: &Function, request: &Value) -> Result<Value, Value> {
    judge(
        lease
            .invoke(&request.to_string())
            .await
            .unwrap_or_else(|error: Failure| panic!("{request}: {error}\n{}", lease.log())),
    )
}

/// An answer, or a refusal.
pub(crate) fn judge(answer: Value) -> Result<Value, Value> {
    match answer.get("error") {
        Some(refusal) => Err(refusal.clone()),
        None => Ok(answer),
    }
}

fn options() -> Options {
    let state = std::env::var_os("FLOWGATE_TEST_STATE").map(PathBuf::from);
    Options {
        state: Some(state.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("state"))),
        port: None,
        runner_url: None,
        supervisor: Supervisor::new(env!("CARGO_BIN_EXE_flowgate")),
        progress: Arc::new(|line| eprintln!("{line}")),
        without_patches: Vec::new(),
        iam: flowgate::cloud::authority::Iam::Off,
    }
}

/// Flowgate's stack, as far as leases and sweep need it.
async fn own_stack(config: &SdkConfig) -> Stack {
    let client = aws_sdk_cloudformation::Client::new(config);
    let template = own_template();
    let name = format!("{SERVICE}-flowgate");
    let template = Template::Body(&template);
    let capabilities = vec![Capability::CapabilityIam];
    deploy(&client, &Deployment { stack: &name, template, capabilities, ..Deployment::default() }).await.unwrap()
}

fn own_template() -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "cloudformation.amazonaws.com"},
    }]});
    // I11: only who is subscribed can be told.
    let people = json!({"Protocol": "email", "Endpoint": "people@example.com"});
    format!(
        "Resources:\n{}  Topic:\n    Type: AWS::SNS::Topic\n    Properties: {{Subscription: [{people}]}}\n  Role:\n    \
         Type: AWS::IAM::Role\n    Properties: {{AssumeRolePolicyDocument: {trust}}}\nOutputs:\n  Table: {{Value: !Ref \
         StateTable}}\n  Topic: {{Value: !Ref Topic}}\n  Role: {{Value: !GetAtt Role.Arn}}\n",
        state_table(),
    )
}

/// The table as users get it: these lines of `template.yaml`.
fn state_table() -> String {
    let template = std::fs::read_to_string(checkout().join("template.yaml")).unwrap();
    let lines = template.lines().skip_while(|line| *line != "  StateTable:");
    let (first, rest) =
        (lines.clone().take(1), lines.skip(1).take_while(|line| line.is_empty() || line.starts_with("    ")));
    first.chain(rest).map(|line| format!("{line}\n")).collect()
}
