//! Long listings, a page at a time.

use serde::Deserialize;

use super::error::ApiError;

/// How much one page holds when the request does not say.
const DEFAULT: usize = 100;

/// `maxResults` and `nextToken` of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paging {
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// A part of a listing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    /// What the page holds.
    pub(super) items: Vec<T>,
    /// Asks for the next page, where there is one.
    pub(super) next_token: Option<String>,
}

impl Paging {
    /// What a request says under other names.
    pub(super) fn new(max_results: Option<usize>, next_token: Option<String>) -> Self {
        Self { max_results, next_token }
    }

    /// The page of what is `wanted`. A token is the `key` of the last item that was handed out: items that come or go
    /// elsewhere move nothing.
    pub(super) fn page<T>(
        &self,
        all: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Page<T>, ApiError> {
        let mut rest = all.into_iter();
        if let Some(token) = &self.next_token {
            rest.find(|item| key(item) == token).ok_or_else(|| ApiError::next_token(token))?;
        }
        let mut rest = rest.filter(wanted).peekable();
        let items: Vec<T> = rest.by_ref().take(self.max_results.unwrap_or(DEFAULT)).collect();
        let more = rest.peek().is_some();
        let next_token = items.last().filter(|_| more).map(|last| key(last).to_owned());
        Ok(Page { items, next_token })
    }
}

/// Of listings that are read as they are needed.
impl Paging {
    /// What the page begins after, as `find` makes it out of the token.
    pub(super) fn after<T>(&self, find: impl FnOnce(&str) -> Result<T, ApiError>) -> Result<Option<T>, ApiError> {
        self.next_token.as_deref().map(find).transpose()
    }

    /// The page of what is `wanted` of the rest. It ends with the listing, or where one more was read than it holds.
    pub(super) fn gather<T>(
        &self,
        rest: impl Iterator<Item = Result<T, ApiError>>,
        key: impl Fn(&T) -> String,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Page<T>, ApiError> {
        let size = self.max_results.unwrap_or(DEFAULT);
        let wanted = rest.filter(|item| item.as_ref().map_or(true, &wanted));
        let mut items = wanted.take(size + 1).collect::<Result<Vec<T>, _>>()?;
        let more = items.len() > size;
        items.truncate(size);
        let next_token = items.last().filter(|_| more).map(key);
        Ok(Page { items, next_token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(all: &[&'static str], max: usize, token: Option<&str>) -> Result<Page<&'static str>, ApiError> {
        let paging = Paging { max_results: Some(max), next_token: token.map(str::to_owned) };
        paging.page(all.to_vec(), |item| item, |item| !item.starts_with('-'))
    }

    fn of(items: &[&'static str], next_token: Option<&str>) -> Page<&'static str> {
        Page { items: items.to_vec(), next_token: next_token.map(str::to_owned) }
    }

    #[test]
    fn pages_follow_one_another_and_the_last_has_no_token() {
        let all = ["d", "-", "c", "b", "-"];
        assert_eq!(page(&all, 2, None), Ok(of(&["d", "c"], Some("c"))));
        assert_eq!(page(&all, 2, Some("c")), Ok(of(&["b"], None)));
        assert_eq!(page(&all, 3, None), Ok(of(&["d", "c", "b"], None)));
        assert_eq!(page(&[], 1, None), Ok(of(&[], None)));
    }

    #[test]
    fn what_arrives_in_front_moves_nothing_and_what_is_no_longer_wanted_still_counts() {
        assert_eq!(page(&["f", "e", "d", "c", "b"], 1, Some("d")), Ok(of(&["c"], Some("c"))));
        assert_eq!(page(&["-d", "c"], 1, Some("-d")), Ok(of(&["c"], None)));
    }

    #[test]
    fn an_unknown_token_is_refused() {
        let refused = page(&["a"], 1, Some("garbage")).unwrap_err();
        assert_eq!(refused.exception(), "InvalidNextTokenException");
    }
}
