//! What is said of the CodeBuild projects that a pipeline names.

use std::fmt::Write as _;

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

#[test]
fn a_project_is_told_once_however_many_actions_build_it() {
    let again = |name: &str| {
        format!(
            "
            - Name: {name}
              ActionTypeId: {{Category: Build, Owner: AWS, Provider: CodeBuild, Version: '1'}}
              Configuration: {{ProjectName: !Ref Project}}
              InputArtifacts: [{{Name: Code}}]"
        )
    };
    let builds: String = (0..40).map(|n| again(&format!("Again{n}"))).collect();
    let text = with("            - !If", &format!("{}\n            - !If", builds.trim_start_matches('\n')));
    assert!(said(&text).unwrap().runs(), "{:?}", problems(&text));
    let found = problems(&text.replace("LINUX_CONTAINER", "WINDOWS_CONTAINER"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("stage \"Build\", action \"Build\", field \"project Project, "), "{found:?}");
}

#[test]
fn no_more_problems_are_told_than_anybody_reads() {
    let (mut builds, mut projects) = (String::new(), String::new());
    for n in 0..150 {
        write!(
            builds,
            "        - Name: S{n}
          Actions:
            - Name: B
              ActionTypeId: {{Category: Build, Owner: AWS, Provider: CodeBuild, Version: '1'}}
              Configuration: {{ProjectName: p{n}}}
              InputArtifacts: [{{Name: Code}}]\n"
        )
        .unwrap();
        writeln!(
            projects,
            "  P{n}: {{Type: AWS::CodeBuild::Project, Properties: {{Name: p{n}, Environment: {{Type: MAC_ARM}}}}}}"
        )
        .unwrap();
    }
    assert_eq!(problems(&format!("{VALID}{builds}{projects}")).len(), 100);
}

#[test]
fn a_project_that_is_not_made_refuses_nothing() {
    let text = with("LINUX_CONTAINER", "WINDOWS_CONTAINER");
    assert_eq!(problems(&text).len(), 1);
    let text = text.replace("  Project:\n", "  Project:\n    Condition: Elsewhere\n");
    let text = text.replace("  OnMain:", "  Elsewhere: !Equals [!Ref Branch, next]\n  OnMain:");
    assert_eq!(problems(&text), [""; 0]);
}
