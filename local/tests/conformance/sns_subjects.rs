use flowgate::cloud::Cloud;

use crate::world::{cloud, cloud_without};

/// Whether a notification with this subject is taken.
async fn publish(cloud: &Cloud, subject: &str) -> Result<(), String> {
    let client = aws_sdk_sns::Client::new(&cloud.sdk_config());
    let topic = client.create_topic().name("topic").send().await.unwrap().topic_arn.unwrap();
    let sent = client.publish().topic_arn(topic).subject(subject).message("message").send().await;
    sent.map(|_| ()).map_err(|error| error.into_service_error().meta().message().unwrap().to_owned())
}

#[tokio::test]
async fn without_the_patch_any_subject_is_taken() {
    let cloud = cloud_without("sns_subjects").await;
    assert_eq!(publish(&cloud, &"long ".repeat(100)).await, Ok(()));
    assert_eq!(publish(&cloud, "two\nlines").await, Ok(()));
}

#[tokio::test]
async fn a_subject_is_one_short_line() {
    let cloud = cloud().await;
    for subject in [&"s".repeat(99), "previews of \u{fc}ber-shop are to be deleted"] {
        assert_eq!(publish(&cloud, subject).await, Ok(()), "{subject}");
    }
    for subject in [&"s".repeat(100), "two\nlines", "a\u{7}bell"] {
        assert_eq!(publish(&cloud, subject).await, Err("Invalid parameter: Subject".to_owned()), "{subject}");
    }
}
