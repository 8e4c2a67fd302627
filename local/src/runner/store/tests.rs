use serde_json::json;

use super::*;
use crate::pipeline::engine::{Engine, Event, Ids, RunId, Start, Trigger, TriggerType};
use crate::pipeline::token::Token;

struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> String {
        self.0 += 1;
        self.0.to_string()
    }
}

impl Ids for Numbers {
    fn execution(&mut self) -> ExecutionId {
        ExecutionId(self.next())
    }

    fn run(&mut self) -> RunId {
        RunId(self.next())
    }

    fn artifact(&mut self) -> String {
        self.next()
    }

    fn token(&mut self) -> Token {
        Token::new(self.next())
    }
}

fn pipeline(name: &str) -> Pipeline {
    let action = |name: &str, category: &str, provider: &str, configuration: serde_json::Value| {
        json!({"name": name, "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
               "configuration": configuration})
    };
    let mut fetch = action("Fetch", "Source", "CodeCommit", json!({"RepositoryName": "r", "BranchName": "b"}));
    fetch["outputArtifacts"] = json!([{"name": "Code"}]);
    let declaration = json!({
        "name": name, "roleArn": "arn:aws:iam::000000000000:role/r", "pipelineType": "V2", "executionMode": "PARALLEL",
        "artifactStore": {"type": "S3", "location": "store"},
        "stages": [{"name": "Source", "actions": [fetch]},
                   {"name": "Ask", "actions": [action("Ask", "Approval", "Manual", json!({}))]}],
    });
    Pipeline::from_declaration(&declaration).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A pipeline of which so many executions were started.
fn started(name: &str, count: usize) -> Engine {
    let mut engine = Engine::new(pipeline(name));
    for number in 1..=count {
        let trigger = Trigger { trigger_type: TriggerType::CreatePipeline, trigger_detail: String::new() };
        let id = ExecutionId(format!("e{number}"));
        let start = Start::new(engine.pipeline(), id, trigger, &BTreeMap::new(), Vec::new()).unwrap();
        engine.apply(Event::Start(start), at(1), &mut Numbers(0));
    }
    engine
}

fn record(engine: &Engine) -> Record {
    let known = engine.state().executions.iter().map(|execution| execution.number).collect();
    let state = State { executions: Vec::new(), ..engine.state().clone() };
    Record { version: 1, created: at(1), updated: at(2), tags: [("a".into(), "b".into())].into(), state, known }
}

fn keep(store: &Store, engine: &Engine) {
    store.keep_version(engine.pipeline()).unwrap();
    let id = ExecutionId("e1".into());
    let executions = engine.state().executions.iter();
    store.keep(&engine.pipeline().name, &record(engine), executions, Some(("token", &id))).unwrap();
}

#[test]
fn what_was_kept_is_read_again_from_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipelines");
    let engine = started("p", 3);
    {
        let store = Store::open(&path).unwrap();
        keep(&store, &engine);
    }
    let store = Store::open(&path).unwrap();
    let stored = store.load().unwrap().pipelines.remove("p").unwrap();
    assert_eq!((&stored.pipeline, stored.earlier), (engine.pipeline(), Vec::new()));
    assert_eq!(stored.record.state, *engine.state());
    assert_eq!(stored.record.tags["a"], "b");
    assert_eq!(store.started("p", "token").unwrap(), Some(ExecutionId("e1".into())));
    assert_eq!(store.started("p", "other").unwrap(), None);
    assert_eq!(store.execution("p", &ExecutionId("e3".into())).unwrap().unwrap().number, 3);
}

#[test]
fn executions_are_read_newest_first_and_some_at_a_time() {
    let store = Store::in_memory().unwrap();
    keep(&store, &started("p", CHUNK + 2));
    keep(&store, &started("q", 1));
    let numbers =
        |before| -> Vec<u64> { store.before("p", before).unwrap().iter().map(|execution| execution.number).collect() };
    assert_eq!(numbers(u64::MAX), (3..=52).rev().collect::<Vec<_>>());
    assert_eq!(numbers(3), [2, 1]);
    assert_eq!(numbers(1), Vec::<u64>::new());
}

#[test]
fn a_pipeline_that_is_removed_leaves_nothing_and_its_neighbours_everything() {
    let store = Store::in_memory().unwrap();
    for name in ["p", "p-", "pp"] {
        keep(&store, &started(name, 2));
    }
    store.remove("p").unwrap();
    assert_eq!(store.load().unwrap().pipelines.into_keys().collect::<Vec<_>>(), ["p-", "pp"]);
    assert_eq!(store.before("p", u64::MAX).unwrap(), Vec::new());
    assert_eq!(store.execution("p", &ExecutionId("e1".into())).unwrap(), None);
    assert_eq!(store.started("p", "token").unwrap(), None);
    assert_eq!(store.version("p", 1).unwrap(), None);
    for name in ["p-", "pp"] {
        assert_eq!(store.before(name, u64::MAX).unwrap().len(), 2);
        assert!(store.execution(name, &ExecutionId("e1".into())).unwrap().is_some());
        assert!(store.started(name, "token").unwrap().is_some() && store.version(name, 1).unwrap().is_some());
    }
}

#[test]
fn a_second_process_is_refused_and_garbage_is_no_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipelines");
    let first = Store::open(&path).unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::File(_))));
    drop(first);
    let garbage = directory.path().join("garbage");
    std::fs::write(&garbage, vec![b'x'; 10_000]).unwrap();
    let Err(error) = Store::open(&garbage) else { panic!("garbage was opened") };
    assert!(error.to_string().starts_with("the file that keeps the pipelines cannot be used: "), "{error}");
}

#[test]
fn a_pipeline_that_cannot_be_read_is_named_and_stays_and_holds_up_no_other() {
    let store = Store::in_memory().unwrap();
    keep(&store, &started("p", 1));
    let writing = store.database.begin_write().unwrap();
    writing.open_table(PIPELINES).unwrap().insert("broken", &b"{}"[..]).unwrap();
    writing.commit().unwrap();
    for _ in 0..2 {
        let loaded = store.load().unwrap();
        assert_eq!(loaded.pipelines.into_keys().collect::<Vec<_>>(), ["p"]);
        let reasons: Vec<_> = loaded.unreadable.iter().map(ToString::to_string).collect();
        assert_eq!(reasons.len(), 1);
        assert!(reasons[0].starts_with("pipeline broken cannot be read as it was kept: missing field"), "{reasons:?}");
    }
    let taken = store.vacant("broken").unwrap_err().to_string();
    assert!(taken.ends_with("delete it before another of this name is made"), "{taken}");
    store.remove("broken").unwrap();
    store.vacant("broken").unwrap();
    assert_eq!(store.load().unwrap().unreadable.len(), 0);
}

#[test]
fn only_definitions_are_read_that_somebody_goes_by() {
    let store = Store::in_memory().unwrap();
    let engine = started("p", 1);
    keep(&store, &engine);
    let mut newest = pipeline("p");
    newest.set_version(3);
    store.keep_version(&newest).unwrap();
    let writing = store.database.begin_write().unwrap();
    writing.open_table(VERSIONS).unwrap().insert(("p", 2), &b"of another flowgate"[..]).unwrap();
    writing.commit().unwrap();
    store.keep("p", &Record { version: 3, ..record(&engine) }, [].into_iter(), None).unwrap();
    let stored = store.load().unwrap().pipelines.remove("p").unwrap();
    assert_eq!((stored.pipeline, stored.earlier), (newest, vec![engine.pipeline().clone()]));
}
