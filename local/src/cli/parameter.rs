//! Texts in Parameter Store.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::ParameterType;

use super::call::{CallError, Called as _};

/// What the parameter holds; none when there is no such parameter.
pub(super) async fn read(client: &Client, name: &str) -> Result<Option<String>, CallError> {
    match client.get_parameter().name(name).send().await.called("GetParameter", name) {
        Ok(found) => Ok(Some(found.parameter.and_then(|parameter| parameter.value).unwrap_or_default())),
        Err(error) if error.code() == Some("ParameterNotFound") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes it. Where none was seen before, one that came meanwhile is not replaced.
pub(super) async fn write(client: &Client, name: &str, value: String, was_there: bool) -> Result<(), CallError> {
    let put = client.put_parameter().name(name).value(value).r#type(ParameterType::String).overwrite(was_there);
    put.send().await.called("PutParameter", name).map(drop)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{HeaderMap, StatusCode};
    use axum::response::IntoResponse as _;
    use serde_json::{Value, json};
    use tokio::net::TcpListener;

    use super::*;
    use crate::cloud::client;

    /// A Parameter Store of three parameters, one of which nobody may read.
    async fn store(headers: HeaderMap, body: String) -> axum::response::Response {
        let asked: Value = serde_json::from_str(&body).unwrap();
        let (refused, name) = (StatusCode::BAD_REQUEST, asked["Name"].as_str().unwrap());
        let operation = headers["x-amz-target"].to_str().unwrap();
        let (status, answer) = match (operation, name) {
            ("AmazonSSM.GetParameter", "/known") => (StatusCode::OK, json!({"Parameter": {"Value": "text"}})),
            ("AmazonSSM.GetParameter", "/secret") => (refused, json!({"__type": "AccessDeniedException"})),
            ("AmazonSSM.GetParameter", _) => (refused, json!({"__type": "ParameterNotFound"})),
            _ if asked["Overwrite"] == true => (StatusCode::OK, json!({"Version": 2})),
            _ => (refused, json!({"__type": "ParameterAlreadyExists"})),
        };
        (status, answer.to_string()).into_response()
    }

    #[tokio::test]
    async fn only_what_is_not_there_is_none_and_only_what_was_there_is_replaced() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move { axum::serve(listener, Router::new().fallback(store)).await });
        let client = Client::new(&client::sdk_config(&endpoint));
        assert_eq!(read(&client, "/known").await.unwrap().as_deref(), Some("text"));
        assert_eq!(read(&client, "/unknown").await.unwrap(), None);
        assert_eq!(read(&client, "/secret").await.unwrap_err().code(), Some("AccessDeniedException"));
        write(&client, "/known", "more".to_owned(), true).await.unwrap();
        let meanwhile = write(&client, "/known", "more".to_owned(), false).await.unwrap_err();
        assert_eq!(meanwhile.code(), Some("ParameterAlreadyExists"));
        served.abort();
    }
}
