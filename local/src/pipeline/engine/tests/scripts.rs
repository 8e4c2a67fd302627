//! Whole runs, written as transcripts: events at the left margin, the commands they lead to indented.

use super::*;
use crate::pipeline::action::{Artifact, Failure, Outcome, Progress, Request, Success};

/// Replays the events of a transcript and compares everything that follows from them.
fn check(definition: &str, transcript: &str) {
    let mut world = World::new(definition);
    let lines: Vec<&str> = transcript.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let margin = lines[0].len() - lines[0].trim_start().len();
    let expected: Vec<&str> = lines.into_iter().map(|line| &line[margin..]).collect();
    let mut actual = Vec::new();
    for event in expected.iter().filter(|line| !line.starts_with(' ')) {
        actual.push((*event).to_owned());
        actual.extend(world.tell(event).iter().map(|command| format!("    {}", shown(command))));
    }
    let (expected, actual) = (expected.join("\n"), actual.join("\n"));
    assert!(expected == actual, "expected\n{expected}\n\nactual\n{actual}");
}

struct World {
    engine: Engine,
    ids: Counter,
    events: usize,
    runs: BTreeMap<(String, String), RunId>,
}

impl World {
    fn new(definition: &str) -> Self {
        let engine = Engine::new(pipeline(definition)).unwrap();
        Self { engine, ids: Counter::default(), events: 0, runs: BTreeMap::new() }
    }

    fn tell(&mut self, event: &str) -> Vec<Command> {
        let words: Vec<&str> = event.split(' ').collect();
        let (named, plain): (Vec<&str>, Vec<&str>) = words[1..].iter().partition(|word| word.contains('='));
        let named = named.iter().filter_map(|word| word.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned()));
        let event = self.event(words[0], &plain, named.collect());
        self.events += 1;
        let commands = self.engine.apply(event, at(self.events), &mut self.ids);
        for command in &commands {
            if let Command::Run(request) = command {
                self.runs.insert((request.execution.clone(), request.action.clone()), RunId(request.id.clone()));
            }
        }
        commands
    }

    /// `start EXECUTION [Variable=value] [rev=commit]`, `ok`, `fail` or `news`, each `EXECUTION ACTION [rest]`.
    fn event(&self, verb: &str, plain: &[&str], mut named: BTreeMap<String, String>) -> Event {
        let rev = named.remove("rev");
        if verb == "start" {
            let revisions = rev.iter().map(|rev| revision("Fetch", "COMMIT_ID", rev)).collect();
            return Event::Start(started_with(self.engine.pipeline(), plain[0], &named, revisions).unwrap());
        }
        let run = self.runs.get(&(plain[0].into(), plain[1].into())).cloned().unwrap_or(RunId("unknown".into()));
        let text = plain[2..].join(" ");
        match verb {
            "ok" => {
                let success = Success { variables: named, revision: rev, ..Success::default() };
                Event::ActionFinished { run, outcome: Outcome::Succeeded(success) }
            }
            "fail" => {
                let failure = Failure { code: "JobFailed".into(), message: text, external_execution_id: None };
                Event::ActionFinished { run, outcome: Outcome::Failed(failure) }
            }
            "news" => {
                let percent = named.get("percent").map(|percent| percent.parse().unwrap());
                let summary = Some(text).filter(|text| !text.is_empty());
                Event::ActionProgressed { run, progress: Progress { summary, percent, external_execution_id: None } }
            }
            _ => panic!("{verb}?"),
        }
    }
}

fn shown(command: &Command) -> String {
    let change = match command {
        Command::Run(request) => return shown_request(request),
        Command::RunRule(request) => return format!("{request:?}"),
        Command::Changed(change) => change,
    };
    let execution = &change.execution;
    match &change.subject {
        Subject::Pipeline { status, summary } => {
            words(&[&format!("{execution} {status:?}"), summary.as_deref().unwrap_or("")])
        }
        Subject::Stage { stage, status } => format!("{execution} {stage} {status:?}"),
        Subject::Rule(rule) => {
            let what = format!("{execution} {}/{:?}/{} {:?}", rule.stage, rule.kind, rule.rule, rule.status);
            words(&[&what, rule.summary.as_deref().unwrap_or("")])
        }
        Subject::Action(action) => {
            let percent = action.percent_complete.map(|percent| format!("{percent}%")).unwrap_or_default();
            let error = action.error_details.as_ref().map(|error| format!("{}: {}", error.code, error.message));
            let what = format!("{execution} {}/{} {:?}", action.stage, action.action, action.status);
            words(&[&what, &percent, action.summary.as_deref().unwrap_or(""), &error.unwrap_or_default()])
        }
    }
}

fn shown_request(request: &Request) -> String {
    let artifact = |sign: &str, artifact: &Artifact| {
        let revision = artifact.revision.as_ref().map(|revision| format!("@{revision}")).unwrap_or_default();
        format!("{sign}{}{revision} {}/{}", artifact.name, artifact.location.bucket, artifact.location.key)
    };
    let inputs = request.inputs.iter().map(|input| artifact("<", input));
    let outputs = request.outputs.iter().map(|output| artifact(">", output));
    let argument = request.configuration.get("UserParameters").cloned();
    let what = format!("run {} {}/{}", request.execution, request.stage, request.action);
    let all: Vec<String> = [what].into_iter().chain(argument).chain(inputs).chain(outputs).collect();
    all.join(" ")
}

