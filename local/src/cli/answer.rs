//! `flowgate approve` and `flowgate reject`.

use serde_json::json;

use super::account::Default;
use super::approvals::{self, Answer};
use super::args;
use super::client::{self, Chosen, ClientError};
use crate::report::view::Waiting;
use crate::report::{say, subject};

pub(super) async fn run(options: &args::Answer, approved: bool) -> Result<(), ClientError> {
    let Chosen { client, pipeline, .. } = client::open(&options.pipeline, &options.caller, Default::Approver).await?;
    let waiting = approvals::waiting(&client, &pipeline).await?;
    let waiting = choose(&pipeline, waiting, options.action.as_deref())?;
    let answer = Answer { approved, comment: options.comment.clone() };
    approvals::answer(&client, &waiting, &answer).await?;
    tell(&waiting, approved, options.json);
    Ok(())
}

fn choose(pipeline: &str, mut waiting: Vec<Waiting>, action: Option<&str>) -> Result<Waiting, ClientError> {
    let names: Vec<String> = waiting.iter().map(|waiting| waiting.action.clone()).collect();
    let pipeline = pipeline.to_owned();
    if let Some(action) = action {
        waiting.retain(|waiting| waiting.action == action);
    }
    match (waiting.len(), action) {
        (1, _) => Ok(waiting.remove(0)),
        _ if names.is_empty() => Err(ClientError::NothingWaits(pipeline)),
        (0, Some(action)) => Err(ClientError::NoSuchApproval { pipeline, action: action.to_owned(), waiting: names }),
        _ => Err(ClientError::SeveralWait { pipeline, waiting: names }),
    }
}

fn tell(waiting: &Waiting, approved: bool, json: bool) {
    if json {
        let mut line = json!(waiting);
        line["status"] = json!(if approved { "Approved" } else { "Rejected" });
        return say(line);
    }
    let Waiting { pipeline, stage, action, execution, .. } = waiting;
    let verb = if approved { "approved" } else { "rejected" };
    say(format_args!("{verb} {} at {stage} {action} of {pipeline}, execution {execution}", subject(waiting)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(actions: &[&str]) -> Vec<Waiting> {
        actions.iter().map(|action| Waiting { action: (*action).to_owned(), ..Waiting::default() }).collect()
    }

    #[test]
    fn one_approval_needs_no_name_and_several_do() {
        let cases = [
            (&["A"][..], None, Ok("A")),
            (&["A", "B"], Some("B"), Ok("B")),
            (&["A", "B"], None, Err("several approvals wait in pipeline p, name one with --action: A, B")),
            (&["A"], Some("C"), Err("no approval named C waits in pipeline p; these do: A")),
            (&[], None, Err("no approval waits in pipeline p; `flowgate status p` shows where it is")),
            (&[], Some("A"), Err("no approval waits in pipeline p; `flowgate status p` shows where it is")),
        ];
        for (actions, action, expected) in cases {
            let chosen = choose("p", waiting(actions), action).map(|waiting| waiting.action);
            let chosen = chosen.map_err(|error| error.to_string());
            assert_eq!(chosen.as_deref().map_err(String::as_str), expected, "{actions:?} {action:?}");
        }
    }
}
