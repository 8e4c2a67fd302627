//! What the roles of the functions are good for, what they are not, and what becomes of a function that lacks something.

mod abused;
mod lacking;

use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::function::Function;
use crate::people::{Deployed, claim, release};
use crate::proxy::counts;
use crate::released::sweep_until;
use crate::world::{World, ask, entry, run};

fn job(parameters: &Value) -> String {
    let credentials = json!({"accessKeyId": "a", "secretAccessKey": "b", "sessionToken": "c"});
    let data = json!({
        "actionConfiguration": {"configuration": {
            "FunctionName": "shop-flowgate-lease", "UserParameters": parameters.to_string(),
        }},
        "inputArtifacts": [], "outputArtifacts": [], "artifactCredentials": credentials,
    });
    let account = flowgate::cloud::client::ACCOUNT;
    json!({"CodePipeline.job": {"id": Uuid::new_v4(), "accountId": account, "data": data}}).to_string()
}

/// What CodePipeline is told of a job with these parameters.
async fn settled(world: &World, lease: &Function, parameters: &Value) -> (String, Value) {
    lease.invoke(&job(parameters)).await.unwrap_or_else(|error| panic!("{parameters}: {error}\n{}", lease.log()));
    let mut reports = world.codepipeline.settled();
    assert_eq!(reports.len(), 1, "I16: {reports:?}");
    reports.remove(0)
}

#[tokio::test]
async fn i16_a_lease_is_an_action_of_a_pipeline_too_and_listed_with_the_others() {
    let world = World::new().await;
    let lease = world.lease();
    let claiming = json!({
        "operation": "claim", "stack": "shop-dev-ada", "holder": Uuid::new_v4(), "ttl": 60, "source": "a test",
    });
    let (how, report) = settled(&world, &lease, &claiming).await;
    let listed = ask(&lease, &json!({"operation": "list"})).await.unwrap();
    let token = listed["leases"][0]["token"].as_u64().unwrap();
    assert_eq!((how.as_str(), &report["outputVariables"]["token"]), ("PutJobSuccessResult", &json!(token.to_string())));

    let stale = json!({"operation": "release", "stack": "shop-dev-ada", "token": token - 1});
    let (how, report) = settled(&world, &lease, &stale).await;
    let message = report["failureDetails"]["message"].as_str().unwrap();
    assert!(how == "PutJobFailureResult" && message.contains("stale"), "{how}: {report}");
}

#[tokio::test]
async fn i6_a_name_stays_taken_until_the_execution_that_entered_has_ended() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[]));
    let (stack, execution) = ("shop-dev-ada", Uuid::new_v4().to_string());
    let token = claim(&lease, stack, json!({})).await;
    let enter = json!({
        "operation": "enter", "stack": stack, "token": token, "pipeline": "shop-preview", "execution": execution,
    });
    ask(&lease, &enter).await.unwrap();
    release(&lease, stack, token).await;
    world.wire.take();

    world.codepipeline.execution(&execution, "InProgress");
    let report = run(&sweep, &json!({"mode": "apply"})).await;
    assert_eq!(counts(&world.wire.take()).get("codepipeline:GetPipelineExecution"), Some(&1), "{report:#}");
    let reason = entry(&report, stack)["reason"].as_str().unwrap();
    assert!(reason.contains(&execution), "{report:#}");

    world.codepipeline.execution(&execution, "Failed");
    world.hasten(stack).await;
    run(&sweep, &json!({"mode": "apply"})).await;
    let absent = world.stored(stack).await.unwrap();
    assert_eq!(absent.state, "DIRTY", "one look is not enough");
    world.store([some_time_ago(absent.record)]).await;
    let report = run(&sweep, &json!({"mode": "apply"})).await;
    assert_eq!(world.stored(stack).await.unwrap().state, "GONE", "{report:#}");
}

/// As if a lease's stack had been missed for a while.
fn some_time_ago(mut record: Value) -> Value {
    let ago = Timestamp::now().round(Unit::Second).unwrap() - SignedDuration::from_mins(10);
    assert!(record["state"]["absent_at"].is_string(), "{record:#}");
    record["state"]["absent_at"] = json!(ago);
    record["due"] = json!(ago);
    record
}

#[tokio::test]
async fn i14_i15_a_developers_stack_goes_with_what_is_in_its_bucket_and_those_of_others_stay() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[]));
    let may_empty = || json!({"empty_buckets": true});
    let (Deployed { token, id }, _) = world.with_full_bucket(&lease, "shop-dev-ada", may_empty()).await;
    let (beside, full) = world.with_full_bucket(&lease, "shop-dev-adam", may_empty()).await;
    release(&lease, "shop-dev-ada", token).await;
    sweep_until(&world, &sweep, "shop-dev-ada", "GONE").await;
    assert_eq!(world.status(&id).await, "DELETE_COMPLETE");
    assert_eq!((world.status(&beside.id).await.as_str(), world.versions(&full).await.len()), ("CREATE_COMPLETE", 2));
}
