//! I22: what was approved is what is released, or nothing is.

use std::io::{Cursor, Read as _, Write as _};

use aws_sdk_codepipeline::types::StageTransitionType;
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::primitives::ByteStream;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{SERVICE, Shop, assert_says, last};
use crate::up::stage;

/// An object that somebody exchanges who may do everything, and takes back.
struct Object<'a> {
    s3: &'a S3,
    bucket: String,
    key: String,
}

impl Object<'_> {
    async fn read(&self) -> Vec<u8> {
        let object = self.s3.get_object().bucket(&self.bucket).key(&self.key).send().await.unwrap();
        object.body.collect().await.unwrap().to_vec()
    }

    /// Gives the version that is there now.
    async fn exchange(&self, bytes: Vec<u8>) -> String {
        let put = self.s3.put_object().bucket(&self.bucket).key(&self.key).body(ByteStream::from(bytes));
        put.send().await.unwrap().version_id.expect("the bucket keeps versions")
    }

    /// What was there before is there again.
    async fn take_back(&self, version: &str) {
        let delete = self.s3.delete_object().bucket(&self.bucket).key(&self.key).version_id(version);
        delete.send().await.unwrap();
    }
}

impl Shop {
    fn s3(&self) -> S3 {
        S3::from_conf(aws_sdk_s3::config::Builder::from(&self.up.sdk()).force_path_style(true).build())
    }

    /// What the build of a commit made.
    async fn artifact<'a>(&self, commit: &str, s3: &'a S3) -> Object<'a> {
        let runs = self.runs(&self.up.execution(SERVICE, commit).await).await;
        let build = runs.iter().find(|run| run.action_name() == Some("Build")).unwrap();
        let made = build.output().unwrap().output_artifacts()[0].s3_location().unwrap();
        Object { s3, bucket: made.bucket().unwrap().to_owned(), key: made.key().unwrap().to_owned() }
    }

    /// Approved, but not yet in Prod.
    async fn held_back(&mut self) -> String {
        let commit = self.release().await;
        self.approve_with_prod_shut(&commit).await;
        commit
    }

    async fn approve_with_prod_shut(&self, commit: &str) {
        self.up.until_asked(SERVICE, commit).await;
        let shut = self.up.pipelines().disable_stage_transition().pipeline_name(SERVICE).stage_name("Prod");
        shut.transition_type(StageTransitionType::Inbound).reason("not yet").send().await.unwrap();
        self.approve(commit, "approver").await;
        let execution = self.up.execution(SERVICE, commit).await;
        self.up.until(SERVICE, |status| stage(status, "Prod")["inbound"] == *execution).await;
    }

    async fn open_prod(&self) {
        let open = self.up.pipelines().enable_stage_transition().pipeline_name(SERVICE).stage_name("Prod");
        open.transition_type(StageTransitionType::Inbound).send().await.unwrap();
    }

    /// Both digests are named: what was built, and what is there.
    async fn is_denied_for_an_exchange(&self, commit: &str) {
        let why = self.denied(commit, "Prod", "Gate").await;
        let ended = self.ended(commit).await;
        let decision = last(&ended);
        let [built, found] =
            [&decision["inputs"]["recorded"]["seen"], &decision["digest"]].map(|one| one.as_str().unwrap());
        assert_ne!(built, found, "{decision:#}");
        let words = format!("was exchanged: {built} was built, and {found} is there now");
        assert_says(&why, &["the artifact, or an object that its templates name, ", &words]);
        assert!(!self.has_prod().await, "nothing was released");
    }
}

/// The same zip, but that the application's template says more.
fn spoilt(zip: Vec<u8>) -> (Vec<u8>, String) {
    let mut zip = ZipArchive::new(Cursor::new(zip)).unwrap();
    let (mut other, mut template) = (ZipWriter::new(Cursor::new(Vec::new())), String::new());
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        let name = file.name().unwrap().into_owned();
        other.start_file(&name, SimpleFileOptions::default()).unwrap();
        if name == "app-output_sam.yaml" {
            template.clone_from(&text);
            text += "# more\n";
        }
        other.write_all(text.as_bytes()).unwrap();
    }
    (other.finish().unwrap().into_inner(), template)
}

/// One cloud and one release: the artifact, and then an object that its template names.
#[tokio::test]
async fn i22_an_artifact_or_a_package_exchanged_after_the_approval_is_not_released() {
    let mut shop = Shop::new(&[]).await;
    let s3 = shop.s3();
    let commit = shop.held_back().await;
    let artifact = shop.artifact(&commit, &s3).await;
    let (zip, template) = spoilt(artifact.read().await);
    let version = artifact.exchange(zip).await;
    shop.open_prod().await;
    shop.is_denied_for_an_exchange(&commit).await;
    artifact.take_back(&version).await;

    let uri = template.lines().find_map(|line| line.trim().strip_prefix("CodeUri: s3://")).expect("it names a package");
    let (bucket, key) = uri.split_once('/').unwrap();
    let package = Object { s3: &s3, bucket: bucket.to_owned(), key: key.to_owned() };
    let mut code = package.read().await;
    code.push(0);
    let version = package.exchange(code).await;
    shop.retry("Prod", &[]).await;
    shop.is_denied_for_an_exchange(&commit).await;

    package.take_back(&version).await;
    shop.retry("Prod", &[]).await;
    shop.succeeded(&commit).await;
    assert!(shop.has_prod().await, "what was approved is");
}
