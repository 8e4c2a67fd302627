//! IAM.

use aws_sdk_iam::{Client, operation::get_role::GetRoleError};
use aws_types::SdkConfig;
use percent_encoding::percent_decode_str;
use pipeline_core::{ports::PortError, sweep::ports::ReadRoles};

use crate::{client, error::port_error};

/// The roles of our account.
#[derive(Debug, Clone)]
pub struct Roles(Client);

impl Roles {
    /// IAM, each call attempted once: sweep keeps to a rate of calls, and its next run tries again.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(&client::once(config)))
    }
}

impl ReadRoles for Roles {
    async fn trust_policy(&self, role: &str) -> Result<Option<String>, PortError> {
        let operation = format!("read role {role}");
        let answer = match self.0.get_role().role_name(role).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(GetRoleError::is_no_such_entity_exception) => {
                return Ok(None);
            }
            Err(error) => return Err(port_error(&operation, &error)),
        };
        let encoded = answer.role().and_then(|role| role.assume_role_policy_document());
        decoded(encoded).map(Some).map_err(|detail| PortError::Unavailable { operation, detail })
    }
}

/// IAM sends policies URL-encoded, as RFC 3986 has it.
fn decoded(policy: Option<&str>) -> Result<String, String> {
    let policy = policy.filter(|policy| !policy.is_empty()).ok_or("IAM answered without its trust policy")?;
    let policy = percent_decode_str(policy).decode_utf8().map_err(|error| format!("its trust policy: {error}"))?;
    Ok(policy.into_owned())
}
