//! The rule `no_drift`: what somebody changed in Prod by hand is seen, and somebody who may answers for it.

use aws_sdk_iam::Client as Iam;
use aws_sdk_lambda::Client as Lambda;
use serde_json::{Value, json};

use super::{SERVICE, Shop, assert_says, decided, last, said};
use crate::up::{Done, done};

const REASON: &str = "the incident of tonight needed more memory";

/// Gives Prod's function more memory.
async fn change_by_hand(shop: &Shop) {
    let lambda = Lambda::new(&shop.up.sdk());
    let functions = lambda.list_functions().send().await.unwrap();
    let names = functions.functions().iter().filter_map(|function| function.function_name());
    let name = names.into_iter().find(|name| name.starts_with("plain-prod-")).expect("it was released");
    lambda.update_function_configuration().function_name(name).memory_size(256).send().await.unwrap();
}

impl Shop {
    fn overriding<'a>(execution: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let about = [SERVICE, "--execution", execution, "--rule", "no_drift", "--reason", REASON];
        [&about, more].concat()
    }

    /// Somebody tries who may do everything but answer for the gate.
    async fn override_without_permission(&self, execution: &str) -> Done {
        let iam = Iam::new(&self.up.sdk());
        iam.create_user().user_name("guest").send().await.unwrap();
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["codepipeline:*", "ssm:Get*"], "Resource": "*"}]});
        let put = iam.put_user_policy().user_name("guest").policy_name("Look").policy_document(policy.to_string());
        put.send().await.unwrap();
        let key = iam.create_access_key().user_name("guest").send().await.unwrap().access_key.unwrap();
        let mut command = self.up.command("override");
        command.args(Self::overriding(execution, &["--json"]));
        command.env("AWS_ACCESS_KEY_ID", key.access_key_id()).env("AWS_SECRET_ACCESS_KEY", key.secret_access_key());
        command.stdin(std::process::Stdio::null());
        done(command).await
    }
}

#[tokio::test]
async fn drift_of_prod_is_denied_until_somebody_who_may_answers_for_it() {
    let mut shop = Shop::new(&[]).await;
    shop.released().await;
    change_by_hand(&shop).await;
    let commit = shop.release().await;
    shop.approve(&commit, "approver").await;
    let why = shop.denied(&commit, "Prod", "Gate").await;
    assert_says(&why, &["plain-prod has drifted: Greeter", "retry the stage"]);

    let execution = shop.up.execution(SERVICE, &commit).await;
    let refused = shop.override_without_permission(&execution).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert_says(&refused.stderr, &["ssm:PutParameter", &format!("parameter/flowgate/plain/overrides/{execution}")]);
    shop.retry("Prod", &[]).await;
    assert_says(&shop.denied(&commit, "Prod", "Gate").await, &["plain-prod has drifted"]);

    let told = shop.up.json("override", &Shop::overriding(&execution, &["--as", "approver"])).await;
    assert_eq!((&told[0]["status"], &told[0]["stage"]), (&"Overridden".into(), &"Prod".into()), "{told:?}");
    shop.retry("Prod", &[]).await;
    let released = shop.succeeded(&commit).await;
    is_kept(&released);
    let told = shop.up.flowgate("history", &[SERVICE]).await.stdout;
    assert_says(&told, &[REASON, "approver@example.com overrode no_drift"]);
}

/// Who answers for what, and why.
fn is_kept(released: &Value) {
    let expected = ["ask approve", "decide approve", "enter deny", "enter deny", "enter approve"];
    assert_eq!(decided(released), expected);
    let decision = last(released);
    let overridden = &decision["inputs"]["overridden"];
    assert_eq!(
        (&overridden["by"], &overridden["reason"], &overridden["rules"]),
        (&"approver@example.com".into(), &REASON.into(), &json!(["no_drift"])),
    );
    let answers = decision["answers"].as_array().unwrap();
    let by = |rule: &str| answers.iter().find(|answer| answer["rule"] == rule).unwrap()["overridden"].clone();
    assert_eq!((by("no_drift"), by("approved")), (json!("approver@example.com"), Value::Null));
    let denied = &released["decisions"][2]["inputs"]["drift"]["seen"]["drifted"];
    assert!(denied.to_string().contains("Greeter was modified"), "{denied:#}");
    assert_says(&said(released, "Prod", "Gate"), &["approver@example.com overrode no_drift at 2", REASON]);
}
