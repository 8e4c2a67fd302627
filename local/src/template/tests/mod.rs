mod corpus;
mod functions;
mod limits;
mod mutations;
mod pipelines;
mod projects;

use std::collections::BTreeMap;

use super::*;

/// A template whose pipeline fetches, builds, deploys with approval and runs here.
const VALID: &str = "
Parameters:
  Branch: {Type: String, Default: main}
  Connection: {Type: String}
Conditions:
  OnMain: !Equals [!Ref Branch, main]
Resources:
  Artifacts: {Type: AWS::S3::Bucket}
  Role: {Type: AWS::IAM::Role, Properties: {}}
  Project:
    Type: AWS::CodeBuild::Project
    Properties:
      Name: !Sub ${AWS::StackName}-build
      Environment: {Type: LINUX_CONTAINER, PrivilegedMode: true}
      Source: {Type: CODEPIPELINE, BuildSpec: build/spec.yml}
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: !Sub ${AWS::StackName}-release
      RoleArn: !GetAtt Role.Arn
      ArtifactStore: {Type: S3, Location: !Ref Artifacts}
      Stages:
        - Name: Source
          Actions:
            - Name: Fetch
              ActionTypeId: {Category: Source, Owner: AWS, Provider: CodeStarSourceConnection, Version: 1}
              Configuration: {ConnectionArn: !Ref Connection, FullRepositoryId: ada/shop, BranchName: !Ref Branch}
              OutputArtifacts: [{Name: Code}]
        - Name: Build
          Actions:
            - Name: Build
              ActionTypeId: {Category: Build, Owner: AWS, Provider: CodeBuild, Version: '1'}
              Configuration: {ProjectName: !Ref Project}
              InputArtifacts: [{Name: Code}]
              OutputArtifacts: [{Name: Package}]
            - !If
              - OnMain
              - Name: Approve
                RunOrder: 2
                ActionTypeId: {Category: Approval, Owner: AWS, Provider: Manual, Version: 1}
              - !Ref AWS::NoValue
";

/// What is said of a template without parameters.
fn said(text: &str) -> Result<Checked, Error> {
    check(text, &BTreeMap::new(), "shop")
}

/// Why the text is no template.
fn refused(text: &str) -> String {
    said(text).unwrap_err().to_string()
}

/// What is wrong with its only pipeline.
fn problems(text: &str) -> Vec<String> {
    let checked = said(text).unwrap();
    let all = checked.problems.iter().chain(checked.pipelines.iter().flat_map(|pipeline| &pipeline.problems));
    all.map(ToString::to_string).collect()
}

/// The template with one thing changed.
fn with(from: &str, to: &str) -> String {
    assert!(VALID.contains(from), "{from}");
    VALID.replacen(from, to, 1)
}
