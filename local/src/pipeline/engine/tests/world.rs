//! An engine with a virtual clock, ids that count, and a history: what stands around it elsewhere.

use super::*;
use crate::pipeline::action::{ConditionKind, Failure, Outcome, Progress, Success};
use crate::pipeline::definition::RetryMode;

/// Who asks for everything.
const SOMEBODY: &str = "arn:somebody";

pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) ids: Counter,
    /// Every execution as it was last, also when the engine has forgotten it.
    pub(super) history: BTreeMap<String, Execution>,
    events: usize,
    waited: SignedDuration,
    runs: BTreeMap<(String, String), RunId>,
}

/// The words of an event.
struct Line<'a> {
    verb: &'a str,
    plain: Vec<&'a str>,
    named: BTreeMap<String, String>,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        let words: Vec<&str> = line.split(' ').collect();
        let (named, plain): (Vec<&str>, Vec<&str>) = words[1..].iter().partition(|word| word.contains('='));
        let named = named.iter().filter_map(|word| word.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned()));
        Self { verb: words[0], plain, named: named.collect() }
    }

    /// The words after so many.
    fn text(&self, after: usize) -> String {
        self.plain.get(after..).unwrap_or_default().join(" ")
    }

    fn words_after(&self, after: usize) -> Option<String> {
        Some(self.text(after)).filter(|text| !text.is_empty())
    }

    fn way(&self) -> Way {
        if self.plain[1] == "in" { Way::Inbound } else { Way::Outbound }
    }
}

impl World {
    pub(super) fn new(definition: &str) -> Self {
        let engine = Engine::new(pipeline(definition));
        let (ids, history, runs) = Default::default();
        Self { engine, ids, history, events: 0, waited: SignedDuration::ZERO, runs }
    }

    /// Takes in one event of a transcript.
    pub(super) fn tell(&mut self, line: &str) -> Vec<Command> {
        self.ask(line).unwrap_or_else(|why| panic!("{line}: {why}"))
    }

    /// Takes in one event, unless that is refused.
    pub(super) fn ask(&mut self, line: &str) -> Result<Vec<Command>, Refusal> {
        if let Some(minutes) = line.strip_prefix("later ") {
            self.waited += SignedDuration::from_mins(minutes.parse().unwrap());
            return Ok(Vec::new());
        }
        let event = self.event(Line::new(line))?;
        Ok(self.apply(event))
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
        let known = self.engine.state().executions.iter().cloned();
        self.history.extend(known.map(|execution| (execution.id.0.clone(), execution)));
        commands
    }

    pub(super) fn now(&self) -> Timestamp {
        at(self.events) + self.waited
    }

    pub(super) fn run(&self, execution: &str, name: &str) -> RunId {
        self.runs.get(&(execution.into(), name.into())).cloned().unwrap_or(RunId("unknown".into()))
    }

    /// Somebody else goes on with what this one has left behind.
    pub(super) fn restore(&mut self, earlier: Vec<Pipeline>) {
        let stored = serde_json::to_string(self.engine.state()).unwrap();
        let state = serde_json::from_str(&stored).unwrap();
        self.engine = Engine::restored(self.engine.pipeline().clone(), earlier, state);
    }

