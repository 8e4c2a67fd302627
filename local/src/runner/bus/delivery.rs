//! Events are kept until the bus takes them.

use std::time::Duration;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use tokio::time::sleep;

use crate::event_bus::{EventBus, Refusal};

/// The pause after the first refusal; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LAST_PAUSE: Duration = Duration::from_secs(30);
/// So often are events put. One that the bus will never take must not keep back all that follow.
const TRIES: u32 = 20;

/// Where events go.
pub(super) trait Sink: Send {
    /// Puts events, in their order.
    fn put(&self, events: &[PutEventsRequestEntry]) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// Says something to people.
    fn warn(&self, warning: &str) {
        eprintln!("warning: {warning}");
    }
}

impl Sink for EventBus {
    fn put(&self, events: &[PutEventsRequestEntry]) -> impl Future<Output = Result<(), Refusal>> + Send {
        EventBus::put(self, events)
    }
}

/// The way to a sink that may refuse for a while.
#[derive(Debug)]
pub(super) struct Delivery<S> {
    sink: S,
    /// Whether it was said that the sink refuses; said again only after it took something.
    warned: bool,
}

impl<S: Sink> Delivery<S> {
    pub(super) fn new(sink: S) -> Self {
        Self { sink, warned: false }
    }

    /// Puts the events until all are taken. What comes after them waits, so that everything arrives in order.
    pub(super) async fn deliver(&mut self, mut events: Vec<PutEventsRequestEntry>) {
        let mut pause = FIRST_PAUSE;
        for tried in 1..=TRIES {
            let Err(refusal) = self.sink.put(&events).await else {
                self.warned = false;
                return;
            };
            // Not at the first refusal: a cloud that stops refuses too, and the runner is gone before it is asked again.
            if tried > 1 && !std::mem::replace(&mut self.warned, true) {
                let reason = &refusal.reason;
                self.sink
                    .warn(&format!("the event bus refuses events of the pipelines, which are put again: {reason}"));
            }
            events = refusal.which.iter().filter_map(|at| events.get(*at).cloned()).collect();
            if tried < TRIES {
                sleep(pause).await;
                pause = (pause * 2).min(LAST_PAUSE);
            }
        }
        self.sink.warn(&format!("{} events of the pipelines are lost: the event bus does not take them", events.len()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::time::Instant;

    use super::*;

    /// Refuses the first few requests, the first event of each alone when it is `partial`.
    #[derive(Default)]
    struct Refusing {
        times: usize,
        partial: bool,
        put: Mutex<Vec<String>>,
        warnings: Mutex<Vec<String>>,
    }

    impl Sink for Refusing {
        async fn put(&self, events: &[PutEventsRequestEntry]) -> Result<(), Refusal> {
            let mut put = self.put.lock().unwrap();
            put.push(events.iter().filter_map(PutEventsRequestEntry::detail).collect::<String>());
            let which = if self.partial { vec![0] } else { (0..events.len()).collect() };
            if put.len() > self.times { Ok(()) } else { Err(Refusal { which, reason: "no".to_owned() }) }
        }

        fn warn(&self, warning: &str) {
            self.warnings.lock().unwrap().push(warning.to_owned());
        }
    }

    fn events(names: &str) -> Vec<PutEventsRequestEntry> {
        names.chars().map(|name| PutEventsRequestEntry::builder().detail(name).build()).collect()
    }

    async fn delivered(times: usize, partial: bool) -> (String, Vec<String>, Duration) {
        let begin = Instant::now();
        let mut delivery = Delivery::new(Refusing { times, partial, ..Refusing::default() });
        for names in ["ab", "c"] {
            delivery.deliver(events(names)).await;
        }
        let Refusing { put, warnings, .. } = delivery.sink;
        (put.into_inner().unwrap().join(" "), warnings.into_inner().unwrap(), begin.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_refused_is_put_again_before_what_follows() {
        let refuses = "the event bus refuses events of the pipelines, which are put again: no".to_owned();
        for (times, partial, put, warned, seconds) in [
            (0, false, "ab c", false, 0),
            (1, false, "ab ab c", false, 1),
            (3, false, "ab ab ab ab c", true, 7),
            (2, true, "ab a a c", true, 3),
        ] {
            let warnings = if warned { vec![refuses.clone()] } else { Vec::new() };
            let expected = (put.to_owned(), warnings, Duration::from_secs(seconds));
            assert_eq!(delivered(times, partial).await, expected, "{times}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_never_taken_is_given_up_and_keeps_nothing_back() {
        let (put, warnings, _) = delivered(TRIES as usize, true).await;
        assert_eq!(put, format!("ab{} c", " a".repeat(TRIES as usize - 1)));
        assert_eq!(warnings.last().unwrap(), "1 events of the pipelines are lost: the event bus does not take them");
    }
}
