//! Lengths and letters that the API model demands.

use super::error::{DefinitionError, ErrorKind, Place};

/// Letters and digits, always allowed, and these besides.
struct Letters(&'static str);

const NAME: Letters = Letters(".@-_");
const WORD: Letters = Letters("@-_");
const ARTIFACT: Letters = Letters("_-");
const BUCKET: Letters = Letters("-.");

/// A pipeline's, stage's or action's name.
pub(super) fn name(place: &Place, text: &str) -> Result<String, DefinitionError> {
    check(place, text, 100, &NAME)
}

/// A namespace.
pub(super) fn namespace(place: &Place, text: &str) -> Result<String, DefinitionError> {
    check(place, text, 100, &WORD)
}

/// A pipeline-level variable's name.
pub(super) fn variable(place: &Place, text: &str) -> Result<String, DefinitionError> {
    check(place, text, 128, &WORD)
}

/// An artifact's name.
pub(super) fn artifact(place: &Place, text: &str) -> Result<String, DefinitionError> {
    check(place, text, 100, &ARTIFACT)
}

/// A bucket's name.
pub(super) fn bucket(place: &Place, text: &str) -> Result<String, DefinitionError> {
    length(place, text, 3..=63)?;
    check(place, text, 63, &BUCKET)
}

/// A text of this many characters.
pub(super) fn length(
    place: &Place,
    text: &str,
    allowed: std::ops::RangeInclusive<usize>,
) -> Result<(), DefinitionError> {
    let count = text.chars().count();
    if allowed.contains(&count) {
        return Ok(());
    }
    let (min, max) = allowed.into_inner();
    Err(place.error(ErrorKind::Validation, format!("has {count} characters; it must have {min} to {max}")))
}

/// A timeout, in minutes.
pub(super) fn timeout(place: &Place, minutes: u32) -> Result<(), DefinitionError> {
    if (5..=86_400).contains(&minutes) {
        return Ok(());
    }
    Err(place.error(ErrorKind::Validation, format!("is {minutes}; it must be 5 to 86400")))
}

fn check(place: &Place, text: &str, max: usize, letters: &Letters) -> Result<String, DefinitionError> {
    length(place, text, 1..=max)?;
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !letters.0.contains(*c)) {
        None => Ok(text.to_owned()),
        Some(bad) => {
            let message = format!("{text:?} contains {bad:?}; use letters, digits and {:?}", letters.0);
            Err(place.error(ErrorKind::Validation, message))
        }
    }
}
