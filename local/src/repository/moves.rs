//! What a push did to the branches and tags.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What kind of name for a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefKind {
    /// One that moves with its commits.
    Branch,
    /// One that stays.
    Tag,
}

/// A branch or a tag. As text it is git's own name of it in full: `refs/heads/main`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Which of both.
    pub kind: RefKind,
    /// Its short name.
    pub name: String,
}

impl Reference {
    /// The branch of this name.
    pub fn branch(name: &str) -> Self {
        Self { kind: RefKind::Branch, name: name.to_owned() }
    }

    /// What git's full name of it says; nothing of what is neither branch nor tag.
    pub(super) fn parse(full: &str) -> Option<Self> {
        let (kind, name) = match full.strip_prefix("refs/heads/") {
            Some(name) => (RefKind::Branch, name),
            None => (RefKind::Tag, full.strip_prefix("refs/tags/")?),
        };
        Some(Self { kind, name: name.to_owned() })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            RefKind::Branch => "heads",
            RefKind::Tag => "tags",
        };
        write!(f, "refs/{kind}/{}", self.name)
    }
}

/// Branches and tags, each with the commit it is at.
pub(super) type References = BTreeMap<Reference, String>;

/// A branch or a tag that is elsewhere than it was. At least one end is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Which one.
    pub reference: Reference,
    /// The commit it was at; none when it is new.
    pub from: Option<String>,
    /// The commit it is at; none when it is gone.
    pub to: Option<String>,
}

/// What moved: branches first, by name.
pub(super) fn moves(before: &References, after: &References) -> Vec<Move> {
    let all: BTreeSet<&Reference> = before.keys().chain(after.keys()).collect();
    let moves = all.into_iter().map(|reference| Move {
        reference: reference.clone(),
        from: before.get(reference).cloned(),
        to: after.get(reference).cloned(),
    });
    moves.filter(|moved| moved.from != moved.to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(of: &[(&str, &str)]) -> References {
        of.iter().map(|(name, id)| (Reference::parse(name).unwrap(), (*id).to_owned())).collect()
    }

    #[test]
    fn what_is_new_elsewhere_or_gone_has_moved() {
        let before = references(&[("refs/heads/gone", "1"), ("refs/heads/moved", "2"), ("refs/tags/still", "3")]);
        let after = references(&[("refs/tags/new", "5"), ("refs/heads/moved", "4"), ("refs/tags/still", "3")]);
        let told = moves(&before, &after).into_iter().map(|moved| (moved.reference.to_string(), moved.from, moved.to));
        let some = |id: &str| Some(id.to_owned());
        let expected = [
            ("refs/heads/gone".to_owned(), some("1"), None),
            ("refs/heads/moved".to_owned(), some("2"), some("4")),
            ("refs/tags/new".to_owned(), None, some("5")),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert_eq!(moves(&after, &after), []);
    }

    #[test]
    fn a_name_in_full_is_of_a_branch_or_a_tag_or_neither() {
        assert_eq!(Reference::parse("refs/heads/feature/one"), Some(Reference::branch("feature/one")));
        let tag = Reference { kind: RefKind::Tag, name: "v1".to_owned() };
        assert_eq!(Reference::parse("refs/tags/v1"), Some(tag));
        assert_eq!(Reference::parse("refs/notes/commits"), None);
    }
}
