use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::pipeline::action::Success;
use crate::pipeline::action::{Failure, Outcome, Progress, Request};
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::{Command, Engine, Event, ExecutionId, RetryMode, Start, TriggerType};
use crate::runner::ids::RandomIds;

/// An engine with one execution, and every event that it gave rise to.
struct World {
    engine: Engine,
    occurrences: Vec<Occurrence>,
    requests: Vec<Request>,
}

impl World {
    fn started() -> Self {
        let action = |name: &str, category: &str, provider: &str, more: Value| {
            let mut action = json!({
                "name": name,
                "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
            });
            action.as_object_mut().unwrap().extend(object(more));
            json!({"name": name, "actions": [action]})
        };
        let source =
            json!({"outputArtifacts": [{"name": "Code"}], "configuration": {"RepositoryName": "r", "BranchName": "b"}});
        let build = json!({
            "inputArtifacts": [{"name": "Code"}], "outputArtifacts": [{"name": "Built"}],
            "configuration": {"ProjectName": "p"},
        });
        let pipeline = json!({"pipeline": {
            "name": "release", "version": 3, "pipelineType": "V2", "executionMode": "SUPERSEDED",
            "roleArn": "arn:aws:iam::000000000000:role/r",
            "artifactStore": {"type": "S3", "location": "artifacts"},
            "stages": [
                action("Source", "Source", "CodeCommit", source), action("Build", "Build", "CodeBuild", build),
            ],
        }});
        let pipeline = Pipeline::from_declaration(&pipeline["pipeline"]).unwrap();
        let trigger =
            Trigger { trigger_type: TriggerType::StartPipelineExecution, trigger_detail: "arn:somebody".to_owned() };
        let start = Start::new(&pipeline, ExecutionId("e1".to_owned()), trigger, &BTreeMap::new(), Vec::new()).unwrap();
        let engine = Engine::new(pipeline);
        let mut world = Self { engine, occurrences: Vec::new(), requests: Vec::new() };
        world.apply(Event::Start(start));
        world
    }

    /// One whose only execution passed.
    fn succeeded() -> Self {
        let mut world = Self::started();
        for _ in 0..2 {
            world.finish(Outcome::Succeeded(Success { summary: Some("s".to_owned()), ..Success::default() }));
        }
        world
    }

    fn apply(&mut self, event: Event) {
        for command in self.engine.apply(event, "2026-01-01T10:00:00.25Z".parse().unwrap(), &mut RandomIds) {
            match command {
                Command::Changed(change) => self.occurrences.extend(occurrence(&change, self.engine.state())),
                Command::Run(request) => self.requests.push(request),
                Command::RunRule(request) => panic!("no rule was declared: {request:?}"),
            }
        }
    }

    /// Somebody asks for something of the execution.
    fn ask(&mut self, check: impl FnOnce(&Engine, &Execution) -> Event) {
        let event = check(&self.engine, &self.engine.state().executions[0]);
        self.apply(event);
    }

    /// The last event of this kind and state.
    fn last(&self, kind: &str, state: &str) -> &Value {
        let is_it = |occurrence: &&Occurrence| {
            occurrence.detail_type.starts_with(&format!("CodePipeline {kind} ")) && occurrence.detail["state"] == state
        };
        &self.occurrences.iter().rfind(is_it).unwrap().detail
    }

    fn finish(&mut self, outcome: Outcome) {
        let run = RunId(self.requests.last().unwrap().id.clone());
        self.apply(Event::ActionFinished { run, outcome });
    }

    /// Kind, stage, action and state of what was told since last time.
    fn told(&mut self) -> Vec<String> {
        let word = |detail: &Value, key: &str| detail[key].as_str().unwrap_or("-").to_owned();
        let line = |occurrence: Occurrence| {
            let kind = occurrence.detail_type.split(' ').nth(1).unwrap().to_owned();
            let words = ["stage", "action", "state"].map(|key| word(&occurrence.detail, key));
            format!("{kind} {}", words.join(" "))
        };
        self.occurrences.drain(..).map(line).collect()
    }
}

