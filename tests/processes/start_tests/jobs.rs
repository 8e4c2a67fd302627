//! Job events, as CodePipeline sends them: with credentials for just the job's own artifacts.

use aws_credential_types::Credentials;
use flowgate::cloud::authority::Session;
use flowgate::cloud::client::ACCOUNT;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::start_tests::stage::BUCKET;

/// One job.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) id: String,
    /// The whole event.
    pub(super) event: Value,
}

/// What an action declares.
#[derive(Debug, Clone, Default)]
pub(super) struct Action {
    /// `UserParameters`, as a text.
    pub(super) parameters: Option<String>,
    /// The key of its input artifact.
    pub(super) input: Option<String>,
    /// The key of its output artifact.
    pub(super) output: Option<String>,
}

impl Action {
    pub(super) fn with(parameters: &Value) -> Self {
        Self { parameters: Some(parameters.to_string()), ..Self::default() }
    }

    /// One job of it. `lender` may do all that any artifact's credentials may.
    pub(super) async fn job(&self, lender: &Session) -> Job {
        let credentials = lender.lend(&self.policy()).await.unwrap();
        let id = Uuid::new_v4().to_string();
        let data = json!({
            "actionConfiguration": {"configuration": self.configuration()},
            "inputArtifacts": artifacts("Build", self.input.as_deref()),
            "outputArtifacts": artifacts("Report", self.output.as_deref()),
            "artifactCredentials": keys(&credentials),
        });
        let event = json!({"CodePipeline.job": {"id": id, "accountId": ACCOUNT, "data": data}});
        Job { id, event }
    }

    fn configuration(&self) -> Value {
        let mut configuration = json!({"FunctionName": "shop-flowgate-start-tests"});
        if let Some(parameters) = &self.parameters {
            configuration["UserParameters"] = json!(parameters);
        }
        configuration
    }

    /// What CodePipeline lets a job do, and nothing else.
    fn policy(&self) -> Value {
        let object = |key: &String| format!("arn:aws:s3:::{BUCKET}/{key}");
        let allow =
            |actions: &[&str], key: &String| json!({"Effect": "Allow", "Action": actions, "Resource": object(key)});
        let reads = self.input.iter().map(|key| allow(&["s3:GetObject", "s3:GetObjectVersion"], key));
        let writes = self.output.iter().map(|key| allow(&["s3:PutObject"], key));
        let mut statements: Vec<Value> = reads.chain(writes).collect();
        if statements.is_empty() {
            statements.push(json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
        }
        json!({"Version": "2012-10-17", "Statement": statements})
    }
}

fn artifacts(name: &str, key: Option<&str>) -> Value {
    let location = |key: &str| json!({"type": "S3", "s3Location": {"bucketName": BUCKET, "objectKey": key}});
    key.iter().map(|key| json!({"name": name, "revision": null, "location": location(key)})).collect()
}

fn keys(credentials: &Credentials) -> Value {
    json!({
        "accessKeyId": credentials.access_key_id(),
        "secretAccessKey": credentials.secret_access_key(),
        "sessionToken": credentials.session_token().unwrap_or_default(),
    })
}
