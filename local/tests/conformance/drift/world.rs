//! Detections of drift, as their clients make them.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::operation::describe_stack_drift_detection_status::DescribeStackDriftDetectionStatusOutput;
use aws_sdk_cloudformation::types::{
    PropertyDifference, StackDriftDetectionStatus, StackDriftInformation, StackResourceDrift,
};

/// CloudFormation, as somebody. The refusals are its messages.
pub(crate) struct Detector {
    pub(super) client: Client,
}

pub(crate) type Looked = DescribeStackDriftDetectionStatusOutput;

impl Detector {
    pub(crate) fn of(who: &SdkConfig) -> Self {
        Self { client: Client::new(who) }
    }

    /// Gives the detection's id.
    pub(crate) async fn begin(&self, stack: &str) -> Result<String, String> {
        let answer = self.client.detect_stack_drift().stack_name(stack).send().await;
        answer.map(|begun| begun.stack_drift_detection_id.unwrap()).map_err(|error| error.message().unwrap().to_owned())
    }

    pub(crate) async fn look(&self, detection: &str) -> Result<Looked, String> {
        let request = self.client.describe_stack_drift_detection_status().stack_drift_detection_id(detection);
        request.send().await.map_err(|error| error.message().unwrap().to_owned())
    }

    /// What a detection comes to.
    pub(crate) async fn outcome(&self, detection: &str) -> Looked {
        loop {
            let looked = self.look(detection).await.unwrap();
            if looked.detection_status() != Some(&StackDriftDetectionStatus::DetectionInProgress) {
                return looked;
            }
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn detect(&self, stack: &str) -> Looked {
        self.outcome(&self.begin(stack).await.unwrap()).await
    }

    /// Of the resources that were looked at.
    pub(crate) async fn drifts(&self, stack: &str) -> Vec<StackResourceDrift> {
        let answer = self.client.describe_stack_resource_drifts().stack_name(stack).send().await.unwrap();
        answer.stack_resource_drifts.unwrap()
    }

    /// What has drifted: the statuses or differences by the resource.
    pub(super) async fn drifted(&self, stack: &str) -> BTreeMap<String, Vec<String>> {
        let drifts = self.drifts(stack).await.into_iter();
        let drifted = drifts.filter(|drift| status(drift) != "IN_SYNC");
        drifted.map(|drift| (drift.logical_resource_id().unwrap().to_owned(), differences(&drift))).collect()
    }

    /// What the stack itself tells.
    pub(super) async fn information(&self, stack: &str) -> StackDriftInformation {
        let answer = self.client.describe_stacks().stack_name(stack).send().await.unwrap();
        answer.stacks.unwrap().remove(0).drift_information.unwrap()
    }
}

pub(crate) fn status(drift: &StackResourceDrift) -> &str {
    drift.stack_resource_drift_status().unwrap().as_str()
}

fn differences(drift: &StackResourceDrift) -> Vec<String> {
    let mut listed: Vec<_> = drift.property_differences().iter().map(difference).collect();
    listed.sort();
    if listed.is_empty() { vec![status(drift).to_owned()] } else { listed }
}

fn difference(difference: &PropertyDifference) -> String {
    let kind = difference.difference_type().unwrap().as_str();
    let values = (difference.expected_value().unwrap(), difference.actual_value().unwrap());
    format!("{} {kind} {} {}", difference.property_path().unwrap(), values.0, values.1)
}
