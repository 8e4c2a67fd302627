//! The tests that `tests.yaml` declares.

use serde_json::{Value, json};

use crate::start_tests::{
    checks::{self, Home, Kind, Scope, Test},
    params::Params,
    plan::Misconfigured,
    run::Subject,
};

/// Those of the file, if there is one.
pub(super) fn declared(
    params: &Params,
    subject: &Subject,
    home: Home<'_>,
    file: Option<&[u8]>,
) -> Result<Vec<Test>, Misconfigured> {
    let Some(file) = file else { return Ok(Vec::new()) };
    let scope = Scope { home, told: &told(params, subject) };
    let tests = checks::parse(file, &scope).map_err(|error| Misconfigured(error.to_string()))?;
    let is_http = |test: &Test| matches!(test.kind, Kind::Http(_));
    if tests.iter().any(is_http) && !is_base(&subject.api_url) {
        let Params { url_output, app_stack, .. } = params;
        return Err(Misconfigured(format!(
            "output {url_output} of stack {app_stack} is not a URL that a path can be put behind, as tests.yaml wants"
        )));
    }
    Ok(tests)
}

/// What every test is told, as far as it is the same in all.
fn told(params: &Params, subject: &Subject) -> Value {
    json!({
        "run_id": "",
        "test": "",
        "stage": params.stage,
        "stack": params.app_stack,
        "execution_id": params.execution,
        "api_url": subject.api_url,
        "outputs": subject.outputs,
        "revision": subject.revision,
    })
}

fn is_base(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    !host.is_empty()
        && !host.starts_with('/')
        && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@".contains(&byte))
}
