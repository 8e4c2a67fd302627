//! What each reviewer said last.

use std::collections::BTreeMap;

use pipeline_core::gate::source::{self, Identity, Reviewed};

use crate::github::answers::Review;

/// GitHub's own stand-in for accounts that are gone.
pub(super) const GHOST: &str = "ghost";

/// The last opinion of each account. A comment is none, and what is pending was not said yet.
pub(super) fn last(mut reviews: Vec<Review>) -> Vec<source::Review> {
    // In the order in which they were said: what was pending for long is listed where it was begun.
    reviews.sort_by(|one, other| (&one.submitted_at, one.id).cmp(&(&other.submitted_at, other.id)));
    let (mut known, mut gone) = (BTreeMap::new(), vec![]);
    for review in reviews {
        let Some(opinion) = opinion(&review) else { continue };
        let login = review.user.unwrap_or_else(|| GHOST.to_owned());
        let name = login.to_ascii_lowercase();
        let told =
            source::Review { by: Identity::Account(login), opinion, revision: review.commit_id.unwrap_or_default() };
        // Those who are gone may be several.
        if name == GHOST {
            gone.push(told);
        } else {
            known.insert(name, told);
        }
    }
    known.into_values().chain(gone).collect()
}

/// Those who may refuse: anybody at all may review what is public, and would hold up every release.
const WITHIN: [&str; 3] = ["OWNER", "MEMBER", "COLLABORATOR"];

/// I24: a state that GitHub adds may mean anything, so it takes back what was said before, as does the refusal of somebody
/// who cannot refuse.
fn opinion(review: &Review) -> Option<Reviewed> {
    let is_within = review.author_association.as_deref().is_none_or(|association| WITHIN.contains(&association));
    match &review.state[..] {
        "COMMENTED" | "PENDING" => None,
        "APPROVED" => Some(Reviewed::Approved),
        "CHANGES_REQUESTED" if is_within => Some(Reviewed::Refused),
        _ => Some(Reviewed::Dismissed),
    }
}
