//! git over HTTP asks who it is, and whether they may.

use aws_credential_types::provider::ProvideCredentials as _;
use axum::Router;
use axum::http::HeaderMap;
use flowgate::cloud::authority::Iam;
use flowgate::cloud::{Cloud, Options};
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::world::{World, allow};
use crate::world::options;

/// A cloud whose runner answers with whom it was named as the caller.
async fn cloud(iam: Iam) -> World {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let runner_url = Some(format!("http://{}", listener.local_addr().unwrap()));
    let answer = async |headers: HeaderMap| match headers.get("x-flowgate-caller") {
        Some(caller) => caller.to_str().unwrap().to_owned(),
        None => "nobody was named".to_owned(),
    };
    let app = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let cloud = Cloud::start(&Options { runner_url, iam, ..options() }).await.unwrap();
    let sdk = cloud.sdk_config();
    World { cloud, sdk }
}

/// What git hears that begins with a repository as this user.
async fn begin(world: &World, user: Option<(&str, &str)>, repository: &str, service: &str) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/v1/repos/{repository}/info/refs?service={service}", world.cloud.endpoint());
    let mut request = client.get(url).header("x-flowgate-caller", "forged");
    if let Some((name, password)) = user {
        request = request.basic_auth(name, Some(password));
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

const PULL: &str = "git-upload-pack";
const PUSH: &str = "git-receive-pack";
const AUTHOR: &str = "arn:aws:iam::000000000000:user/author";

#[tokio::test]
async fn who_is_somebody_and_may_is_named_to_the_runner() {
    let world = cloud(Iam::Enforce).await;
    for service in [PULL, PUSH] {
        assert_eq!(begin(&world, Some(("author", "author")), "shop", service).await, (200, AUTHOR.to_owned()));
        assert_eq!(begin(&world, None, "shop", service).await.0, 401);
        for (user, password) in [("author", "approver"), ("author", ""), ("nobody", "nobody"), ("", "")] {
            let (status, message) = begin(&world, Some((user, password)), "shop", service).await;
            assert!([401, 403].contains(&status), "{user}: {status} {message}");
            assert!(message.contains("credential-helper"), "what works is said: {message}");
        }
    }
}

#[tokio::test]
async fn a_role_needs_permission_for_the_repository() {
    let world = cloud(Iam::Enforce).await;
    let shop = json!("arn:aws:codecommit:us-east-1:000000000000:shop");
    let reader = world.somebody("reader", &json!([allow(&json!("codecommit:GitPull"), &shop)])).await;
    let keys = reader.credentials_provider().unwrap().provide_credentials().await.unwrap();
    let name = format!("{}%{}", keys.access_key_id(), keys.session_token().unwrap());
    let user = Some((name.as_str(), keys.secret_access_key()));
    let (status, caller) = begin(&world, user, "shop", PULL).await;
    assert!(status == 200 && caller.contains("assumed-role/reader/"), "{status} {caller}");
    for (repository, service, action) in [("shop", PUSH, "codecommit:GitPush"), ("other", PULL, "codecommit:GitPull")] {
        let (status, message) = begin(&world, user, repository, service).await;
        assert!(status == 403 && message.contains(action), "{status} {message}");
    }
    let without_token = begin(&world, Some((keys.access_key_id(), keys.secret_access_key())), "shop", PULL).await;
    assert_eq!(without_token.0, 403, "{without_token:?}");
}

/// The password that `aws codecommit credential-helper` makes of the author's keys for a repository.
fn helped(repository: &str, time: Timestamp) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (day, stamp) = (time.strftime("%Y%m%d").to_string(), time.strftime("%Y%m%dT%H%M%S").to_string());
    let canonical = format!("GIT\n/v1/repos/{repository}\n\nhost:127.0.0.1\n\nhost\n");
    let scope = format!("{day}/us-east-1/codecommit/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let parts = [day.as_str(), "us-east-1", "codecommit", "aws4_request", &to_sign];
    let signature = parts.iter().fold(b"AWS4author".to_vec(), |key, part| hmac(&key, part.as_bytes()));
    format!("{stamp}Z{}", hex(&signature))
}

/// HMAC-SHA256 with a key that is no longer than a block.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let pad = |with: u8| (0..64).map(|place| key.get(place).copied().unwrap_or_default() ^ with).collect::<Vec<_>>();
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[tokio::test]
async fn a_signature_of_awss_helper_is_as_good_as_the_secret_for_its_repository_and_time() {
    let world = cloud(Iam::Enforce).await;
    let now = Timestamp::now();
    let begin = async |password: &str| begin(&world, Some(("author", password)), "shop", PUSH).await;
    assert_eq!(begin(&helped("shop", now)).await, (200, AUTHOR.to_owned()));
    assert_eq!(begin(&helped("other", now)).await.0, 403);
    assert_eq!(begin(&helped("shop", now - 1.hour())).await.0, 403);
}

#[tokio::test]
async fn nobody_is_asked_where_nothing_is_enforced() {
    let world = cloud(Iam::Off).await;
    for user in [None, Some(("author", "wrong"))] {
        assert_eq!(begin(&world, user, "shop", PUSH).await, (200, "nobody was named".to_owned()));
    }
}
