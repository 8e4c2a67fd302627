//! Keeps secrets out of what is written about a build.

/// What stands for a secret, as in CodeBuild's logs.
const STARS: &str = "***";
/// The least that a line of a secret of several lines must hold to be hidden where it stands alone: the brackets of a JSON
/// object are in many a line.
const LINE: usize = 6;

/// Texts that are not to be seen. I26: it cannot be printed.
#[derive(Clone, Default)]
pub(super) struct Mask(Vec<String>);

impl Mask {
    /// Hides these, each wherever its exact value appears. The log is written line by line, so that each line of one that
    /// has several is hidden too.
    pub(super) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut all: Vec<String> =
            secrets.into_iter().flat_map(|secret| parts(&secret)).filter(|part| !part.is_empty()).collect();
        // The longest first: one may be a part of another.
        all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        all.dedup();
        Self(all)
    }

    pub(super) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, STARS))
    }

    /// How long the longest is, in bytes.
    pub(super) fn longest(&self) -> usize {
        self.0.first().map_or(0, String::len)
    }

    /// The last place up to this one where a text can be cut: neither a secret nor a character is then in both parts. The
    /// text goes on for at least the longest secret.
    pub(super) fn cut(&self, text: &[u8], at: usize) -> usize {
        let mut cut = at;
        while let Some(start) = self.0.iter().find_map(|secret| across(text, secret.as_bytes(), cut)) {
            cut = start;
        }
        while cut > 0 && text.get(cut).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {
            cut -= 1;
        }
        // A text that cannot be cut before has secrets from its start on.
        if cut == 0 { at } else { cut }
    }
}

/// Where a secret starts that lies on both sides of this place.
fn across(text: &[u8], secret: &[u8], place: usize) -> Option<usize> {
    let from = (place + 1).saturating_sub(secret.len());
    (from..place).find(|start| text.get(*start..).is_some_and(|text| text.starts_with(secret)))
}

fn parts(secret: &str) -> Vec<String> {
    let lines = secret.lines().map(str::trim).filter(|line| secret.contains('\n') && line.len() >= LINE);
    lines.map(str::to_owned).chain([secret.trim_end_matches(['\n', '\r']).to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(secrets: &[&str], text: &str) -> String {
        Mask::new(secrets.iter().map(|&secret| secret.to_owned())).hide(text)
    }

    #[test]
    fn whatever_is_secret_is_stars() {
        for (secrets, text, expected) in [
            (&[][..], "nothing", "nothing"),
            (&[""], "nothing", "nothing"),
            (&["abc"], "abc.abcabc", "***.******"),
            (&["abc", "abcdef"], "abcdef abc", "*** ***"),
            (&["with newline\n"], "with newline!", "***!"),
            (&["-----BEGIN-----\nMIIEpAIBAAK\n}\n"], "MIIEpAIBAAK }", "*** }"),
            (&["é"], "café", "caf***"),
        ] {
            assert_eq!(hidden(secrets, text), expected, "{secrets:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_secrets_and_characters() {
        for (secrets, text, at, expected) in [
            (&[][..], "abcdef", 3, 3),
            (&["cd"], "abcdef", 3, 2),
            (&["cd"], "abcdef", 2, 2),
            (&["cd"], "abcdef", 4, 4),
            (&["cd", "bc"], "abcdef", 3, 1),
            (&["abcd"], "abcdef", 3, 3),
            (&["x"], "aéb", 2, 1),
        ] {
            let mask = Mask::new(secrets.iter().map(|&secret| secret.to_owned()));
            assert_eq!(mask.cut(text.as_bytes(), at), expected, "{secrets:?} {text} {at}");
        }
    }
}
