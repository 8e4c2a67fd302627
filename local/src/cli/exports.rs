//! The variables by which other programs find a local cloud, as lines for a shell.

use crate::cloud::client;
use crate::identity::Identity;

/// `export` lines for the shell: the endpoint, the region, and somebody's keys.
pub(super) fn lines(endpoint: &str, identity: &Identity) -> String {
    let variables = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", client::REGION),
        ("AWS_DEFAULT_REGION", client::REGION),
        ("AWS_ACCESS_KEY_ID", identity.access_key),
        ("AWS_SECRET_ACCESS_KEY", identity.secret_key()),
    ];
    variables.iter().map(|(name, value)| format!("export {name}={value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::AUTHOR;

    #[test]
    fn every_line_is_an_export_that_any_shell_reads() {
        let lines = lines("http://127.0.0.1:4566", &AUTHOR);
        assert!(lines.starts_with("export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n"), "{lines}");
        let is_plain = |c: char| c.is_ascii_alphanumeric() || " _=:/.-".contains(c);
        assert!(lines.lines().all(|line| line.starts_with("export ") && line.chars().all(is_plain)), "{lines}");
    }
}
