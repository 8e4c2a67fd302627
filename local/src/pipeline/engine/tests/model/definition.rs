//! Random pipelines and random things that happen to them.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// Something that may happen; what cannot happen at the moment is left out.
#[derive(Debug, Clone)]
pub(super) enum Move {
    Start,
    StartAgain,
    Finish { which: Index, well: bool, variables: bool },
    Answer { which: Index, approved: bool },
    NotAsked { which: Index },
    Judge { which: Index, holds: bool },
    News { which: Index, percent: u8 },
    Wait { minutes: u8 },
    Late { which: Index, well: bool },
    Amiss { which: Index },
}

pub(super) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let finish = (any::<Index>(), prop::bool::weighted(0.85), prop::bool::weighted(0.9))
        .prop_map(|(which, well, variables)| Move::Finish { which, well, variables });
    let news = (any::<Index>(), 0..=100_u8).prop_map(|(which, percent)| Move::News { which, percent });
    let late = (any::<Index>(), any::<bool>()).prop_map(|(which, well)| Move::Late { which, well });
    let answer =
        (any::<Index>(), prop::bool::weighted(0.7)).prop_map(|(which, approved)| Move::Answer { which, approved });
    let judge = (any::<Index>(), prop::bool::weighted(0.7)).prop_map(|(which, holds)| Move::Judge { which, holds });
    let any_move = prop_oneof![
        4 => Just(Move::Start),
        1 => Just(Move::StartAgain),
        14 => finish,
        4 => answer,
        8 => judge,
        1 => any::<Index>().prop_map(|which| Move::NotAsked { which }),
        1 => news,
        2 => (0..9_u8).prop_map(|minutes| Move::Wait { minutes }),
        1 => late,
        1 => any::<Index>().prop_map(|which| Move::Amiss { which }),
    ];
    vec(any_move, 0..100)
}

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
}

#[derive(Debug, Clone)]
struct RulePlan {
    minutes: Option<u8>,
    listens: Option<Index>,
}

fn rules(at_least: usize) -> impl Strategy<Value = Vec<RulePlan>> {
    let rule = (prop::option::weighted(0.3, 5..9_u8), prop::option::weighted(0.1, any::<Index>()))
        .prop_map(|(minutes, listens)| RulePlan { minutes, listens });
    vec(rule, at_least..4)
}

fn conditions() -> impl Strategy<Value = StagePlan> {
    let condition = || prop::option::weighted(0.3, (any::<bool>(), rules(1)));
    (condition(), condition(), prop::option::weighted(0.3, rules(0))).prop_map(|(entry, success, failure)| StagePlan {
        actions: Vec::new(),
        entry,
        success,
        failure,
    })
}

/// A pipeline in the short notation: one to three sources, then one to four stages of one to four actions, some of them
/// manual approvals, and conditions of up to three rules.
pub(super) fn definition() -> impl Strategy<Value = String> {
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
    let sources =
        vec(source, 1..4).prop_map(|actions| StagePlan { actions, entry: None, success: None, failure: None });
    let stage = (vec(plan, 1..5), conditions()).prop_map(|(actions, conditions)| StagePlan { actions, ..conditions });
    (sources, vec(stage, 1..5))
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
        let conditions: String = [entry, success, failure].into_iter().flatten().collect();
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
        format!("Rule{place}{minutes}{alarm}")
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
