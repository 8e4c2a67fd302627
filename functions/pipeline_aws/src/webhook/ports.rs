//! What a webhook needs of the world.

use std::str::FromStr;

use pipeline_core::ports::PortError;
use secrecy::SecretString;

use crate::previewing::Change;

/// A delivery, as GitHub names it: sent again, it has the same id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryId(String);

/// A text is not the id of a delivery. It is not repeated (I26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text that is not the id of a delivery")]
pub struct InvalidDelivery;

/// The longest id: a UUID has 36 characters.
const LONGEST: usize = 64;

impl DeliveryId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeliveryId {
    type Err = InvalidDelivery;

    fn from_str(text: &str) -> Result<Self, InvalidDelivery> {
        let is_id = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if is_id { Ok(Self(text.to_owned())) } else { Err(InvalidDelivery) }
    }
}

/// The deliveries that were passed on.
pub trait Deliveries {
    /// Whether this one was, read consistently.
    fn is_known(&self, id: &DeliveryId) -> impl Future<Output = Result<bool, PortError>>;
    /// Keeps that it was, for longer than GitHub sends it again.
    fn remember(&self, id: &DeliveryId) -> impl Future<Output = Result<(), PortError>>;
}

/// Handing work to whoever has more time.
pub trait PassOn {
    /// Hands it over. It may be done twice, and is done some day.
    fn pass_on(&self, change: &Change) -> impl Future<Output = Result<(), PortError>>;
}

/// Reading the secret that GitHub signs with.
pub trait ReadSecret {
    /// It, as it is now.
    fn read(&self) -> impl Future<Output = Result<SecretString, PortError>>;
}
