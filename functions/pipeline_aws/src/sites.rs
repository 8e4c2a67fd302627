//! The account and region of a stage: our own, or another's that a role lets us into.

use std::sync::{Mutex, PoisonError};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_sts::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::assume_role::AssumeRoleError,
    types,
};
use aws_types::{SdkConfig, region};
use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::{FunctionName, JobId, Region, RoleArn, StackName},
    ports::{Clock, PortError, ReadStacks, Stack},
    start_tests::{
        ports::{Answer, InvokeTests, ReachSites},
        site::Site,
    },
};
use serde_json::Value;

use crate::{
    clock::SystemClock,
    cloudformation::Stacks,
    error::{Whose, port_error},
    lambda::Tests,
};

/// The stacks and functions of one account and region.
#[derive(Debug, Clone)]
pub struct Stage {
    stacks: Stacks,
    tests: Tests,
}

impl Stage {
    fn new(config: &SdkConfig, whose: Whose) -> Self {
        Self { stacks: Stacks::of(config, whose), tests: Tests::of(config, whose) }
    }
}

/// Gets to them.
#[derive(Debug)]
pub struct Sites {
    config: SdkConfig,
    sts: Client,
    ours: Stage,
    kept: Mutex<Option<Kept>>,
}

/// What was reached last. Later questions of the same job use it too.
#[derive(Debug)]
struct Kept {
    job: JobId,
    site: Site,
    stage: Stage,
    until: Timestamp,
}

/// How long a session lasts, in seconds. No run is longer than the invocation that drives it, 15 minutes; and to a role that
/// assumes another one, STS grants an hour at most.
const SESSION: i32 = 1800;

/// A kept session has at least so much left: as long as any invocation lasts.
const LEFT: SignedDuration = SignedDuration::from_mins(15);

impl Sites {
    /// Our own are at hand from the start.
    pub fn new(config: &SdkConfig) -> Self {
        let (sts, ours) = (Client::new(config), Stage::new(config, Whose::Ours));
        Self { config: config.clone(), sts, ours, kept: Mutex::default() }
    }

    fn kept(&self, job: &JobId, site: &Site) -> Option<Stage> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let good = |kept: &&Kept| {
            kept.job == *job && kept.site == *site && SystemClock.now().duration_until(kept.until) > LEFT
        };
        kept.as_ref().filter(good).map(|kept| kept.stage.clone())
    }

    fn keep(&self, kept: Kept) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    fn elsewhere(&self, region: Option<&Region>, session: Option<Credentials>) -> Stage {
        let mut config = self.config.to_builder();
        if let Some(name) = region {
            config = config.region(region::Region::new(name.to_string()));
        }
        let mut whose = Whose::Ours;
        if let Some(session) = session {
            whose = Whose::Stage;
            config = config.credentials_provider(SharedCredentialsProvider::new(session));
        }
        Stage::new(&config.build(), whose)
    }

    async fn session(&self, role: &RoleArn, job: &JobId) -> Result<types::Credentials, PortError> {
        // The name is what the other account's trail shows.
        let request = self.sts.assume_role().role_arn(role.as_str()).role_session_name(format!("flowgate-{job}"));
        let answer = request.duration_seconds(SESSION).send().await.map_err(|error| refused(role, &error))?;
        answer.credentials.ok_or_else(|| PortError::Unavailable {
            operation: format!("assume role {role}"),
            detail: "STS answered without credentials".to_owned(),
        })
    }
}

fn refused(role: &RoleArn, error: &SdkError<AssumeRoleError, HttpResponse>) -> PortError {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    match port_error(&format!("assume role {role}"), error) {
        // STS does not tell a role that does not exist from one that does not trust us.
        PortError::Denied { operation, detail } if code == Some("AccessDenied") => {
            PortError::Denied { operation, detail: format!("{detail}; {REMEDY}") }
        }
        PortError::Unavailable { detail, .. }
            if matches!(code, Some("RegionDisabledException" | "ValidationError")) =>
        {
            PortError::Unusable { what: format!("role {role}"), why: detail }
        }
        other => other,
    }
}

const REMEDY: &str = "allow sts:AssumeRole on it to this function's role (parameter TestRoleArns of Flowgate's stack), and let \
                      the trust policy of that role name this function's role";

impl ReachSites for Sites {
    type Stage<'a> = Stage;

    async fn reach(&self, site: &Site, job: &JobId) -> Result<Stage, PortError> {
        if *site == Site::default() {
            return Ok(self.ours.clone());
        }
        if let Some(stage) = self.kept(job, site) {
            return Ok(stage);
        }
        let mut until = Timestamp::MAX;
        let mut session = None;
        if let Some(role) = &site.role_arn {
            let granted = self.session(role, job).await?;
            until = Timestamp::from_second(granted.expiration.secs()).unwrap_or(Timestamp::MIN);
            session = Some(credentials(granted));
        }
        let stage = self.elsewhere(site.region.as_ref(), session);
        self.keep(Kept { job: job.clone(), site: site.clone(), stage: stage.clone(), until });
        Ok(stage)
    }
}

fn credentials(granted: types::Credentials) -> Credentials {
    let types::Credentials { access_key_id, secret_access_key, session_token, .. } = granted;
    Credentials::new(access_key_id, secret_access_key, Some(session_token), None, "role of the stage")
}

impl ReadStacks for Stage {
    fn describe(&self, name: &StackName) -> impl Future<Output = Result<Stack, PortError>> {
        self.stacks.describe(name)
    }
}

impl InvokeTests for Stage {
    fn call(&self, function: &FunctionName, payload: &Value) -> impl Future<Output = Result<Answer, PortError>> {
        self.tests.call(function, payload)
    }

    fn start(&self, function: &FunctionName, payload: &Value) -> impl Future<Output = Result<(), PortError>> {
        self.tests.start(function, payload)
    }
}
