//! Links to CodePipeline's console.

use crate::ids::ExecutionId;

/// The console of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Console {
    /// The region.
    pub region: String,
}

impl Console {
    /// An execution of a pipeline.
    pub fn execution(&self, pipeline: &str, execution: &ExecutionId) -> String {
        self.page(&format!("{pipeline}/executions/{execution}/timeline"))
    }

    /// A pipeline, where what waits is answered and what failed is tried again.
    pub fn pipeline(&self, pipeline: &str) -> String {
        self.page(&format!("{pipeline}/view"))
    }

    fn page(&self, page: &str) -> String {
        let region = &self.region;
        let domain = match region.split('-').next() {
            Some("cn") => "console.amazonaws.cn",
            Some("us") if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
            _ => "console.aws.amazon.com",
        };
        format!("https://{region}.{domain}/codesuite/codepipeline/pipelines/{page}?region={region}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_a_console_of_its_own() {
        let page = |region: &str| Console { region: region.into() }.pipeline("shop");
        let path = "codesuite/codepipeline/pipelines/shop/view?region=";
        for (region, host) in [
            ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
            ("us-east-1", "us-east-1.console.aws.amazon.com"),
            ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
            ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ] {
            assert_eq!(page(region), format!("https://{host}/{path}{region}"));
        }
    }
}
