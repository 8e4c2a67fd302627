//! What people were told: each slip read consistently, and written whole if what was seen still stands.

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::ExecutionId,
    ports::PortError,
    preview::{ports::Replaced, subject::Subject},
    record::{
        notice::Noticed,
        pen::{KeepSlips, Slip},
        told::Told,
    },
};
use serde::{Serialize, de::DeserializeOwned};

use crate::dynamodb::{
    Put, StateTable,
    item::{JOBS, RELEASES, item, key, record},
    nonce::nonce,
};

const TOLD: &str = "told";
const NOTICE: &str = "notice";

impl KeepSlips<Subject, Told> for StateTable {
    async fn slip(&self, subject: &Subject) -> Result<Option<Slip<Told>>, PortError> {
        self.read_slip(TOLD, subject.to_string()).await
    }

    async fn replace_slip(
        &self,
        subject: &Subject,
        seen: Option<&Slip<Told>>,
        next: &Slip<Told>,
    ) -> Result<Replaced<Slip<Told>>, PortError> {
        self.write_slip(TOLD, subject.to_string(), seen, next, RELEASES).await
    }
}

impl KeepSlips<ExecutionId, Noticed> for StateTable {
    async fn slip(&self, execution: &ExecutionId) -> Result<Option<Slip<Noticed>>, PortError> {
        self.read_slip(NOTICE, execution.to_string()).await
    }

    async fn replace_slip(
        &self,
        execution: &ExecutionId,
        seen: Option<&Slip<Noticed>>,
        next: &Slip<Noticed>,
    ) -> Result<Replaced<Slip<Noticed>>, PortError> {
        self.write_slip(NOTICE, execution.to_string(), seen, next, JOBS).await
    }
}

impl StateTable {
    async fn read_slip<T: DeserializeOwned>(&self, kind: &str, name: String) -> Result<Option<Slip<T>>, PortError> {
        let pk = format!("{kind}#{name}");
        let found = self.read(&format!("read what was told of {name}"), key(&pk, kind)).await?;
        found.map(|found| record(&pk, &found)).transpose()
    }

    async fn write_slip<T: Serialize + DeserializeOwned>(
        &self,
        kind: &str,
        name: String,
        seen: Option<&Slip<T>>,
        next: &Slip<T>,
        kept: SignedDuration,
    ) -> Result<Replaced<Slip<T>>, PortError> {
        let pk = format!("{kind}#{name}");
        let mut item = item(&pk, kind, next, Timestamp::now(), kept)?;
        item.extend([nonce(next.nonce)]);
        let operation = format!("write what is told of {name}");
        Ok(match self.replace_seen(&operation, item, seen.map(|seen| seen.nonce)).await? {
            Put::Done => Replaced::Done,
            Put::Refused(standing) => Replaced::Conflict(standing.map(|item| record(&pk, &item)).transpose()?),
        })
    }
}
