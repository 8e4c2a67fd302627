//! Builds of projects with more than the least: what is kept elsewhere, several artifacts, and logs of their own.

use aws_sdk_codebuild::types::{
    ArtifactsType, CloudWatchLogsConfig, ComputeType, EnvironmentType, EnvironmentVariable, EnvironmentVariableType,
    LogsConfig, LogsConfigStatusType, ProjectArtifacts, ProjectEnvironment, ProjectSource, SourceType,
};
use aws_sdk_ssm::types::ParameterType;
use flowgate::cloud::client::ACCOUNT;

use crate::world::{BUCKET, World, artifact, request};

/// A parameter and a secret.
pub(crate) async fn keep(world: &World) {
    let parameters = aws_sdk_ssm::Client::new(&world.context.sdk);
    let put = parameters.put_parameter().name("/token").value("t0ken").r#type(ParameterType::SecureString);
    put.send().await.unwrap();
    let secrets = aws_sdk_secretsmanager::Client::new(&world.context.sdk);
    let create = secrets.create_secret().name("db").secret_string(r#"{"password": "old"}"#);
    create.send().await.unwrap();
    let put = secrets.put_secret_value().secret_id("db").secret_string(r#"{"password": "s3cret"}"#);
    put.send().await.unwrap();
}

async fn create_project(world: &World, name: &str, buildspec: Option<&str>, logs: CloudWatchLogsConfig) {
    let variable = EnvironmentVariable::builder().name("OLD").value("db:password:AWSPREVIOUS");
    let environment = ProjectEnvironment::builder()
        .r#type(EnvironmentType::LinuxContainer)
        .image("own/image:1")
        .compute_type(ComputeType::BuildGeneral1Small)
        .environment_variables(variable.r#type(EnvironmentVariableType::SecretsManager).build().unwrap());
    let source = ProjectSource::builder().r#type(SourceType::Codepipeline).set_buildspec(buildspec.map(str::to_owned));
    let artifacts = ProjectArtifacts::builder().r#type(ArtifactsType::Codepipeline);
    let project = aws_sdk_codebuild::Client::new(&world.context.sdk).create_project().name(name);
    let project = project.environment(environment.build().unwrap()).source(source.build().unwrap());
    let project = project.logs_config(LogsConfig::builder().cloud_watch_logs(logs).build());
    let project = project.artifacts(artifacts.build().unwrap());
    project.service_role(format!("arn:aws:iam::{ACCOUNT}:role/build")).send().await.unwrap();
}

/// Every line of a log group.
async fn logged(world: &World, group: &str) -> Option<Vec<String>> {
    let client = aws_sdk_cloudwatchlogs::Client::new(&world.context.sdk);
    let events = client.filter_log_events().log_group_name(group).send().await.ok()?.events?;
    Some(events.into_iter().filter_map(|event| event.message).collect())
}

const BUILDSPEC: &str = r#"
version: 0.2
env:
  parameter-store: {TOKEN: /token}
  exported-variables: [TOKEN, SEEN, LOG]
phases:
  build:
    commands:
      - cp $CODEBUILD_SRC_DIR_More/more.txt .
      - echo "$TOKEN $PASSWORD $OLD"
      - export SEEN=${#TOKEN}${#PASSWORD}${#OLD} LOG=$CODEBUILD_LOG_PATH
artifacts:
  files: [nothing]
  secondary-artifacts:
    One: {files: [a.txt]}
    Two: {files: ['more.*'], base-directory: $CODEBUILD_SRC_DIR_Source}
"#;

#[tokio::test]
async fn a_build_has_what_is_kept_elsewhere_and_tells_nobody() {
    let world = World::new().await;
    keep(&world).await;
    let logs = CloudWatchLogsConfig::builder().status(LogsConfigStatusType::Enabled).group_name("own").stream_name("s");
    // The buildspec is an object, which is no artifact.
    world.store("Spec", "x", "").await;
    let s3 = aws_sdk_s3::config::Builder::from(&world.context.sdk).force_path_style(true).build();
    let put = aws_sdk_s3::Client::from_conf(s3).put_object().bucket(BUCKET).key("specs/b.yml");
    put.body(BUILDSPEC.as_bytes().to_vec().into()).send().await.unwrap();
    let buildspec = format!("arn:aws:s3:::{BUCKET}/specs/b.yml");
    create_project(&world, "builder", Some(&buildspec), logs.build().unwrap()).await;
    world.store("Source", "a.txt", "one").await;
    world.store("More", "more.txt", "two").await;
    let password = r#"[{"name": "PASSWORD", "value": "db:password", "type": "SECRETS_MANAGER"}]"#;
    let configuration = [("ProjectName", "builder"), ("PrimarySource", "Source"), ("EnvironmentVariables", password)];
    let build = request("Build", "CodeBuild", &configuration, &["More", "Source"], &["One", "Two"]);
    let success = world.run(&build).await.unwrap();
    assert_eq!(success.variables["SEEN"], "563", "the length of each");
    assert!(!success.variables.contains_key("TOKEN"));
    assert_eq!(world.file("One", "a.txt").await, "one");
    assert_eq!(world.file("Two", "more.txt").await, "two");

    let uuid = success.external_execution_id.unwrap().split_once(':').unwrap().1.to_owned();
    assert_eq!(success.variables["LOG"], format!("s/{uuid}"));
    let lines = logged(&world, "own").await.unwrap();
    assert!(lines.contains(&"*** *** ***".to_owned()), "{lines:?}");
    let written = lines.join("\n");
    assert!(!["t0ken", "s3cret"].iter().any(|secret| written.contains(secret)), "{written}");
    assert_eq!(logged(&world, "/aws/codebuild/builder").await, None);
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn what_a_build_lacks_fails_it_in_codebuilds_words() {
    let world = World::new().await;
    keep(&world).await;
    let disabled = CloudWatchLogsConfig::builder().status(LogsConfigStatusType::Disabled).build().unwrap();
    let inline = "version: 0.2\nphases: {build: {commands: ['echo $CODEBUILD_LOG_PATH; exit $CODE']}}\n\
                  artifacts: {files: [absent]}\n";
    create_project(&world, "builder", Some(inline), disabled).await;
    world.store("Source", "a.txt", "one").await;
    let mut build = request("Build", "CodeBuild", &[("ProjectName", "builder")], &["Source"], &["Built"]);
    for (variables, says) in [
        (
            "[]",
            "UPLOAD_ARTIFACTS, Code: CLIENT_ERROR, Message: output artifact Built: no matching artifact paths found",
        ),
        // What failed first is what failed the build.
        (
            r#"[{"name": "CODE", "value": "4"}]"#,
            "BUILD, Code: COMMAND_EXECUTION_ERROR, Message: Error while executing command: echo $CODEBUILD_LOG_PATH; \
             exit $CODE. Reason: exit status 4",
        ),
        (
            r#"[{"name": "V", "value": "absent", "type": "SECRETS_MANAGER"}]"#,
            "DOWNLOAD_SOURCE, Code: Secrets Manager Error, Message: variable V, kept as absent: ",
        ),
        (
            r#"[{"name": "V", "value": "db:user", "type": "SECRETS_MANAGER"}]"#,
            "DOWNLOAD_SOURCE, Code: Secrets Manager Error, Message: variable V, kept as db: the secret is no JSON object",
        ),
    ] {
        build.configuration.insert("EnvironmentVariables".into(), variables.into());
        let failure = world.run(&build).await.unwrap_err();
        let begins = format!("Build terminated with state: FAILED. Phase: {says}");
        assert!(failure.code == "JobFailed" && failure.message.starts_with(&begins), "{failure:?}");
        assert!(failure.external_execution_id.unwrap().starts_with("builder:"));
    }
    assert_eq!(logged(&world, "/aws/codebuild/builder").await, None, "it is disabled");

    let odd = r#"[{"name": "V", "value": "x", "type": "VAULT"}]"#;
    build.configuration.insert("EnvironmentVariables".into(), odd.into());
    let refusal = world.refusal(&build).await;
    assert!(
        refusal.contains("environment variable V is of type VAULT: make it PLAINTEXT, PARAMETER_STORE"),
        "{refusal}"
    );
    build.inputs.push(artifact("More", None));
    assert!(world.refusal(&build).await.contains("and PrimarySource when there are several"));
    world.cloud.stop().await.unwrap();
}
