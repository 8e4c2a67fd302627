//! I26: the real functions, as processes whose environment asks for every log there is, are sent credentials and other
//! secrets through every way in; nothing of them comes out of any way out.

mod cloud;
mod events;
mod sentinels;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use flowgate::cloud::client::{ACCOUNT, REGION};
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::binaries::build;
use crate::function::{Failure, Function, Launch};
use cloud::{CHECKED, Cloud, Manner, Received};
use sentinels::{OWN_KEY, OWN_SECRET, OWN_TOKEN, Sentinels};

/// Those that settle jobs.
const ACTIONS: [&str; 4] = ["configure", "start_tests", "gate", "lease"];
const ALL: [&str; 6] = ["configure", "start_tests", "gate", "lease", "sweep", "record"];

/// What a service that cannot be read is tried again for ends 5 s before it. Sweep keeps most of a minute back for what it
/// has begun, and begins nothing where there is less.
fn timeout(name: &str) -> Duration {
    Duration::from_secs(if name == "sweep" { 110 } else { 20 })
}

/// So many functions at once leave each time enough to get to what is tested.
const AT_ONCE: usize = 4;

/// Does it with each case.
async fn each<T, F: Future>(cases: impl IntoIterator<Item = T>, test: impl FnMut(T) -> F) -> Vec<F::Output> {
    stream::iter(cases).map(test).buffered(AT_ONCE).collect().await
}

/// A function in front of a cloud of its own.
struct Watched {
    name: &'static str,
    function: Function,
    cloud: Cloud,
    sentinels: Sentinels,
    _logs: TempDir,
}

impl Watched {
    async fn start(name: &'static str, manner: Manner) -> Self {
        let cloud = Cloud::start(manner).await;
        let endpoint = cloud.endpoint.clone();
        Self::behind(name, cloud, &endpoint).await
    }

    async fn behind(name: &'static str, cloud: Cloud, endpoint: &str) -> Self {
        let logs = tempfile::tempdir().unwrap();
        let function = Function::new(Launch {
            name: format!("shop-flowgate-{name}"),
            program: programs().await[name].clone(),
            environment: environment(endpoint),
            log: logs.path().join("log"),
            timeout: timeout(name),
        });
        Self { name, function, cloud, sentinels: Sentinels::new(), _logs: logs }
    }

    /// Sends an event, and looks at what comes back at once.
    async fn invoke(&self, event: &str) -> Result<Value, Failure> {
        let answer = self.function.invoke(event).await;
        let said = match &answer {
            Ok(answer) => answer.to_string(),
            Err(failure) => failure.to_string(),
        };
        self.sentinels.assert_absent(&format!("the answer of {} to {:.300}", self.name, event), &said);
        answer
    }

    /// Looks at all it wrote and sent, and gives the latter.
    fn check(&self) -> Vec<Received> {
        self.sentinels.assert_absent(&format!("the log of {}", self.name), &self.function.log());
        let received = self.cloud.received();
        for Received { name, text } in &received {
            self.sentinels.assert_absent(&format!("what {} sent to {name}", self.name), text);
        }
        received
    }
}

async fn programs() -> &'static BTreeMap<String, PathBuf> {
    static PROGRAMS: OnceCell<BTreeMap<String, PathBuf>> = OnceCell::const_new();
    PROGRAMS.get_or_init(|| build(&ALL)).await
}

fn environment(endpoint: &str) -> BTreeMap<String, String> {
    let stack = format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop-flowgate/1");
    let role = format!("arn:aws:iam::{ACCOUNT}:role/deploy");
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:notices");
    let all = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", OWN_KEY),
        ("AWS_SECRET_ACCESS_KEY", OWN_SECRET),
        ("AWS_SESSION_TOKEN", OWN_TOKEN),
        // The worst that somebody could set.
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("STATE_TABLE", "state"),
        ("SERVICE", "shop"),
        ("OWN_STACK", &stack),
        ("STACK_ROLES", &role),
        ("TOPIC_ARN", &topic),
        ("RELEASE_TOPIC_ARN", &topic),
        ("PREVIEW_PIPELINE", "shop-flowgate-previews"),
        ("PROVIDER", "CodeCommit"),
        ("REPOSITORY", "shop"),
        ("MODE", "apply"),
        ("GRACE", "1s"),
        ("MAX_DELETES", "20"),
        ("ADOPT_AFTER", "1s"),
    ];
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn count(received: &[Received], name: &str) -> usize {
    received.iter().filter(|request| request.name == name).count()
}

const FAILED: &str = "codepipeline:PutJobFailureResult";
const SUCCEEDED: &str = "codepipeline:PutJobSuccessResult";

