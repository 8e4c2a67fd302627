//! A rule as its users write it, and what of it CodeCommit refuses.

use serde::Deserialize;

use super::pool;
use crate::codecommit::refusal::{limited, refusal, required};
use crate::json_api::Refusal;

const VERSION: &str = "2018-11-08";
const NAME_LIMIT: usize = 100;
/// What no name ends in.
const SUFFIX: &str = ".git";
const LIMIT: usize = 3000;
const POOL_LIMIT: usize = 50;
const DESTINATIONS_LIMIT: usize = 100;

/// What the exceptions of rules, or of templates, are called.
#[derive(Debug)]
pub(in crate::codecommit) struct Kind {
    no_name: &'static str,
    bad_name: &'static str,
    no_content: &'static str,
    bad_content: &'static str,
    has_destinations: bool,
}

/// Rules of a pull request.
pub(in crate::codecommit) const RULE: Kind = Kind {
    no_name: "ApprovalRuleNameRequiredException",
    bad_name: "InvalidApprovalRuleNameException",
    no_content: "ApprovalRuleContentRequiredException",
    bad_content: "InvalidApprovalRuleContentException",
    has_destinations: false,
};

/// Templates, which alone choose destination branches.
pub(in crate::codecommit) const TEMPLATE: Kind = Kind {
    no_name: "ApprovalRuleTemplateNameRequiredException",
    bad_name: "InvalidApprovalRuleTemplateNameException",
    no_content: "ApprovalRuleTemplateContentRequiredException",
    bad_content: "InvalidApprovalRuleTemplateContentException",
    has_destinations: true,
};

impl Kind {
    /// A name that it may have.
    pub(in crate::codecommit) fn name(&self, name: Option<&String>) -> Result<String, Refusal> {
        let name = required(name, self.no_name, "the name")?;
        let name = limited(name, NAME_LIMIT, self.bad_name, "the name")?;
        let is_allowed = |one: char| one.is_alphanumeric() || [' ', '.', '_', '-'].contains(&one);
        if name.chars().all(is_allowed) && !name.ends_with(SUFFIX) {
            return Ok(name.to_owned());
        }
        let message =
            format!("name {name:?} is not one: use letters, digits, spaces, `.`, `_` and `-`, no `.git` at the end");
        Err(refusal(self.bad_name, message))
    }

    /// Content that it may have, as it was written.
    pub(in crate::codecommit) fn content(&self, content: Option<&String>) -> Result<String, Refusal> {
        let text = required(content, self.no_content, "the content")?;
        let text = limited(text, LIMIT, self.bad_content, "the content")?;
        let read = Content::read(text).map_err(|invalid| refusal(self.bad_content, invalid.to_string()))?;
        if read.destinations.is_some() && !self.has_destinations {
            let message = "DestinationReferences are for templates: a pull request has its destination already";
            return Err(refusal(self.bad_content, message));
        }
        Ok(text.to_owned())
    }
}

/// Why content is none.
#[derive(Debug, thiserror::Error)]
pub(in crate::codecommit) enum Invalid {
    #[error("the content cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("version {0:?} is not known: use {VERSION:?}")]
    Version(String),
    #[error("there are {0} statements: use one")]
    Statements(usize),
    #[error("statement type {0:?} is not known: use \"Approvers\"")]
    Type(String),
    #[error("NumberOfApprovalsNeeded is 0: ask for at least 1")]
    Nobody,
    #[error("the approval pool has {0} members: use 1 to {POOL_LIMIT}, or leave it out for everybody")]
    PoolSize(usize),
    #[error(
        "approval pool member {0:?} is neither an ARN nor CodeCommitApprovers:ACCOUNT:NAME with an account's 12 digits"
    )]
    Member(String),
    #[error("there are {0} destination references: use up to {DESTINATIONS_LIMIT}")]
    Destinations(usize),
    #[error("destination reference {0:?} begins with a wildcard: begin it with the branch's name")]
    Destination(String),
}

/// What a rule asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::codecommit) struct Content {
    needed: usize,
    pool: Option<Vec<String>>,
    destinations: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: String,
    destination_references: Option<Vec<String>>,
    statements: Vec<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    r#type: String,
    number_of_approvals_needed: usize,
    approval_pool_members: Option<Vec<String>>,
}

