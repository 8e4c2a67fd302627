//! The operations of CodePipeline that are not served here, and why.

/// Those of action types that others than AWS own: none of them runs here.
const CUSTOM: &str = "it belongs to custom action types, which do not run here";
const THIRD_PARTY: &str = "it belongs to action types of third parties, which do not run here";
const REGISTRATION: &str = "it registers a webhook with a third party, which cannot reach this machine; whatever runs here may post to its URL";

const UNSERVED: &[(&str, &str)] = &[
    ("AcknowledgeJob", CUSTOM),
    ("AcknowledgeThirdPartyJob", THIRD_PARTY),
    ("CreateCustomActionType", CUSTOM),
    ("DeleteCustomActionType", CUSTOM),
    ("DeregisterWebhookWithThirdParty", REGISTRATION),
    ("GetActionType", CUSTOM),
    ("GetJobDetails", CUSTOM),
    ("GetThirdPartyJobDetails", THIRD_PARTY),
    ("PollForJobs", CUSTOM),
    ("PollForThirdPartyJobs", THIRD_PARTY),
    ("PutThirdPartyJobFailureResult", THIRD_PARTY),
    ("PutThirdPartyJobSuccessResult", THIRD_PARTY),
    ("RegisterWebhookWithThirdParty", REGISTRATION),
    ("UpdateActionType", CUSTOM),
];

/// Why CodePipeline's operation of this name is not served.
pub(super) fn why(operation: &str) -> Option<&'static str> {
    UNSERVED.iter().find(|(name, _)| *name == operation).map(|(_, why)| *why)
}
