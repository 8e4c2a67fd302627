//! Builds: the pipeline's role starts them, and they work as their project's.

use aws_sdk_codebuild::types as codebuild;
use flowgate::cloud::client::{ACCOUNT, REGION};

use super::{allow, needs_each, objects, role, service, world};
use crate::world::{World, request};

const BUILDSPEC: &str = "
version: 0.2
phases: {build: {commands: [cp a.txt out.txt, aws s3 cp a.txt s3://packages/a.txt]}}
artifacts: {files: [out.txt]}
";

async fn create_project(world: &World, role: &str) {
    let environment = codebuild::ProjectEnvironment::builder()
        .r#type(codebuild::EnvironmentType::LinuxContainer)
        .image("aws/codebuild/standard:7.0")
        .compute_type(codebuild::ComputeType::BuildGeneral1Small);
    let source = codebuild::ProjectSource::builder().r#type(codebuild::SourceType::Codepipeline);
    let artifacts = codebuild::ProjectArtifacts::builder().r#type(codebuild::ArtifactsType::Codepipeline);
    let project = aws_sdk_codebuild::Client::new(&world.context.sdk).create_project().name("builder");
    let project = project.environment(environment.build().unwrap()).source(source.build().unwrap());
    project.artifacts(artifacts.build().unwrap()).service_role(role).send().await.unwrap();
}

#[tokio::test]
async fn a_build_needs_each_permission_of_the_pipeline_and_of_its_project() {
    let world = world().await;
    role(&world, "pipeline", service("codepipeline")).await;
    let builder = role(&world, "builder", service("codebuild")).await;
    create_project(&world, &builder).await;
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&world.context.sdk).force_path_style(true).build(),
    );
    s3.create_bucket().bucket("packages").send().await.unwrap();
    world.push(&[("a.txt", "one"), ("buildspec.yml", BUILDSPEC)]).await;
    let commit = [("RepositoryName", "service"), ("BranchName", "main")];
    let source = request("Source", "CodeCommit", &commit, &[], &["Source"]);
    allow(&world, "pipeline", [("codecommit:*", "*".to_owned()), ("s3:PutObject", objects("p/Source"))].iter()).await;
    world.run(&source).await.unwrap();

    let build = request("Build", "CodeBuild", &[("ProjectName", "builder")], &["Source"], &["Built"]);
    let project = format!("arn:aws:codebuild:{REGION}:{ACCOUNT}:project/builder");
    let starts = [("codebuild:StartBuild", project.clone()), ("codebuild:BatchGetBuilds", project)];
    needs_each(&world, "pipeline", &build, &starts).await;

    let log = format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/codebuild/builder:*");
    let packages = ("s3:PutObject", "arn:aws:s3:::packages/*".to_owned());
    // In this order, so that the group is there when its line has been tried.
    let own = [
        ("logs:CreateLogGroup", log.clone()),
        ("logs:CreateLogStream", log.clone()),
        ("s3:GetObject", objects("p/Source")),
    ];
    let after = [("logs:PutLogEvents", log), ("s3:PutObject", objects("p/Built"))];
    for missing in own.iter().chain(&after) {
        let others = own.iter().chain(&after).chain([&packages]).filter(|need| *need != missing);
        allow(&world, "builder", others).await;
        let refusal = world.refusal(&build).await;
        for part in ["PermissionError: ", "assumed-role/builder/AWSCodeBuild-", missing.0, "; allow it"] {
            assert!(refusal.contains(part), "without {missing:?}: {refusal}");
        }
    }
    // A command of the buildspec may do what the project's role may.
    allow(&world, "builder", own.iter().chain(&after)).await;
    let refusal = world.refusal(&build).await;
    assert!(refusal.starts_with("JobFailed: ") && refusal.contains("AccessDenied"), "{refusal}");
    allow(&world, "builder", own.iter().chain(&after).chain([&packages])).await;
    world.run(&build).await.unwrap();
    assert_eq!(world.file("Built", "out.txt").await, "one");
    world.cloud.stop().await.unwrap();
}

const KEPT: &str = "
version: 0.2
env:
  parameter-store: {TOKEN: /token}
  secrets-manager: {PASSWORD: 'db:password'}
phases: {build: {commands: ['test $TOKEN/$PASSWORD = t0ken/s3cret']}}
";

#[tokio::test]
async fn a_build_reads_what_is_kept_elsewhere_as_its_projects_role() {
    let world = world().await;
    role(&world, "pipeline", service("codepipeline")).await;
    let builder = role(&world, "builder", service("codebuild")).await;
    create_project(&world, &builder).await;
    crate::build::keep(&world).await;
    world.store("Source", "buildspec.yml", KEPT).await;
    allow(&world, "pipeline", [("codebuild:*", "*".to_owned())].iter()).await;
    let build = request("Build", "CodeBuild", &[("ProjectName", "builder")], &["Source"], &[]);
    let parameter = format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/token");
    let secret = format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-*");
    let others = [("logs:*", "*".to_owned()), ("s3:GetObject", objects("p/Source"))];
    let needs = [("ssm:GetParameters", parameter), ("secretsmanager:GetSecretValue", secret)];
    for missing in &needs {
        allow(&world, "builder", needs.iter().filter(|need| *need != missing).chain(&others)).await;
        let refusal = world.refusal(&build).await;
        let parts = ["PermissionError: Build terminated with state: FAILED. Phase: DOWNLOAD_SOURCE, Code: ", missing.0];
        for part in parts.into_iter().chain(["assumed-role/builder/AWSCodeBuild-", "; allow it"]) {
            assert!(refusal.contains(part), "without {missing:?}: {refusal}");
        }
    }
    allow(&world, "builder", needs.iter().chain(&others)).await;
    world.run(&build).await.unwrap();
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_project_whose_role_does_not_trust_codebuild_is_not_built() {
    let world = world().await;
    role(&world, "pipeline", service("codepipeline")).await;
    let other = role(&world, "other", service("lambda")).await;
    create_project(&world, &other).await;
    allow(&world, "pipeline", [("codebuild:*", "*".to_owned())].iter()).await;
    let build = request("Build", "CodeBuild", &[("ProjectName", "builder")], &["Source"], &["Built"]);
    let failure = world.run(&build).await.unwrap_err();
    assert_eq!(failure.code, "PermissionError");
    assert!(failure.external_execution_id.unwrap().starts_with("builder:"));
    let remedy = format!("let the trust policy of {other} allow codebuild.amazonaws.com to assume it");
    assert!(failure.message.contains(&remedy), "{}", failure.message);
    world.cloud.stop().await.unwrap();
}