impl Content {
    /// What is written, if it can be meant.
    pub(in crate::codecommit) fn read(text: &str) -> Result<Self, Invalid> {
        let Document { version, destination_references, statements } = serde_json::from_str(text)?;
        if version != VERSION {
            return Err(Invalid::Version(version));
        }
        let [statement] = <[Statement; 1]>::try_from(statements).map_err(|all| Invalid::Statements(all.len()))?;
        let Statement { r#type, number_of_approvals_needed: needed, approval_pool_members: pool } = statement;
        match (r#type.as_str(), needed) {
            ("Approvers", 1..) => {}
            ("Approvers", 0) => return Err(Invalid::Nobody),
            _ => return Err(Invalid::Type(r#type)),
        }
        pool.as_deref().map_or(Ok(()), members)?;
        let destinations = destination_references.map(destinations).transpose()?;
        Ok(Self { needed, pool, destinations })
    }

    /// Whether these have approved all that it asks for. Everybody counts where no pool says who does.
    pub(super) fn is_satisfied_by(&self, approvers: &[&str]) -> bool {
        let counts =
            |who: &str| self.pool.as_ref().is_none_or(|members| members.iter().any(|member| pool::counts(member, who)));
        approvers.iter().filter(|who| counts(who)).count() >= self.needed
    }

    /// Whether it is about pull requests into this branch. No reference is every branch.
    pub(in crate::codecommit) fn is_for(&self, branch: &str) -> bool {
        let all = self.destinations.as_deref().unwrap_or_default();
        all.is_empty() || all.iter().any(|pattern| pool::fits(pattern, branch))
    }
}

fn members(pool: &[String]) -> Result<(), Invalid> {
    if !(1..=POOL_LIMIT).contains(&pool.len()) {
        return Err(Invalid::PoolSize(pool.len()));
    }
    let stranger = pool.iter().find(|member| !pool::is_member(member));
    stranger.map_or(Ok(()), |member| Err(Invalid::Member(member.clone())))
}

/// Branches, in short.
fn destinations(references: Vec<String>) -> Result<Vec<String>, Invalid> {
    if references.len() > DESTINATIONS_LIMIT {
        return Err(Invalid::Destinations(references.len()));
    }
    let short = |reference: String| match reference.strip_prefix("refs/heads/").unwrap_or(&reference) {
        "" => Err(Invalid::Destination(reference)),
        branch if branch.starts_with('*') => Err(Invalid::Destination(reference)),
        branch => Ok(branch.to_owned()),
    };
    references.into_iter().map(short).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rule(statement: &Value) -> String {
        json!({"Version": VERSION, "Statements": [statement]}).to_string()
    }

    fn of(needed: usize, pool: &[&str]) -> Content {
        let mut statement = json!({"Type": "Approvers", "NumberOfApprovalsNeeded": needed});
        if !pool.is_empty() {
            statement["ApprovalPoolMembers"] = json!(pool);
        }
        Content::read(&rule(&statement)).unwrap()
    }

    #[test]
    fn as_many_of_the_pool_as_are_needed_satisfy_it() {
        let [ada, bo, cy] = ["ada", "bo", "cy"].map(|name| format!("arn:aws:iam::000000000000:user/{name}"));
        let both = ["CodeCommitApprovers:000000000000:ada", "arn:aws:iam::000000000000:user/b*"];
        for (content, approvers, satisfied) in [
            (of(1, &[]), vec![], false),
            (of(1, &[]), vec![&*cy], true),
            (of(2, &[]), vec![&*cy], false),
            (of(2, &[]), vec![&*cy, &*ada], true),
            (of(1, &both), vec![&*cy], false),
            (of(1, &both), vec![&*bo], true),
            (of(2, &both), vec![&*ada, &*cy], false),
            (of(2, &both), vec![&*ada, &*cy, &*bo], true),
            // Who is in a pool twice is one person.
            (
                of(
                    2,
                    &[both[0], "*:user/ada"]
                        .map(|one| one.replace("*:", "arn:aws:iam::000000000000:"))
                        .each_ref()
                        .map(String::as_str),
                ),
                vec![&*ada],
                false,
            ),
        ] {
            assert_eq!(content.is_satisfied_by(&approvers), satisfied, "{content:?} {approvers:?}");
        }
    }

    #[test]
    fn it_is_for_the_branches_that_it_names_or_for_all() {
        for (references, branch, expected) in [
            (None, "main", true),
            (Some(json!([])), "main", true),
            (Some(json!(["refs/heads/main"])), "main", true),
            (Some(json!(["main"])), "main", true),
            (Some(json!(["refs/heads/main"])), "main2", false),
            (Some(json!(["refs/heads/main"])), "x/main", false),
            (Some(json!(["refs/heads/release/*"])), "release/one/two", true),
            (Some(json!(["refs/heads/release/*"])), "release", false),
            (Some(json!(["dev", "ma*n"])), "main", true),
        ] {
            let statements = json!([{"Type": "Approvers", "NumberOfApprovalsNeeded": 1}]);
            let text = json!({"Version": VERSION, "Statements": statements, "DestinationReferences": references});
            let content = Content::read(&text.to_string()).unwrap();
            assert_eq!(content.is_for(branch), expected, "{references:?} {branch}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_says_what_to_do() {
        let with = |key: &str, value: Value| {
            let mut statement = json!({"Type": "Approvers", "NumberOfApprovalsNeeded": 1});
            statement[key] = value;
            rule(&statement)
        };
        let pool = |members: Value| with("ApprovalPoolMembers", members);
        let to = |references: Value| {
            json!({"Version": VERSION, "Statements": [{"Type": "Approvers", "NumberOfApprovalsNeeded": 1}],
                "DestinationReferences": references})
            .to_string()
        };
        for (text, expected) in [
            ("{".to_owned(), "cannot be read"),
            ("[]".to_owned(), "cannot be read"),
            (json!({"Version": VERSION}).to_string(), "missing field `Statements`"),
            (json!({"Version": "2012-10-17", "Statements": []}).to_string(), "use \"2018-11-08\""),
            (json!({"Version": VERSION, "Statements": []}).to_string(), "there are 0 statements"),
            (json!({"Version": VERSION, "Statements": [], "Other": 1}).to_string(), "unknown field `Other`"),
            (with("Type", json!("Reviewers")), "use \"Approvers\""),
            (with("NumberOfApprovalsNeeded", json!(0)), "at least 1"),
            (with("NumberOfApprovalsNeeded", json!(-1)), "cannot be read"),
            (with("NumberOfApprovalsNeeded", json!("2")), "cannot be read"),
            (with("Approvers", json!([])), "unknown field `Approvers`"),
            (pool(json!([])), "1 to 50"),
            (pool(json!(vec!["arn:aws:iam::000000000000:user/a"; 51])), "has 51 members"),
            (pool(json!(["ada"])), "neither an ARN nor"),
            (to(json!(["*"])), "begins with a wildcard"),
            (to(json!(["refs/heads/*main"])), "begins with a wildcard"),
            (to(json!(vec!["a"; 101])), "there are 101"),
        ] {
            let invalid = Content::read(&text).unwrap_err().to_string();
            assert!(invalid.contains(expected), "{text}: {invalid}");
        }
    }

    #[test]
    fn a_name_is_of_plain_characters() {
        for (name, exception) in [
            (None, Some("ApprovalRuleNameRequiredException")),
            (Some(""), Some("ApprovalRuleNameRequiredException")),
            (Some("Require 2 approvals_of-all.people"), None),
            (Some("a.git"), Some("InvalidApprovalRuleNameException")),
            (Some("a/b"), Some("InvalidApprovalRuleNameException")),
            (Some("a!"), Some("InvalidApprovalRuleNameException")),
            (Some(&*"x".repeat(101)), Some("InvalidApprovalRuleNameException")),
        ] {
            let refused = RULE.name(name.map(str::to_owned).as_ref()).err().map(|refusal| refusal.body());
            assert_eq!(refused.as_ref().and_then(|body| body["__type"].as_str()), exception, "{name:?}");
        }
    }

    #[test]
    fn only_a_template_chooses_destinations() {
        let statements = json!([{"Type": "Approvers", "NumberOfApprovalsNeeded": 1}]);
        let text = json!({"Version": VERSION, "Statements": statements, "DestinationReferences": ["main"]}).to_string();
        assert_eq!(TEMPLATE.content(Some(&text)).as_ref(), Ok(&text));
        let refused = RULE.content(Some(&text)).unwrap_err().body();
        assert_eq!(refused["__type"], "InvalidApprovalRuleContentException");
    }
}
