//! The pages of lists.

use jiff::Timestamp;
use serde::Deserialize;

use crate::json_api::Refusal;

/// How many repositories a page holds.
pub(super) const SIZE: usize = 100;

/// `ListRepositories`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    next_token: Option<String>,
    sort_by: Option<String>,
    order: Option<String>,
}

/// A repository in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) modified: Timestamp,
}

/// The page that is wanted, and the token of the next: the name of the last repository on this one, so that what comes
/// and goes meanwhile moves nothing else from its page.
pub(super) fn page(mut all: Vec<Entry>, wanted: &Wanted) -> Result<(Vec<Entry>, Option<String>), Refusal> {
    sort(&mut all, wanted)?;
    let start = match &wanted.next_token {
        None => 0,
        Some(token) => 1 + all.iter().position(|entry| entry.name == *token).ok_or_else(|| unknown(token))?,
    };
    let rest = all.split_off(start);
    let more = rest.len() > SIZE;
    let page: Vec<_> = rest.into_iter().take(SIZE).collect();
    let token = page.last().filter(|_| more).map(|entry| entry.name.clone());
    Ok((page, token))
}

/// The most of a page of anything else, and as much as one has unless fewer are wanted.
const PART: usize = 100;

/// A page of what there is, each known by its key, and the token of the next.
pub(super) fn part<T>(
    all: Vec<T>,
    key: impl Fn(&T) -> String,
    size: Option<usize>,
    token: Option<&String>,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let size = size.unwrap_or(PART);
    if !(1..=PART).contains(&size) {
        return Err(Refusal::new("InvalidMaxResultsException", format!("maxResults {size} is not 1 to {PART}")));
    }
    let mut rest = all.into_iter();
    if let Some(token) = token {
        rest.find(|item| key(item) == *token).ok_or_else(|| unknown(token))?;
    }
    let page: Vec<T> = rest.by_ref().take(size).collect();
    let more = rest.next().is_some();
    let token = page.last().filter(|_| more).map(key);
    Ok((page, token))
}

fn sort(all: &mut [Entry], wanted: &Wanted) -> Result<(), Refusal> {
    all.sort_by(|one, other| one.name.cmp(&other.name));
    match wanted.sort_by.as_deref() {
        None | Some("repositoryName") => {}
        Some("lastModifiedDate") => all.sort_by_key(|entry| entry.modified),
        Some(other) => return Err(Refusal::new("InvalidSortByException", format!("sortBy {other:?} is not known"))),
    }
    match wanted.order.as_deref() {
        None | Some("ascending") => Ok(()),
        Some("descending") => {
            all.reverse();
            Ok(())
        }
        Some(other) => Err(Refusal::new("InvalidOrderException", format!("order {other:?} is not known"))),
    }
}

fn unknown(token: &str) -> Refusal {
    let message = format!("continuation token {token:?} belongs to no page; begin again without one");
    Refusal::new("InvalidContinuationTokenException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: usize) -> Vec<Entry> {
        let entry = |n: usize| Entry {
            name: format!("r{n:03}"),
            id: n.to_string(),
            // The other way round than by name.
            modified: Timestamp::UNIX_EPOCH - jiff::SignedDuration::from_secs(n.try_into().unwrap()),
        };
        (0..count).map(entry).collect()
    }

    fn wanted(token: Option<&str>, sort_by: Option<&str>, order: Option<&str>) -> Wanted {
        let [next_token, sort_by, order] = [token, sort_by, order].map(|text| text.map(str::to_owned));
        Wanted { next_token, sort_by, order }
    }

    #[test]
    fn every_repository_is_on_one_page() {
        for (count, pages) in [(0, 1), (1, 1), (SIZE, 1), (SIZE + 1, 2), (2 * SIZE, 2), (2 * SIZE + 1, 3)] {
            let (mut seen, mut token, mut asked) = (Vec::new(), None, 0);
            loop {
                let (page, next) = page(entries(count), &wanted(token.as_deref(), None, None)).unwrap();
                seen.extend(page);
                asked += 1;
                token = next;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!((seen, asked), (entries(count), pages));
        }
    }

    #[test]
    fn the_order_is_the_wanted_one() {
        let names = |sort_by, order| {
            let (page, _) = page(entries(3), &wanted(None, sort_by, order)).unwrap();
            page.into_iter().map(|entry| entry.name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(None, None), "r000 r001 r002");
        assert_eq!(names(Some("repositoryName"), Some("descending")), "r002 r001 r000");
        assert_eq!(names(Some("lastModifiedDate"), Some("ascending")), "r002 r001 r000");
        assert_eq!(names(Some("lastModifiedDate"), Some("descending")), "r000 r001 r002");
    }

    #[test]
    fn what_cannot_be_wanted_is_refused() {
        for (wanted, exception) in [
            (wanted(Some("gone"), None, None), "InvalidContinuationTokenException"),
            (wanted(None, Some("size"), None), "InvalidSortByException"),
            (wanted(None, None, Some("up")), "InvalidOrderException"),
        ] {
            let refusal = page(entries(3), &wanted).unwrap_err();
            assert_eq!(refusal.body()["__type"], exception);
        }
    }
}
