//! What an artifact holds.

use std::fs;

use flowgate::actions::archive::Archive;

use crate::world::{World, unpacked};

#[tokio::test]
async fn artifacts_hold_what_the_buildspec_names() {
    let text = "
version: 0.2
env: {variables: {OUT: nowhere}}
phases:
  build: {commands: ['export OUT=out', 'mkdir -p $OUT/deep; echo 1 >$OUT/a.txt; echo 2 >$OUT/deep/b.txt; echo 3 >$OUT/c.log']}
artifacts:
  files: ['**/*', absent]
  base-directory: $OUT
  exclude-paths: '**/*.log'
  secondary-artifacts:
    flat: {files: ['out/**/*.txt'], discard-paths: yes}
    absolute: {files: [$CODEBUILD_SRC_DIR/out/a.txt]}
    globbed: {files: ['*.txt'], base-directory: 'o*'}
    nothing: {files: [absent]}
    nowhere: {files: ['*'], base-directory: absent}
";
    let world = World::new();
    let built = world.build(text).await.built.unwrap();
    let primary = built.pack(built.spec.artifacts.as_ref().unwrap()).unwrap();
    assert_eq!((unpacked(&primary.zip).as_str(), primary.files), ("a.txt=1 deep/b.txt=2", 2));
    assert_eq!(primary.unmatched, ["absent"]);
    let secondary = |name: &str| match built.pack(&built.spec.secondary_artifacts[name]) {
        Ok(packed) => unpacked(&packed.zip),
        Err(error) => error.to_string(),
    };
    assert_eq!(secondary("flat"), "a.txt=1 b.txt=2");
    assert_eq!(secondary("absolute"), "out/a.txt=1");
    assert_eq!(secondary("globbed"), "a.txt=1");
    assert_eq!(secondary("nothing"), "no matching artifact paths found for absent");
    assert_eq!(secondary("nowhere"), "no matching base directory path found for absent");
}

#[tokio::test]
async fn every_directory_that_a_base_pattern_names_gives_its_files() {
    let text = "
version: 0.2
phases:
  build: {commands: ['mkdir -p my-build1 my-build2/my-subdirectory other', 'echo 1 >my-build1/my-file1.txt',
    'echo 2 >my-build2/my-file2.txt; echo 3 >my-build2/my-subdirectory/my-file3.txt; echo 4 >other/x']}
artifacts:
  files: ['**/*']
  base-directory: 'my-build*'
  discard-paths: yes
  secondary-artifacts:
    one: {files: ['*/my-file3.txt', my-file2.txt, absent], base-directory: my-build2}
    each: {files: [my-file1.txt, my-file2.txt], base-directory: 'my-build*'}
    none: {files: ['**/*'], base-directory: 'your-build*'}
";
    let world = World::new();
    let built = world.build(text).await.built.unwrap();
    // The example of the buildspec reference.
    let primary = built.pack(built.spec.artifacts.as_ref().unwrap()).unwrap();
    assert_eq!(unpacked(&primary.zip), "my-file1.txt=1 my-file2.txt=2 my-file3.txt=3");
    let secondary = |name: &str| built.pack(&built.spec.secondary_artifacts[name]);
    let one = secondary("one").unwrap();
    assert_eq!(unpacked(&one.zip), "my-file2.txt=2 my-subdirectory/my-file3.txt=3");
    assert_eq!(one.unmatched, ["absent"]);
    let each = secondary("each").unwrap();
    assert_eq!((unpacked(&each.zip).as_str(), each.unmatched.len()), ("my-file1.txt=1 my-file2.txt=2", 0));
    let none = secondary("none").unwrap_err().to_string();
    assert_eq!(none, "no matching base directory path found for your-build*");
}

#[tokio::test]
async fn links_are_kept_as_such_when_asked_and_lead_inside() {
    let text = "
version: 0.2
phases:
  build:
    commands:
      - mkdir d; echo 1 >d/file; ln -s file d/link; ln -s d dir; ln -s ../outside d/out; echo 2 >outside
      - ln -s /etc/hostname/absent dangling; ln -s ../../run out; ln -s $PWD/d/file absolute
artifacts:
  files: ['**/*']
  exclude-paths: [buildspec.yml]
  enable-symlinks: yes
  secondary-artifacts:
    followed: {files: ['d/*', dir]}
    named: {files: [dir], enable-symlinks: yes}
";
    let world = World::new();
    let built = world.build(text).await.built.unwrap();
    let to = tempfile::tempdir().unwrap();
    let primary = built.pack(built.spec.artifacts.as_ref().unwrap()).unwrap();
    Archive::new(&primary.zip).unwrap().extract(to.path(), &mut |_, _, _| Ok(())).unwrap();
    let link = |name: &str| fs::read_link(to.path().join(name)).unwrap();
    assert_eq!(
        [link("d/link"), link("dir"), link("d/out")].map(|to| to.display().to_string()),
        ["file", "d", "../outside"]
    );
    assert_eq!(fs::read_to_string(to.path().join("absolute")).unwrap(), "1\n", "packed as the file it leads to");
    for name in ["dangling", "out"] {
        assert!(fs::symlink_metadata(to.path().join(name)).is_err(), "{name}");
    }
    let followed = built.pack(&built.spec.secondary_artifacts["followed"]).unwrap();
    assert_eq!(unpacked(&followed.zip), "d/file=1 d/link=1 d/out=2");
    let named = built.pack(&built.spec.secondary_artifacts["named"]).unwrap();
    assert_eq!((unpacked(&named.zip).as_str(), named.files), ("", 1));
}

#[tokio::test]
async fn a_failed_build_leaves_its_artifacts_unless_it_ended_at_once() {
    for (phase, on_failure, leaves) in [
        ("build", "CONTINUE", true),
        ("post_build", "CONTINUE", true),
        ("build", "ABORT", false),
        ("pre_build", "ABORT", false),
    ] {
        let text = format!(
            "
version: 0.2
phases: {{{phase}: {{commands: ['echo 1 >made', 'false'], on-failure: {on_failure}}}}}
artifacts: {{files: [made]}}
"
        );
        let world = World::new();
        let built = world.left(world.job(&text, &[])).await;
        assert_eq!(built.is_ok(), leaves, "{phase} {on_failure}");
        if let Ok(built) = built {
            assert_eq!(unpacked(&built.pack(built.spec.artifacts.as_ref().unwrap()).unwrap().zip), "made=1");
            assert!(built.failed.unwrap().to_string().contains("command: false"));
        }
    }
}
