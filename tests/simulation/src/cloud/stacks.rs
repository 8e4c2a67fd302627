//! CloudFormation: its operations go on in steps, names are reused with new ids, and deleted stacks are remembered.

use std::collections::BTreeMap;

use pipeline_core::{
    ids::{StackArn, StackName},
    ports::PortError,
    sweep::stack::{Resource, StackFacts, StackStatus},
};

use crate::{
    cloud::{ACCOUNT, Cloud, DEPLOY_ROLE, OTHER_ROLE, OWN_STACK, REGION, SERVICE, at},
    op::{Deploy, Reply, Target},
    rng::Rng,
};

/// Stacks on a page of a list.
const PAGE: usize = 3;

/// A stack, with what it owns.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub(crate) name: StackName,
    pub(crate) facts: StackFacts,
    pub(crate) bucket: Option<Bucket>,
    /// Whether it owns a role that CloudFormation may take on.
    pub(crate) owns_deploy_role: bool,
    /// CloudFormation remembers deleted stacks for 90 days.
    pub(crate) forgotten: bool,
    /// The step of its present operation.
    pub(crate) step: u32,
    /// What it was before its deletion began.
    before: String,
    /// Request tokens that started a deletion.
    requests: Vec<String>,
}

/// A bucket of a stack.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) objects: u32,
    /// Its tag `aws:cloudformation:stack-id`.
    pub(crate) owner: Option<String>,
}

impl Stack {
    pub(crate) fn is_live(&self) -> bool {
        self.status() != "DELETE_COMPLETE"
    }

    pub(crate) fn status(&self) -> &str {
        &self.facts.status.0
    }

    /// One that failed can only be deleted.
    pub(super) fn is_updatable(&self) -> bool {
        ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"].contains(&self.status())
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.status().ends_with("_IN_PROGRESS")
    }
}

fn unusable(what: &StackArn, why: &str) -> PortError {
    PortError::Unusable { what: format!("stack {what}"), why: why.to_owned() }
}

fn tags(token: &str) -> BTreeMap<String, String> {
    [("flowgate:ephemeral", "true"), ("flowgate:service", SERVICE), ("flowgate:token", token)]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// What lets somebody take on a role.
fn trust(service: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
    )
}

impl Cloud {
    /// A new stack of this name, being created.
    pub(super) fn create(&mut self, name: &str, token: &str, now: i64) -> usize {
        let index = self.stacks.len();
        let id = format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/0000-{index}");
        let (Ok(id), Ok(name)) = (id.parse::<StackArn>(), name.parse::<StackName>()) else { return 0 };
        self.stacks.push(Stack {
            name,
            facts: StackFacts {
                id,
                status: StackStatus("CREATE_IN_PROGRESS".to_owned()),
                reason: None,
                tags: tags(token),
                parent: None,
                protected: Some(false),
                role: Some(DEPLOY_ROLE.to_owned()),
                created: at(now),
                changed: None,
                exports: Vec::new(),
            },
            bucket: None,
            owns_deploy_role: false,
            forgotten: false,
            step: 0,
            before: String::new(),
            requests: Vec::new(),
        });
        index
    }

    /// Stacks that look almost like previews.
    pub(super) fn neighbours(&mut self, now: i64) {
        let day = 24 * 60 * 60 * 1000;
        for name in ["svc-prod", "svc-pr-4-prod", "other-pr-4", "svc-flowgate"] {
            let index = self.create(name, "1", now - 30 * day);
            self.stacks[index].facts.status = StackStatus("CREATE_COMPLETE".to_owned());
        }
        if let (Some(own), Ok(id)) = (self.stacks.last_mut(), OWN_STACK.parse()) {
            own.facts.id = id;
        }
        self.listed = self.stacks.iter().map(|stack| stack.facts.clone()).collect();
    }