fn words(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

const SMALL: &str = "Source: Fetch >Code ns=Src
                     Build: Make <Code >Application
                     Beta: Deploy <Application";

#[test]
fn one_execution_runs_from_start_to_finish() {
    check(
        SMALL,
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch rev=abc
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Build InProgress
            e1 Build/Make InProgress
            run e1 Build/Make <Code@abc store/a-pipeline-with-a-lo/Code/0000002 >Application store/a-pipeline-with-a-lo/Applicatio/0000004
        ok e1 Make rev=only-sources-have-revisions
            e1 Build/Make Succeeded
            e1 Build Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy InProgress
            run e1 Beta/Deploy <Application store/a-pipeline-with-a-lo/Applicatio/0000004
        ok e1 Deploy
            e1 Beta/Deploy Succeeded
            e1 Beta Succeeded
            e1 Succeeded
        ",
    );
}

#[test]
fn equal_run_orders_run_in_parallel_and_higher_ones_wait_for_all() {
    check(
        "Source: Fetch >Code
         Build: Late @20; One @3; Two @3",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Build InProgress
            e1 Build/One InProgress
            run e1 Build/One
            e1 Build/Two InProgress
            run e1 Build/Two
        ok e1 Two
            e1 Build/Two Succeeded
        ok e1 One
            e1 Build/One Succeeded
            e1 Build/Late InProgress
            run e1 Build/Late
        ok e1 Late
            e1 Build/Late Succeeded
            e1 Build Succeeded
            e1 Succeeded
        ",
    );
}

#[test]
fn a_failure_lets_the_rest_of_its_group_end_and_starts_nothing_more() {
    check(
        "Source: Fetch >Code
         Build: One; Two; Late @2
         Beta: Deploy",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Build InProgress
            e1 Build/One InProgress
            run e1 Build/One
            e1 Build/Two InProgress
            run e1 Build/Two
        fail e1 One it broke
            e1 Build/One Failed JobFailed: it broke
        ok e1 Two
            e1 Build/Two Succeeded
            e1 Build Failed
            e1 Failed action \"One\" of stage \"Build\" failed
        ",
    );
}

#[test]
fn a_waiting_execution_is_superseded_and_a_running_one_is_not_interrupted() {
    check(
        "Source: Fetch >Code
         Beta: Deploy",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        start e2
            e2 InProgress
        start e3
            e3 InProgress
            e2 Superseded superseded by execution e3
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy InProgress
            run e1 Beta/Deploy
            e3 Source InProgress
            e3 Source/Fetch InProgress
            run e3 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000005
        start e4
            e4 InProgress
        ok e3 Fetch
            e3 Source/Fetch Succeeded
            e3 Source Succeeded
            e4 Source InProgress
            e4 Source/Fetch InProgress
            run e4 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000007
        ok e4 Fetch
            e4 Source/Fetch Succeeded
            e4 Source Succeeded
            e3 Superseded superseded by execution e4
        fail e1 Deploy no
            e1 Beta/Deploy Failed JobFailed: no
            e1 Beta Failed
            e1 Failed action \"Deploy\" of stage \"Beta\" failed
            e4 Beta InProgress
            e4 Beta/Deploy InProgress
            run e4 Beta/Deploy
        ok e4 Deploy
            e4 Beta/Deploy Succeeded
            e4 Beta Succeeded
            e4 Succeeded
        ",
    );
}

#[test]
fn variables_of_every_kind_reach_the_configuration() {
    check(
        "Source: Fetch >Code ns=Src
         Beta: Deploy arg=#{variables.Stack}/#{Src.CommitId}/#{codepipeline.PipelineExecutionId}",
        "
        start e1 Stack=gamma rev=0f1e
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code@0f1e store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch CommitId=0f1e
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy InProgress
            run e1 Beta/Deploy gamma/0f1e/e1
        ",
    );
}

#[test]
fn a_variable_that_nobody_produced_fails_the_action_but_not_its_neighbours() {
    check(
        "Source: Fetch >Code ns=Src
         Beta: Deploy arg=#{Src.CommitId}; Other",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy Failed ConfigurationError: variable #{Src.CommitId} could not be resolved; the action that owns the namespace did not produce it
            e1 Beta/Other InProgress
            run e1 Beta/Other
        ok e1 Other
            e1 Beta/Other Succeeded
            e1 Beta Failed
            e1 Failed action \"Deploy\" of stage \"Beta\" failed
        ",
    );
}

#[test]
fn an_execution_that_fails_at_once_makes_room_for_the_next() {
    check(
        "Source: Fetch >Code ns=Src
         Beta: Deploy arg=#{Src.CommitId}",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        start e2
            e2 InProgress
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy Failed ConfigurationError: variable #{Src.CommitId} could not be resolved; the action that owns the namespace did not produce it
            e1 Beta Failed
            e1 Failed action \"Deploy\" of stage \"Beta\" failed
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000005
        ",
    );
}

#[test]
fn late_duplicate_and_unknown_reports_change_nothing() {
    check(
        "Source: Fetch >Code
         Beta: Deploy",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        start e1
        news e1 Nothing 1
        fail e1 Nothing x
        news e1 Fetch percent=40 cloning
            e1 Source/Fetch InProgress 40% cloning
        news e1 Fetch percent=40 cloning
        news e1 Fetch percent=50
            e1 Source/Fetch InProgress 50% cloning
        ok e1 Fetch
            e1 Source/Fetch Succeeded 50% cloning
            e1 Source Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy InProgress
            run e1 Beta/Deploy
        fail e1 Fetch too late
        ok e1 Fetch
        news e1 Fetch percent=60
        fail e1 Deploy no
            e1 Beta/Deploy Failed JobFailed: no
            e1 Beta Failed
            e1 Failed action \"Deploy\" of stage \"Beta\" failed
        ok e1 Deploy
        ",
    );
}
