//! Reads the packaged templates and the stages' profiles, and writes the configurations as the output artifact.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    configure::{
        configuration::{Configuration, Profile, configuration, profile},
        params::{self, Params, Target},
        template::Template,
    },
    drive::Action,
    job::{Artifact, Job},
    ports::{Parameter, PortError, ReadParameters},
    verdict::{Report, Verdict},
};

/// Files by their path inside an artifact.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Reading artifacts, with the job's own credentials.
pub trait ReadArtifacts {
    /// The named files of the artifact; [`PortError::NotFound`] names the one that is missing.
    fn files(&self, artifact: &Artifact, paths: &BTreeSet<&str>) -> impl Future<Output = Result<Files, PortError>>;
}

/// Writing artifacts, with the job's own credentials.
pub trait WriteArtifacts {
    /// Writes the artifact's zip.
    fn write(&self, artifact: &Artifact, files: &Files) -> impl Future<Output = Result<(), PortError>>;
}

/// The action.
#[derive(Debug)]
pub struct Configure<'a, A, P> {
    /// The job's artifacts.
    pub artifacts: A,
    /// Where the stages' profiles are.
    pub parameters: &'a P,
}

impl<A: ReadArtifacts + WriteArtifacts, P: ReadParameters> Action for Configure<'_, A, P> {
    async fn perform(&self, job: &Job, _until: Timestamp) -> Verdict {
        self.attempt(job).await.unwrap_or_else(|report| report).into()
    }
}

impl<A: ReadArtifacts + WriteArtifacts, P: ReadParameters> Configure<'_, A, P> {
    async fn attempt(&self, job: &Job) -> Result<Report, Report> {
        let params = params::parse(job.user_parameters.as_deref()).map_err(misconfigured)?;
        let input = job.input().map_err(misconfigured)?;
        let output = job.output().map_err(misconfigured)?;
        let paths: BTreeSet<&str> = params.targets.values().map(|target| target.template.as_str()).collect();
        let templates = self.artifacts.files(input, &paths).await?;
        let mut files = Files::new();
        for (name, target) in &params.targets {
            let template = templates.get(&target.template).map(Vec::as_slice).unwrap_or_default();
            files.insert(format!("{name}.json"), self.configured(&params, target, template).await?);
        }
        self.artifacts.write(output, &files).await?;
        let names: Vec<&str> = params.targets.keys().map(String::as_str).collect();
        Ok(Report::succeed(&format!("configured {} for {}", params.service, names.join(", ")), BTreeMap::new()))
    }

    async fn configured(&self, params: &Params, target: &Target, template: &[u8]) -> Result<Vec<u8>, Report> {
        let template = Template::read(&target.template, template).map_err(misconfigured)?;
        if target.lease.is_some() {
            template.check_exports().map_err(misconfigured)?;
        }
        let profile = self.profile(params, &target.profile).await?;
        Ok(encode(&configuration(params, target, &template.parameters(), &profile)))
    }

    async fn profile(&self, params: &Params, of: &str) -> Result<Profile, Report> {
        let name = format!("/flowgate/{}/{of}", params.service);
        match self.parameters.parameter(&name).await? {
            Some(Parameter::Plain(text)) => profile(&name, &text).map_err(misconfigured),
            // What it holds would stand in the clear in an artifact and in the stack's parameters.
            Some(Parameter::Secret) => Err(misconfigured(format!(
                "parameter {name} is a SecureString; make it a String, and let the service read its secrets itself"
            ))),
            None => Ok(Profile::new()),
        }
    }
}

fn encode(configuration: &Configuration) -> Vec<u8> {
    serde_json::to_vec_pretty(configuration).expect("maps of strings have a JSON form")
}

#[expect(clippy::needless_pass_by_value, reason = "used as the function that map_err takes")]
fn misconfigured(error: impl ToString) -> Report {
    Report::misconfigured(&error.to_string())
}
