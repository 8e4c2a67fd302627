//! Jobs of Lambda actions: who may send them, and what their credentials reach.

use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use flowgate::actions::archive::pack_one;
use flowgate::actions::jobs::Jobs;
use flowgate::cloud::authority::Iam;
use flowgate::cloud::client::{ACCOUNT, REGION};

use super::{allow, needs_each, objects, role, service};
use crate::world::{BUCKET, World, request};

/// Tries the job's credentials on its own artifacts and on what is not its, and tells what came of it.
const PROBE: &str = "
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    job = event['CodePipeline.job']
    keys = job['data']['artifactCredentials']
    own = [job['data'][side][0]['location']['s3Location'] for side in ('inputArtifacts', 'outputArtifacts')]
    (read, write) = [dict(Bucket=at['bucketName'], Key=at['objectKey']) for at in own]
    s3 = boto3.client('s3', aws_access_key_id=keys['accessKeyId'], aws_secret_access_key=keys['secretAccessKey'],
        aws_session_token=keys['sessionToken'])
    other = dict(Bucket=read['Bucket'], Key='p/Other')
    package = dict(Bucket='packages', Key='p')
    tries = {
        'ReadInput': lambda: s3.get_object(**read),
        'WriteOutput': lambda: s3.put_object(**write, Body=b'out'),
        'WriteInput': lambda: s3.put_object(**read, Body=b'no'),
        'ReadOutput': lambda: s3.get_object(**write),
        'ReadOther': lambda: s3.get_object(**other),
        'WriteOther': lambda: s3.put_object(**other, Body=b'no'),
        'ReadPackage': lambda: s3.get_object(**package),
        'WritePackage': lambda: s3.put_object(**package, Body=b'no'),
        'List': lambda: s3.list_objects_v2(Bucket=read['Bucket']),
    }
    told = {}
    for name, attempt in tries.items():
        try:
            attempt()
            told[name] = 'allowed'
        except ClientError as error:
            told[name] = error.response['Error']['Code']
    boto3.client('codepipeline').put_job_success_result(jobId=job['id'], outputVariables=told)
";

async fn deploy_probe(world: &World) {
    let role = role(world, "probe", service("lambda")).await;
    allow(world, "probe", [("codepipeline:PutJobSuccessResult", "*".to_owned())].iter()).await;
    let code = FunctionCode::builder().zip_file(Blob::new(pack_one("index.py", PROBE.as_bytes()).unwrap()));
    let function = aws_sdk_lambda::Client::new(&world.context.sdk).create_function().function_name("probe");
    let function = function.runtime(Runtime::Python312).handler("index.handler").timeout(30).role(role);
    function.code(code.build()).send().await.unwrap();
}

#[tokio::test]
async fn a_job_reaches_its_own_artifacts_and_no_others() {
    let jobs = Jobs::default();
    let world = World::start(Some(crate::api(&jobs).await), jobs, Iam::Enforce).await;
    role(&world, "pipeline", service("codepipeline")).await;
    deploy_probe(&world).await;
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&world.context.sdk).force_path_style(true).build(),
    );
    s3.create_bucket().bucket("packages").send().await.unwrap();
    for (bucket, key) in [("packages", "p"), (BUCKET, "p/In"), (BUCKET, "p/Other")] {
        s3.put_object().bucket(bucket).key(key).body(b"in".to_vec().into()).send().await.unwrap();
    }

    let invoke = request("Invoke", "Lambda", &[("FunctionName", "probe")], &["In"], &["Out"]);
    let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:probe");
    needs_each(&world, "pipeline", &invoke, &[("lambda:InvokeFunction", function.clone())]).await;

    // The pipeline's role may do anything to both buckets; its job may not.
    let everything = [("lambda:InvokeFunction", function), ("s3:*", "*".to_owned())];
    allow(&world, "pipeline", everything.iter()).await;
    let success = tokio::time::timeout(Duration::from_mins(1), world.run(&invoke)).await.unwrap().unwrap();
    for (what, came_of_it) in &success.variables {
        let expected = if matches!(what.as_str(), "ReadInput" | "WriteOutput") { "allowed" } else { "AccessDenied" };
        assert_eq!(came_of_it, expected, "{what}");
    }
    assert_eq!(success.variables.len(), 9);
    assert_eq!(world.object("p/Out").await, b"out");

    // And no more than the role may.
    allow(&world, "pipeline", [everything[0].clone(), ("s3:GetObject", objects("*"))].iter()).await;
    let success = tokio::time::timeout(Duration::from_mins(1), world.run(&invoke)).await.unwrap().unwrap();
    assert_eq!((&*success.variables["ReadInput"], &*success.variables["WriteOutput"]), ("allowed", "AccessDenied"));
    world.cloud.stop().await.unwrap();
}
