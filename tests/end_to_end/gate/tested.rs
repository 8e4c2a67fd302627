//! The rule `tested`: what CodePipeline was told is not what the tests came to.

use std::fs;
use std::path::Path;

use super::{SERVICE, Shop, assert_says, last};

/// A test that says at once, on its own account, that the job succeeded.
const HASTY: &str = "import boto3


def handler(event, context):
    boto3.client('codepipeline').put_job_success_result(jobId=event['job_id'])
    return {'passed': True}
";

/// Another one of the same job, which is still at work then.
const SLOW: &str = "import time


def handler(event, context):
    time.sleep(3)
    return {'passed': False, 'message': 'the greeting is not polite'}
";

const TEMPLATE: &str = "AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: { Runtime: python3.12, Timeout: 30 }
Resources:
  Hasty:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: tests
      Handler: hasty.handler
      Policies:
        - Version: '2012-10-17'
          Statement: [{ Effect: Allow, Action: codepipeline:PutJobSuccessResult, Resource: '*' }]
  Slow:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: tests, Handler: slow.handler }
Outputs:
  TestFunctionHasty: { Value: !Ref Hasty }
  TestFunctionSlow: { Value: !Ref Slow }
";

fn contradict(service: &Path) {
    for (file, text) in [("tests/hasty.py", HASTY), ("tests/slow.py", SLOW), ("test-sam.yaml", TEMPLATE)] {
        fs::write(service.join(file), text).unwrap();
    }
}

#[tokio::test]
async fn i18_a_test_that_settles_the_job_while_another_fails_releases_nothing() {
    let mut shop = Shop::new(&[]).await;
    contradict(&shop.service);
    let commit = shop.release().await;
    let why = shop.denied(&commit, "Approve", "Ready").await;
    assert_says(
        &why,
        &["the tests of plain-beta did not pass, although CodePipeline was told that they did", "see who settled job"],
    );
    let runs = shop.runs(&shop.up.execution(SERVICE, &commit).await).await;
    let tests: Vec<_> = runs.iter().filter(|run| run.action_name() == Some("Test")).collect();
    let statuses: Vec<_> = tests.iter().map(|run| run.status().unwrap().as_str()).collect();
    assert_eq!(statuses, ["Succeeded", "Succeeded"], "CodePipeline believed it");
    let ended = shop.ended(&commit).await;
    let seen = &last(&ended)["inputs"]["tests"]["seen"];
    assert!(seen.as_array().unwrap().iter().all(|tests| tests["passed"] == false), "{seen:#}");
}
