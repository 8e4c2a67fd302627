//! `flowgate dev invoke`: one function of a developer's stack, and what it answers.

use std::io::IsTerminal as _;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::Developer;
use super::args::Invoke;
use super::stack::{StackFunction, functions, one};
use crate::cli::End;
use crate::cli::call::Called as _;
use crate::cli::client::ClientError;
use crate::report::{printable, say};

pub(super) async fn run(options: &Invoke) -> Result<End, ClientError> {
    let developer = Developer::open(&options.whose).await?;
    let (stack, functions) = functions(&developer).await?;
    let function = one(&stack, functions, options.function.as_deref())?;
    // It may work for minutes, and sends nothing until it has ended.
    let config = Builder::from(&developer.target.account.sdk);
    let config = config.stalled_stream_protection(StalledStreamProtectionConfig::disabled()).build();
    let request = Client::from_conf(config).invoke().function_name(&function.name).log_type(LogType::Tail);
    let answered = request.payload(Blob::new(options.payload.0.as_str())).send().await;
    let answered = answered.called("Invoke", &function.name)?;
    let answer = Answer {
        payload: String::from_utf8_lossy(answered.payload().map(Blob::as_ref).unwrap_or_default()).into_owned(),
        error: answered.function_error().map(str::to_owned),
        log: answered.log_result().map(log).unwrap_or_default(),
    };
    Ok(tell(&answer, &function, options.whose.about.json))
}

/// What a function answered.
struct Answer {
    payload: String,
    /// That it failed, and how.
    error: Option<String>,
    /// The last lines that it wrote.
    log: String,
}

fn log(encoded: &str) -> String {
    BASE64_STANDARD.decode(encoded).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn tell(answer: &Answer, function: &StackFunction, json: bool) -> End {
    if json {
        say(object(answer, function));
    } else if let Some(why) = failure(answer, function) {
        eprintln!("{}", printable(&why));
    } else if std::io::stdout().is_terminal() {
        say(printable(&answer.payload));
    } else {
        say(&answer.payload);
    }
    if answer.error.is_some() { End::Failed } else { End::Succeeded }
}

fn object(answer: &Answer, function: &StackFunction) -> Value {
    let payload = serde_json::from_str(&answer.payload).unwrap_or_else(|_| json!(answer.payload));
    let status = if answer.error.is_some() { "Failed" } else { "Succeeded" };
    let log = answer.error.as_ref().map(|_| &answer.log);
    json!({"status": status, "function": function.name, "id": function.id, "answer": payload, "log": log})
}

/// Why it failed, if it did, with what it wrote last.
fn failure(answer: &Answer, function: &StackFunction) -> Option<String> {
    let kind = answer.error.as_ref()?;
    let said: Value = serde_json::from_str(&answer.payload).unwrap_or_default();
    let message = said["errorMessage"].as_str().unwrap_or(kind);
    let error = said["errorType"].as_str().map(|kind| format!(" ({kind})")).unwrap_or_default();
    let lines: String = answer.log.lines().map(|line| format!("\n  {line}")).collect();
    Some(format!("error: {} failed: {message}{error}{lines}", function.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(error: Option<&str>, payload: &str) -> Answer {
        Answer {
            payload: payload.into(),
            error: error.map(str::to_owned),
            log: log(&BASE64_STANDARD.encode("START\nno table\n")),
        }
    }

    fn function() -> StackFunction {
        StackFunction { id: "Api".into(), name: "shop-dev-ada-Api-X".into() }
    }

    #[test]
    fn a_function_that_failed_says_why_with_its_last_lines() {
        let failed = answer(Some("Unhandled"), r#"{"errorType": "Panic", "errorMessage": "no table"}"#);
        assert_eq!(
            failure(&failed, &function()).as_deref(),
            Some("error: Api failed: no table (Panic)\n  START\n  no table")
        );
        let odd = answer(Some("Unhandled"), "");
        assert_eq!(failure(&odd, &function()).as_deref(), Some("error: Api failed: Unhandled\n  START\n  no table"));
        assert_eq!(failure(&answer(None, "1"), &function()), None);
        assert_eq!(tell(&failed, &function(), true), End::Failed);
    }

    #[test]
    fn programs_get_the_answer_as_json_where_it_is_that() {
        let object = |payload: &str| object(&answer(None, payload), &function())["answer"].clone();
        assert_eq!(object(r#"{"statusCode": 200}"#), json!({"statusCode": 200}));
        assert_eq!(object("plain"), json!("plain"));
    }
}
