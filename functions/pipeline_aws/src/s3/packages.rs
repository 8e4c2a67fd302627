//! Packages: what templates name, read with our own role.

use aws_sdk_s3::{Client, operation::get_object::GetObjectOutput};
use aws_types::SdkConfig;
use pipeline_core::{
    digest::{Measured, Object, ReadPackages},
    ids::Digest,
    ports::PortError,
};
use sha2::{Digest as _, Sha256};

use crate::{
    error::Whose,
    s3::{client, unread},
};

/// The objects that our role may read.
#[derive(Debug, Clone)]
pub struct Packages(Client);

/// CloudFormation takes no larger template, in bytes.
const LARGEST_TEMPLATE: usize = 1 << 20;

impl Packages {
    /// S3 in our region.
    pub fn new(config: &SdkConfig) -> Self {
        Self(client(config))
    }

    async fn get(&self, object: &Object) -> Result<GetObjectOutput, PortError> {
        let request = self.0.get_object().bucket(&object.bucket).key(&object.key);
        let answer = request.set_version_id(object.version.clone()).send().await;
        answer.map_err(|error| unread(Whose::Ours, &object.to_string(), &error))
    }

    /// Reads all of it, a piece at a time: a package may be larger than our memory.
    async fn read(&self, object: &Object, mut each: impl FnMut(&[u8])) -> Result<Measured, PortError> {
        let mut answer = self.get(object).await?;
        let mut hash = Sha256::new();
        while let Some(piece) = answer.body.next().await {
            let piece = piece.map_err(|error| PortError::Unavailable {
                operation: format!("read {object}"),
                detail: error.to_string(),
            })?;
            hash.update(&piece);
            each(&piece);
        }
        let version = answer.version_id.unwrap_or_default();
        Ok(Measured { version, sha256: Digest::from(<[u8; 32]>::from(hash.finalize())) })
    }
}

impl ReadPackages for Packages {
    async fn measure(&self, object: &Object) -> Result<Measured, PortError> {
        self.read(object, |_| ()).await
    }

    async fn template(&self, object: &Object) -> Result<(Measured, Vec<u8>), PortError> {
        let mut text = vec![];
        let keep = |piece: &[u8]| {
            let room = (LARGEST_TEMPLATE + 1).saturating_sub(text.len());
            text.extend_from_slice(&piece[..piece.len().min(room)]);
        };
        let measured = self.read(object, keep).await?;
        if text.len() > LARGEST_TEMPLATE {
            let why = format!("it is larger than a template may be, {LARGEST_TEMPLATE} bytes");
            return Err(PortError::Unusable { what: object.to_string(), why });
        }
        Ok((measured, text))
    }
}
