//! Transcripts: events at the left margin, the commands they lead to indented.

use super::*;
use crate::pipeline::action::{Artifact, Failure, Outcome, Progress, Request, RuleRequest, Success};

/// Replays the events of a transcript and compares everything that follows from them.
pub(super) fn check(definition: &str, transcript: &str) {
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

pub(super) struct World {
    pub(super) engine: Engine,
    ids: Counter,
    events: usize,
    waited: SignedDuration,
    runs: BTreeMap<(String, String), RunId>,
}

impl World {
    pub(super) fn new(definition: &str) -> Self {
        let engine = Engine::new(pipeline(definition)).unwrap();
        Self { engine, ids: Counter::default(), events: 0, waited: SignedDuration::ZERO, runs: BTreeMap::new() }
    }

    /// Takes in one line of a transcript.
    pub(super) fn tell(&mut self, event: &str) -> Vec<Command> {
        let words: Vec<&str> = event.split(' ').collect();
        let (named, plain): (Vec<&str>, Vec<&str>) = words[1..].iter().partition(|word| word.contains('='));
        let named = named.iter().filter_map(|word| word.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned()));
        if words[0] == "wait" {
            self.waited += SignedDuration::from_mins(words[1].parse().unwrap());
        }
        let event = self.event(words[0], &plain, named.collect());
        self.apply(event)
    }

    /// Takes in an event, a second after the last one.
    pub(super) fn apply(&mut self, event: Event) -> Vec<Command> {
        self.events += 1;
        let commands = self.engine.apply(event, self.now(), &mut self.ids);
        for command in &commands {
            let (execution, name, run) = match command {
                Command::Run(request) => (&request.execution, &request.action, &request.id),
                Command::RunRule(request) => (&request.execution, &request.rule, &request.id),
                Command::Changed(_) => continue,
            };
            self.runs.insert((execution.clone(), name.clone()), RunId(run.clone()));
        }
        commands
    }

    pub(super) fn now(&self) -> Timestamp {
        at(self.events) + self.waited
    }

    pub(super) fn run(&self, execution: &str, name: &str) -> RunId {
        self.runs.get(&(execution.into(), name.into())).cloned().unwrap_or(RunId("unknown".into()))
    }

    /// `start EXECUTION [Variable=value] [rev=commit]`, `wait MINUTES`; of an action `ok`, `fail`, `news` or `asked`, of
    /// an approval `yes` or `no`, of a rule `waits`, `holds` or `breaks`, each `EXECUTION NAME [rest]`.
    fn event(&self, verb: &str, plain: &[&str], mut named: BTreeMap<String, String>) -> Event {
        let rev = named.remove("rev");
        match verb {
            "start" => {
                let revisions = rev.iter().map(|rev| revision("Fetch", "COMMIT_ID", rev)).collect();
                return Event::Start(started_with(self.engine.pipeline(), plain[0], &named, revisions).unwrap());
            }
            "wait" => return Event::Tick,
            _ => {}
        }
        let run = self.run(plain[0], plain[1]);
        let text = plain[2..].join(" ");
        let summary = Some(text.clone()).filter(|text| !text.is_empty());
        let success =
            Success { summary: summary.clone(), variables: named.clone(), revision: rev, ..Success::default() };
        let failure = Failure { code: "JobFailed".into(), message: text.clone(), external_execution_id: None };
        match verb {
            "ok" => Event::ActionFinished { run, outcome: Outcome::Succeeded(success) },
            "fail" => Event::ActionFinished { run, outcome: Outcome::Failed(failure) },
            "asked" => Event::ActionFinished { run, outcome: Outcome::Waiting },
            "waits" => Event::RuleProgressed { run, summary: text },
            "holds" => Event::RuleFinished { run, outcome: Outcome::Succeeded(success) },
            "breaks" => Event::RuleFinished { run, outcome: Outcome::Failed(failure) },
            "yes" | "no" => {
                let answer = Answer { approved: verb == "yes", summary: text, by: "arn:approver".into() };
                Event::Answered { run, answer }
            }
            "news" => {
                let percent = named.get("percent").map(|percent| percent.parse().unwrap());
                Event::ActionProgressed { run, progress: Progress { summary, percent, external_execution_id: None } }
            }
            _ => panic!("{verb}?"),
        }
    }
}

fn shown(command: &Command) -> String {
    let change = match command {
        Command::Run(request) => return shown_request(request),
        Command::RunRule(request) => return shown_rule(request),
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
    let until =
        request.approval.as_ref().map(|approval| format!("?{} until {}", approval.token.expose(), approval.expires));
    let all: Vec<String> = [what].into_iter().chain(argument).chain(until).chain(inputs).chain(outputs).collect();
    all.join(" ")
}

fn shown_rule(request: &RuleRequest) -> String {
    let RuleRequest { execution, stage, kind, rule, configuration, .. } = request;
    format!("ask {execution} {stage}/{kind:?}/{rule} {}", configuration["AlarmName"])
}

fn words(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}
