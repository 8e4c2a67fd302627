//! Stacks of the tests: previews as a pipeline deploys them, and what looks like one.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Capability, Tag};
use flowgate::cloud::stack_wait::{self, Stack};
use serde_json::{Value, json};

use crate::world::{SERVICE, World};

/// A stack that is to be made. By itself it is a preview like any other.
pub(crate) struct Preview<'a> {
    pub(crate) name: &'a str,
    pub(crate) tags: BTreeMap<&'a str, String>,
    pub(crate) template: Value,
    pub(crate) role: Option<&'a str>,
    pub(crate) protected: bool,
}

impl World {
    /// What a pipeline would deploy under this token.
    pub(crate) fn preview<'a>(&'a self, name: &'a str, token: u64) -> Preview<'a> {
        let tags = [
            ("flowgate:ephemeral", "true".to_owned()),
            ("flowgate:service", SERVICE.to_owned()),
            ("flowgate:token", token.to_string()),
        ];
        Preview { name, tags: tags.into(), template: tiny(), role: Some(&self.role), protected: false }
    }

    /// Makes the stack, gives its ARN, and does not wait for it.
    pub(crate) async fn begin(&self, preview: Preview<'_>) -> Result<String, String> {
        let tags = preview.tags.iter().map(|(key, value)| Tag::builder().key(*key).value(value).build()).collect();
        let client = self.cloudformation();
        let request = client.create_stack().stack_name(preview.name).template_body(preview.template.to_string());
        let request = request.set_tags(Some(tags)).set_role_arn(preview.role.map(str::to_owned));
        let request =
            request.enable_termination_protection(preview.protected).capabilities(Capability::CapabilityNamedIam);
        let made = request.send().await.map_err(|error| error.into_service_error().to_string())?;
        Ok(made.stack_id.unwrap())
    }

    /// Makes the stack, waits for it, and gives its ARN.
    pub(crate) async fn create(&self, preview: Preview<'_>) -> String {
        let id = self.begin(preview).await.unwrap();
        let stack = self.settled(&id).await;
        assert_eq!(stack.status, "CREATE_COMPLETE", "{stack:?}");
        id
    }

    /// The stack of this name or id, when nothing goes on with it any more.
    pub(crate) async fn settled(&self, stack: &str) -> Stack {
        stack_wait::settled(&self.cloudformation(), stack).await.unwrap().unwrap_or_else(|| panic!("no stack {stack}"))
    }

    /// Deletes a stack by hand.
    pub(crate) async fn delete_by_hand(&self, id: &str) {
        self.cloudformation().delete_stack().stack_name(id).send().await.unwrap();
        assert_eq!(self.settled(id).await.status, "DELETE_COMPLETE");
    }
}

/// A template whose one resource costs nothing to make.
pub(crate) fn tiny() -> Value {
    json!({"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
}
