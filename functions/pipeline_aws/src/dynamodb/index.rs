//! The index of what is to be looked at, and when. An item without its two attributes is not in it.

use std::{fmt::Display, time::Duration};

use aws_sdk_dynamodb::{
    config::{Builder, Config},
    operation::query::{QueryOutput, builders::QueryFluentBuilder},
    types::AttributeValue,
};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use pipeline_core::ports::PortError;

use crate::{
    client,
    dynamodb::{StateTable, failed, item::Item},
};

/// The index, which has the name of its sort key.
pub(super) const DUE: &str = "due";
/// Its partition key: one partition for each kind of entity. DynamoDB takes a thousand writes a second on it, and looking
/// into it is one query.
pub(super) const DUE_OF: &str = "due_of";

/// What puts an item of this kind into the index: it is due at that time. The name tells those apart that are due at once.
pub(super) fn place(kind: &str, due: Timestamp, name: &impl Display) -> Item {
    Item::from([(DUE_OF.into(), AttributeValue::S(kind.into())), (DUE.into(), AttributeValue::S(due_key(due, name)))])
}

/// The sort key in the index: of fixed width up to the name, so that its order is that of time.
fn due_key(due: Timestamp, name: &impl Display) -> String {
    format!("{}#{name}", moment(up(due)))
}

/// When an item is due that the index has.
pub(super) fn due_at(item: &Item) -> Option<Timestamp> {
    item.get(DUE)?.as_s().ok()?.split_once('#')?.0.parse().ok()
}

/// What the sort keys of all that are due at `now` are less than.
fn due_until(now: Timestamp) -> String {
    // The character behind `#`.
    format!("{}$", moment(now))
}

/// Always with milliseconds: without, a whole second would sort behind its fractions.
fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Never before it is due.
fn up(at: Timestamp) -> Timestamp {
    let up = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Ceil);
    at.round(up).unwrap_or(at)
}

impl StateTable {
    /// All of a kind that is in the index, the oldest first.
    pub(super) fn all_of(&self, kind: &str) -> QueryFluentBuilder {
        self.index(kind).key_condition_expression("#due_of = :kind")
    }

    /// Up to `limit` of a kind that are due at `now` and that `readable` takes by their keys, the oldest first.
    pub(super) async fn due_of<T>(
        &self,
        operation: &str,
        kind: &str,
        now: Timestamp,
        limit: usize,
        readable: impl Fn(&Item) -> Option<T>,
    ) -> Result<Vec<T>, PortError> {
        let (mut found, mut from) = (vec![], None);
        while found.len() < limit {
            let query = self
                .index(kind)
                .key_condition_expression("#due_of = :kind AND #due < :until")
                .expression_attribute_names("#due", DUE)
                .expression_attribute_values(":until", AttributeValue::S(due_until(now)))
                .projection_expression("pk, #due")
                .set_exclusive_start_key(from);
            let page = send(operation, query.limit(at_most(limit - found.len()))).await?;
            found.extend(page.items().iter().filter_map(&readable));
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(found)
    }

    fn index(&self, kind: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.name).index_name(DUE);
        query
            .expression_attribute_names("#due_of", DUE_OF)
            .expression_attribute_values(":kind", AttributeValue::S(kind.into()))
    }
}

/// Sends a query, which may take longer than what settles a job, as a page of it is up to 1 MB.
pub(super) async fn send(operation: &str, query: QueryFluentBuilder) -> Result<QueryOutput, PortError> {
    query.customize().config_override(unhurried()).send().await.map_err(|error| failed(operation, &error))
}

fn unhurried() -> Builder {
    let attempt = Duration::from_secs(10);
    Config::builder()
        .timeout_config(client::timeouts().operation_attempt_timeout(attempt).operation_timeout(attempt * 2).build())
}

pub(super) fn at_most(limit: usize) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "time-service-pr-42";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_index_is_ordered_by_time() {
        let times = ["2026-11-21T12:00:00Z", "2026-11-21T12:00:00.5Z", "2026-11-21T12:00:01Z", "2027-01-01T00:00:00Z"];
        let keys = times.map(|time| due_key(at(time), &NAME));
        assert!(keys.is_sorted(), "{keys:?}");
        assert!(keys.last() < Some(&due_key(Timestamp::MAX, &NAME)), "{keys:?}");
    }

    #[test]
    fn what_is_due_now_is_found_and_nothing_that_is_due_later() {
        let now = at("2026-11-21T12:00:00.25Z");
        let found = |due: &str| due_key(at(due), &NAME) < due_until(now);
        assert!(found("2026-11-21T12:00:00.25Z") && found("2026-11-21T12:00:00Z"));
        assert!(!found("2026-11-21T12:00:00.2500001Z") && !found("2026-11-21T12:00:00.251Z"));
    }

    #[test]
    fn a_place_tells_when_it_is_due() {
        for (due, told) in [
            ("2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z"),
            ("2026-11-21T12:00:00.2500001Z", "2026-11-21T12:00:00.251Z"),
        ] {
            assert_eq!(due_at(&place("job", at(due), &"run#1#2")), Some(at(told)));
        }
        let other = |due: &str| Item::from([(DUE.into(), AttributeValue::S(due.into()))]);
        for item in [Item::new(), other(""), other("soon#run"), other("2026-11-21T12:00:00Z")] {
            assert_eq!(due_at(&item), None, "{item:?}");
        }
    }
}
