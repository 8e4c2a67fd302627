//! Where a pipeline is.

use std::fmt;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::operation::get_pipeline::GetPipelineOutput;
use serde::Serialize;

use super::call::{CallError, Called as _};
use crate::cloud::client::ACCOUNT;

/// An account and a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Place {
    account: String,
    region: String,
}

impl Place {
    /// Whether it is a local cloud.
    pub(super) fn is_local(&self) -> bool {
        self.account == ACCOUNT
    }

    pub(super) async fn of(client: &Client, pipeline: &str) -> Result<Self, CallError> {
        let found = client.get_pipeline().name(pipeline).send().await.called("GetPipeline", pipeline)?;
        Ok(Self::in_answer(&found))
    }

    /// Where the pipeline is that the service told of.
    pub(super) fn in_answer(found: &GetPipelineOutput) -> Self {
        in_arn(found.metadata().and_then(|metadata| metadata.pipeline_arn()).unwrap_or_default())
    }
}

/// `arn:aws:codepipeline:REGION:ACCOUNT:NAME`
fn in_arn(arn: &str) -> Place {
    let part = |index| arn.split(':').nth(index).unwrap_or("unknown").to_owned();
    Place { account: part(4), region: part(3) }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {}, region {}", self.account, self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipelines_arn_says_where_it_is() {
        let place = in_arn("arn:aws:codepipeline:eu-west-1:111122223333:shop");
        assert_eq!(place.to_string(), "account 111122223333, region eu-west-1");
    }
}
