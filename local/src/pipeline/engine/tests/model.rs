//! Random pipelines under random interleavings, watched by somebody who sees only events and commands.
//! `PROPTEST_CASES=100000` asks for a longer run.

mod definition;
mod event;
mod game;
mod moves;
mod seen;
mod started;
mod watcher;

use proptest::prelude::*;

use self::definition::definitions;
use self::game::Game;
use self::moves::{Move, moves};
use super::*;

/// Moves until the script ends, and then opens every transition and lets everything that runs end well.
fn play(mode: &str, definitions: &[String], script: &[Move], restored: usize) -> (State, Vec<Command>) {
    let mut game = Game::new(mode, definitions, restored);
    for step in script {
        game.step(step);
    }
    game.end()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_rule_holds_in_every_interleaving((mode, definitions) in definitions(), script in moves(), n in 1..20_usize) {
        let first = play(mode, &definitions, &script, usize::MAX);
        let second = play(mode, &definitions, &script, n);
        prop_assert_eq!(first, second, "the same events lead to the same commands, wherever somebody else goes on");
    }
}
