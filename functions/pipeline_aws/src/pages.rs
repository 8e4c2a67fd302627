//! Listings, whole or not at all.

use std::collections::HashSet;

use pipeline_core::ports::PortError;

/// The most pages that a listing is followed for: more than an account can have, so it is an answer that never ends.
const MOST: usize = 10_000;

/// One page: what is on it, and the token of the next.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

/// All pages of a listing.
///
/// I10: Not the SDK's paginator, for which a token that comes again is the end of the list.
pub(crate) async fn all<T>(
    operation: &str,
    page: impl AsyncFn(Option<String>) -> Result<Page<T>, PortError>,
) -> Result<Vec<T>, PortError> {
    let endless = |detail: &str| PortError::Unavailable { operation: operation.to_owned(), detail: detail.to_owned() };
    let (mut all, mut seen, mut token) = (vec![], HashSet::new(), None);
    for _ in 0..MOST {
        let (items, next) = page(token).await?;
        all.extend(items);
        let Some(next) = next.filter(|next| !next.is_empty()) else { return Ok(all) };
        if !seen.insert(next.clone()) {
            return Err(endless("a page that was there before came again"));
        }
        token = Some(next);
    }
    Err(endless("there was no last page"))
}
