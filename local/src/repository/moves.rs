//! What a push did to the branches.

use std::collections::BTreeSet;

use super::git::Branches;

/// A branch that is elsewhere than it was. At least one end is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The branch's name.
    pub branch: String,
    /// The commit it was at; none when it is new.
    pub from: Option<String>,
    /// The commit it is at; none when it is gone.
    pub to: Option<String>,
}

/// The branches that moved, by name.
pub(super) fn moves(before: &Branches, after: &Branches) -> Vec<Move> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let moves = names.into_iter().map(|name| Move {
        branch: name.clone(),
        from: before.get(name).cloned(),
        to: after.get(name).cloned(),
    });
    moves.filter(|moved| moved.from != moved.to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branches(of: &[(&str, &str)]) -> Branches {
        of.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned())).collect()
    }

    #[test]
    fn what_is_new_elsewhere_or_gone_has_moved() {
        let before = branches(&[("gone", "1"), ("moved", "2"), ("still", "3")]);
        let after = branches(&[("moved", "4"), ("new", "5"), ("still", "3")]);
        let told = moves(&before, &after).into_iter().map(|moved| (moved.branch, moved.from, moved.to));
        let some = |id: &str| Some(id.to_owned());
        let expected = [
            ("gone".to_owned(), some("1"), None),
            ("moved".to_owned(), some("2"), some("4")),
            ("new".to_owned(), None, some("5")),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert_eq!(moves(&after, &after), []);
    }
}