    pub(super) fn resources(&self, id: &StackArn) -> Result<Reply, PortError> {
        let stack = self.by_id(id).ok_or_else(|| PortError::NotFound { what: format!("stack {id}") })?;
        let resource = |logical: &str, physical: &str, kind: &str| Resource {
            logical: logical.to_owned(),
            physical: physical.to_owned(),
            kind: kind.to_owned(),
            status: "CREATE_COMPLETE".to_owned(),
            reason: None,
        };
        let mut resources = vec![resource("Function", "svc-function", "AWS::Lambda::Function")];
        let trusted = if stack.owns_deploy_role { "deploys" } else { "runs" };
        resources.push(resource("Role", &format!("{}-{trusted}", stack.name), "AWS::IAM::Role"));
        if let Some(bucket) = &stack.bucket {
            let status = if stack.status() == "DELETE_FAILED" { "DELETE_FAILED" } else { "CREATE_COMPLETE" };
            let bucket = resource("Bucket", &bucket.name, "AWS::S3::Bucket");
            resources.push(Resource { status: status.to_owned(), ..bucket });
        }
        Ok(Reply::Resources(resources))
    }

    pub(super) fn trust_policy(&self, role: &str) -> Option<String> {
        let (owner, service) = match role.strip_suffix("-deploys") {
            Some(owner) => (owner, "cloudformation.amazonaws.com"),
            None => (role.strip_suffix("-runs")?, "lambda.amazonaws.com"),
        };
        let exists = self.stacks.iter().any(|stack| stack.is_live() && stack.name.as_str() == owner);
        exists.then(|| trust(service))
    }

    pub(super) fn owner(&self, bucket: &str) -> Option<String> {
        self.buckets().find(|it| it.name == bucket)?.owner.clone()
    }

