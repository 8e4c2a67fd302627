//! What a person is told who has to look: what stands in the way, and what to do about it.

use crate::{
    ids::{StackArn, StackName},
    sweep::{keep::Keep, stack::Resource},
    text::fit,
};

/// The longest text, in characters.
const WORDS: usize = 4000;

/// Why a deletion did not succeed, however often it was tried.
pub fn failed(stack: &StackName, reason: Option<&str>, resources: &[Resource]) -> String {
    let stuck: Vec<String> = resources.iter().filter(|one| one.status.ends_with("_FAILED")).map(one).collect();
    let what = if stuck.is_empty() {
        let words = reason.unwrap_or("CloudFormation does not say why");
        advised(words, cause("", words))
    } else {
        stuck.join("; ")
    };
    fit(&format!("could not be deleted: {what}. {}", afterwards(stack)), WORDS)
}

/// Why a deletion that was decided is refused, by CloudFormation or by us.
pub fn refused(stack: &StackName, words: &str) -> String {
    let what = advised(words, cause("", words));
    fit(&format!("was not deleted: {what}. {}", afterwards(stack)), WORDS)
}

/// What a person can do about a stack that CloudFormation does not know (any more): we cannot (I6).
pub fn forgotten(id: &StackArn) -> String {
    let item = format!("lease#{}#{}#{}", id.account(), id.region(), id.name());
    let words = Keep::Unknown(id.clone());
    format!(
        "was not deleted: {words}. Make sure in the console that it is gone, then delete the item {item} of the state table"
    )
}

fn afterwards(stack: &StackName) -> String {
    format!("When that is out of the way, let sweep try again: flowgate lease release {stack} --quarantined")
}

fn one(resource: &Resource) -> String {
    let Resource { logical, physical, kind, reason, .. } = resource;
    let words = reason.as_deref().unwrap_or("CloudFormation does not say why");
    advised(&format!("{logical} ({kind} {physical}): {words}"), cause(kind, words))
}

fn advised(what: &str, cause: Cause) -> String {
    match cause.remedy() {
        Some(remedy) => format!("{} ({remedy})", what.trim_end_matches('.')),
        None => what.trim_end_matches('.').to_owned(),
    }
}

/// What commonly stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    FullBucket,
    NetworkInterface,
    ExportInUse,
    RoleGone,
    Protected,
    CustomResource,
    Other,
}

fn cause(kind: &str, words: &str) -> Cause {
    let words = words.to_lowercase();
    let says = |all: &[&str]| all.iter().all(|part| words.contains(part));
    let is_custom = kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource";
    if says(&["bucket", "not empty"]) {
        Cause::FullBucket
    } else if says(&["network interface"]) || says(&["eni-"]) || says(&["dependent object"]) {
        Cause::NetworkInterface
    } else if says(&["export", "in use"]) || says(&["export", "imported"]) {
        Cause::ExportInUse
    } else if says(&["role", "cannot be assumed"]) || says(&["role", "is invalid"]) {
        Cause::RoleGone
    } else if says(&["protect"]) {
        Cause::Protected
    } else if is_custom {
        Cause::CustomResource
    } else {
        Cause::Other
    }
}

impl Cause {
    fn remedy(self) -> Option<&'static str> {
        Some(match self {
            Self::FullBucket => "empty the bucket; a claim with --empty-buckets lets sweep do that next time",
            Self::NetworkInterface => {
                "a network interface is still in use: Lambda gives its own back within an hour; delete any other by hand"
            }
            Self::ExportInUse => "delete or update the stack that imports the export first",
            Self::RoleGone => {
                "create the role that the stack is deployed with again, so that CloudFormation can assume it"
            }
            Self::Protected => "turn its termination protection off if it is not needed any more",
            Self::CustomResource => {
                "the function behind the custom resource did not confirm: see its logs, or delete the stack in the \
                 console and retain the resource"
            }
            Self::Other => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(kind: &str, status: &str, reason: &str) -> Resource {
        let reason = Some(reason.to_owned());
        Resource { logical: "It".into(), physical: "it-1".into(), kind: kind.into(), status: status.into(), reason }
    }

    fn told(kind: &str, words: &str) -> String {
        let resources =
            [resource("AWS::Lambda::Function", "DELETE_COMPLETE", ""), resource(kind, "DELETE_FAILED", words)];
        failed(&"shop-pr-42".parse().unwrap(), Some("The following resource(s) failed to delete: [It]."), &resources)
    }

    #[test]
    fn i14_the_resources_that_failed_are_named_with_what_to_do() {
        for (kind, words, remedy) in [
            ("AWS::S3::Bucket", "The bucket you tried to delete is not empty (Service: S3)", "empty the bucket"),
            ("AWS::EC2::SecurityGroup", "resource sg-1 has a dependent object", "network interface"),
            ("AWS::EC2::Subnet", "Network interface eni-0a is currently in use", "network interface"),
            (
                "AWS::CloudFormation::Stack",
                "Export net-vpc cannot be deleted as it is in use by b",
                "imports the export",
            ),
            ("Custom::Seed", "CloudFormation did not receive a response", "its logs"),
            ("AWS::RDS::DBInstance", "Role arn:aws:iam::1:role/r is invalid or cannot be assumed", "create the role"),
        ] {
            let text = told(kind, words);
            assert!(text.starts_with(&format!("could not be deleted: It ({kind} it-1): {words}")), "{text}");
            assert!(text.contains(remedy), "{text}");
            assert!(text.ends_with("flowgate lease release shop-pr-42 --quarantined"), "{text}");
        }
    }

    #[test]
    fn what_nobody_knows_a_remedy_for_is_told_in_cloudformations_own_words() {
        assert!(told("AWS::X::Y", "is busy.").contains("It (AWS::X::Y it-1): is busy. When"));
        let stack = "shop-pr-42".parse().unwrap();
        assert!(failed(&stack, None, &[]).contains("does not say why"));
        assert!(refused(&stack, "it is protected from deletion").contains("termination protection"));
        assert!(failed(&stack, Some(&"é".repeat(9000)), &[]).chars().count() <= WORDS);
    }
}
