//! Why nothing was changed.

/// What was asked for is not there, or could be several things.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::cli) enum ChangeError {
    #[error("pipeline {pipeline} has no stage {stage}; it has {}", there.join(", "))]
    NoSuchStage { pipeline: String, stage: String, there: Vec<String> },
    #[error("no stage of pipeline {0} has failed or was stopped; `flowgate status {0}` shows where it is")]
    NothingToRetry(String),
    #[error("{asked} of pipeline {pipeline} cannot be retried; what can is {}", there.join(", "))]
    NotRetryable { pipeline: String, asked: String, there: Vec<String> },
    #[error("several can be retried in pipeline {pipeline}, name one with {by}: {}", there.join(", "))]
    SeveralToRetry { pipeline: String, by: &'static str, there: Vec<String> },
    #[error("execution {0} has been in no stage yet, so there is nothing to retry")]
    NeverEntered(String),
    #[error("no execution of pipeline {0} is in progress; `flowgate history {0}` lists those that were")]
    NothingRuns(String),
    #[error(
        "execution {execution} of pipeline {pipeline} is being stopped already; with --abandon what runs is not waited for"
    )]
    StopsAlready { pipeline: String, execution: String },
    #[error("no execution {asked} of pipeline {pipeline} is in progress; {}", those(there))]
    NotRunning { pipeline: String, asked: String, there: Vec<String> },
    #[error("several executions of pipeline {pipeline} are in progress, name one with --execution: {}", there.join(", "))]
    SeveralRun { pipeline: String, there: Vec<String> },
    #[error("name the stage of pipeline {pipeline} to roll back with --stage: {}", there.join(", "))]
    UnnamedStage { pipeline: String, there: Vec<String> },
    #[error("pipeline {0} is in mode PARALLEL, which has no rollback; start it with what is to be deployed")]
    NoRollback(String),
    #[error("nothing that succeeded in stage {stage} of pipeline {pipeline} before is left to go back to")]
    NothingBefore { pipeline: String, stage: String },
    #[error(
        "no execution {asked} succeeded in stage {stage} of pipeline {pipeline} as the pipeline is now; {}",
        these(there)
    )]
    NotSucceeded { pipeline: String, stage: String, asked: String, there: Vec<String> },
    #[error("say with --reason why the rules may be set aside: it is kept with the decision")]
    NoReason,
    #[error("the reason has {length} characters, {longest} at most; keep it short, and the rest where it points to")]
    LongReason { length: usize, longest: usize },
    #[error("pipeline {0} has no gate whose rules can be set aside")]
    NoGate(String),
    #[error("pipeline {pipeline} has had no execution {asked} lately; {}", held_up(there))]
    NoSuchExecution { pipeline: String, asked: String, there: Vec<String> },
    #[error(
        "execution {execution} of pipeline {pipeline} is not held up at a gate: it is {status} and not the last that \
         waits or failed there; {}",
        held_up(there)
    )]
    NotJudged { pipeline: String, execution: String, status: String, there: Vec<String> },
    #[error(
        "the gate of {stage} let execution {execution} of pipeline {pipeline} through, so no {} holds it up; \
         `flowgate status {pipeline}` shows what does",
        rules.join(" nor ")
    )]
    LetThrough { pipeline: String, stage: String, execution: String, rules: Vec<String> },
    #[error("the gate of {stage} in pipeline {pipeline} has no rule {rule} to set aside; it has {}", there.join(", "))]
    NotAsked { pipeline: String, stage: String, rule: String, there: Vec<String> },
}

fn held_up(there: &[String]) -> String {
    if there.is_empty() {
        "none is held up at a gate now".to_owned()
    } else {
        format!("held up are: {}", there.join(", "))
    }
}

fn those(there: &[String]) -> String {
    if there.is_empty() { "none is".to_owned() } else { format!("these are: {}", there.join(", ")) }
}

fn these(there: &[String]) -> String {
    if there.is_empty() { "none did".to_owned() } else { format!("these did: {}", there.join(", ")) }
}
