//! What an execution costs does not grow with the number of those before it, and neither does what is kept.

use super::*;
use crate::pipeline::action::{Failure, Outcome, Success};

/// What the last five executions of a long row cost, and what is left of all of them.
#[derive(Debug, PartialEq)]
struct Cost {
    /// For each of them: events, and commands that followed from these.
    steps: Vec<(usize, usize)>,
    /// How many executions the engine had to look at, at most.
    looked_at: usize,
    /// The state as it is stored, every number in it replaced by a zero.
    left: String,
}

struct Row {
    engine: Engine,
    ids: Counter,
    events: usize,
    runs: BTreeMap<(String, String), RunId>,
    last: Vec<(usize, usize)>,
    looked_at: usize,
}

impl Row {
    fn tell(&mut self, event: Event) {
        self.events += 1;
        let commands = self.engine.apply(event, at(self.events), &mut self.ids);
        self.looked_at = self.looked_at.max(self.engine.state().executions.len());
        assert!(self.looked_at <= 6, "more and more are kept");
        for command in &commands {
            if let Command::Run(request) = command {
                let name = (request.execution.clone(), request.action.clone());
                self.runs.insert(name, RunId(request.id.clone()));
            }
        }
        let last = self.last.last_mut().unwrap();
        *last = (last.0 + 1, last.1 + commands.len());
    }

    /// Ends what runs of others, until nothing of them does.
    fn finish_all_but(&mut self, execution: &str) {
        while let Some(name) = self.runs.keys().find(|(other, _)| other != execution).cloned() {
            self.finish(&name.0, &name.1);
        }
    }

    fn finish(&mut self, execution: &str, action: &str) {
        let Some(run) = self.runs.remove(&(execution.to_owned(), action.to_owned())) else { return };
        let failure = Failure { code: "JobFailed".into(), message: "no".into(), external_execution_id: None };
        let fails = action == "Deploy" && execution.starts_with('e') && execution.ends_with(['0', '5']);
        let outcome = if fails { Outcome::Failed(failure) } else { Outcome::Succeeded(Success::default()) };
        self.tell(Event::ActionFinished { run, outcome });
    }
}

/// So many executions, each on the heels of the one before; every fifth of them fails.
fn cost(definition: &str, executions: usize) -> Cost {
    let engine = Engine::new(pipeline(definition));
    let (ids, runs, last) = Default::default();
    let mut row = Row { engine, ids, events: 0, runs, last, looked_at: 0 };
    for number in 1..=executions {
        row.last.push((0, 0));
        let name = format!("e{number}");
        row.tell(Event::Start(start(row.engine.pipeline(), &name)));
        row.finish(&name, "Fetch");
        row.finish_all_but(&name);
    }
    row.finish_all_but("");
    row.tell(Event::Tick);
    assert_eq!(row.engine.state().live().count(), 0);
    let left = serde_json::to_string(row.engine.state()).unwrap();
    Cost { steps: row.last.split_off(executions - 5), looked_at: row.looked_at, left: without_numbers(&left) }
}

fn without_numbers(text: &str) -> String {
    let mut zeros: Vec<char> = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    zeros.dedup_by(|one, other| *one == '0' && *other == '0');
    zeros.into_iter().collect()
}

#[test]
fn ten_thousand_executions_cost_what_ten_cost_each_and_leave_as_much() {
    for mode in ["SUPERSEDED", "QUEUED", "PARALLEL"] {
        let back = if mode == "PARALLEL" { "" } else { " failure=ROLLBACK" };
        for more in [" retry=FAILED_ACTIONS", back] {
            let definition = format!("mode={mode}\nSource: Fetch >Code\nProd{more}: Deploy <Code");
            let (few, many) = (cost(&definition, 10), cost(&definition, 10_000));
            assert_eq!(few, many, "{mode}{more}");
        }
    }
}
