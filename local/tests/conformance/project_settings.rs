use aws_sdk_codebuild::Client;
use aws_sdk_codebuild::types::{CloudWatchLogsConfig, LogsConfig, LogsConfigStatusType, Project};
use flowgate::cloud::Cloud;
use serde_json::{Value, json};

use crate::world::{cloud, cloud_without, deploy_template};

fn template(more: &Value) -> Value {
    let mut properties = json!({
        "Name": "builder",
        "Source": {"Type": "CODEPIPELINE"},
        "Artifacts": {"Type": "CODEPIPELINE"},
        "Environment": {"Type": "LINUX_CONTAINER", "Image": "i", "ComputeType": "BUILD_GENERAL1_SMALL"},
        "ServiceRole": "arn:aws:iam::000000000000:role/r",
    });
    properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"Resources": {"Project": {"Type": "AWS::CodeBuild::Project", "Properties": properties}}})
}

fn logs(group: &str) -> Value {
    json!({"LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED", "GroupName": group}}, "QueuedTimeoutInMinutes": 7})
}

async fn builder(cloud: &Cloud) -> Project {
    let answer = Client::new(&cloud.sdk_config()).batch_get_projects().names("builder").send().await;
    answer.unwrap().projects.unwrap().remove(0)
}

fn group(project: &Project) -> Option<&str> {
    project.logs_config()?.cloud_watch_logs()?.group_name()
}

#[tokio::test]
async fn without_the_patch_a_project_forgets_its_log() {
    let cloud = cloud_without("project_settings").await;
    deploy_template(&cloud, "app", &template(&logs("g"))).await.unwrap();
    let project = builder(&cloud).await;
    assert_eq!((project.logs_config(), project.queued_timeout_in_minutes()), (None, None));
}

#[tokio::test]
async fn a_project_has_the_log_and_the_queue_that_its_template_declares() {
    let cloud = cloud().await;
    deploy_template(&cloud, "app", &template(&logs("g"))).await.unwrap();
    let project = builder(&cloud).await;
    assert_eq!((group(&project), project.queued_timeout_in_minutes()), (Some("g"), Some(7)));
    deploy_template(&cloud, "app", &template(&logs("h"))).await.unwrap();
    assert_eq!(group(&builder(&cloud).await), Some("h"));
    deploy_template(&cloud, "app", &template(&json!({}))).await.unwrap();
    assert_eq!(builder(&cloud).await.logs_config(), None);

    let client = Client::new(&cloud.sdk_config());
    let disabled = CloudWatchLogsConfig::builder().status(LogsConfigStatusType::Disabled).build().unwrap();
    let config = LogsConfig::builder().cloud_watch_logs(disabled.clone()).build();
    let updated = client.update_project().name("builder").logs_config(config).send().await.unwrap();
    let logs = updated.project.unwrap().logs_config.and_then(|config| config.cloud_watch_logs);
    assert_eq!(logs, Some(disabled));
    assert!(client.update_project().name("absent").send().await.is_err());
}
