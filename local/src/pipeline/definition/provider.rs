//! Which actions can run here: the one list of them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::pipeline::action::TypeId;

use super::configuration::Keys;
use super::error::ErrorKind;

/// A kind of action that can run here, and what its declaration must look like.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// `Source`, `Build` and so on.
    pub category: &'static str,
    /// The service's name.
    pub name: &'static str,
    /// How many artifacts it reads.
    pub inputs: RangeInclusive<usize>,
    /// How many artifacts it writes.
    pub outputs: RangeInclusive<usize>,
    /// Configuration that must be there.
    pub required: &'static [&'static str],
    /// Configuration that may be there.
    pub optional: &'static [&'static str],
    /// Configuration of which only these values can run here; of others CodePipeline knows, we do not.
    pub only: &'static [(&'static str, &'static [&'static str])],
    /// What each mode needs beside that, where its configuration names one.
    modes: &'static [Mode],
    /// After so many minutes CodePipeline gives it up; approvals say it themselves.
    pub timeout_minutes: u32,
    /// After so many minutes without a word, where it is expected to say some.
    pub silence_minutes: Option<u32>,
}

/// One of the ways in which a provider can work.
#[derive(Debug, PartialEq, Eq)]
struct Mode {
    name: &'static str,
    required: &'static [&'static str],
}

/// The key of a configuration that names the mode.
const MODE: &str = "ActionMode";

/// Everything that can run here. All of it is owned by `AWS`, in version `1`.
const PROVIDERS: &[Provider] = &[
    source("CodeCommit", &["RepositoryName", "BranchName"], &["PollForSourceChanges", "OutputArtifactFormat"]),
    source(
        "CodeStarSourceConnection",
        &["ConnectionArn", "FullRepositoryId", "BranchName"],
        &["OutputArtifactFormat", "DetectChanges"],
    ),
    source("S3", &["S3Bucket", "S3ObjectKey"], &["PollForSourceChanges", "AllowOverrideForS3ObjectKey"]),
    code_build("Build"),
    code_build("Test"),
    Provider {
        category: "Deploy",
        name: "CloudFormation",
        inputs: 0..=10,
        outputs: 0..=1,
        required: &[MODE, "StackName"],
        optional: &[
            "TemplatePath",
            "RoleArn",
            "ChangeSetName",
            "Capabilities",
            "OutputFileName",
            "ParameterOverrides",
            "TemplateConfiguration",
        ],
        only: &[],
        modes: &[
            Mode { name: "CREATE_UPDATE", required: &["TemplatePath", "RoleArn"] },
            Mode { name: "REPLACE_ON_FAILURE", required: &["TemplatePath", "RoleArn"] },
            Mode { name: "DELETE_ONLY", required: &["RoleArn"] },
            Mode { name: "CHANGE_SET_REPLACE", required: &["TemplatePath", "RoleArn", "ChangeSetName"] },
            Mode { name: "CHANGE_SET_EXECUTE", required: &["ChangeSetName"] },
        ],
        timeout_minutes: 3 * DAY,
        silence_minutes: None,
    },
    Provider {
        category: "Invoke",
        name: "Lambda",
        inputs: 0..=5,
        outputs: 0..=5,
        required: &["FunctionName"],
        optional: &["UserParameters"],
        only: &[],
        modes: &[],
        timeout_minutes: DAY,
        silence_minutes: Some(20),
    },
    Provider {
        category: APPROVAL,
        name: "Manual",
        inputs: 0..=0,
        outputs: 0..=0,
        required: &[],
        optional: &["NotificationArn", "CustomData", "ExternalEntityLink"],
        only: &[],
        modes: &[],
        // Its declaration may say otherwise.
        timeout_minutes: 7 * DAY,
        silence_minutes: None,
    },
];

const SOURCE: &str = "Source";
const APPROVAL: &str = "Approval";
/// Minutes.
const DAY: u32 = 24 * 60;

const fn source(name: &'static str, required: &'static [&'static str], optional: &'static [&'static str]) -> Provider {
    Provider {
        category: SOURCE,
        name,
        inputs: 0..=0,
        outputs: 1..=1,
        required,
        optional,
        // A full clone would be a reference for CodeBuild's own Git client.
        only: &[("OutputArtifactFormat", &["CODE_ZIP"])],
        modes: &[],
        timeout_minutes: 60,
        silence_minutes: None,
    }
}

const fn code_build(category: &'static str) -> Provider {
    Provider {
        category,
        name: "CodeBuild",
        inputs: 1..=5,
        outputs: 0..=5,
        required: &["ProjectName"],
        optional: &["PrimarySource", "BatchEnabled", "CombineArtifacts", "EnvironmentVariables"],
        only: &[("BatchEnabled", &["false"])],
        modes: &[],
        timeout_minutes: 8 * 60,
        silence_minutes: None,
    }
}

impl Provider {
    /// Everything that can run here.
    pub fn all() -> &'static [Self] {
        PROVIDERS
    }

    /// The provider for this action type, where it can run here.
    pub fn find(id: &TypeId) -> Option<&'static Self> {
        PROVIDERS
            .iter()
            .find(|p| (p.category, p.name, "AWS", "1") == (&id.category, &id.provider, &id.owner, &id.version))
    }

    /// What can run here, for people: `Source/AWS/CodeCommit, …`.
    pub fn list() -> String {
        PROVIDERS.iter().map(|p| format!("{}/AWS/{}", p.category, p.name)).collect::<Vec<_>>().join(", ")
    }

    /// What its configuration may hold, in the mode that it names; why not, where that mode is none.
    pub(super) fn keys(&self, configuration: &BTreeMap<String, String>) -> Result<Keys, String> {
        let keys = |also: &'static [&'static str]| Keys {
            of: self.name,
            required: self.required,
            also,
            optional: self.optional,
            only: self.only,
            longest: 1000,
            kind: ErrorKind::Action,
        };
        let Some(named) = configuration.get(MODE).filter(|_| !self.modes.is_empty()) else { return Ok(keys(&[])) };
        let mode = self.mode(configuration);
        let known = || self.modes.iter().map(|mode| mode.name).collect::<Vec<_>>().join(", ");
        mode.map(|mode| keys(mode.required)).ok_or_else(|| format!("{named:?} is unknown; use one of {}", known()))
    }

    fn mode(&self, configuration: &BTreeMap<String, String>) -> Option<&'static Mode> {
        let named = configuration.get(MODE)?;
        self.modes.iter().find(|mode| mode.name == named)
    }

    /// Whether it deploys a template: in other modes whatever is said of one is not looked at.
    pub(super) fn deploys_template(&self, configuration: &BTreeMap<String, String>) -> bool {
        self.mode(configuration).is_some_and(|mode| mode.required.contains(&"TemplatePath"))
    }

    /// Whether the action looks at the value of this key: some modes ignore what others need.
    pub(super) fn reads(&self, key: &str, configuration: &BTreeMap<String, String>) -> bool {
        match key {
            "Capabilities" => self.deploys_template(configuration),
            "ChangeSetName" => self.mode(configuration).is_some_and(|mode| mode.required.contains(&key)),
            _ => true,
        }
    }

    /// Whether it brings sources into the pipeline: only such actions stand in the first stage, and only they have
    /// revisions.
    pub fn is_source(&self) -> bool {
        self.category == SOURCE
    }

    /// Whether a person ends it: only such actions have a timeout.
    pub fn is_approval(&self) -> bool {
        self.category == APPROVAL
    }
}
