//! The status of a commit: what pull requests and lists of commits show beside it.

use pipeline_core::{
    ids::CommitId,
    ports::PortError,
    record::speak::{Light, Status},
    text,
};
use serde_json::json;

use crate::github::{GitHub, call::Call};

/// The longest description that GitHub takes, in characters.
const LONGEST: usize = 140;

/// The permission of a token that may set one.
const NEEDS: &str = "Commit statuses: write";

impl GitHub {
    /// Sets the status of this name: the latest is shown, so that to set it again does no harm.
    pub(crate) async fn set_status(
        &self,
        repository: &str,
        context: &str,
        commit: &CommitId,
        status: &Status,
    ) -> Result<(), PortError> {
        let what = format!("commit {commit} of {repository} on GitHub");
        let url = self.0.api().url(repository, &format!("statuses/{commit}"))?;
        let body = json!({
            "state": state(status.light),
            "description": text::fit(&status.line, LONGEST),
            "target_url": status.url.as_deref().filter(|url| is_link(url)),
            "context": context,
        });
        let call = Call {
            method: "POST",
            url: &url,
            body: Some(body.to_string()),
            expected: 201,
            verb: "set the status of",
            what: &what,
            needs: Some(NEEDS),
            text: "",
        };
        self.0.tell(&call).await
    }
}

fn state(light: Light) -> &'static str {
    match light {
        Light::Pending => "pending",
        Light::Success => "success",
        Light::Failure => "failure",
        Light::Error => "error",
    }
}

/// GitHub refuses a status with any other, and it may come from the code of a pull request.
fn is_link(url: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme))
}
