//! Where the account's templates are kept: in one file, beside the repositories.

use std::path::PathBuf;

use super::record::Template;
use crate::json_api::Refusal;
use crate::repository::{Error, Store, files};

fn file(store: &Store) -> PathBuf {
    store.root().join(".approval-rule-templates.json")
}

/// All of them by name, as they are now.
pub(super) fn read(store: &Store) -> Result<Vec<Template>, Error> {
    Ok(files::read(&file(store))?.unwrap_or_default())
}

/// Changes them, which nobody else does meanwhile; a refusal changes nothing.
pub(super) async fn edit<T>(
    store: &Store,
    change: impl FnOnce(&mut Vec<Template>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let _alone = store.numbering().await?;
    let mut templates = read(store)?;
    let changed = change(&mut templates)?;
    templates.sort_by(|one, other| one.name.cmp(&other.name));
    files::write(&file(store), &templates)?;
    Ok(changed)
}
