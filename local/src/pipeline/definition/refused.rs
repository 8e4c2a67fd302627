//! All that is wrong with a definition, of which the API tells the first.

use super::error::DefinitionError;

/// At least one problem, in the order of the definition.
pub(super) struct Refused {
    pub(super) first: Box<DefinitionError>,
    others: Vec<DefinitionError>,
}

impl From<DefinitionError> for Refused {
    fn from(first: DefinitionError) -> Self {
        Self { first: Box::new(first), others: Vec::new() }
    }
}

impl Refused {
    /// Every problem.
    pub(super) fn all(self) -> Vec<DefinitionError> {
        std::iter::once(*self.first).chain(self.others).collect()
    }

    fn and(mut self, later: Self) -> Self {
        self.others.extend(later.all());
        self
    }
}

/// Both, or what is wrong with either.
pub(super) fn both<A, B>(one: Result<A, Refused>, other: Result<B, Refused>) -> Result<(A, B), Refused> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(one), Err(other)) => Err(one.and(other)),
        (Err(refused), _) | (_, Err(refused)) => Err(refused),
    }
}

/// Each of them, or what is wrong with any.
pub(super) fn each<T>(results: impl Iterator<Item = Result<T, Refused>>) -> Result<Vec<T>, Refused> {
    let mut all = Ok(Vec::new());
    for result in results {
        all = both(all, result).map(|(mut list, item)| {
            list.push(item);
            list
        });
    }
    all
}
