//! New ids for the engine, which makes none itself.

use uuid::Uuid;

use crate::pipeline::engine::{ExecutionId, Ids, RunId};
use crate::pipeline::token::Token;

/// Ids from the system's randomness.
pub(super) struct RandomIds;

impl Ids for RandomIds {
    fn execution(&mut self) -> ExecutionId {
        ExecutionId(Uuid::new_v4().to_string())
    }

    fn run(&mut self) -> RunId {
        RunId(Uuid::new_v4().to_string())
    }

    fn token(&mut self) -> Token {
        Token::new(Uuid::new_v4().to_string())
    }

    fn artifact(&mut self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        // The last byte but one of a UUID's random part and its neighbours are plain random.
        let random = Uuid::new_v4().into_bytes();
        random[9..].iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
    }
}
