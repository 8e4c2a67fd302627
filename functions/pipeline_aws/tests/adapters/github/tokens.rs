//! Where the token comes from.

use std::collections::VecDeque;

use pipeline_aws::{environment::Environment, github::TokenSource, source::Sources};
use pipeline_core::{
    gate::source::{ReadSource, Repository},
    ports::PortError,
};
use serde_json::{Value, json};

use super::{
    refusals::{TOKEN, ask, kept, path, world},
    world::{Reply, Served, refused},
};
use crate::server::config;

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:github-AbCdEf";
const SECRET: &str = "secretsmanager.GetSecretValue";
const PARAMETER: &str = "AmazonSSM.GetParameter";

fn served(operation: &str, answers: impl IntoIterator<Item = (u16, Value)>) -> Served {
    let served = Served::new(world());
    let answers: VecDeque<Reply> = answers.into_iter().map(|(status, body)| Reply::new(status, &[], body)).collect();
    served.world().aws.insert(operation.to_owned(), answers);
    served
}

fn secret(text: &str) -> (u16, Value) {
    (
        200,
        json!({
            "ARN": ARN, "Name": "github", "VersionId": "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE", "SecretString": text,
            "VersionStages": ["AWSCURRENT"], "CreatedDate": 1_795_262_400.123,
        }),
    )
}

fn parameter(kind: &str, text: &str) -> (u16, Value) {
    (
        200,
        json!({"Parameter": {
            "Name": "/token", "Type": kind, "Value": text, "Version": 1, "LastModifiedDate": 1_795_262_400.123,
            "ARN": "arn:aws:ssm:eu-west-1:111122223333:parameter/token", "DataType": "text",
        }}),
    )
}

fn in_secrets() -> TokenSource {
    ARN.parse().expect("a source")
}

#[test]
fn the_token_is_read_where_it_is_kept_once_for_several_requests() {
    for (operation, answer, source) in [
        (SECRET, secret(TOKEN), in_secrets()),
        (SECRET, secret(&format!("{TOKEN}\n")), in_secrets()),
        (PARAMETER, parameter("SecureString", TOKEN), kept()),
    ] {
        let served = served(operation, [answer]);
        assert_eq!(ask(&served, source), Ok(3));
        let sent = served.headers("authorization");
        let bearer = Some(format!("Bearer {TOKEN}"));
        assert_eq!(sent.iter().filter(|sent| **sent == bearer).count(), 3, "of four requests");
    }
}

#[test]
fn what_is_no_token_is_told_without_what_it_is() {
    let json = format!("{{\"token\":\"{TOKEN}\"}}");
    let missing = (400, json!({"__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find it."}));
    let unknown = (400, json!({"__type": "ParameterNotFound", "message": "no"}));
    let denied = (400, json!({"__type": "AccessDeniedException", "Message": "not you"}));
    let binary = (200, json!({"ARN": ARN, "Name": "github", "SecretBinary": "U0VOVElORUw="}));
    for (operation, answer, source, words) in [
        (SECRET, secret(&json), in_secrets(), "it is not a token alone"),
        (SECRET, secret(""), in_secrets(), "it is not a token alone"),
        (SECRET, secret(&format!("{TOKEN} {TOKEN}")), in_secrets(), "it is not a token alone"),
        (SECRET, secret(&format!("{TOKEN}\r\nx: y")), in_secrets(), "it is not a token alone"),
        (SECRET, binary, in_secrets(), "it is binary"),
        (SECRET, missing, in_secrets(), "does not exist"),
        (SECRET, denied.clone(), in_secrets(), "not permitted to read GitHub's token in secret"),
        (PARAMETER, parameter("String", TOKEN), kept(), "it is no SecureString"),
        (PARAMETER, parameter("SecureString", ""), kept(), "it is not a token alone"),
        (PARAMETER, unknown, kept(), "does not exist"),
        (PARAMETER, denied, kept(), "not permitted to read GitHub's token in parameter /token"),
    ] {
        let served = served(operation, [answer]);
        let error = ask(&served, source).unwrap_err();
        assert!(error.to_string().contains(words) && !error.to_string().contains("SENTINEL"), "{error}");
        assert_eq!(served.asked().len(), 1, "GitHub is not asked");
    }
}