#[tokio::test(flavor = "multi_thread")]
async fn i26_no_function_lets_out_what_an_event_brings_in() {
    each(ALL, |name| async move {
        let watched = Watched::start(name, Manner::Serves).await;
        let good = events::job(name);
        let spoilt = events::spoilt_jobs(name);
        let direct = [sentinels::JOB_SECRET, sentinels::JOB_TOKEN].into_iter();
        let direct = direct.flat_map(|sentinel| events::misunderstood(name, sentinel));
        let others = events::foreign(name).into_iter().chain(direct).chain([events::gave_up(&good), events::built()]);
        let _ = watched.invoke(&good.to_string()).await;
        for event in spoilt.iter().cloned().chain(others) {
            let _ = watched.invoke(&event).await;
        }
        if name == "start_tests" {
            let _ = watched.invoke(&events::elsewhere().to_string()).await;
        }
        if events::WAITING.contains(&name) {
            let mut continued = good;
            events::continued(&mut continued);
            let _ = watched.invoke(&continued.to_string()).await;
        }
        let received = watched.check();
        if name == "start_tests" {
            for what in ["lambda:", "sts:", CHECKED] {
                assert!(received.iter().any(|request| request.name.starts_with(what)), "{what}: {received:#?}");
            }
        }
        if ACTIONS.contains(&name) {
            // I17: and they were not just silent.
            assert!(count(&received, FAILED) > spoilt.len() / 2, "{name}: {received:#?}");
            assert!(watched.function.log().contains("settled"), "{name}");
        }
        assert!(!watched.function.log().is_empty(), "{name}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i26_what_a_service_repeats_of_a_request_stays_inside() {
    let cases = [
        ("configure", "s3"),
        ("configure", "ssm"),
        ("configure", "dynamodb:PutItem"),
        ("configure", "codepipeline"),
        ("start_tests", "cloudformation"),
        ("start_tests", "lambda"),
        ("start_tests", "dynamodb"),
        ("start_tests", "s3"),
        ("start_tests", "sts"),
        ("gate", "codepipeline:ListActionExecutions"),
        ("gate", "codepipeline:GetPipelineExecution"),
        ("gate", "ssm"),
        ("gate", "ssm:GetParameterHistory"),
        ("gate", "codecommit:GetCommit"),
        ("gate", "codecommit:ListPullRequests"),
        ("gate", "cloudformation"),
        ("lease", "dynamodb"),
        ("sweep", "dynamodb"),
        ("sweep", "cloudformation"),
        ("record", "s3"),
    ];
    let told = each(cases, |(name, service)| async move {
        let watched = Watched::start(name, Manner::Repeats(service)).await;
        let answer = watched.invoke(&event_for(name, service)).await;
        let sent: String = watched.check().into_iter().map(|request| request.text).collect();
        // That it was refused is told, with what was repeated blanked.
        let out = format!("{answer:?}{sent}{}", watched.function.log());
        (!out.contains("************")).then_some((name, service, out))
    });
    let silent: Vec<_> = told.await.into_iter().flatten().collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i26_what_cannot_be_read_is_not_repeated() {
    let cases = [
        ("configure", "s3"),
        ("configure", "ssm"),
        ("configure", "dynamodb"),
        ("start_tests", "cloudformation"),
        ("start_tests", "dynamodb"),
        ("start_tests", "s3"),
        ("start_tests", "sts"),
        ("gate", "s3"),
        ("gate", "ssm"),
        ("gate", "dynamodb:Query"),
        ("gate", "codepipeline:ListActionExecutions"),
        ("gate", "codecommit"),
        ("gate", "cloudformation"),
        ("lease", "dynamodb"),
        ("sweep", "dynamodb"),
        ("sweep", "cloudformation"),
        ("record", "s3"),
    ];
    let asked = each(cases, |(name, service)| async move {
        let watched = Watched::start(name, Manner::Babbles(service)).await;
        let answer = watched.invoke(&event_for(name, service)).await;
        let was_asked = watched.check().iter().any(|request| request.name.starts_with(service));
        (!was_asked).then(|| (name, service, format!("{answer:?}"), watched.function.log()))
    });
    let idle: Vec<_> = asked.await.into_iter().flatten().collect();
    assert!(idle.is_empty(), "{idle:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i26_what_goes_well_is_told_without_secrets() {
    each(["configure", "start_tests"], |name| async move {
        let watched = Watched::start(name, Manner::Succeeds).await;
        watched.invoke(&event_for(name, "")).await.unwrap();
        let received = watched.check();
        assert_eq!(count(&received, SUCCEEDED), 1, "{name}: {received:#?}");
    })
    .await;

    // What nobody claimed gets a lease, and people are told that it will be deleted.
    let sweep = Watched::start("sweep", Manner::Succeeds).await;
    for service in ["cloudformation", "dynamodb"] {
        sweep.invoke(&event_for("sweep", service)).await.unwrap();
    }
    let received = sweep.check();
    assert_eq!(count(&received, "sns:Publish"), 1, "{received:#?} {}", sweep.function.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn i26_a_cloud_that_cannot_be_reached_is_named_without_credentials() {
    let nowhere = ["http://127.0.0.1:9", "http://nowhere.invalid"];
    let all = ALL.into_iter().flat_map(|name| nowhere.map(|endpoint| (name, endpoint)));
    each(all, |(name, endpoint)| async move {
        let watched = Watched::behind(name, Cloud::start(Manner::Serves).await, endpoint).await;
        let answer = watched.invoke(&event_for(name, "")).await;
        assert_eq!(watched.check().len(), 0);
        let out = format!("{answer:?}{}", watched.function.log());
        assert!(out.contains("dispatch failure"), "{name}: {out}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_a_job_of_another_account_is_failed_and_nothing_else_is_done() {
    each(ACTIONS, |name| async move {
        let watched = Watched::start(name, Manner::Serves).await;
        let mut event = events::job(name);
        event["CodePipeline.job"]["accountId"] = json!("999999999999");
        watched.invoke(&event.to_string()).await.unwrap();
        let calls: Vec<String> = watched.check().into_iter().map(|request| request.name).collect();
        let expected = ["dynamodb:GetItem", "dynamodb:PutItem", FAILED, "dynamodb:UpdateItem"];
        assert_eq!(calls, expected, "{name}");
    })
    .await;
}

/// What makes a function go to work, and ask this service.
fn event_for(name: &str, service: &str) -> String {
    match (name, service) {
        ("sweep", "dynamodb") => json!({"mode": "apply"}).to_string(),
        ("sweep", _) => json!({"mode": "apply", "adopt": true}).to_string(),
        ("record", _) => events::built(),
        ("start_tests", "sts") => events::elsewhere().to_string(),
        _ => events::job(name).to_string(),
    }
}
