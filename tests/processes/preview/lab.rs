//! A world with a GitHub, and a function whose URL GitHub knows.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_ssm::types::ParameterType;
use serde_json::{Value, json};

use crate::call::Call;
use crate::function::Function;
use crate::preview::github::GitHub;
use crate::preview::sent::{REPOSITORY, SECRET, commit, delivery};
use crate::proxy::{Fault, Proxy};
use crate::world::{WEBHOOK_SECRET, World};

pub(super) struct Lab {
    pub(super) world: World,
    github: GitHub,
}

impl Lab {
    pub(super) async fn new() -> Self {
        let (world, github) = tokio::join!(World::new(), GitHub::open());
        let ssm = aws_sdk_ssm::Client::new(&world.sdk());
        let secret = ssm.put_parameter().name(WEBHOOK_SECRET).value(SECRET).r#type(ParameterType::SecureString);
        secret.send().await.unwrap();
        Self { world, github }
    }

    /// One more environment of the function. Lambda is played by the test: what the function tells itself reaches nobody.
    pub(super) async fn preview(&self) -> (Function, Proxy) {
        let wire = Proxy::start(self.world.endpoint()).await;
        wire.harm(play_lambda);
        (self.environment(&wire), wire)
    }

    /// One on this wire.
    pub(super) fn environment(&self, wire: &Proxy) -> Function {
        let settings = [
            ("AWS_LAMBDA_FUNCTION_NAME", "shop-flowgate-preview"),
            ("PIPELINE", "shop-flowgate-previews"),
            ("PROVIDER", "GitHub"),
            ("REPOSITORY", REPOSITORY),
            ("GITHUB_API", &self.github.api),
            ("WEBHOOK_SECRET", WEBHOOK_SECRET),
            ("TTL", "72h"),
            ("QUOTA", "100"),
            ("QUOTA_PER_AUTHOR", "1"),
            // The worst that somebody could set.
            ("RUST_LOG", "trace"),
        ];
        self.world.preview_function(&settings, wire)
    }

    /// All that the table holds, by keys.
    pub(super) async fn table(&self) -> BTreeMap<(String, String), Value> {
        let client = Client::new(&self.world.sdk());
        let pages = client.scan().table_name(&self.world.table).consistent_read(true).into_paginator().items().send();
        let text = |value: Option<&aws_sdk_dynamodb::types::AttributeValue>| {
            value.and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
        };
        let record = |item: &std::collections::HashMap<String, _>| {
            let body = serde_json::from_str(&text(item.get("body"))).unwrap();
            ((text(item.get("pk")), text(item.get("sk"))), body)
        };
        pages.collect::<Result<Vec<_>, _>>().await.unwrap().iter().map(record).collect()
    }

    /// The preview of this pull request, if it runs under the leases of its two stacks and its delivery is remembered.
    pub(super) async fn must_run(&self, number: u64, about: &str) {
        let table = self.table().await;
        let record = |pk: &str, sk: &str| table.get(&(pk.to_owned(), sk.to_owned())).cloned();
        let preview =
            record(&format!("preview#pr-{number}"), "preview").unwrap_or_else(|| panic!("{about}: {table:#?}"));
        let phase = &preview["phase"];
        assert_eq!(
            (&phase["is"], &phase["commit"]),
            (&json!("RUNNING"), &json!(commit(number))),
            "{about}: {preview:#}"
        );
        for (stack, token) in [(format!("shop-pr-{number}"), "app"), (format!("shop-pr-{number}-tests"), "tests")] {
            let lease = self.world.stored(&stack).await.unwrap_or_else(|| panic!("{about}: no lease {stack}"));
            let holder = (lease.state.as_str(), &lease.record["holder"], &lease.record["token"]);
            assert_eq!(holder, ("HELD", &phase["holder"], &phase["tokens"][token]), "{about}: {:#}", lease.record);
        }
        let started = self.world.codepipeline.started(&phase["holder"]);
        assert!(started.iter().all(|one| *one == phase["execution"]) && !started.is_empty(), "{about}: {started:?}");
        assert!(record(&format!("delivery#{}", delivery(number)), "delivery").is_some(), "{about}: {table:#?}");
    }
}

/// An invocation is taken, whatever it is.
pub(super) fn play_lambda(call: &Call) -> Fault {
    if call.name() == "lambda:Invoke" { Fault::Answer(String::new()) } else { Fault::None }
}