/// What two looks at a commit come to, when these tokens are kept one after the other.
fn looks(tokens: &[&str], second: &str) -> (Served, Vec<Result<usize, PortError>>) {
    let served = served(PARAMETER, tokens.iter().map(|token| parameter("SecureString", token)));
    let sources = served.sources(Some(kept()));
    let repository = Repository::GitHub(super::world::REPOSITORY.to_owned());
    let commit = super::shapes::sha('a').parse().expect("a commit");
    let look = async || sources.made(&repository, "main", &commit, None).await.map(|made| made.makers.len());
    let told = crate::server::connected(async {
        let first = look().await;
        served.world().token = Some(second.to_owned());
        vec![first, look().await]
    });
    (served, told)
}

fn denied(told: &Result<usize, PortError>) -> bool {
    matches!(told, Err(PortError::Denied { .. }))
}

const OTHER: &str = "another-token-0123456789";

#[test]
fn a_token_that_was_replaced_is_read_again_at_once() {
    let (served, told) = looks(&[TOKEN, OTHER], OTHER);
    assert_eq!(told, [Ok(3), Ok(3)]);
    let sent: Vec<_> = served.headers("authorization").into_iter().flatten().collect();
    let bearers = |token: &str| sent.iter().filter(|sent| **sent == format!("Bearer {token}")).count();
    // With the old one: three, and one that is refused.
    assert_eq!((bearers(TOKEN), bearers(OTHER)), (4, 3));
}

#[test]
fn a_token_that_is_not_taken_when_it_was_just_read_is_refused() {
    // Nor is it taken when it is read anew, and both are read again the next time.
    let (served, told) = looks(&[TOKEN, TOKEN], OTHER);
    assert!(told[0] == Ok(3) && denied(&told[1]), "{told:?}");
    assert_eq!(served.world().aws[PARAMETER].len(), 0);
    let (served, told) = looks(&["old-token-0123456789", OTHER], OTHER);
    assert!(denied(&told[0]) && told[1] == Ok(3), "{told:?}");
    assert_eq!(served.asked().iter().filter(|path| path.starts_with("commits")).count(), 2, "not asked twice");
}

#[test]
fn i26_where_api_and_token_are_is_the_environments_and_a_wrong_value_is_not_repeated() {
    let with = |api: Option<&str>, token: Option<&str>| {
        let read = |name: &str| match name {
            "GITHUB_API" => api.map(str::to_owned),
            "GITHUB_TOKEN" => token.map(str::to_owned),
            other => panic!("{other}"),
        };
        Sources::new(&config("127.0.0.1:1"), &Environment(&read)).map(drop).map_err(|error| error.to_string())
    };
    for (api, token) in [(None, None), (Some(""), Some("")), (Some("https://git.example.com/api/v3"), Some(ARN))] {
        assert_eq!(with(api, token), Ok(()));
    }
    let wrong = with(Some("http://SENTINEL@example.com"), None).unwrap_err();
    assert!(wrong.starts_with("the environment variable GITHUB_API cannot be used"), "{wrong}");
    let token = with(None, Some(TOKEN)).unwrap_err();
    assert!(token.starts_with("the environment variable GITHUB_TOKEN cannot be used"), "{token}");
    assert!(!format!("{wrong}{token}").contains("SENTINEL"));
}

#[test]
fn a_refusal_is_no_reason_to_ask_aws_again() {
    let served = served(PARAMETER, [parameter("SecureString", TOKEN)]);
    served.world().scripted.insert(path(), [refused(403, "Forbidden")].into());
    assert!(ask(&served, kept()).is_err());
    assert_eq!(served.asked().len(), 2);
}
