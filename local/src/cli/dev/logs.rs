//! `flowgate dev logs`: what the functions of a developer's stack wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::time::sleep;

use super::Developer;
use super::args::Logs;
use super::stack::{StackFunction, functions, one};
use crate::cli::End;
use crate::cli::client::ClientError;
use crate::cli::logs::{Part, Span, read};
use crate::report::{Paint, log_heading, printable, say};

/// The pause between two looks.
const TURN: Duration = Duration::from_secs(2);

/// So late a line may come to be found that was written before others.
const LATE: SignedDuration = SignedDuration::from_secs(30);

pub(super) async fn run(options: &Logs) -> Result<End, ClientError> {
    let developer = Developer::open(&options.whose).await?;
    let (stack, mut functions) = functions(&developer).await?;
    if let Some(named) = &options.function {
        functions = vec![one(&stack, functions, Some(named))?];
    }
    let client = Client::new(&developer.target.account.sdk);
    let now = Timestamp::now();
    let from = now.checked_sub(options.since).unwrap_or(Timestamp::MIN);
    let mut readers: Vec<Reader> = functions.into_iter().map(|function| Reader::new(function, from)).collect();
    for reader in &mut readers {
        let events = reader.news(&client, Timestamp::now()).await?;
        reader.print(&events, options.whose.about.json, true);
    }
    if !options.follow {
        return Ok(End::Succeeded);
    }
    loop {
        sleep(TURN).await;
        for reader in &mut readers {
            let events = reader.news(&client, Timestamp::now()).await?;
            reader.print(&events, options.whose.about.json, false);
        }
    }
}

/// The log of a function, as far as it was read.
struct Reader {
    function: StackFunction,
    from: Timestamp,
    /// What was printed of it since then, and the how many-th of its kind it was.
    seen: BTreeSet<(Line, usize)>,
}

/// What tells a line from others. Only AWS gives each an id; elsewhere the same line may be there several times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    at: i64,
    id: Option<String>,
    stream: Option<String>,
    message: Option<String>,
}

impl From<&FilteredLogEvent> for Line {
    fn from(event: &FilteredLogEvent) -> Self {
        Self {
            at: event.timestamp().unwrap_or_default(),
            id: event.event_id().map(str::to_owned),
            stream: event.log_stream_name().map(str::to_owned),
            message: event.message().map(str::to_owned),
        }
    }
}

impl Reader {
    fn new(function: StackFunction, from: Timestamp) -> Self {
        Self { function, from, seen: BTreeSet::new() }
    }

    fn group(&self) -> String {
        format!("/aws/lambda/{}", self.function.name)
    }

    /// What was not read before, in order.
    async fn news(&mut self, client: &Client, now: Timestamp) -> Result<Vec<FilteredLogEvent>, ClientError> {
        let span = Span { from: self.from, to: now };
        let part = Part { group: self.group(), stream: None, actions: Vec::new(), spans: vec![span] };
        let found = read(client, &part).await?;
        Ok(self.take(found, now))
    }

    fn take(&mut self, found: Vec<FilteredLogEvent>, now: Timestamp) -> Vec<FilteredLogEvent> {
        let mut met = BTreeMap::new();
        let mut is_new = |event: &FilteredLogEvent| {
            let line = Line::from(event);
            let times = met.entry(line.clone()).or_insert(0);
            *times += 1;
            self.seen.insert((line, *times))
        };
        let news: Vec<_> = found.into_iter().filter(|event| is_new(event)).collect();
        self.from = self.from.max(now.checked_sub(LATE).unwrap_or(Timestamp::MIN));
        self.seen.retain(|(line, _)| line.at >= self.from.as_millisecond());
        news
    }

    fn print(&self, events: &[FilteredLogEvent], json: bool, is_first: bool) {
        if !json && (is_first || !events.is_empty()) {
            say(log_heading(&self.function.id, &self.group(), Paint::of_stdout()));
        }
        if !json && is_first && events.is_empty() {
            say("nothing was written");
        }
        for event in events {
            let message = event.message().unwrap_or_default().trim_end();
            if json {
                let at = event.timestamp().and_then(|at| Timestamp::from_millisecond(at).ok());
                say(json!({"at": at, "group": self.group(), "function": self.function.id, "message": message}));
            } else {
                say(printable(message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn reader() -> Reader {
        Reader::new(StackFunction { id: "A".into(), name: "a".into() }, second(1_000))
    }

    #[test]
    fn a_line_is_told_once_even_if_it_comes_late() {
        let event = |at: i64, id: &str| FilteredLogEvent::builder().timestamp(at).event_id(id).build();
        let mut reader = reader();
        let mut take = |events: &[(i64, &str)], now| {
            let found = events.iter().map(|(at, id)| event(*at, id)).collect();
            let news = reader.take(found, second(now));
            news.into_iter().filter_map(|event| event.event_id).collect::<Vec<_>>()
        };
        assert_eq!(take(&[(1_001_000, "a"), (1_050_000, "b")], 1_060), ["a", "b"]);
        assert_eq!(take(&[(1_040_000, "late"), (1_050_000, "b"), (1_061_000, "c")], 1_062), ["late", "c"]);
        assert_eq!(take(&[(1_050_000, "b"), (1_061_000, "c")], 1_064), [""; 0]);
    }

    #[test]
    fn all_lines_of_a_moment_are_told_where_none_has_an_id() {
        let mut reader = reader();
        let mut take = |messages: &[&str]| {
            let event = |message: &&str| FilteredLogEvent::builder().timestamp(1_001_000).message(*message).build();
            let news = reader.take(messages.iter().map(event).collect(), second(1_002));
            news.into_iter().filter_map(|event| event.message).collect::<Vec<_>>()
        };
        assert_eq!(take(&["START", "said mine", "said mine", "END"]), ["START", "said mine", "said mine", "END"]);
        assert_eq!(take(&["START", "said mine", "said mine", "END", "said mine"]), ["said mine"]);
    }
}