    pub(crate) fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.stacks.iter().filter(|stack| stack.is_live()).filter_map(|stack| stack.bucket.as_ref())
    }

    /// Deletes some of its objects.
    pub(super) fn empty(&mut self, name: &str) -> Result<Reply, PortError> {
        let mut buckets = self.stacks.iter_mut().filter(|stack| stack.is_live()).filter_map(|it| it.bucket.as_mut());
        let bucket = buckets.find(|bucket| bucket.name == name);
        let bucket = bucket.ok_or_else(|| PortError::NotFound { what: format!("bucket {name}") })?;
        bucket.objects = bucket.objects.saturating_sub(1);
        Ok(Reply::Flag(bucket.objects == 0))
    }

    /// One page, the newest stacks first, as a replica has it that is brought up to date now and then.
    pub(super) fn list(&mut self, page: usize, rng: &mut Rng) -> Reply {
        if page == 0 && (self.calm || rng.chance(700)) {
            let live = self.stacks.iter().rev().filter(|stack| stack.is_live());
            self.listed = live.map(|stack| stack.facts.clone()).collect();
        }
        // A list does not say what is protected.
        let unsaid = |facts: &StackFacts| StackFacts { protected: None, ..facts.clone() };
        let stacks = self.listed.iter().skip(page * PAGE).take(PAGE).map(unsaid).collect();
        Reply::Listed { stacks, more: self.listed.len() > (page + 1) * PAGE }
    }

    /// As CodePipeline's action `CREATE_UPDATE`.
    pub(crate) fn deploy(&mut self, deploy: &Deploy, now: i64, rng: &mut Rng) -> Result<Reply, PortError> {
        let token = deploy.token.to_string();
        let standing = self.stacks.iter().rposition(|stack| stack.name == deploy.name && stack.is_live());
        let index = match standing {
            None => {
                let index = self.create(deploy.name.as_str(), &token, now);
                let id = self.stacks[index].facts.id.to_string();
                if deploy.with_bucket {
                    let bucket = Bucket { name: format!("bucket-{index}"), objects: 2, owner: Some(id) };
                    self.stacks[index].bucket = Some(bucket);
                }
                if rng.chance(500) {
                    self.stacks[index].facts.exports = vec![format!("{}-url", deploy.name)];
                }
                index
            }
            Some(index) => {
                let stack = &mut self.stacks[index];
                if !stack.is_updatable() {
                    return Err(unusable(&stack.facts.id, stack.status()));
                }
                stack.facts.tags = tags(&token);
                self.update(index, now);
                index
            }
        };
        self.go_on(index, now, rng);
        Ok(Reply::Deployed(self.stacks[index].facts.id.clone()))
    }

    /// An update begins.
    pub(super) fn update(&mut self, index: usize, now: i64) {
        let facts = &mut self.stacks[index].facts;
        facts.status = StackStatus("UPDATE_IN_PROGRESS".to_owned());
        facts.changed = Some(at(now));
    }

    pub(super) fn delete(&mut self, target: &Target, token: &str, now: i64, rng: &mut Rng) -> Result<Reply, PortError> {
        let wanted = self.target(target).map(|stack| stack.facts.id.clone());
        let index = self.stacks.iter().position(|stack| Some(&stack.facts.id) == wanted.as_ref());
        // As documented: deleting what is not there succeeds.
        let Some(index) = index else { return Ok(Reply::Done) };
        let stack = &mut self.stacks[index];
        if !stack.is_live() || stack.status() == "DELETE_IN_PROGRESS" || stack.requests.iter().any(|it| it == token) {
            return Ok(Reply::Done);
        }
        if stack.facts.protected != Some(false) {
            return Err(unusable(&stack.facts.id, "termination protection is enabled"));
        }
        if stack.is_busy() {
            return Err(unusable(&stack.facts.id, "it cannot be deleted while an operation is in progress"));
        }
        if stack.facts.role.as_deref() == Some(OTHER_ROLE) {
            return Err(unusable(&stack.facts.id, "its role cannot be assumed"));
        }
        stack.requests.push(token.to_owned());
        self.begin_deletion(index, now, rng);
        Ok(Reply::Done)
    }

    pub(super) fn begin_deletion(&mut self, index: usize, now: i64, rng: &mut Rng) {
        let status = StackStatus("DELETE_IN_PROGRESS".to_owned());
        let before = std::mem::replace(&mut self.stacks[index].facts.status, status);
        self.stacks[index].before = before.0;
        self.go_on(index, now, rng);
    }

    /// Lets the operation of this stack take its next step in a while.
    pub(super) fn go_on(&mut self, index: usize, now: i64, rng: &mut Rng) {
        let stack = &mut self.stacks[index];
        stack.step += 1;
        let longest = if rng.chance(100) { 1_800_000 } else { 60_000 };
        self.progress.push((now + rng.between(500, longest), index, stack.step));
    }

    /// The next step of an operation.
    pub(crate) fn step(&mut self, index: usize, step: u32, now: i64, rng: &mut Rng) {
        let stack = &self.stacks[index];
        if stack.step != step {
            return;
        }
        let exported =
            stack.facts.exports.iter().any(|export| self.imports.get(export).is_some_and(|it| !it.is_empty()));
        let full = stack.bucket.as_ref().is_some_and(|bucket| bucket.objects > 0);
        let deletable = !full && !rng.chance(self.failing);
        let fails = !self.calm && rng.chance(100);
        let next = match (stack.status(), fails) {
            ("CREATE_IN_PROGRESS", false) => "CREATE_COMPLETE",
            ("CREATE_IN_PROGRESS", true) => "ROLLBACK_IN_PROGRESS",
            ("ROLLBACK_IN_PROGRESS", false) => "ROLLBACK_COMPLETE",
            ("ROLLBACK_IN_PROGRESS", true) => "ROLLBACK_FAILED",
            ("UPDATE_IN_PROGRESS", false) => "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            ("UPDATE_IN_PROGRESS", true) => "UPDATE_ROLLBACK_IN_PROGRESS",
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", _) => "UPDATE_COMPLETE",
            ("UPDATE_ROLLBACK_IN_PROGRESS", false) => "UPDATE_ROLLBACK_COMPLETE",
            ("UPDATE_ROLLBACK_IN_PROGRESS", true) => "UPDATE_ROLLBACK_FAILED",
            // "Export … cannot be deleted as it is in use": it is what it was before.
            ("DELETE_IN_PROGRESS", _) if exported => stack.before.as_str(),
            ("DELETE_IN_PROGRESS", _) if deletable => "DELETE_COMPLETE",
            ("DELETE_IN_PROGRESS", _) => "DELETE_FAILED",
            _ => return,
        };
        let next = StackStatus(next.to_owned());
        self.stacks[index].facts.status = next;
        if self.stacks[index].is_busy() {
            self.go_on(index, now, rng);
        }
    }
}
