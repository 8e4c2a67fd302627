//! `git http-backend`, called as a CGI program.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;
use std::process::Stdio;

use axum::body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdout, Command};

use crate::repository::isolate;
use crate::supervise::{Child, Supervisor};

/// What a piece of a streamed answer may hold.
const PIECE: usize = 64 * 1024;
/// Request headers, and the variables by which a CGI program knows them.
const VARIABLES: [(&str, &str); 3] =
    [("content-type", "CONTENT_TYPE"), ("content-encoding", "HTTP_CONTENT_ENCODING"), ("git-protocol", "GIT_PROTOCOL")];
/// Beside what isolates git: pushes are allowed, no hook runs, and tidying up is over when the program is.
const SETTINGS: [&str; 4] =
    ["http.receivepack=true", "core.hooksPath=/dev/null", "gc.autoDetach=false", "maintenance.autoDetach=false"];

/// Why git's backend gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CgiError {
    /// The client went away, or does not speak HTTP.
    #[error("the request broke off: {0}")]
    Request(axum::Error),
    /// Its body could not be kept, or the program not be run.
    #[error("cannot run git http-backend: {0}")]
    Machine(#[from] io::Error),
    /// It is not there, or fails.
    #[error("git http-backend gave no answer, is all of git installed? {0}")]
    NoAnswer(String),
}

/// A request's body, in a file that goes with this.
pub(crate) struct Body {
    file: NamedTempFile,
    length: u64,
}

impl Body {
    /// Writes it to a file in `directory`.
    pub(crate) async fn receive(body: body::Body, directory: &Path) -> Result<Self, CgiError> {
        let file = NamedTempFile::new_in(directory)?;
        let mut to = tokio::fs::File::from_std(file.reopen()?);
        let mut pieces = body.into_data_stream();
        let mut length = 0;
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(CgiError::Request)?;
            length += piece.len() as u64;
            to.write_all(&piece).await?;
        }
        to.flush().await?;
        Ok(Self { file, length })
    }
}

/// One call of the backend.
pub(crate) struct Call<'a> {
    /// The directory with all repositories.
    pub(crate) root: &'a Path,
    /// The repository's name, which has been checked.
    pub(crate) name: &'a str,
    pub(crate) method: &'a str,
    pub(crate) service: &'a str,
    pub(crate) query: &'a str,
}

impl Call<'_> {
    /// Starts the program and reads the head of its answer.
    pub(crate) async fn start(
        &self,
        supervisor: &Supervisor,
        headers: &HeaderMap,
        body: Option<Body>,
    ) -> Result<Answer, CgiError> {
        let mut command = program(supervisor, body.as_ref());
        self.environment(&mut command, headers, body.as_ref());
        let mut complaints = tempfile::tempfile()?;
        let mut child = Child::spawn(command.stdout(Stdio::piped()).stderr(complaints.try_clone()?))?;
        let stdout = child.take_stdout().ok_or_else(|| io::Error::other("a piped output is there"))?;
        let mut output = BufReader::with_capacity(PIECE, stdout);
        match head(&mut output).await? {
            Some((status, headers)) => Ok(Answer { status, headers, output, child, body }),
            None => Err(CgiError::NoAnswer(read(&mut complaints)?)),
        }
    }

    /// Nothing of our own environment but where programs are.
    fn environment(&self, command: &mut Command, headers: &HeaderMap, body: Option<&Body>) {
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("LC_ALL", "C").env("GATEWAY_INTERFACE", "CGI/1.1").env("SERVER_PROTOCOL", "HTTP/1.1");
        command.env("GIT_PROJECT_ROOT", self.root).env("GIT_HTTP_EXPORT_ALL", "1");
        command.env("PATH_INFO", format!("/{}.git/{}", self.name, self.service));
        command.env("REQUEST_METHOD", self.method).env("QUERY_STRING", self.query);
        command.envs(body.map(|body| ("CONTENT_LENGTH", body.length.to_string())));
        let given = VARIABLES.iter().filter_map(|(header, name)| Some((name, headers.get(*header)?.to_str().ok()?)));
        command.envs(given);
    }
}

/// A supervised program has no input of its own, so a shell gives it the body.
fn program(supervisor: &Supervisor, body: Option<&Body>) -> Command {
    let mut command = match body {
        None => supervisor.command("git"),
        Some(body) => {
            let mut shell = supervisor.command("sh");
            shell.args(["-c", r#"exec git "$@" < "$0""#]).arg(body.file.path());
            shell
        }
    };
    command.env_clear();
    isolate(&mut command);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.arg("http-backend");
    command
}

/// An answer whose head is known, from a program that may still be writing.
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    output: BufReader<ChildStdout>,
    child: Child,
    body: Option<Body>,
}

impl Answer {
    /// The whole answer, once the program has ended.
    pub(crate) async fn collect(mut self) -> Result<Response, CgiError> {
        let mut content = Vec::new();
        self.output.read_to_end(&mut content).await?;
        self.child.wait().await?;
        Ok((self.status, self.headers, content).into_response())
    }

    /// The answer as it comes. When nobody reads it any more, the program is ended.
    pub(crate) fn stream(self) -> Response {
        let Self { status, headers, output, child, body } = self;
        let pieces = stream::try_unfold((output, child, body), async |(mut output, child, body)| {
            let piece = output.fill_buf().await?.to_vec();
            output.consume(piece.len());
            Ok::<_, io::Error>((!piece.is_empty()).then_some((piece, (output, child, body))))
        });
        (status, headers, body::Body::from_stream(pieces)).into_response()
    }
}

/// The lines up to the empty one: `Status: 404 Not Found`, and HTTP's own headers. None when the output ends before it.
async fn head(output: &mut BufReader<ChildStdout>) -> io::Result<Option<(StatusCode, HeaderMap)>> {
    let (mut status, mut headers) = (StatusCode::OK, HeaderMap::new());
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            return Ok(Some((status, headers)));
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            status = value.get(..3).and_then(|code| code.parse().ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        } else if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
}

fn read(file: &mut File) -> io::Result<String> {
    let mut text = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).trim_end().to_owned())
}
