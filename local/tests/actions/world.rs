//! A local cloud with a bucket for artifacts, and the requests that an engine would send.

use flowgate::pipeline::engine::{Trigger, TriggerType};
use std::path::PathBuf;
use std::sync::Arc;

use flowgate::actions::archive::{Archive, pack_one};
use flowgate::actions::jobs::Jobs;
use flowgate::actions::{Context, Observer, run};
use flowgate::cloud::authority::Iam;
use flowgate::cloud::client::ACCOUNT;
use flowgate::cloud::{Cloud, Options};
use flowgate::pipeline::action::{Artifact, Failure, Location, Outcome, Progress, Request, Roles, Success, TypeId};
use flowgate::repository::Store;
use flowgate::supervise::Supervisor;
use tempfile::TempDir;

pub(crate) const BUCKET: &str = "artifacts";

pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) context: Context,
    s3: aws_sdk_s3::Client,
    directory: TempDir,
}

struct Silent;

impl Observer for Silent {
    fn progress(&self, _: Progress) {}

    fn line(&self, _: &str) {}
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_runner(None, Jobs::default()).await
    }

    pub(crate) async fn with_runner(runner_url: Option<String>, jobs: Jobs) -> Self {
        Self::start(runner_url, jobs, Iam::Off).await
    }

    pub(crate) async fn start(runner_url: Option<String>, jobs: Jobs, iam: Iam) -> Self {
        let state = std::env::var_os("FLOWGATE_STATE");
        let state = state.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("state"), PathBuf::from);
        let supervisor = Supervisor::new(env!("CARGO_BIN_EXE_flowgate"));
        let options = Options {
            state: Some(state),
            port: None,
            runner_url,
            supervisor: supervisor.clone(),
            progress: Arc::new(|line| eprintln!("{line}")),
            without_patches: Vec::new(),
            lambda_minute: None,
            iam,
            keep: None,
        };
        let cloud = Cloud::start(&options).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let context = Context {
            state: directory.path().join("state"),
            builds: directory.path().join("state/builds"),
            sdk: cloud.sdk_config(),
            account: ACCOUNT.to_owned(),
            child_env: cloud.child_env(),
            supervisor,
            jobs,
            authority: cloud.authority(),
        };
        let config = aws_sdk_s3::config::Builder::from(&context.sdk).force_path_style(true).build();
        let s3 = aws_sdk_s3::Client::from_conf(config);
        s3.create_bucket().bucket(BUCKET).send().await.unwrap();
        Self { cloud, context, s3, directory }
    }

    pub(crate) async fn run(&self, request: &Request) -> Result<Success, Failure> {
        match self.outcome(request).await {
            Outcome::Succeeded(success) => Ok(success),
            Outcome::Failed(failure) => Err(failure),
            Outcome::Waiting => panic!("nothing but an approval waits"),
        }
    }

    pub(crate) async fn outcome(&self, request: &Request) -> Outcome {
        run(&self.context, request, &Silent).await
    }

    pub(crate) async fn refusal(&self, request: &Request) -> String {
        let failure = self.run(request).await.unwrap_err();
        format!("{}: {}", failure.code, failure.message)
    }

    /// Writes files into a directory and pushes it.
    pub(crate) async fn push(&self, files: &[(&str, &str)]) -> String {
        let source = self.directory.path().join("service");
        for (name, content) in files {
            let path = source.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let store = Store::new(&self.context.state);
        store.push(source.to_str().unwrap(), "service", "main").await.unwrap().id
    }

    /// Stores an artifact of one file.
    pub(crate) async fn store(&self, name: &str, file: &str, content: &str) {
        let body = pack_one(file, content.as_bytes()).unwrap().into();
        self.s3.put_object().bucket(BUCKET).key(format!("p/{name}")).body(body).send().await.unwrap();
    }

    pub(crate) async fn object(&self, key: &str) -> Vec<u8> {
        let object = self.s3.get_object().bucket(BUCKET).key(key).send().await.unwrap();
        object.body.collect().await.unwrap().to_vec()
    }

    /// The media types of the objects whose keys hold this text.
    pub(crate) async fn kinds(&self, part: &str) -> Vec<String> {
        let listed = self.s3.list_objects_v2().bucket(BUCKET).send().await.unwrap();
        let mut kinds = Vec::new();
        for key in listed.contents().iter().filter_map(|object| object.key()).filter(|key| key.contains(part)) {
            let head = self.s3.head_object().bucket(BUCKET).key(key).send().await.unwrap();
            kinds.extend(head.content_type);
        }
        kinds
    }

    pub(crate) async fn file(&self, artifact: &str, file: &str) -> String {
        let zip = self.object(&format!("p/{artifact}")).await;
        String::from_utf8(Archive::new(&zip).unwrap().file(file).unwrap().unwrap()).unwrap()
    }
}

pub(crate) fn artifact(name: &str, revision: Option<&str>) -> Artifact {
    let location = Location { bucket: BUCKET.into(), key: format!("p/{name}") };
    Artifact { name: name.into(), location, revision: revision.map(str::to_owned) }
}

pub(crate) fn request(
    category: &str,
    provider: &str,
    configuration: &[(&str, &str)],
    inputs: &[&str],
    outputs: &[&str],
) -> Request {
    let artifacts = |names: &[&str]| names.iter().map(|name| artifact(name, None)).collect();
    Request {
        id: uuid::Uuid::new_v4().to_string(),
        pipeline: "p".into(),
        execution: uuid::Uuid::new_v4().to_string(),
        stage: "S".into(),
        action: "act".into(),
        type_id: TypeId {
            category: category.into(),
            owner: "AWS".into(),
            provider: provider.into(),
            version: "1".into(),
        },
        configuration: configuration.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        roles: Roles { pipeline: format!("arn:aws:iam::{ACCOUNT}:role/pipeline"), own: None },
        inputs: artifacts(inputs),
        outputs: artifacts(outputs),
        approval: None,
        trigger: Trigger { trigger_type: TriggerType::StartPipelineExecution, trigger_detail: String::new() },
        source_revisions: Vec::new(),
    }
}
