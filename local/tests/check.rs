//! `flowgate check` answers by its exit code, and needs nothing but the file.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

const PIPELINE: &str = "
Parameters: {Branch: {Type: String}, Provider: {Type: String, Default: Manual}}
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Release:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: !Sub ${AWS::StackName}-release
      RoleArn: arn:aws:iam::000000000000:role/release
      ArtifactStore: {Type: S3, Location: !Ref Bucket}
      Stages:
        - Name: Source
          Actions:
            - Name: Fetch
              ActionTypeId: {Category: Source, Owner: AWS, Provider: CodeCommit, Version: 1}
              Configuration: {RepositoryName: shop, BranchName: !Ref Branch}
              OutputArtifacts: [{Name: Code}]
        - Name: Ask
          Actions:
            - Name: Approve
              ActionTypeId: {Category: Approval, Owner: AWS, Provider: !Ref Provider, Version: 1}
";

/// A folder with the template `shop.yaml`.
struct World {
    folder: TempDir,
}

#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl World {
    fn with(template: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("shop.yaml"), template).unwrap();
        Self { folder }
    }

    fn template(&self) -> PathBuf {
        self.folder.path().join("shop.yaml")
    }

    fn check(&self, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowgate"));
        let output = command.arg("check").arg(self.template()).args(args).env_clear().output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

#[test]
fn a_pipeline_that_would_run_ends_with_0() {
    let ended = World::with(PIPELINE).check(&["--parameter", "Branch=next"]);
    let expected = "pipeline shop-release: would run here: 2 stages, 2 actions\n  \
                    started by CodeCommit repository shop, branch next\n";
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), expected, ""));
}

#[test]
fn a_pipeline_that_would_not_run_ends_with_2_and_names_what() {
    let ended = World::with(PIPELINE).check(&["--parameter", "Provider=Pigeon"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(2), ""), "{ended:?}");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "pipeline shop-release: would not run here");
    let place =
        "  stage \"Ask\", action \"Approve\", field \"actionTypeId\": Approval/AWS/Pigeon version 1 cannot run here";
    assert_eq!(lines[1], place);
    assert!(lines[2].starts_with("  note: these actions run here: Source/AWS/CodeCommit, "), "{ended:?}");
    assert_eq!(lines[3..], ["  left open: parameter Branch"]);
}

#[test]
fn programs_get_an_object_a_line() {
    let two = PIPELINE.replace("!Sub ${AWS::StackName}-release", "one");
    let second = &two[two.find("  Release:").unwrap()..];
    let two = format!("{two}{}", second.replace("Release:", "Other:").replace("Name: one", "Name: two"));
    let world = World::with(two);
    for (args, code, status) in
        [(vec!["--json"], 0, "Runs"), (vec!["--json", "--parameter", "Provider=x"], 2, "Refused")]
    {
        let ended = world.check(&args);
        let lines: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((ended.code, lines.len()), (Some(code), 2), "{ended:?}");
        let names = lines.iter().map(|line| line["pipeline"].as_str().unwrap()).collect::<Vec<_>>();
        // In the order of their names in the template.
        assert_eq!(names, ["two", "one"]);
        assert!(lines.iter().all(|line| line["status"] == status && line["stages"] == 2), "{ended:?}");
        let place = &lines[0]["problems"].as_array().unwrap().first().map(|problem| problem["action"].clone());
        assert_eq!(*place, (code == 2).then(|| "Approve".into()));
    }
}

#[test]
fn what_is_no_template_ends_with_2_and_one_message() {
    let long = vec![b' '; 1_048_577];
    // The limit lies within a letter.
    let letters = "é".repeat(600_000);
    let rows: [(&[u8], &[&str], &str); 7] = [
        (b"Resources:\n  A:\n   - b\n  c\n", &[], "cannot be read: "),
        (b"{}", &[], "is neither a template"),
        (b"Resources: {}", &[], "has no AWS::CodePipeline::Pipeline"),
        (b"\xff\xfe", &[], "give a template, or a pipeline's document"),
        (PIPELINE.as_bytes(), &["--parameter", "Brunch=x"], "has no parameter Brunch; it has Branch, Provider"),
        (&long, &[], "a template has 1048576 at most"),
        (letters.as_bytes(), &[], "a template has 1048576 at most"),
    ];
    for (template, args, expected) in rows {
        let world = World::with(template);
        let ended = world.check(args);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        let path = world.template().display().to_string();
        assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(&path), "{ended:?}");
        assert!(ended.stderr.contains(expected) && ended.stderr.lines().count() == 1, "{ended:?}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let world = World::with("");
    fs::remove_file(world.template()).unwrap();
    let ended = world.check(&[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.starts_with(&format!("error: cannot read {}: ", world.template().display())), "{ended:?}");
}
