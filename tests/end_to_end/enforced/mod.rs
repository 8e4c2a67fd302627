//! What IAM refuses, on a cloud that stays up: by hand, as somebody would who tries.

mod apart;
mod forged;
mod keys;
mod previews;

use aws_sdk_cloudformation::Client as CloudFormation;
use flowgate::cloud::authority::{Authority, Iam, Role, Session};
use flowgate::cloud::client::{ACCOUNT, REGION};

use crate::up::Up;

/// A service and its Flowgate stack.
struct Enforced {
    up: Up,
    service: &'static str,
    authority: Authority,
}

impl Enforced {
    fn new(up: Up, service: &'static str) -> Self {
        Self { authority: Authority::new(Iam::Enforce, up.sdk()).unwrap(), up, service }
    }

    /// One whose pipeline ends in its build, which is enough to try its roles.
    async fn deployed() -> Self {
        let up = Up::unrecorded().await;
        up.push(&up.service("failing_build", "shop")).await;
        Self::new(up, "shop")
    }

    /// The physical id of a resource of its Flowgate stack.
    async fn resource(&self, logical: &str) -> String {
        let stack = format!("{}-flowgate", self.service);
        let resource = CloudFormation::new(&self.up.sdk()).describe_stack_resource().stack_name(stack);
        let resource = resource.logical_resource_id(logical).send().await.unwrap();
        let id = resource.stack_resource_detail().and_then(|detail| detail.physical_resource_id());
        id.unwrap_or_else(|| panic!("no {logical}")).to_owned()
    }

    /// The ARN of a role of its Flowgate stack.
    async fn role(&self, logical: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:role/{}", self.resource(logical).await)
    }

    /// A session of a role of its Flowgate stack, as the service that it trusts has it.
    async fn session(&self, logical: &str, service: &str, source: &str) -> Session {
        let (arn, source) = (self.role(logical).await, arn(source));
        let role = Role { arn: &arn, service, source: &source, session: "probe", policy: None };
        self.authority.assume(&role).await.unwrap_or_else(|refused| panic!("{logical}: {refused}"))
    }

    /// A session of a function's role, as the function has it.
    async fn function(&self, name: &str, role: &str) -> Session {
        self.session(role, "lambda.amazonaws.com", &format!("lambda:function:{}-flowgate-{name}", self.service)).await
    }
}

/// The ARN of `SERVICE:RESOURCE` in this account and region.
fn arn(resource: &str) -> String {
    let (service, name) = resource.split_once(':').unwrap();
    match service {
        "iam" => format!("arn:aws:iam::{ACCOUNT}:{name}"),
        "s3" => format!("arn:aws:s3:::{name}"),
        "apigateway" => format!("arn:aws:apigateway:{REGION}::{name}"),
        _ => format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"),
    }
}
