//! The tests that `tests.yaml` declares.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    is_service(authority) && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@".contains(&byte))
}

/// Whether a service may be there. Lambda's Runtime API and the metadata of machines, which give credentials away, are at
/// link-local addresses. Loopback is left alone, as on a developer's machine the stages themselves are there. A name that
/// resolves to any of them is not found out.
fn is_service(authority: &str) -> bool {
    if let Some((host, _)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return host.parse::<Ipv6Addr>().is_ok_and(|address| !is_link_local(address.to_canonical()));
    }
    let host = authority.split(':').next().unwrap_or_default().trim_end_matches('.');
    // A number at the end is an address, and many ways of writing one are understood, as `2852039166`.
    let is_address = host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    let is_plain = || host.parse::<Ipv4Addr>().is_ok_and(|address| !is_link_local(address.into()));
    !host.is_empty() && (!is_address || is_plain())
}

fn is_link_local(address: IpAddr) -> bool {
    const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local() || address == METADATA,
    }
}
