//! Cases: a release that may go out, spoilt in one way.

use serde_json::Value;

use crate::gate::desk::Desk;
use crate::gate::judge::{Judge, job};

/// What is wrong, and what is said of it.
pub(super) struct Case {
    pub(super) about: &'static str,
    pub(super) spoil: fn(&Desk, &mut Value),
    pub(super) words: &'static [&'static str],
}

/// Everything as `tell` has it passes, and with each spoilt thing it is denied in these words.
pub(super) async fn each_is_denied(judge: &Judge, parameters: fn() -> Value, tell: fn(&Desk), cases: &[Case]) {
    for Case { about, spoil, words } in cases {
        let mut parameters = begin(judge, parameters, tell).await;
        spoil(&judge.desk, &mut parameters);
        judge.judge(&job(&parameters)).await.is_denied(about, words);
    }
    begin(judge, parameters, tell).await;
}

/// The world as it should be, which passes; nothing is left of that.
pub(super) async fn begin(judge: &Judge, parameters: fn() -> Value, tell: fn(&Desk)) -> Value {
    judge.desk.forget();
    tell(&judge.desk);
    judge.judge(&job(&parameters())).await.passes();
    judge.desk.forget();
    tell(&judge.desk);
    parameters()
}
