//! What the credentials in a job may do: read its input artifacts and write its output artifacts, and nothing else.

use serde_json::{Value, json};

use super::Work;
use crate::pipeline::action::Artifact;

/// A session policy.
pub(super) fn policy(work: &Work<'_>) -> Value {
    let reads = allow(&["s3:GetObject", "s3:GetObjectVersion"], work.inputs);
    let writes = allow(&["s3:PutObject"], work.outputs);
    let mut statements: Vec<Value> = reads.into_iter().chain(writes).collect();
    if statements.is_empty() {
        // A policy must have a statement, and a session without one may do all that its role may.
        statements.push(json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(actions: &[&str], artifacts: &[Artifact]) -> Option<Value> {
    let object = |artifact: &Artifact| format!("arn:aws:s3:::{}/{}", artifact.location.bucket, artifact.location.key);
    let objects: Vec<String> = artifacts.iter().map(object).collect();
    (!objects.is_empty()).then(|| json!({"Effect": "Allow", "Action": actions, "Resource": objects}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::lambda::tests::{request, work};

    #[test]
    fn just_the_artifacts_of_the_job_are_in_reach() {
        let mut request = request();
        let reads = json!({"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": ["arn:aws:s3:::b/k/In"]});
        let writes = json!({"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::b/k/Out"]});
        assert_eq!(policy(&work(&request))["Statement"], json!([reads, writes]));
        request.outputs.clear();
        assert_eq!(policy(&work(&request))["Statement"], json!([reads]));
        request.inputs.clear();
        assert_eq!(policy(&work(&request))["Statement"], json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]));
    }
}
