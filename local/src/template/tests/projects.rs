//! What is said of the CodeBuild projects that a pipeline names.

use super::*;

#[test]
fn what_a_build_needs_is_said() {
    let notes = said(VALID).unwrap().pipelines.remove(0).notes;
    let expected = [
        "project Project is privileged: builds run on this machine, and need its docker",
        "project Project reads build/spec.yml of its source, which was not checked",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn a_buildspec_in_the_template_is_read() {
    let inline = |spec: &str| with("BuildSpec: build/spec.yml", &format!("BuildSpec: \"{spec}\""));
    assert_eq!(problems(&inline(r"version: 0.2\nphases: {build: {commands: [make]}}")), [""; 0]);
    let found = problems(&inline(r"version: 0.9\nphases: {build: {commands: [make]}}"));
    let place =
        "stage \"Build\", action \"Build\", field \"project Project, Source.BuildSpec\": version 0.9 is unknown";
    assert!(found.len() == 1 && found[0].starts_with(place), "{found:?}");
}

#[test]
fn an_environment_that_is_not_linux_is_refused() {
    let found = problems(&with("LINUX_CONTAINER", "WINDOWS_SERVER_2022_CONTAINER"));
    let expected = "WINDOWS_SERVER_2022_CONTAINER cannot run here; use a Linux environment";
    assert!(found.len() == 1 && found[0].ends_with(expected), "{found:?}");
}
