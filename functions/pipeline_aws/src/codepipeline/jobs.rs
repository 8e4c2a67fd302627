//! The job API.

use aws_sdk_codepipeline::{
    Client,
    config::{Builder, http::HttpResponse},
    error::{ProvideErrorMetadata, SdkError},
    types::{ExecutionDetails, FailureDetails, FailureType},
};
use aws_types::SdkConfig;
use pipeline_core::{
    ids::JobId,
    ports::{PortError, SettleJobs, Settled},
    verdict::{FailureKind, Report},
};

use crate::{client, error::port_error};

/// The jobs of our account.
#[derive(Debug, Clone)]
pub struct Jobs(Client);

impl Jobs {
    /// CodePipeline in our region.
    pub fn new(config: &SdkConfig) -> Self {
        let config = Builder::from(config).timeout_config(client::prompt()).retry_config(client::quick_retries());
        Self(Client::from_conf(config.build()))
    }
}

impl SettleJobs for Jobs {
    async fn settle(&self, job: &JobId, report: &Report) -> Result<Settled, PortError> {
        match report {
            Report::Succeed { summary, outputs } => {
                let details = ExecutionDetails::builder().summary(summary).build();
                let mut request = self.0.put_job_success_result().job_id(job.as_str()).execution_details(details);
                for (key, value) in outputs {
                    request = request.output_variables(key, value);
                }
                answer(job, request.send().await)
            }
            Report::Continue { token, percent, summary } => {
                let details =
                    ExecutionDetails::builder().summary(summary).percent_complete(i32::from(*percent)).build();
                let request = self.0.put_job_success_result().job_id(job.as_str()).execution_details(details);
                answer(job, request.continuation_token(token).send().await)
            }
            Report::Fail { kind, message } => {
                let details = FailureDetails::builder().r#type(failure_type(*kind)).message(message).build();
                let details = details.map_err(|error| PortError::Unavailable {
                    operation: format!("describe the failure of job {job}"),
                    detail: error.to_string(),
                })?;
                let request = self.0.put_job_failure_result().job_id(job.as_str()).failure_details(details);
                answer(job, request.send().await)
            }
        }
    }
}

fn answer<O, E>(job: &JobId, result: Result<O, SdkError<E, HttpResponse>>) -> Result<Settled, PortError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match result {
        Ok(_) => Ok(Settled::Accepted),
        Err(error) => {
            let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
            // I20: somebody or something settled it before us.
            if code.starts_with("InvalidJobState") || code.starts_with("JobNotFound") {
                return Ok(Settled::Already);
            }
            Err(port_error(&format!("settle job {job}"), &error))
        }
    }
}

fn failure_type(kind: FailureKind) -> FailureType {
    match kind {
        FailureKind::JobFailed => FailureType::JobFailed,
        FailureKind::ConfigurationError => FailureType::ConfigurationError,
        FailureKind::PermissionError => FailureType::PermissionError,
        FailureKind::SystemUnavailable => FailureType::SystemUnavailable,
    }
}
