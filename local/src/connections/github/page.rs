//! Pages of a list, and the `Link` header that leads from one to the others.

use axum::Json;
use axum::http::header;
use axum::response::{AppendHeaders, IntoResponse, Response};
use reqwest::Url;
use serde_json::Value;

use super::refused::Refused;

/// As many as a page has unless it is said, and the most.
const SIZES: (usize, usize) = (30, 100);

/// A page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    items: Vec<T>,
    link: Option<String>,
}

impl<T> Page<T> {
    /// Everything on it as the API shows it.
    pub(super) fn shown(self, show: impl FnMut(T) -> Value) -> Page<Value> {
        Page { items: self.items.into_iter().map(show).collect(), link: self.link }
    }
}

impl Page<Value> {
    /// The page as a part of something.
    pub(super) fn within(self, show: impl FnOnce(Vec<Value>) -> Value) -> Response {
        let link = AppendHeaders(self.link.map(|link| (header::LINK, link)));
        (link, Json(show(self.items))).into_response()
    }
}

impl IntoResponse for Page<Value> {
    fn into_response(self) -> Response {
        self.within(Value::from)
    }
}

/// The last of a list, which leads nowhere.
pub(super) fn last<T>(mut all: Vec<T>, most: usize) -> Page<T> {
    Page { items: all.split_off(all.len().saturating_sub(most)), link: None }
}

/// The page whose number the query names: `page`, with `per_page` on each.
pub(super) fn by_number<T>(url: &Url, all: Vec<T>) -> Page<T> {
    let (size, number) = (size(url), parameter(url, "page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1));
    let last = all.len().div_ceil(size).max(1);
    let to = |number: usize| with(url, &[("page", &number.to_string())]);
    let mut links = Vec::new();
    if number > 1 {
        links.push((to((number - 1).min(last)), "prev"));
    }
    if number < last {
        links.extend([(to(number + 1), "next"), (to(last), "last")]);
    }
    if number > 1 {
        links.push((to(1), "first"));
    }
    let items = all.into_iter().skip((number - 1).saturating_mul(size)).take(size).collect();
    Page { items, link: link(links) }
}

/// The page beside what the query names: `after` or `before` it. `cursor` names something of the list.
pub(super) fn by_cursor<T>(url: &Url, all: Vec<T>, cursor: impl Fn(&T) -> String) -> Result<Page<T>, Refused> {
    let size = size(url);
    let place = |name: &str| match parameter(url, name) {
        None => Ok(None),
        Some(named) => match all.iter().position(|one| cursor(one) == named) {
            Some(place) => Ok(Some(place)),
            None => Err(Refused::unprocessable(&format!("{name} is the cursor of no page"))),
        },
    };
    let range = match (place("after")?, place("before")?) {
        (Some(after), _) => after + 1..all.len().min(after + 1 + size),
        (None, Some(before)) => before.saturating_sub(size)..before,
        (None, None) => 0..all.len().min(size),
    };
    let to = |name: &'static str, at: usize| with(url, &[(name, &cursor(&all[at]))]);
    let mut links = Vec::new();
    if range.end < all.len() && !range.is_empty() {
        links.push((to("after", range.end - 1), "next"));
    }
    if range.start > 0 && !range.is_empty() {
        links.push((to("before", range.start), "prev"));
    }
    let items = all.into_iter().skip(range.start).take(range.len()).collect();
    Ok(Page { items, link: link(links) })
}

fn size(url: &Url) -> usize {
    let (usual, most) = SIZES;
    parameter(url, "per_page").and_then(|size| size.parse().ok()).unwrap_or(usual).clamp(1, most)
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The same address, of another page.
fn with(url: &Url, page: &[(&str, &str)]) -> Url {
    let kept = url.query_pairs().filter(|(key, _)| !["page", "after", "before"].contains(&key.as_ref()));
    let kept: Vec<_> = kept.map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
    let mut other = url.clone();
    other.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(page);
    other
}

fn link(links: Vec<(Url, &str)>) -> Option<String> {
    let links: Vec<String> = links.into_iter().map(|(url, rel)| format!("<{url}>; rel=\"{rel}\"")).collect();
    (!links.is_empty()).then(|| links.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(query: &str) -> Url {
        Url::parse(&format!("http://h/list?{query}")).unwrap()
    }

    fn numbered(query: &str) -> (Vec<u32>, Option<String>) {
        let page = by_number(&url(query), (1..=5).collect());
        (page.items, page.link)
    }

    #[test]
    fn numbered_pages_lead_to_each_other() {
        let links = |links: &[(&str, &str)]| {
            let one =
                |(page, rel): &(&str, &str)| format!("<http://h/list?state=all&per_page=2&page={page}>; rel=\"{rel}\"");
            Some(links.iter().map(one).collect::<Vec<_>>().join(", "))
        };
        let asked = |page: &str| numbered(&format!("state=all&per_page=2{page}"));
        assert_eq!(asked(""), (vec![1, 2], links(&[("2", "next"), ("3", "last")])));
        let second = links(&[("1", "prev"), ("3", "next"), ("3", "last"), ("1", "first")]);
        assert_eq!(asked("&page=2"), (vec![3, 4], second));
        assert_eq!(asked("&page=3"), (vec![5], links(&[("2", "prev"), ("1", "first")])));
        assert_eq!(asked("&page=9"), (vec![], links(&[("3", "prev"), ("1", "first")])));
    }

    #[test]
    fn what_fits_on_a_page_has_no_others_and_odd_sizes_are_the_nearest() {
        for query in ["", "per_page=5", "per_page=1000", "per_page=x", "page=0", "page=x"] {
            assert_eq!(numbered(query), (vec![1, 2, 3, 4, 5], None), "{query}");
        }
        assert_eq!(numbered("per_page=0").0, [1]);
    }

    #[test]
    fn the_last_of_a_list_lead_nowhere() {
        for (most, expected) in [(0, vec![]), (2, vec![2, 3]), (9, vec![1, 2, 3])] {
            assert_eq!(last(vec![1, 2, 3], most), Page { items: expected, link: None });
        }
    }

    #[test]
    fn cursors_lead_there_and_back() {
        let page = |query: &str| {
            let page = by_cursor(&url(query), (1..=5).collect(), ToString::to_string).unwrap();
            (page.items, page.link.unwrap_or_default())
        };
        let link = |cursor: &str, rel: &str| format!("<http://h/list?per_page=2&{cursor}>; rel=\"{rel}\"");
        assert_eq!(page("per_page=2"), (vec![1, 2], link("after=2", "next")));
        let middle = format!("{}, {}", link("after=4", "next"), link("before=3", "prev"));
        assert_eq!(page("per_page=2&after=2"), (vec![3, 4], middle.clone()));
        assert_eq!(page("per_page=2&before=5"), (vec![3, 4], middle));
        assert_eq!(page("per_page=2&after=4"), (vec![5], link("before=5", "prev")));
        assert_eq!(page("per_page=2&before=2"), (vec![1], link("after=1", "next")));
        assert_eq!(page("after=5"), (vec![], String::new()));
        assert!(by_cursor(&url("after=9"), vec![1], ToString::to_string).is_err());
    }
}
