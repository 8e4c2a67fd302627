//! The variables a build sees: CodeBuild's, the project's, and of this machine's only what tools need to be found.

use std::collections::BTreeMap;

use aws_credential_types::Credentials;
use jiff::Timestamp;

use super::project::Project;
use crate::pipeline::action::{Artifact, Request};

/// What may come from this machine. Anything else may be a secret, or make a build depend on whose machine it is.
/// `RUSTUP_TOOLCHAIN` is left out with care: cargo sets it for whatever it runs, and it would override the service's own.
const FROM_HOST: [&str; 27] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "GOPATH",
    "GOROOT",
    "JAVA_HOME",
    "NVM_DIR",
    "PYENV_ROOT",
    "XDG_CACHE_HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "ALL_PROXY",
];

/// A build's variables.
pub(super) type Variables = BTreeMap<String, String>;

/// Who and what a build is.
pub(super) struct Identity<'a> {
    pub(super) request: &'a Request,
    pub(super) project_name: &'a str,
    pub(super) project: &'a Project,
    /// The UUID of this build.
    pub(super) uuid: &'a str,
    pub(super) started: Timestamp,
}

pub(super) fn from_host(all: impl Iterator<Item = (String, String)>) -> Variables {
    all.filter(|(name, _)| FROM_HOST.contains(&name.as_str())).collect()
}

/// By these the commands work as the project's role.
pub(super) fn keys(credentials: &Credentials) -> impl Iterator<Item = (String, String)> {
    let token = credentials.session_token().map(|token| ("AWS_SESSION_TOKEN", token));
    let keys = [
        ("AWS_ACCESS_KEY_ID", credentials.access_key_id()),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key()),
    ];
    keys.into_iter().chain(token).map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// What CodeBuild hides in logs of the role's keys: the access key's id. That of the local cloud's root is known to
/// everybody, and in many a word.
pub(super) fn hidden(credentials: &Credentials) -> Vec<String> {
    let issued = credentials.session_token().map(|_| credentials.access_key_id().to_owned());
    issued.into_iter().collect()
}

/// Where the build is; a buildspec may say otherwise.
pub(super) fn region(region: &str) -> impl Iterator<Item = (String, String)> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().map(move |name| (name.to_owned(), region.to_owned()))
}

/// The variables CodeBuild sets, apart from those that depend on the directories of the build; the first input is the
/// source.
pub(super) fn of_codebuild(identity: &Identity<'_>, inputs: &[&Artifact]) -> Variables {
    let Identity { request, project_name, project, uuid, started } = identity;
    let build_arn = project.arn.replacen(":project/", ":build/", 1);
    let revision = inputs.first().and_then(|primary| primary.revision.clone()).unwrap_or_default();
    let set = [
        ("CODEBUILD_CI", "true".to_owned()),
        ("CODEBUILD_BUILD_ARN", format!("{build_arn}:{uuid}")),
        ("CODEBUILD_BUILD_ID", format!("{project_name}:{uuid}")),
        ("CODEBUILD_BUILD_IMAGE", project.image.clone()),
        ("CODEBUILD_INITIATOR", format!("codepipeline/{}", request.pipeline)),
        ("CODEBUILD_KMS_KEY_ID", project.encryption_key.clone()),
        ("CODEBUILD_PROJECT_ARN", project.arn.clone()),
        ("CODEBUILD_RESOLVED_SOURCE_VERSION", revision),
        // Documented to be empty in a build of CodePipeline's.
        ("CODEBUILD_SOURCE_REPO_URL", String::new()),
        ("CODEBUILD_START_TIME", started.as_millisecond().to_string()),
    ];
    let log = project.log_of(uuid).map(|place| ("CODEBUILD_LOG_PATH", place.stream));
    let set = set.into_iter().chain(log).map(|(name, value)| (name.to_owned(), value));
    set.chain(inputs.iter().enumerate().map(|(at, input)| source_version(at, input))).collect()
}

fn source_version(at: usize, input: &Artifact) -> (String, String) {
    let name = "CODEBUILD_SOURCE_VERSION".to_owned();
    let name = if at == 0 { name } else { format!("{name}_{}", input.name) };
    (name, format!("arn:aws:s3:::{}/{}", input.location.bucket, input.location.key))
}

/// `git-credential-helper: yes`: the addresses of CodeCommit lead to the local cloud's, and its credential helper is asked.
pub(super) fn git(variables: &Variables) -> Variables {
    let of = |name: &str| variables.get(name).map_or("", String::as_str);
    let codecommit = format!("https://git-codecommit.{}.amazonaws.com/v1/repos/", of("AWS_REGION"));
    let settings = [
        (format!("url.{}/v1/repos/.insteadOf", of("AWS_ENDPOINT_URL")), codecommit),
        ("credential.helper".to_owned(), "!aws codecommit credential-helper --ignore-host-check $@".to_owned()),
        ("credential.UseHttpPath".to_owned(), "true".to_owned()),
    ];
    let count = ("GIT_CONFIG_COUNT".to_owned(), settings.len().to_string());
    let pairs = settings.into_iter().enumerate().flat_map(|(at, (key, value))| {
        [(format!("GIT_CONFIG_KEY_{at}"), key), (format!("GIT_CONFIG_VALUE_{at}"), value)]
    });
    pairs.chain([count]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_this_machine_is_seen_but_where_its_tools_are() {
        let host = [
            ("PATH", "p"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("GITHUB_TOKEN", "s"),
            ("RUSTUP_TOOLCHAIN", "x"),
            ("HOME", "h"),
        ];
        let seen = from_host(host.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        assert_eq!(seen.into_keys().collect::<Vec<_>>(), ["HOME", "PATH"]);
    }
}