#[test]
fn every_change_of_state_is_told_in_order() {
    let mut world = World::started();
    assert_eq!(world.told(), ["Pipeline - - STARTED", "Stage Source - STARTED", "Action Source Source STARTED"]);
    world.finish(Outcome::Succeeded(Success::default()));
    let expected = [
        "Action Source Source SUCCEEDED",
        "Stage Source - SUCCEEDED",
        "Stage Build - STARTED",
        "Action Build Build STARTED",
    ];
    assert_eq!(world.told(), expected);
    let code = "JobFailed".to_owned();
    world.finish(Outcome::Failed(Failure { code, message: "no".to_owned(), external_execution_id: None }));
    assert_eq!(world.told(), ["Action Build Build FAILED", "Stage Build - FAILED", "Pipeline - - FAILED"]);
}

#[test]
fn the_pipelines_detail_has_the_documented_form() {
    let world = World::started();
    let expected = json!({
        "pipeline": "release", "execution-id": "e1", "version": 3, "pipeline-execution-attempt": 1,
        "state": "STARTED", "start-time": "2026-01-01T10:00:00.250Z",
        "execution-trigger": {"trigger-type": "StartPipelineExecution", "trigger-detail": "arn:somebody"},
    });
    assert_eq!(world.occurrences[0].detail, expected);
    assert_eq!(world.occurrences[0].detail_type, "CodePipeline Pipeline Execution State Change");
}

#[test]
fn the_stages_detail_has_the_documented_form() {
    let world = World::started();
    let expected = json!({
        "pipeline": "release", "execution-id": "e1", "version": 3, "pipeline-execution-attempt": 1,
        "stage": "Source", "state": "STARTED", "start-time": "2026-01-01T10:00:00.250Z",
    });
    assert_eq!(world.occurrences[1].detail, expected);
    assert_eq!(world.occurrences[1].detail_type, "CodePipeline Stage Execution State Change");
}

#[test]
fn the_actions_detail_has_its_artifacts_and_what_the_provider_said() {
    let mut world = World::started();
    world.finish(Outcome::Succeeded(Success::default()));
    let (code, id) = ("JobFailed".to_owned(), Some("builder:1".to_owned()));
    world.finish(Outcome::Failed(Failure { code, message: "tests failed".to_owned(), external_execution_id: id }));
    let location = |artifact: &Artifact| json!({"bucket": "artifacts", "key": artifact.location.key});
    let build = &world.requests[1];
    let expected = json!({
        "pipeline": "release", "execution-id": "e1", "version": 3, "pipeline-execution-attempt": 1,
        "stage": "Build", "action": "Build", "action-execution-id": build.id, "state": "FAILED", "region": "us-east-1", "start-time": "2026-01-01T10:00:00.250Z",
        "type": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
        "input-artifacts": [{"name": "Code", "s3location": location(&build.inputs[0])}],
        "execution-result": {
            "external-execution-summary": "tests failed", "external-execution-id": "builder:1",
            "error-code": "JobFailed",
        },
    });
    let failed = world.occurrences.iter().find(|occurrence| occurrence.detail["state"] == "FAILED").unwrap();
    assert_eq!(failed.detail, expected);
    assert_eq!(failed.detail_type, "CodePipeline Action Execution State Change");
}

