//! I26: the token for GitHub is asked for where it is kept, sent to GitHub alone, and told to nobody.

use flowgate::cloud::client::{ACCOUNT, REGION};
use serde_json::{Value, json};

use crate::gate::answer::Answer;
use crate::gate::desk::Desk;
use crate::gate::github::{ACTIVITY, REVIEWS, commit_path, tell};
use crate::gate::judge::{Judge, Judged, github, job, names};
use crate::gate::release;
use crate::gate::world::begin;

const TOKEN: &str = "ghp_tokenSentinel7dJvOy5iUw3pSk9ExNc2hBq";
const NAME: &str = "/flowgate/shop/github";
/// So many characters of it in a row count as having got out.
const PIECE: usize = 10;

fn arn() -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop-github-a1b2c3")
}

fn from_secret(desk: &Desk) {
    tell(desk);
    desk.json("secretsmanager:GetSecretValue", &json!({"ARN": arn(), "Name": "shop-github", "SecretString": TOKEN}));
}

/// As Parameter Store gives it.
fn parameter(kind: &str) -> Answer {
    Answer::json(&json!({"Parameter": {"Name": NAME, "Type": kind, "Value": TOKEN, "Version": 1}}))
}

/// Every piece of it is looked for.
fn assert_absent(place: &str, text: &str) {
    let found = TOKEN.as_bytes().windows(PIECE).any(|piece| text.as_bytes().windows(PIECE).any(|other| other == piece));
    assert!(!found, "the token got out in {place}: {text:.2000}");
}

/// It was sent to GitHub with all that was asked there, and stands nowhere else.
fn is_kept(judge: &Judge, about: &str, Judged { asked, words, .. }: &Judged) {
    assert_absent(about, words);
    assert_absent(about, &judge.function.log());
    let mut sent = 0;
    for one in asked {
        assert_absent(about, &format!("{}{}", one.uri, one.call.body));
        if one.name.starts_with("github:") {
            assert_eq!(one.authorization, format!("Bearer {TOKEN}"), "{about}: {}", one.name);
            sent += 1;
        } else {
            assert_absent(about, &one.authorization);
        }
    }
    assert!(sent > 0, "{about}: {:#?}", names(asked));
}

/// What GitHub may answer that repeats it.
fn repeating() -> [(&'static str, Answer); 4] {
    let repeats = json!({"message": format!("Bad credentials: Bearer {TOKEN}")}).to_string();
    [
        ("401", Answer::new(401, repeats.clone())),
        ("403", Answer::new(403, repeats.clone())),
        ("422", Answer::new(422, repeats)),
        ("junk", Answer::new(200, format!("[\"{TOKEN}\"]"))),
    ]
}

#[tokio::test]
async fn i26_a_token_of_secrets_manager_is_sent_to_github_and_told_to_nobody() {
    let judge = Judge::start(&[("GITHUB_TOKEN", &arn())]).await;
    let parameters = begin(&judge, github, from_secret).await;
    let judged = judge.judge(&job(&parameters)).await;
    is_kept(&judge, "it passes", &judged);
    judged.passes();
    for (about, answer) in repeating() {
        for name in [commit_path(), ACTIVITY.to_owned(), REVIEWS.to_owned()] {
            let parameters = begin(&judge, github, from_secret).await;
            judge.desk.tell(&name, answer.clone());
            let judged = judge.judge(&job(&parameters)).await;
            is_kept(&judge, about, &judged);
            assert!(!judged.passed || judged.continuation.is_some(), "{about} of {name}: {}", judged.words);
        }
    }
    let kept: Vec<Value> = judge.desk.records(&format!("decision#{}", release::EXECUTION));
    assert_absent("the records", &json!(kept).to_string());
}

#[tokio::test]
async fn i26_a_token_of_parameter_store_is_a_secure_string_or_none() {
    let judge = Judge::start(&[("GITHUB_TOKEN", NAME)]).await;
    tell(&judge.desk);
    judge.desk.tell(&format!("ssm:GetParameter {NAME}"), parameter("SecureString"));
    let judged = judge.judge(&job(&github())).await;
    is_kept(&judge, "it passes", &judged);
    judged.passes();
    let asked = judged.asked.iter().find(|one| one.call.body.contains(NAME)).expect("it is asked for");
    assert_eq!(asked.call.json()["WithDecryption"], true, "{asked:#?}");

    let judge = Judge::start(&[("GITHUB_TOKEN", NAME)]).await;
    tell(&judge.desk);
    judge.desk.tell(&format!("ssm:GetParameter {NAME}"), parameter("String"));
    judge.judge(&job(&github())).await.is_denied("not secure", &[NAME, "it is no SecureString"]);
    assert_absent("the log", &judge.function.log());
}

#[tokio::test]
async fn i26_a_token_that_cannot_be_read_is_named_by_its_place() {
    for (place, name, answer, words) in [
        (arn(), "secretsmanager:GetSecretValue", Answer::refused("ResourceNotFoundException"), "shop-github"),
        (arn(), "secretsmanager:GetSecretValue", Answer::refused("AccessDeniedException"), "shop-github"),
    ] {
        let judge = Judge::start(&[("GITHUB_TOKEN", &place)]).await;
        from_secret(&judge.desk);
        judge.desk.tell(name, answer);
        let judged = judge.judge(&job(&github())).await;
        judged.is_denied(&place, &[words]);
        let of_github: Vec<_> = names(&judged.asked).into_iter().filter(|name| name.starts_with("github:")).collect();
        assert!(of_github.is_empty(), "nothing is asked without it: {of_github:?}");
    }
}