    /// `start EXECUTION [Variable=value] [rev=commit]`, `wait MINUTES` (`later MINUTES` is a wait that nobody tells), `stop` or `abandon EXECUTION [reason]`,
    /// `retry EXECUTION STAGE [all]`, `rollback EXECUTION STAGE`, `override EXECUTION STAGE entry|success|failure`,
    /// `close` or `open STAGE in|out [reason]`, `change [mode=MODE] [without=STAGE]`, `restart`; and what is heard of
    /// actions and rules.
    fn event(&mut self, mut line: Line<'_>) -> Result<Event, Refusal> {
        let by = SOMEBODY.to_owned();
        let of = |world: &Self| world.history[line.plain[0]].clone();
        match line.verb {
            "start" => {
                self.engine.has_room()?;
                let revisions =
                    line.named.remove("rev").iter().map(|rev| revision("Fetch", "COMMIT_ID", rev)).collect();
                let by_change = line.named.remove("by").is_some_and(|by| by == "change");
                let mut start = started_with(self.engine.pipeline(), line.plain[0], &line.named, revisions).unwrap();
                if by_change {
                    start.trigger.trigger_type = TriggerType::CloudWatchEvent;
                }
                Ok(Event::Start(start))
            }
            "wait" => {
                self.waited += SignedDuration::from_mins(line.plain[0].parse().unwrap());
                Ok(Event::Tick)
            }
            "stop" | "abandon" => self.engine.stop(&of(self), line.verb == "abandon", line.words_after(1)),
            "retry" => {
                let mode = if line.text(2) == "all" { RetryMode::AllActions } else { RetryMode::FailedActions };
                self.engine.retry(&of(self), line.plain[1], mode)
            }
            "rollback" => {
                let trigger = Trigger { trigger_type: TriggerType::ManualRollback, trigger_detail: by };
                self.engine.roll_back(&of(self), line.plain[1], trigger)
            }
            "override" => {
                let kind = match line.plain[2] {
                    "entry" => ConditionKind::BeforeEntry,
                    "success" => ConditionKind::OnSuccess,
                    _ => ConditionKind::OnFailure,
                };
                self.engine.override_condition(&ExecutionId(line.plain[0].to_owned()), line.plain[1], kind, by)
            }
            "close" => self.engine.disable(line.plain[0], line.way(), by, line.text(2)),
            "open" => self.engine.enable(line.plain[0], line.way(), by),
            "change" => Ok(Event::Replaced(Box::new(self.changed(&line.named)))),
            "restart" => Ok(Event::Restarted),
            _ => Ok(self.heard(line)),
        }
    }

    /// The pipeline in its next version.
    fn changed(&self, named: &BTreeMap<String, String>) -> Pipeline {
        let mut declaration = serde_json::to_value(self.engine.pipeline().declaration()).unwrap();
        declaration["version"] = (self.engine.pipeline().version + 1).into();
        if let Some(mode) = named.get("mode") {
            declaration["executionMode"] = mode.as_str().into();
        }
        let without = named.get("without").map(String::as_str);
        declaration["stages"].as_array_mut().unwrap().retain(|stage| stage["name"].as_str() != without);
        Pipeline::from_declaration(&declaration).unwrap()
    }

    /// Of an action `ok`, `fail`, `news`, `continued` or `asked`, of an approval `yes` or `no`, of a rule `waits`,
    /// `holds`, `breaks` or, where it cannot be found out, `errs`, each `EXECUTION NAME [rest]`.
    fn heard(&self, mut line: Line<'_>) -> Event {
        let run = self.run(line.plain[0], line.plain[1]);
        let (text, summary) = (line.text(2), line.words_after(2));
        let percent = line.named.get("percent").map(|percent| percent.parse().unwrap());
        let progress = Progress { summary: summary.clone(), percent, external_execution_id: None };
        let revision = line.named.remove("rev");
        let success = Success { summary, variables: line.named, revision, ..Success::default() };
        let failure = Failure { code: "JobFailed".into(), message: text.clone(), external_execution_id: None };
        match line.verb {
            "ok" => Event::ActionFinished { run, outcome: Outcome::Succeeded(success) },
            "fail" => Event::ActionFinished { run, outcome: Outcome::Failed(failure) },
            "asked" => Event::ActionFinished { run, outcome: Outcome::Waiting },
            "news" => Event::ActionProgressed { run, progress },
            "continued" => Event::ActionContinued { run, progress },
            "waits" => Event::RuleProgressed { run, summary: text },
            "holds" => Event::RuleFinished { run, outcome: Outcome::Succeeded(success) },
            "errs" => {
                let failure = Failure { code: "ConfigurationError".into(), ..failure };
                Event::RuleFinished { run, outcome: Outcome::Failed(failure) }
            }
            "breaks" => Event::RuleFinished { run, outcome: Outcome::Failed(failure) },
            "yes" | "no" => {
                let answer = Answer { approved: line.verb == "yes", summary: text, by: "arn:approver".into() };
                Event::Answered { run, answer }
            }
            verb => panic!("{verb}?"),
        }
    }
}
