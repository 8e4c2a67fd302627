//! Where a pipeline's artifacts lie.

use std::collections::BTreeMap;

use super::error::{DefinitionError, ErrorKind, Place};
use super::names;
use super::wire::{ArtifactStore, Declaration};

/// The bucket of the one store that a pipeline has here.
pub(super) fn bucket(declaration: &Declaration) -> Result<String, DefinitionError> {
    let (place, store) = only(declaration)?;
    one_of(&place.within("type"), &store.kind, "S3")?;
    if let Some(key) = &store.encryption_key {
        let place = place.within("encryptionKey");
        one_of(&place.within("type"), &key.kind, "KMS")?;
        names::length(&place.within("id"), &key.id, 1..=400)?;
    }
    names::bucket(&place.within("location"), &store.location)
}

fn only(declaration: &Declaration) -> Result<(Place, &ArtifactStore), DefinitionError> {
    let (place, places) = (Place::pipeline().field("artifactStore"), Place::pipeline().field("artifactStores"));
    match (&declaration.artifact_store, &declaration.artifact_stores) {
        (Some(store), None) => Ok((place, store)),
        (None, Some(stores)) => only_region(&places, stores),
        (None, None) => {
            Err(place.error(ErrorKind::Structure, "is missing; give either artifactStore or artifactStores"))
        }
        (Some(_), Some(_)) => Err(places.error(ErrorKind::Structure, "excludes artifactStore; remove one")),
    }
}

fn only_region<'s>(
    place: &Place,
    stores: &'s BTreeMap<String, ArtifactStore>,
) -> Result<(Place, &'s ArtifactStore), DefinitionError> {
    let mut stores = stores.iter();
    if let (Some((region, store)), None) = (stores.next(), stores.next()) {
        return Ok((place.within(region), store));
    }
    Err(place.error(ErrorKind::Structure, "only one region can run here; name one store"))
}

fn one_of(place: &Place, text: &str, only: &str) -> Result<(), DefinitionError> {
    if text == only {
        return Ok(());
    }
    Err(place.error(ErrorKind::Validation, format!("{text:?} is unknown; use {only:?}")))
}
