use flowgate::cloud::Cloud;

use crate::world::{cloud, cloud_without};

/// What the emulator answers to a browser on a page of `origin` that reaches it under the name `host`.
async fn status(cloud: &Cloud, host: Option<&str>, origin: Option<&str>) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = http.get(format!("{}/2015-03-31/functions", cloud.endpoint()));
    for (name, value) in [("host", host), ("origin", origin)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    request.send().await.unwrap().status().as_u16()
}

const FOREIGN: [(Option<&str>, Option<&str>); 4] = [
    (None, Some("https://evil.example")),
    (None, Some("null")),
    (Some("evil.example"), None),
    (Some("127.0.0.1.evil.example:80"), None),
];

#[tokio::test]
async fn without_the_patch_any_web_page_is_answered() {
    let cloud = cloud_without("guard").await;
    assert_eq!(status(&cloud, None, Some("https://evil.example")).await, 200);
}

#[tokio::test]
async fn only_programs_and_pages_of_this_machine_are_answered() {
    let cloud = cloud().await;
    for (host, origin) in FOREIGN {
        assert_eq!(status(&cloud, host, origin).await, 403, "{host:?} {origin:?}");
    }
    for origin in [None, Some("http://127.0.0.1:3000"), Some("http://localhost")] {
        assert_eq!(status(&cloud, None, origin).await, 200, "{origin:?}");
    }
}

/// An image on a page of another site: browsers send no Origin with it.
#[tokio::test]
async fn what_a_page_of_another_site_only_points_at_is_not_answered() {
    let of = async |cloud: &Cloud| {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/?Action=ListStacks&Version=2010-05-15", cloud.endpoint());
        http.get(url).header("sec-fetch-site", "cross-site").send().await.unwrap().status().as_u16()
    };
    assert_eq!(of(&cloud().await).await, 403);
    assert_eq!(of(&cloud_without("guard").await).await, 200);
}
