//! Ordinary AWS clients against `flowgate up`.

use crate::up::Up;

/// The AWS command line and boto3; what goes over the wire is compared with botocore's model of the API.
#[tokio::test]
async fn ordinary_clients_see_and_drive_a_whole_release() {
    let up = Up::new().await;
    up.push(&up.service("plain", "plain")).await;
    up.python("test_real_release.py", "plain").await;
}
