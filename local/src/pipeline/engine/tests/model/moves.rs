//! Random things that happen.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// Something that may happen; what cannot happen at the moment is left out, or refused.
#[derive(Debug, Clone)]
pub(super) enum Move {
    Start,
    StartAgain,
    Finish {
        which: Index,
        well: bool,
        variables: bool,
    },
    Answer {
        which: Index,
        approved: bool,
    },
    NotAsked {
        which: Index,
    },
    Judge {
        which: Index,
        holds: bool,
        known: bool,
    },
    News {
        which: Index,
        percent: u8,
    },
    Continue {
        which: Index,
    },
    Wait {
        minutes: u32,
    },
    Late {
        which: Index,
        well: bool,
    },
    Amiss {
        which: Index,
    },
    Stop {
        which: Index,
        abandon: bool,
    },
    Retry {
        which: Index,
        stage: Option<Index>,
        all: bool,
    },
    /// To an execution that succeeded in the stage, if there is one and it is aimed at.
    RollBack {
        which: Index,
        stage: Index,
        aimed: bool,
    },
    /// Of a condition that is being evaluated, if there is one and it is aimed at.
    Override {
        which: Index,
        kind: u8,
        aimed: bool,
    },
    Transition {
        stage: Index,
        inbound: bool,
        close: bool,
    },
    Replace {
        which: Index,
        mode: u8,
    },
    /// Nobody is there for a while.
    Restart {
        minutes: u32,
    },
}

fn which() -> impl Strategy<Value = Index> {
    any::<Index>()
}

pub(super) fn moves() -> impl Strategy<Value = Vec<Move>> {
    vec(prop_oneof![10 => of_work(), 4 => of_people()], 0..120)
}

fn of_work() -> impl Strategy<Value = Move> {
    let mostly = prop::bool::weighted;
    let minutes = prop_oneof![20 => 0..9_u32, 4 => 15..25_u32, 1 => Just(32 * 24 * 60)];
    prop_oneof![
        4 => Just(Move::Start),
        14 => (which(), mostly(0.85), mostly(0.9))
            .prop_map(|(which, well, variables)| Move::Finish { which, well, variables }),
        4 => (which(), mostly(0.7)).prop_map(|(which, approved)| Move::Answer { which, approved }),
        8 => (which(), mostly(0.7), mostly(0.8))
            .prop_map(|(which, holds, known)| Move::Judge { which, holds, known }),
        1 => which().prop_map(|which| Move::NotAsked { which }),
        1 => (which(), 0..=100_u8).prop_map(|(which, percent)| Move::News { which, percent }),
        1 => which().prop_map(|which| Move::Continue { which }),
        2 => minutes.prop_map(|minutes| Move::Wait { minutes }),
        1 => (which(), any::<bool>()).prop_map(|(which, well)| Move::Late { which, well }),
        1 => which().prop_map(|which| Move::Amiss { which }),
        1 => Just(Move::StartAgain),
    ]
}

fn of_people() -> impl Strategy<Value = Move> {
    let elsewhere = prop::option::weighted(0.2, which());
    prop_oneof![
        3 => (which(), any::<bool>()).prop_map(|(which, abandon)| Move::Stop { which, abandon }),
        6 => (which(), elsewhere, any::<bool>()).prop_map(|(which, stage, all)| Move::Retry { which, stage, all }),
        4 => (which(), which(), prop::bool::weighted(0.8))
            .prop_map(|(which, stage, aimed)| Move::RollBack { which, stage, aimed }),
        3 => (which(), 0..3_u8, prop::bool::weighted(0.8))
            .prop_map(|(which, kind, aimed)| Move::Override { which, kind, aimed }),
        5 => (which(), any::<bool>(), prop::bool::weighted(0.4))
            .prop_map(|(stage, inbound, close)| Move::Transition { stage, inbound, close }),
        1 => (which(), 0..3_u8).prop_map(|(which, mode)| Move::Replace { which, mode }),
        1 => prop_oneof![2 => Just(0), 2 => 1..9_u32, 1 => 15..25_u32].prop_map(|minutes| Move::Restart { minutes }),
    ]
}
