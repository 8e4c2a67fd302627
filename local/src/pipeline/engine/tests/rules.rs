//! What a start may say, what is kept, and what is not run.

use super::*;
use crate::pipeline::action::{Failure, Outcome, Success};
use crate::pipeline::definition::wire::Declaration;

const TWO: &str = "Source: Fetch >Code
                   Beta: Deploy <Code";

/// The same pipeline after a change of its declaration.
fn changed(change: impl FnOnce(&mut Declaration)) -> Pipeline {
    let mut declaration = pipeline(TWO).declaration().clone();
    change(&mut declaration);
    Pipeline::from_declaration(&serde_json::to_value(declaration).unwrap()).unwrap()
}

#[test]
fn a_start_must_fit_the_pipeline() {
    let pipeline = changed(|declaration| declaration.variables[0].default_value = None);
    let given = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let refused = |variables: &[(&str, &str)], revisions| {
        started_with(&pipeline, "e1", &given(variables), revisions).unwrap_err().to_string()
    };
    assert!(refused(&[], vec![]).contains("\"Stack\" has no default value"));
    assert!(refused(&[("Stack", "x"), ("Other", "y")], vec![]).contains("\"Other\" is not declared"));
    assert!(refused(&[("Stack", "")], vec![]).contains("\"Stack\" must have 1 to 1000"));
    assert!(
        refused(&[("Stack", "x")], vec![revision("Deploy", "COMMIT_ID", "a")]).contains("no source action \"Deploy\"")
    );
    assert!(refused(&[("Stack", "x")], vec![revision("Fetch", "S3_OBJECT_KEY", "a")]).contains("\"S3_OBJECT_KEY\""));
    let start =
        started_with(&pipeline, "e1", &given(&[("Stack", "x")]), vec![revision("Fetch", "COMMIT_ID", "a")]).unwrap();
    assert_eq!(start.variables, given(&[("Stack", "x")]));
}

#[test]
fn the_state_keeps_what_the_api_tells_of_an_action() {
    let mut engine = Engine::new(pipeline(TWO));
    let mut ids = Counter::default();
    let event = Event::Start(start(engine.pipeline(), "e1"));
    engine.apply(event, at(1), &mut ids);
    let success = Success {
        summary: Some("first commit".into()),
        external_execution_id: Some("abc".into()),
        variables: [("CommitId".to_owned(), "abc".to_owned())].into(),
        revision: Some("abc".into()),
    };
    let event = Event::ActionFinished { run: RunId("run-1".into()), outcome: Outcome::Succeeded(success) };
    engine.apply(event, at(2), &mut ids);

    let execution = engine.state().execution(&ExecutionId("e1".into())).unwrap();
    let fetch = execution.stages[0].latest("Fetch").unwrap();
    assert_eq!((fetch.started, fetch.updated), (at(1), at(2)));
    assert_eq!((fetch.summary.as_deref(), fetch.external_execution_id.as_deref()), (Some("first commit"), Some("abc")));
    assert_eq!((fetch.revision.as_deref(), &fetch.output_variables["CommitId"][..]), (Some("abc"), "abc"));
    assert_eq!(fetch.resolved_configuration["BranchName"], "b");
    let deploy = execution.stages[1].latest("Deploy").unwrap();
    assert_eq!(deploy.input_artifacts, fetch.output_artifacts);
    assert_eq!((execution.started, execution.updated), (at(1), at(2)));
    assert_eq!((execution.stages[0].started, execution.stages[0].updated), (at(1), at(2)));

    let failure = Failure { code: "JobFailed".into(), message: "no".into(), external_execution_id: Some("s".into()) };
    let event = Event::ActionFinished { run: deploy.id.clone(), outcome: Outcome::Failed(failure) };
    engine.apply(event, at(3), &mut ids);
    let execution = engine.state().execution(&ExecutionId("e1".into())).unwrap();
    let deploy = execution.stages[1].latest("Deploy").unwrap();
    assert_eq!(deploy.error_details, Some(ErrorDetails { code: "JobFailed".into(), message: "no".into() }));
    assert_eq!(deploy.external_execution_id.as_deref(), Some("s"));
}

#[test]
fn what_a_failed_action_was_to_write_is_no_artifact() {
    let mut engine = Engine::new(pipeline(TWO));
    let mut ids = Counter::default();
    let event = Event::Start(start(engine.pipeline(), "e1"));
    engine.apply(event, at(1), &mut ids);
    let failure = Failure { code: "JobFailed".into(), message: "no".into(), external_execution_id: None };
    let event = Event::ActionFinished { run: RunId("run-1".into()), outcome: Outcome::Failed(failure) };
    engine.apply(event, at(2), &mut ids);
    let execution = &engine.state().executions[0];
    assert_eq!(execution.stages[0].actions[0].output_artifacts.len(), 1);
    assert_eq!(engine.state().artifact(execution, "Code"), None);
}

#[test]
fn a_change_is_one_flat_line() {
    let mut engine = Engine::new(pipeline(TWO));
    let event = Event::Start(start(engine.pipeline(), "e1"));
    let commands = engine.apply(event, at(1), &mut Counter::default());
    let Command::Changed(change) = &commands[2] else { panic!("{commands:?}") };
    let line = serde_json::to_value(change).unwrap();
    let expected = json!({
        "at": "1970-01-01T00:00:01Z", "pipeline": "a-pipeline-with-a-long-name", "version": 1, "execution": "e1",
        "level": "action", "stage": "Source", "action": "Fetch", "run": "run-1", "status": "InProgress",
        "type": {"category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1"},
    });
    assert_eq!(line, expected);
    assert_eq!(serde_json::from_value::<Change>(line).unwrap(), *change);
}
