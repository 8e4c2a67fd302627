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
}
