//! Random pipelines.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

#[derive(Debug, Clone)]
struct Plan {
    order: u32,
    writes: bool,
    reads: Vec<Index>,
    speaks: bool,
    listens: Option<Index>,
    asks: Option<u8>,
}

/// A stage but the first: its actions, and its conditions.
#[derive(Debug, Clone)]
struct StagePlan {
    actions: Vec<Plan>,
    entry: Option<(bool, Vec<RulePlan>)>,
    success: Option<(bool, Vec<RulePlan>)>,
    failure: Option<Vec<RulePlan>>,
    /// What is tried again, where nothing else is done about a failure.
    retry: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct RulePlan {
    minutes: Option<u8>,
    listens: Option<Index>,
    invokes: bool,
}

fn rules(at_least: usize) -> impl Strategy<Value = Vec<RulePlan>> {
    let (minutes, listens) = (prop::option::weighted(0.3, 5..9_u8), prop::option::weighted(0.1, any::<Index>()));
    let rule = (minutes, listens, prop::bool::weighted(0.3)).prop_map(|(minutes, listens, invokes)| RulePlan {
        minutes,
        listens,
        invokes,
    });
    vec(rule, at_least..4)
}

fn conditions() -> impl Strategy<Value = StagePlan> {
    let condition = || prop::option::weighted(0.3, (any::<bool>(), rules(1)));
    let failure = prop_oneof![4 => Just(None), 3 => Just(Some(Vec::new())), 3 => rules(1).prop_map(Some)];
    let retry = prop::option::weighted(0.3, prop_oneof![Just("FAILED_ACTIONS"), Just("ALL_ACTIONS")]);
    (condition(), condition(), failure, retry).prop_map(|(entry, success, failure, retry)| StagePlan {
        actions: Vec::new(),
        entry,
        success,
        failure,
        retry,
    })
}

/// The names of all stages that there may be.
pub(super) const STAGES: [&str; 4] = ["Stage0", "Stage1", "Stage2", "Stage3"];
pub(super) const MODES: [&str; 3] = ["SUPERSEDED", "QUEUED", "PARALLEL"];

/// The pipeline's first mode, what it is at first, and what it may be changed to.
pub(super) fn definitions() -> impl Strategy<Value = (&'static str, Vec<String>)> {
    ((0..MODES.len()).prop_map(|mode| MODES[mode]), vec(definition(), 1..4))
}

/// The pipeline in another mode. Side by side nothing can be rolled back.
pub(super) fn in_mode(mode: &str, definition: &str) -> String {
    let rolls_back = |word: &&str| !word.starts_with("failure=ROLLBACK");
    let others = |head: &str| head.split(' ').filter(rolls_back).collect::<Vec<_>>().join(" ");
    let stages = definition.lines().map(|line| match line.split_once(": ") {
        Some((head, actions)) if mode == "PARALLEL" => {
            format!("{}: {actions}", others(head).replace("ROLLBACK", "FAIL"))
        }
        _ => line.to_owned(),
    });
    [format!("mode={mode}")].into_iter().chain(stages).collect::<Vec<_>>().join("\n")
}

/// A pipeline in the short notation: one or two sources, then one to three stages of one to three actions, some of them
/// manual approvals, and conditions of up to three rules.
fn definition() -> impl Strategy<Value = String> {
    let plan = (
        1..=3_u32,
        any::<bool>(),
        vec(any::<Index>(), 0..3),
        any::<bool>(),
        prop::option::weighted(0.3, any::<Index>()),
        prop::option::weighted(0.2, 4..9_u8),
    )
        .prop_map(|(order, writes, reads, speaks, listens, asks)| Plan {
            order,
            writes,
            reads,
            speaks,
            listens,
            asks,
        });
    let source = (1..=3_u32, any::<bool>()).prop_map(|(order, speaks)| Plan {
        order,
        writes: true,
        reads: Vec::new(),
        speaks,
        listens: None,
        asks: None,
    });
    let again = prop::option::weighted(0.2, Just("FAILED_ACTIONS"));
    let sources = (vec(source, 1..3), again).prop_map(|(actions, retry)| StagePlan {
        actions,
        entry: None,
        success: None,
        failure: None,
        retry,
    });
    let stage = (vec(plan, 1..4), conditions()).prop_map(|(actions, conditions)| StagePlan { actions, ..conditions });
    (sources, vec(stage, 1..4))
        .prop_map(|(sources, rest)| write(std::iter::once(sources).chain(rest).collect::<Vec<_>>().as_slice()))
}

/// Artifacts and namespaces are only read where an earlier stage or a lower run order wrote them.
fn write(stages: &[StagePlan]) -> String {
    let mut text = Text::default();
    for (number, stage) in stages.iter().enumerate() {
        let entry = stage
            .entry
            .as_ref()
            .map(|(skip, rules)| text.condition("entry", if *skip { "SKIP" } else { "FAIL" }, rules));
        let actions = text.actions(number, &stage.actions);
        let success = stage
            .success
            .as_ref()
            .map(|(back, rules)| text.condition("success", if *back { "ROLLBACK" } else { "FAIL" }, rules));
        let failure = stage.failure.as_ref().map(|rules| text.condition("failure", "ROLLBACK", rules));
        let retry = stage.retry.filter(|_| failure.is_none()).map(|mode| format!(" retry={mode}"));
        let conditions: String = [entry, success, failure, retry].into_iter().flatten().collect();
        writeln!(text.lines, "Stage{number}{conditions}: {actions}").unwrap();
    }
    text.lines
}

/// What is written, and what may be read from now on.
#[derive(Default)]
struct Text {
    lines: String,
    artifacts: Vec<String>,
    namespaces: Vec<String>,
}

impl Text {
    fn condition(&self, kind: &str, result: &str, rules: &[RulePlan]) -> String {
        let rules: Vec<String> = rules.iter().enumerate().map(|(place, rule)| self.rule(place, rule)).collect();
        let rules = if rules.is_empty() { String::new() } else { format!("({})", rules.join(",")) };
        format!(" {kind}={result}{rules}")
    }

