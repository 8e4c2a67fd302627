//! Finding drift.

use aws_sdk_cloudformation::{
    config::http::HttpResponse,
    error::SdkError,
    operation::{
        describe_stack_drift_detection_status::DescribeStackDriftDetectionStatusOutput as Told,
        detect_stack_drift::DetectStackDriftError,
    },
    types::{StackDriftDetectionStatus, StackDriftStatus, StackResourceDrift, StackResourceDriftStatus},
};
use aws_types::SdkConfig;
use pipeline_core::{
    gate::drift::{DetectDrift, DetectionId, Drift},
    ids::{StackArn, StackName},
    ports::PortError,
};

use crate::{
    cloudformation::{Stacks, validation_error},
    error::port_error,
    pages,
};

/// Detections in our account and region.
#[derive(Debug, Clone)]
pub struct Drifts(Stacks);

impl Drifts {
    /// CloudFormation in our region.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Stacks::new(config))
    }

    async fn drifted(&self, stack: &str) -> Result<Vec<String>, PortError> {
        let operation = format!("list what has drifted of stack {stack}");
        let found = pages::all(&operation, async |token| {
            let request = self.0.0.describe_stack_resource_drifts().stack_name(stack).set_next_token(token);
            let answer = request.send().await.map_err(|error| port_error(&operation, &error))?;
            Ok((answer.stack_resource_drifts.unwrap_or_default(), answer.next_token))
        });
        Ok(found.await?.iter().filter_map(became).collect())
    }
}

impl DetectDrift for Drifts {
    async fn begin(&self, stack: &StackName) -> Result<Drift, PortError> {
        let found = self.0.find(stack.as_str()).await?;
        let Some(status) = found.as_ref().map(|found| found.stack_status().map_or("", |status| status.as_str())) else {
            return Ok(Drift::Absent);
        };
        match status {
            // Nothing of it was ever deployed, or nothing is any more.
            "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE" => return Ok(Drift::Absent),
            busy if busy.ends_with("_IN_PROGRESS") => return Ok(Drift::Busy(format!("it is in status {busy}"))),
            _ => {}
        }
        match self.0.0.detect_stack_drift().stack_name(stack.as_str()).send().await {
            Ok(answer) => {
                let id = answer.stack_drift_detection_id.filter(|id| !id.is_empty());
                id.map(DetectionId).map(Drift::Detecting).ok_or_else(|| PortError::Unavailable {
                    operation: format!("detect drift of stack {stack}"),
                    detail: "CloudFormation answered without an id".to_owned(),
                })
            }
            Err(error) => refused(stack, &error),
        }
    }

    async fn outcome(&self, stack: &StackName, id: &DetectionId) -> Result<Drift, PortError> {
        let unusable =
            |why: &str| PortError::Unusable { what: format!("drift detection {}", id.0), why: why.to_owned() };
        let request = self.0.0.describe_stack_drift_detection_status().stack_drift_detection_id(&id.0);
        let told = match request.send().await {
            Ok(told) => told,
            // CloudFormation does not say how long it keeps one.
            Err(error) if validation_error(&error).is_some() => {
                return Err(unusable("CloudFormation does not know it, or not any more"));
            }
            Err(error) => return Err(port_error(&format!("read drift detection {}", id.0), &error)),
        };
        let of: Option<StackArn> = told.stack_id().and_then(|of| of.parse().ok());
        if of.is_none_or(|of| of.name() != *stack) || told.stack_drift_detection_id() != Some(&id.0) {
            return Err(unusable(&format!("it is not one of stack {stack}")));
        }
        match judged(&told) {
            Drift::Drifted(_) => {
                let drifted = self.drifted(told.stack_id().unwrap_or(stack.as_str())).await?;
                Ok(Drift::Drifted(if drifted.is_empty() { vec![UNNAMED.to_owned()] } else { drifted }))
            }
            other => Ok(other),
        }
    }
}

const UNNAMED: &str = "something that CloudFormation does not name";

/// CloudFormation has one code for all that it refuses.
fn refused(stack: &StackName, error: &SdkError<DetectStackDriftError, HttpResponse>) -> Result<Drift, PortError> {
    match validation_error(error) {
        Some(words) if words.contains("already in progress") || words.contains("_IN_PROGRESS") => {
            Ok(Drift::Busy(words.to_owned()))
        }
        Some(words) if words.trim_end_matches('.').ends_with("does not exist") => Ok(Drift::Absent),
        Some(words) => Ok(Drift::Failed(words.to_owned())),
        None => Err(port_error(&format!("detect drift of stack {stack}"), error)),
    }
}

/// I24: only what is complete and in sync is in sync.
fn judged(told: &Told) -> Drift {
    use StackDriftDetectionStatus::{DetectionComplete, DetectionFailed, DetectionInProgress};
    let reason = told.detection_status_reason().unwrap_or("CloudFormation gives no reason");
    match (told.detection_status(), told.stack_drift_status()) {
        (Some(DetectionInProgress), _) => {
            Drift::Detecting(DetectionId(told.stack_drift_detection_id().unwrap_or_default().to_owned()))
        }
        (Some(DetectionComplete), Some(StackDriftStatus::InSync)) => Drift::InSync,
        (Some(DetectionComplete), Some(StackDriftStatus::Drifted)) => Drift::Drifted(vec![]),
        // It asked the services too often, which passes: another detection may find out.
        (Some(DetectionFailed), _) if reason.contains("Rate exceeded") => Drift::Busy(reason.to_owned()),
        (Some(DetectionFailed), _) => Drift::Failed(reason.to_owned()),
        (status, drift) => Drift::Failed(format!(
            "CloudFormation says {} and {} of it",
            status.map_or("nothing", |status| status.as_str()),
            drift.map_or("nothing", |drift| drift.as_str())
        )),
    }
}

/// I26: what it is called, and not what its properties are, which may be secrets.
fn became(resource: &StackResourceDrift) -> Option<String> {
    let name = resource.logical_resource_id().unwrap_or("a resource without a name");
    match resource.stack_resource_drift_status()? {
        StackResourceDriftStatus::Modified => Some(format!("{name} was modified{}", properties(resource))),
        StackResourceDriftStatus::Deleted => Some(format!("{name} was deleted")),
        _ => None,
    }
}

fn properties(resource: &StackResourceDrift) -> String {
    let paths: Vec<&str> =
        resource.property_differences().iter().filter_map(|difference| difference.property_path()).collect();
    if paths.is_empty() { String::new() } else { format!(" ({})", paths.join(", ")) }
}
