//! Events of which no job can be settled.

use serde_json::{Value, json};
use uuid::Uuid;

/// Such events, whatever `whole` is the job of.
pub(crate) fn no_jobs(whole: &Value) -> Vec<String> {
    let with_id = |id: Value| {
        let mut event = whole.clone();
        event["CodePipeline.job"]["id"] = id;
        event.to_string()
    };
    let mut nameless = whole.clone();
    nameless["CodePipeline.job"].as_object_mut().unwrap().remove("id");
    vec![
        "not json".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}).to_string(),
        json!({"CodePipeline.job": null}).to_string(),
        with_id(json!("")),
        with_id(json!(7)),
        with_id(json!("42")),
        with_id(json!("x".repeat(1 << 20))),
        nameless.to_string(),
        // Two ids.
        whole.to_string().replacen("\"id\":", &format!("\"id\":\"{}\",\"id\":", Uuid::new_v4()), 1),
    ]
}
