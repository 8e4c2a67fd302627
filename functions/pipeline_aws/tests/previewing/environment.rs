//! What the function is told by its environment.

use jiff::SignedDuration;
use pipeline_aws::{environment::Environment, previewing::Settings};
use pipeline_core::preview::slots::Quota;

use crate::town::{REPOSITORY, read};

#[test]
fn a_bad_environment_fails_at_the_start_and_names_its_variable() {
    let settings = |changed: &[(&str, Option<&str>)]| Settings::read(&Environment(&|name| read(name, changed)));
    let usual = settings(&[]).unwrap();
    assert_eq!((usual.home.repository.as_deref(), usual.webhook.is_some()), (Some(REPOSITORY), false));
    assert_eq!((usual.previews.quota, usual.previews.drafts), (Quota { all: 20, author: 5 }, false));
    assert_eq!(SignedDuration::from(usual.previews.ttl), SignedDuration::from_hours(72));
    assert_eq!((usual.margin.as_secs(), usual.function.as_str()), (60, "shop-flowgate-preview"));
    let secret = ("WEBHOOK_SECRET", Some("/flowgate/shop/webhook"));
    assert!(settings(&[secret]).unwrap().webhook.is_none(), "CodeCommit sends no webhooks");
    let github = [("PROVIDER", Some("GitHub")), ("REPOSITORY", Some("octocat/Hello-World")), secret];
    let github = settings(&github).unwrap();
    assert_eq!((github.home.repository, github.webhook.is_some()), (None, true));
    assert!(settings(&[("PREVIEW_DRAFTS", Some("true"))]).unwrap().previews.drafts);
    for (name, bad) in [
        ("STATE_TABLE", None),
        ("SERVICE", Some("time_service")),
        ("OWN_STACK", Some("shop-flowgate")),
        ("PIPELINE", None),
        ("PROVIDER", None),
        ("PROVIDER", Some("github")),
        ("REPOSITORY", Some("")),
        ("TTL", None),
        ("TTL", Some("72")),
        ("TTL", Some("0s")),
        ("TTL", Some("-1h")),
        ("TTL", Some("721h")),
        ("QUOTA", Some("-1")),
        ("QUOTA", None),
        ("QUOTA_PER_AUTHOR", Some("many")),
        ("PREVIEW_DRAFTS", Some("yes")),
        ("MARGIN_SECONDS", Some("1m")),
        ("WEBHOOK_SECRET", Some("SENTINEL")),
        ("AWS_LAMBDA_FUNCTION_NAME", None),
    ] {
        let error = settings(&[(name, bad)]).unwrap_err().to_string();
        assert!(error.contains(&format!("variable {name} ")) && !error.contains("SENTINEL"), "{error}");
    }
}
