//! What the functions are compared with is built as they are.
#![cfg(test)]

const OURS: (&str, &str) = (include_str!("../../../Cargo.toml"), include_str!("../../../Cargo.lock"));
const THEIRS: (&str, &str) =
    (include_str!("../baselines/rust/Cargo.toml"), include_str!("../baselines/rust/Cargo.lock"));

/// The lines below a heading, up to an empty one.
fn section<'t>(text: &'t str, heading: &str) -> Vec<&'t str> {
    text.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.is_empty()).collect()
}

fn version<'t>(lock: &'t str, package: &str) -> &'t str {
    let entry = section(lock, &format!("name = \"{package}\""));
    entry.first().copied().unwrap_or_else(|| panic!("{package} is in no lock"))
}

#[test]
fn the_release_profile_is_ours() {
    let ours = section(OURS.0, "[profile.release]");
    assert!(ours.contains(&"lto = \"fat\""), "{ours:?}");
    assert_eq!(section(THEIRS.0, "[profile.release]"), ours);
}

#[test]
fn what_both_link_is_of_one_version() {
    for package in ["aws-sdk-dynamodb", "lambda_runtime", "tokio"] {
        assert_eq!(
            version(THEIRS.1, package),
            version(OURS.1, package),
            "{package}: update tests/bench/baselines/rust"
        );
    }
}
