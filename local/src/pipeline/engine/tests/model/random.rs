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
    News { which: Index, percent: u8 },
    Late { which: Index, well: bool },
    Unknown,
}

pub(super) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let finish = (any::<Index>(), prop::bool::weighted(0.85), prop::bool::weighted(0.9))
        .prop_map(|(which, well, variables)| Move::Finish { which, well, variables });
    let news = (any::<Index>(), 0..=100_u8).prop_map(|(which, percent)| Move::News { which, percent });
    let late = (any::<Index>(), any::<bool>()).prop_map(|(which, well)| Move::Late { which, well });
    let any_move = prop_oneof![
        3 => Just(Move::Start),
        1 => Just(Move::StartAgain),
        9 => finish,
        1 => news,
        1 => late,
        1 => Just(Move::Unknown),
    ];
    vec(any_move, 0..60)
}

#[derive(Debug, Clone)]
struct Plan {
    order: u32,
    writes: bool,
    reads: Vec<Index>,
    speaks: bool,
    listens: Option<Index>,
}

/// A pipeline in the short notation: one to three sources, then one to four stages of one to four actions.
pub(super) fn definition() -> impl Strategy<Value = String> {
    let plan = (
        1..=3_u32,
        any::<bool>(),
        vec(any::<Index>(), 0..3),
        any::<bool>(),
        prop::option::weighted(0.3, any::<Index>()),
    )
        .prop_map(|(order, writes, reads, speaks, listens)| Plan { order, writes, reads, speaks, listens });
    let source = (1..=3_u32, any::<bool>()).prop_map(|(order, speaks)| Plan {
        order,
        writes: true,
        reads: Vec::new(),
        speaks,
        listens: None,
    });
    (vec(source, 1..4), vec(vec(plan, 1..5), 1..5))
        .prop_map(|(sources, rest)| write(std::iter::once(sources).chain(rest).collect::<Vec<_>>().as_slice()))
}

/// Artifacts and namespaces are only read where an earlier stage or a lower run order wrote them.
fn write(stages: &[Vec<Plan>]) -> String {
    let (mut artifacts, mut namespaces) = (Vec::new(), Vec::new());
    let mut text = String::new();
    for (number, stage) in stages.iter().enumerate() {
        let mut lines = vec![String::new(); stage.len()];
        for order in 1..=3 {
            let (known_artifacts, known_namespaces) = (artifacts.clone(), namespaces.clone());
            for (place, plan) in stage.iter().enumerate().filter(|(_, plan)| plan.order == order) {
                let id = format!("{number}-{place}");
                let line = &mut lines[place];
                write!(line, "Action{id} @{order}").unwrap();
                for read in plan.reads.iter().filter(|_| !known_artifacts.is_empty()) {
                    write!(line, " <{}", read.get(&known_artifacts)).unwrap();
                }
                if let Some(listens) = plan.listens.filter(|_| !known_namespaces.is_empty()) {
                    write!(line, " arg=#{{{}.V}}", listens.get(&known_namespaces)).unwrap();
                }
                if plan.writes {
                    write!(line, " >Art{id}").unwrap();
                    artifacts.push(format!("Art{id}"));
                }
                if plan.speaks {
                    write!(line, " ns=Ns{id}").unwrap();
                    namespaces.push(format!("Ns{id}"));
                }
            }
        }
        writeln!(text, "Stage{number}: {}", lines.join("; ")).unwrap();
    }
    text
}
