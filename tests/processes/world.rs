//! A local cloud with what the functions need of an account, and the functions in front of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_ssm::types::ParameterType;
use flowgate::cloud::authority::{Iam, Role, Session};
use flowgate::cloud::client::{self, ACCOUNT, REGION};
use flowgate::cloud::{Cloud, Options};
use flowgate::supervise::Supervisor;
use serde_json::Value;
use tempfile::TempDir;

use crate::binaries::build;
use crate::codepipeline::CodePipeline;
use crate::function::{Failure, Function, Launch};
use crate::own_stack::own_stack;
use crate::proxy::Proxy;

/// The service whose previews these are.
pub(crate) const SERVICE: &str = "shop";

/// Where the secret of webhooks is kept.
pub(crate) const WEBHOOK_SECRET: &str = "/flowgate/shop/webhook";

const FUNCTIONS: [&str; 4] = ["lease", "sweep", "start_tests", "preview"];

/// As `template.yaml` has it for sweep, which keeps most of a minute of it back for what it has begun.
const TIMEOUT: Duration = Duration::from_secs(110);

/// A cloud, a wire to it, and programs. Everything goes when it is dropped.
pub(crate) struct World {
    pub(crate) wire: Proxy,
    pub(crate) codepipeline: CodePipeline,
    pub(crate) table: String,
    /// The role that previews are deployed with.
    pub(crate) role: String,
    topic: String,
    own_stack: String,
    programs: BTreeMap<String, PathBuf>,
    /// What each function works as, by its name, as Lambda lets it: a session of its role.
    sessions: BTreeMap<&'static str, Session>,
    /// The roles of functions, by their name.
    roles: BTreeMap<&'static str, String>,
    processes: AtomicUsize,
    logs: TempDir,
    cloud: Cloud,
}

impl World {
    /// Deletions are allowed.
    pub(crate) async fn new() -> Self {
        let codepipeline = CodePipeline::start().await;
        let options = options(codepipeline.url.clone());
        let (programs, cloud) = tokio::join!(build(&FUNCTIONS), Cloud::start(&options));
        let cloud = cloud.unwrap();
        let own = own_stack(&cloud.sdk_config()).await;
        let mut world = Self {
            codepipeline,
            wire: Proxy::start(cloud.endpoint()).await,
            table: own.outputs["Table"].clone(),
            role: own.outputs["PreviewDeployRole"].clone(),
            topic: own.outputs["Topic"].clone(),
            programs,
            sessions: BTreeMap::new(),
            roles: FUNCTIONS.map(|function| (function, own.outputs[function].clone())).into(),
            own_stack: own.id,
            processes: AtomicUsize::new(0),
            logs: tempfile::tempdir().unwrap(),
            cloud,
        };
        for function in FUNCTIONS {
            world.sessions.insert(function, world.session(function, None).await);
        }
        world
    }

    /// A session of a function's role, which may do only what `policy` allows as well.
    pub(crate) async fn session(&self, function: &str, policy: Option<Value>) -> Session {
        let name = function_name(function);
        let source = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}");
        let service = "lambda.amazonaws.com";
        let role = Role { arn: &self.roles[function], service, source: &source, session: &name, policy };
        self.assume(&role).await
    }

    /// A session of a role, as a service works as it.
    pub(crate) async fn assume(&self, role: &Role<'_>) -> Session {
        self.cloud.authority().assume(role).await.unwrap()
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

    /// One more environment of either, which works as this session.
    pub(crate) fn function_as(&self, program: &str, session: &Session) -> Function {
        self.launch(program, session, &[], &self.wire, TIMEOUT)
    }

    /// One more environment of the function `start_tests`, whose invocations may take as long as `timeout`.
    pub(crate) fn start_tests(&self, wire: &Proxy, timeout: Duration) -> Function {
        self.launch("start_tests", &self.sessions["start_tests"], &[], wire, timeout)
    }

    /// One more environment of the function `preview`, told this as well.
    pub(crate) fn preview_function(&self, settings: &[(&str, &str)], wire: &Proxy) -> Function {
        self.launch("preview", &self.sessions["preview"], settings, wire, TIMEOUT)
    }

    fn function(&self, program: &str, settings: &[(&str, &str)]) -> Function {
        self.launch(program, &self.sessions[program], settings, &self.wire, TIMEOUT)
    }

    fn launch(
        &self,
        program: &str,
        session: &Session,
        settings: &[(&str, &str)],
        wire: &Proxy,
        timeout: Duration,
    ) -> Function {
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
        let aws = client::variables(&wire.endpoint);
        let aws = aws.iter().map(|(name, value)| (*name, value.as_str())).chain(signing(session));
        let all = aws.chain(usual).chain(settings.iter().copied());
        Function::new(Launch {
            name: function_name(program),
            program: self.programs[program].clone(),
            environment: all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            log: self.logs.path().join(format!("{program}-{number}.log")),
            timeout,
        })
    }
}

/// As `template.yaml` calls it.
fn function_name(program: &str) -> String {
    format!("{SERVICE}-flowgate-{}", program.replace('_', "-"))
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

/// The variables by which Lambda gives a function the credentials of its role.
fn signing(session: &Session) -> [(&str, &str); 3] {
    let credentials = session.credentials();
    [
        ("AWS_ACCESS_KEY_ID", credentials.access_key_id()),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key()),
        ("AWS_SESSION_TOKEN", credentials.session_token().unwrap_or_default()),
    ]
}

fn options(runner_url: String) -> Options {
    let state = std::env::var_os("FLOWGATE_TEST_STATE").map(PathBuf::from);
    Options {
        state: Some(state.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("state"))),
        port: None,
        runner_url: Some(runner_url),
        supervisor: Supervisor::new(env!("CARGO_BIN_EXE_flowgate")),
        progress: Arc::new(|line| eprintln!("{line}")),
        without_patches: Vec::new(),
        lambda_minute: None,
        iam: Iam::Enforce,
        keep: None,
    }
}
