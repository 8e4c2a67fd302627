//! Texts for what only an account knows. They fit where they stand, so that they are no refusal by themselves.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::cloud::client::{ACCOUNT, REGION};

/// An artifact that nobody is called: the one that the action reads takes its place.
const ARTIFACT: &str = "flowgate-any-artifact";

/// A value for what is called `name`, where the value of `key` stands.
pub(super) fn text(name: &str, key: &str) -> String {
    let fixed = match key {
        "Version" | "RunOrder" | "WaitTime" => "1",
        "TimeoutInMinutes" => "60",
        "PollForSourceChanges" | "DetectChanges" | "BatchEnabled" | "CombineArtifacts" => "false",
        "ActionMode" => "CREATE_UPDATE",
        "Capabilities" => "CAPABILITY_IAM",
        "EnvironmentVariables" => "[]",
        "ParameterOverrides" => "{}",
        "Cron" => "* * * ? * *",
        "TimeZone" => "UTC",
        "AlarmStates" => "ALARM",
        "TemplatePath" | "TemplateConfiguration" => return format!("{ARTIFACT}::{}", plain(name)),
        "FullRepositoryId" => return format!("owner/{}", plain(name)),
        "RoleArn" => return arn("AWS::IAM::Role", name),
        "ConnectionArn" => return arn("AWS::CodeStarConnections::Connection", name),
        "NotificationArn" => return arn("AWS::SNS::Topic", name),
        _ if key.ends_with("Arn") || name.ends_with("Arn") => return arn("", name),
        _ => return plain(name),
    };
    fixed.to_owned()
}

/// The ARN of a resource of this type.
pub(super) fn arn(kind: &str, name: &str) -> String {
    let plain = plain(name);
    let service = kind.split("::").nth(1).unwrap_or("resource").to_lowercase();
    match kind {
        "AWS::IAM::Role" => format!("arn:aws:iam::{ACCOUNT}:role/{plain}"),
        "AWS::IAM::ManagedPolicy" => format!("arn:aws:iam::{ACCOUNT}:policy/{plain}"),
        "AWS::S3::Bucket" => format!("arn:aws:s3:::{plain}"),
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => {
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{plain}")
        }
        "AWS::CodeStarConnections::Connection" | "AWS::CodeConnections::Connection" => {
            format!("arn:aws:{service}:{REGION}:{ACCOUNT}:connection/{plain}")
        }
        _ => format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{plain}"),
    }
}

/// Whether `Ref` gives the resource's ARN rather than its name.
pub(super) fn is_known_by_arn(kind: &str) -> bool {
    let kinds = ["AWS::SNS::Topic", "AWS::IAM::ManagedPolicy"];
    kinds.contains(&kind) || kind.ends_with("::Connection")
}

/// Lets a path that was made up lead into what its action reads.
pub(super) fn lead_into_input(action: &mut Value) {
    let input = action.pointer("/inputArtifacts/0/name").and_then(Value::as_str).unwrap_or("none").to_owned();
    let Some(configuration) = action.get_mut("configuration").and_then(Value::as_object_mut) else { return };
    for path in configuration.values_mut() {
        let file = path.as_str().and_then(|path| path.strip_prefix(ARTIFACT)).map(|file| format!("{input}{file}"));
        *path = file.map_or_else(|| path.take(), Value::from);
    }
}

/// The most letters of a made-up name.
const LONGEST: usize = 40;

/// A bucket, a stack, a repository and an artifact may be called so.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let kept = if kept.len() > LONGEST { shortened(&kept) } else { kept };
    if kept.len() < 3 || !kept.starts_with(|c: char| c.is_ascii_lowercase()) { format!("any{kept}") } else { kept }
}

/// Two long names that begin alike stay two.
fn shortened(name: &str) -> String {
    let digest = Sha256::digest(name);
    let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}{hash}", &name[..LONGEST - hash.len()])
}
