use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::pipeline::action::Success;
use crate::pipeline::action::{Failure, Outcome, Progress, Request};
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::{Command, Engine, Event, ExecutionId, Start, TriggerType};
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

    fn apply(&mut self, event: Event) {
        for command in self.engine.apply(event, "2026-01-01T10:00:00.25Z".parse().unwrap(), &mut RandomIds) {
            match command {
                Command::Changed(change) => self.occurrences.extend(occurrence(&change, self.engine.state())),
                Command::Run(request) => self.requests.push(request),
                Command::RunRule(request) => panic!("no rule was declared: {request:?}"),
            }
        }
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