/// What AWS's event of that name has in its detail, as the functions are tested with it.
fn documented(event: &str) -> BTreeSet<String> {
    let path = format!("{}/../functions/pipeline_aws/tests/events/{event}.json", env!("CARGO_MANIFEST_DIR"));
    let event: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    event["detail"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn details_have_the_members_of_the_events_that_the_functions_know() {
    let mut world = World::started();
    world.finish(Outcome::Succeeded(Success::default()));
    world.finish(Outcome::Succeeded(Success { summary: Some("built".to_owned()), ..Success::default() }));
    for (event, kind, action, state) in [
        ("pipeline_succeeded", "Pipeline", Value::Null, "SUCCEEDED"),
        ("stage_started", "Stage", Value::Null, "STARTED"),
        ("source_succeeded", "Action", json!("Source"), "SUCCEEDED"),
        ("build_started", "Action", json!("Build"), "STARTED"),
        ("build_succeeded", "Action", json!("Build"), "SUCCEEDED"),
    ] {
        let named = |occurrence: &&Occurrence| {
            let Occurrence { detail_type, detail, .. } = occurrence;
            detail_type.starts_with(&format!("CodePipeline {kind} "))
                && detail["state"] == state
                && (action.is_null() || detail["action"] == action)
        };
        let told = world.occurrences.iter().find(named).unwrap();
        let members: BTreeSet<String> = told.detail.as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, documented(event), "{event}");
    }
}

#[test]
fn progress_goes_on_with_the_same_run() {
    let mut world = World::started();
    let run = RunId(world.requests[0].id.clone());
    let progress = Progress { summary: Some("half".to_owned()), percent: Some(50), external_execution_id: None };
    world.apply(Event::ActionProgressed { run: run.clone(), progress });
    let of_the_run: Vec<_> = world.occurrences.iter().filter(|occurrence| occurrence.run.is_some()).collect();
    assert_eq!(of_the_run.len(), 2);
    assert!(of_the_run.iter().all(|occurrence| occurrence.running && occurrence.run == Some(run.clone())));
}

fn failed() -> Outcome {
    Outcome::Failed(Failure { code: "JobFailed".to_owned(), message: "no".to_owned(), external_execution_id: None })
}

/// The members of the details of events that AWS documents, by kind and state; none where the corpus is absent. Of the two
/// forms of each the older one lacks what CodePipeline has added since.
fn published() -> Vec<(String, BTreeSet<String>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus/events");
    let Ok(entries) = std::fs::read_dir(folder) else {
        println!("passed without the corpus: no {folder}");
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let ours = paths.filter(|path| path.to_str().unwrap().contains("awsdocs__detect-state-changes"));
    let event = |path: std::path::PathBuf| {
        let event: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let kind = event.get("detail-type").or(event.get("detailType")).unwrap().as_str().unwrap();
        let state = event["detail"]["state"].as_str().unwrap();
        (format!("{kind}: {state}"), event["detail"].as_object().unwrap().keys().cloned().collect())
    };
    ours.map(event).collect()
}

#[test]
fn events_have_the_members_that_aws_publishes() {
    let mut world = World::started();
    world.finish(Outcome::Succeeded(Success { summary: Some("s".to_owned()), ..Success::default() }));
    let reason = "Stopping the pipeline for an update".to_owned();
    world.ask(|engine, execution| engine.stop(execution, true, Some(reason)).unwrap());
    world.ask(|engine, execution| engine.retry(execution, "Build", RetryMode::FailedActions).unwrap());
    world.finish(failed());
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Occurrence { detail_type, detail, .. } in World::succeeded().occurrences.iter().chain(&world.occurrences) {
        let key = format!("{detail_type}: {}", detail["state"].as_str().unwrap());
        told.entry(key).or_default().extend(detail.as_object().unwrap().keys().cloned());
    }
    for (key, members) in published() {
        let ours = told.get(&key).unwrap_or_else(|| panic!("nothing tells {key}"));
        assert!(members.is_subset(ours), "{key}: {:?} is missing", members.difference(ours));
    }
}

#[test]
fn an_execution_that_is_stopped_says_why_and_what_was_abandoned() {
    let mut world = World::started();
    world.told();
    world.ask(|engine, execution| engine.stop(execution, false, Some("wait".to_owned())).unwrap());
    assert_eq!(world.last("Pipeline", "STOPPING")["stop-execution-comments"], "wait");
    assert_eq!(world.told(), ["Pipeline - - STOPPING", "Stage Source - STOPPING"]);
    world.ask(|engine, execution| engine.stop(execution, true, None).unwrap());
    let action = world.last("Action", "ABANDONED");
    assert_eq!((action.get("execution-result"), &action["stage"]), (None, &json!("Source")));
    let expected = ["Action Source Source ABANDONED", "Stage Source - STOPPED", "Pipeline - - STOPPED"];
    assert_eq!(world.told(), expected);
}

#[test]
fn a_stage_that_is_tried_again_resumes_and_all_of_its_events_say_since_when() {
    let mut world = World::started();
    world.finish(Outcome::Succeeded(Success::default()));
    world.finish(failed());
    assert!(world.occurrences.iter().all(|one| one.detail.get("stage-last-retry-attempt-time").is_none()));
    world.told();
    world.ask(|engine, execution| engine.retry(execution, "Build", RetryMode::AllActions).unwrap());
    let pipeline = world.last("Pipeline", "RESUMED");
    assert_eq!((&pipeline["pipeline-execution-attempt"], pipeline.get("execution-trigger")), (&json!(2), None));
    let since = json!("2026-01-01T10:00:00.250Z");
    assert_eq!(world.last("Stage", "RESUMED")["stage-last-retry-attempt-time"], since);
    world.finish(Outcome::Succeeded(Success::default()));
    assert_eq!(world.last("Stage", "SUCCEEDED")["stage-last-retry-attempt-time"], since);
    let expected = [
        "Pipeline - - RESUMED",
        "Stage Build - RESUMED",
        "Action Build Build STARTED",
        "Action Build Build SUCCEEDED",
        "Stage Build - SUCCEEDED",
        "Pipeline - - SUCCEEDED",
    ];
    assert_eq!(world.told(), expected);
}

#[test]
fn a_changed_definition_cancels_and_a_newer_execution_supersedes() {
    let mut world = World::started();
    let pipeline = world.engine.pipeline().clone();
    let start = |id: &str| {
        let trigger = Trigger { trigger_type: TriggerType::Webhook, trigger_detail: "arn:hook".to_owned() };
        Event::Start(Start::new(&pipeline, ExecutionId(id.to_owned()), trigger, &BTreeMap::new(), Vec::new()).unwrap())
    };
    world.apply(start("e2"));
    world.apply(start("e3"));
    assert_eq!(world.last("Pipeline", "SUPERSEDED")["execution-id"], "e2");
    world.told();
    let mut changed = pipeline.clone();
    changed.set_version(4);
    world.apply(Event::Replaced(Box::new(changed)));
    assert_eq!(world.told(), ["Pipeline - - CANCELED"]);
    world.finish(Outcome::Succeeded(Success::default()));
    assert_eq!(world.told(), ["Action Source Source SUCCEEDED", "Stage Source - CANCELED", "Pipeline - - CANCELED"]);
}

#[test]
fn a_stage_that_is_rolled_back_is_told_as_an_execution_of_its_own() {
    let mut world = World::succeeded();
    world.told();
    let trigger = Trigger { trigger_type: TriggerType::ManualRollback, trigger_detail: "arn:somebody".to_owned() };
    world.ask(|engine, execution| engine.roll_back(execution, "Build", trigger).unwrap());
    let expected = json!({"trigger-type": "ManualRollback", "trigger-detail": "arn:somebody"});
    assert_eq!(world.last("Pipeline", "STARTED")["execution-trigger"], expected);
    assert_eq!(world.told(), ["Pipeline - - STARTED", "Stage Build - STARTED", "Action Build Build STARTED"]);
}

#[test]
fn an_execution_that_a_push_started_ends_with_what_was_pushed() {
    let world = World::succeeded();
    let detail = json!({
        "ConnectionArn": "arn:connection", "FullRepositoryName": "o/n", "EventType": "PUSH", "CommitId": "c1",
        "BranchName": "main",
    });
    let mut execution = world.engine.state().executions[0].clone();
    execution.trigger = Trigger { trigger_type: TriggerType::WebhookV2, trigger_detail: detail.to_string() };
    let variables = [("CommitId", "c1"), ("CommitMessage", "Say hello")];
    execution.stages[0].actions[0].output_variables =
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let ended = of_pipeline(ExecutionStatus::Failed, 1, &execution);
    let expected = json!({
        "connection-arn": "arn:connection", "full-repository-name": "o/n", "commit-id": "c1", "branch-name": "main",
        "commit-message": "Say hello",
    });
    assert_eq!(ended["execution-trigger"], expected);
}
