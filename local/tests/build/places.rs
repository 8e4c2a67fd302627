//! Where a buildspec is, and what stays from one build to the next.

use std::collections::BTreeMap;

use flowgate::actions::archive::pack;
use flowgate::actions::build::Place;

use crate::world::{World, spec};

#[tokio::test]
async fn a_cached_directory_is_there_again_in_the_next_build() {
    let text =
        spec("0.2", &[("build", &["cat target/made 2>/dev/null; mkdir -p target; echo made >target/made", "ls"])])
            + "cache: {paths: ['target/**/*', '/var/cache/m2/**/*']}\n";
    let world = World::new();
    let first = world.build(&text).await;
    assert_eq!(first.output, ["buildspec.yml", "target"]);
    drop(first);
    let second = world.build(&text).await;
    assert_eq!(second.output, ["made", "buildspec.yml", "target"]);
    let lines = world.lines().join("\n");
    assert!(lines.contains("Note: cache path /var/cache/m2/**/* is not kept"), "{lines}");
}

#[tokio::test]
async fn a_buildspec_is_found_where_the_project_says() {
    let world = World::new();
    let inline = spec("0.2", &[("build", &["echo inline"])]);
    let other = spec("0.2", &[("build", &["echo other"])]);
    let refused = "Build terminated with state: FAILED. Phase: DOWNLOAD_SOURCE, Code: YAML_FILE_ERROR, Message: ";
    for (set, output, refusal) in [
        (None, "default", ""),
        (Some(inline.as_str()), "inline", ""),
        (Some("ci/other.yml"), "other", ""),
        (Some("absent.yml"), "", "the source has no absent.yml"),
        (Some("../x.yml"), "", "buildspec ../x.yml does not run here"),
        (Some("arn:aws:s3:::b/x.yml"), "", "buildspec arn:aws:s3:::b/x.yml does not run here"),
        (Some("version: 0.2\nphases: {oops: {}}"), "", "the project's buildspec: Invalid buildspec phase name: oops"),
    ] {
        let mut job = world.job(&spec("0.2", &[("build", &["echo default"])]), &[("ci/other.yml", &other)]);
        job.buildspec = Place::of(set);
        let outcome = world.run(job).await;
        assert_eq!(outcome.output.join(""), output, "{set:?}");
        let message = outcome.built.err().unwrap_or_default();
        assert!(message.strip_prefix(refused).unwrap_or_default().starts_with(refusal), "{set:?}: {message}");
    }
}

#[tokio::test]
async fn a_buildspec_that_is_no_text_is_refused_as_such() {
    let world = World::new();
    let mut job = world.job("version: 0.2", &[]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("b");
    std::fs::write(&file, b"version: \xff").unwrap();
    job.inputs[0].zip = pack(&BTreeMap::from([("buildspec.yml".to_owned(), file)])).unwrap();
    let message = world.run(job).await.built.err().unwrap();
    assert!(message.ends_with("Code: YAML_FILE_ERROR, Message: buildspec.yml is not UTF-8 text: save it as such"));
}

#[tokio::test]
async fn what_a_project_asks_for_in_vain_is_said() {
    let world = World::new();
    let mut job = world.job(&(spec("0.2", &[("build", &["true"])]) + "run-as: bob\n"), &[]);
    job.notes.push("privileged mode has no effect".to_owned());
    world.run(job).await.built.unwrap();
    let notes = ["Note: privileged mode has no effect", "Note: run-as bob is not honoured, commands run as you"];
    assert_eq!(world.lines()[..2], notes);
}
