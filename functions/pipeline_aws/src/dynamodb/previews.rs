//! Previews: each read consistently by its name, found by the time it is due, and written whole under a condition.

use jiff::Timestamp;
use pipeline_core::{
    ports::PortError,
    preview::{
        ports::{FindPreviews, ReadPreviews, Replaced, WritePreviews},
        record::Preview,
        subject::Subject,
    },
};

use crate::dynamodb::{
    Put, StateTable,
    index::{self, DUE, DUE_OF},
    item::{Item, JOBS, body, expiry, key, lasting},
    nonce::{NONCE, contradiction, nonce},
};

/// The sort key of every preview, and the partition of all that are due some day in the index.
const PREVIEW: &str = "preview";

/// What an item says beside its record.
const ATTRIBUTES: [&str; 5] = ["pk", "sk", NONCE, DUE_OF, DUE];

fn pk(subject: &Subject) -> String {
    format!("preview#{subject}")
}

/// The preview that an item of the index is about. One that was changed by hand must not hide all others.
fn subject(item: &Item) -> Option<Subject> {
    let pk = item.get("pk")?.as_s().ok()?;
    let subject = pk.strip_prefix("preview#").and_then(|name| name.parse().ok());
    if subject.is_none() {
        tracing::warn!(pk, "a record in the index is no preview's");
    }
    subject
}

/// The item of a preview. One that nothing is left to do for expires, and is not in the index.
fn item(preview: &Preview, now: Timestamp) -> Result<Item, PortError> {
    let mut item = lasting(&pk(&preview.subject), PREVIEW, preview)?;
    item.extend(attributes(preview));
    if preview.due.is_none() {
        item.insert("expires".into(), expiry(now, JOBS));
    }
    Ok(item)
}

fn attributes(preview: &Preview) -> Item {
    let mut attributes = key(&pk(&preview.subject), PREVIEW);
    attributes.extend([nonce(preview.nonce)]);
    if let Some(due) = preview.due {
        attributes.extend(index::place(PREVIEW, due, &preview.subject));
    }
    attributes
}

fn preview(subject: &Subject, item: &Item) -> Result<Preview, PortError> {
    read(item).map_err(|why| PortError::Unusable { what: format!("the record {}", pk(subject)), why })
}

fn read(item: &Item) -> Result<Preview, String> {
    let preview: Preview = body(item)?;
    contradiction(item, &attributes(&preview), &ATTRIBUTES).map_or(Ok(preview), Err)
}

impl ReadPreviews for StateTable {
    async fn preview(&self, subject: &Subject) -> Result<Option<Preview>, PortError> {
        let item = self.read(&format!("read preview {subject}"), key(&pk(subject), PREVIEW)).await?;
        item.map(|item| preview(subject, &item)).transpose()
    }
}

impl FindPreviews for StateTable {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Subject>, PortError> {
        self.due_of("find the previews that are due", PREVIEW, now, limit, subject).await
    }

    async fn active(&self) -> Result<Vec<Subject>, PortError> {
        let (mut found, mut from) = (vec![], None);
        loop {
            let query = self.all_of(PREVIEW).projection_expression("pk").set_exclusive_start_key(from);
            let page = index::send("list the previews", query).await?;
            found.extend(page.items().iter().filter_map(subject));
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }
}

impl WritePreviews for StateTable {
    async fn replace(&self, seen: Option<&Preview>, next: &Preview) -> Result<Replaced<Preview>, PortError> {
        let operation = format!("write preview {}", next.subject);
        let item = item(next, Timestamp::now())?;
        Ok(match self.replace_seen(&operation, item, seen.map(|seen| seen.nonce)).await? {
            Put::Done => Replaced::Done,
            Put::Refused(standing) => {
                Replaced::Conflict(standing.map(|item| preview(&next.subject, &item)).transpose()?)
            }
        })
    }
}
