//! Which actions can run here: the one list of them.

use std::ops::RangeInclusive;

use crate::pipeline::action::TypeId;

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
    pub only: &'static [(&'static str, &'static str)],
}

/// Everything that can run here. All of it is owned by `AWS`, in version `1`.
const PROVIDERS: &[Provider] = &[
    Provider {
        category: SOURCE,
        name: "CodeCommit",
        inputs: 0..=0,
        outputs: 1..=1,
        required: &["RepositoryName", "BranchName"],
        optional: &["PollForSourceChanges", "OutputArtifactFormat"],
        only: &[],
    },
    Provider {
        category: SOURCE,
        name: "CodeStarSourceConnection",
        inputs: 0..=0,
        outputs: 1..=1,
        required: &["ConnectionArn", "FullRepositoryId", "BranchName"],
        optional: &["OutputArtifactFormat", "DetectChanges"],
        only: &[],
    },
    code_build("Build"),
    code_build("Test"),
    Provider {
        category: "Deploy",
        name: "CloudFormation",
        inputs: 0..=10,
        outputs: 0..=1,
        required: &["ActionMode", "StackName", "TemplatePath", "RoleArn"],
        optional: &["Capabilities", "OutputFileName", "ParameterOverrides", "TemplateConfiguration"],
        only: &[("ActionMode", "CREATE_UPDATE")],
    },
    Provider {
        category: "Invoke",
        name: "Lambda",
        inputs: 0..=5,
        outputs: 0..=5,
        required: &["FunctionName"],
        optional: &["UserParameters"],
        only: &[],
    },
    Provider {
        category: APPROVAL,
        name: "Manual",
        inputs: 0..=0,
        outputs: 0..=0,
        required: &[],
        optional: &["NotificationArn", "CustomData", "ExternalEntityLink"],
        only: &[],
    },
];

const SOURCE: &str = "Source";
const APPROVAL: &str = "Approval";

const fn code_build(category: &'static str) -> Provider {
    Provider {
        category,
        name: "CodeBuild",
        inputs: 1..=5,
        outputs: 0..=5,
        required: &["ProjectName"],
        optional: &["PrimarySource", "BatchEnabled", "EnvironmentVariables"],
        only: &[],
    }
}

impl Provider {
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