    fn rule(&self, place: usize, plan: &RulePlan) -> String {
        let minutes = plan.minutes.map(|minutes| format!("~{minutes}")).unwrap_or_default();
        let listens = plan.listens.filter(|_| !self.namespaces.is_empty());
        let alarm = listens.map(|listens| format!("!#{{{}.V}}", listens.get(&self.namespaces))).unwrap_or_default();
        let invokes = if plan.invokes { "^" } else { "" };
        format!("Rule{place}{invokes}{minutes}{alarm}")
    }

    fn actions(&mut self, number: usize, plans: &[Plan]) -> String {
        let mut lines = vec![String::new(); plans.len()];
        for order in 1..=3 {
            let (mut artifacts, mut namespaces) = (Vec::new(), Vec::new());
            for (place, plan) in plans.iter().enumerate().filter(|(_, plan)| plan.order == order) {
                let id = format!("{number}-{place}");
                lines[place] = self.action(&id, plan);
                artifacts.extend((plan.writes && plan.asks.is_none()).then(|| format!("Art{id}")));
                namespaces.extend((plan.speaks && plan.asks.is_none()).then(|| format!("Ns{id}")));
            }
            self.artifacts.extend(artifacts);
            self.namespaces.extend(namespaces);
        }
        lines.join("; ")
    }

    fn action(&self, id: &str, plan: &Plan) -> String {
        let mut line = format!("Action{id} @{}", plan.order);
        if let Some(minutes) = plan.asks {
            // Four minutes are no timeout: they stand for the default.
            let minutes = if minutes > 4 { minutes.to_string() } else { String::new() };
            return format!("{line} ?{minutes}");
        }
        for read in plan.reads.iter().filter(|_| !self.artifacts.is_empty()) {
            write!(line, " <{}", read.get(&self.artifacts)).unwrap();
        }
        if let Some(listens) = plan.listens.filter(|_| !self.namespaces.is_empty()) {
            write!(line, " arg=#{{{}.V}}", listens.get(&self.namespaces)).unwrap();
        }
        if plan.writes {
            write!(line, " >Art{id}").unwrap();
        }
        if plan.speaks {
            write!(line, " ns=Ns{id}").unwrap();
        }
        line
    }
}
