//! Who has a place for a preview: one record, written whole under a condition.

use pipeline_core::{
    ports::PortError,
    preview::{
        ports::{KeepSlots, Replaced},
        slots::Slots,
    },
};

use crate::dynamodb::{
    Put, StateTable,
    item::{Item, body, key, lasting},
    nonce::{NONCE, contradiction, nonce},
};

const PK: &str = "slots#previews";
const SK: &str = "slots";

fn attributes(slots: &Slots) -> Item {
    slots.nonce.map(nonce).into_iter().collect()
}

fn slots(item: &Item) -> Result<Slots, PortError> {
    let read = |item: &Item| {
        let slots: Slots = body(item)?;
        contradiction(item, &attributes(&slots), &[NONCE]).map_or(Ok(slots), Err)
    };
    read(item).map_err(|why| PortError::Unusable { what: format!("the record {PK}"), why })
}

impl KeepSlots for StateTable {
    async fn slots(&self) -> Result<Slots, PortError> {
        let item = self.read("read who has a preview", key(PK, SK)).await?;
        item.map_or_else(|| Ok(Slots::default()), |item| slots(&item))
    }

    async fn replace_slots(&self, seen: &Slots, next: &Slots) -> Result<Replaced<Slots>, PortError> {
        let mut item = lasting(PK, SK, next)?;
        item.extend(attributes(next));
        Ok(match self.replace_seen("write who has a preview", item, seen.nonce).await? {
            Put::Done => Replaced::Done,
            Put::Refused(standing) => Replaced::Conflict(standing.map(|item| slots(&item)).transpose()?),
        })
    }
}
