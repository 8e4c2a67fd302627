//! Texts for people, within the limits that CodePipeline documents.

/// The longest `summary` of an execution's details, in characters.
pub const SUMMARY: usize = 2048;
/// The longest `message` of a failure's details, in characters.
pub const MESSAGE: usize = 5000;

/// The longest continuation token, in characters.
pub const TOKEN: usize = 2048;

const CUT: &str = " … (cut)";

/// `text` in at most `limit` characters. What is cut says so; an empty text becomes a word, since CodePipeline
/// refuses an empty summary or message.
pub fn fit(text: &str, limit: usize) -> String {
    let text = text.trim();
    if text.is_empty() {
        return "(no message)".to_owned();
    }
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept = text.chars().take(limit - CUT.chars().count());
    kept.chain(CUT.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_within_the_limit_is_untouched() {
        assert_eq!(fit("expected 200, got 502", SUMMARY), "expected 200, got 502");
    }

    #[test]
    fn a_long_text_is_cut_on_a_character_and_says_so() {
        let fitted = fit(&"é".repeat(6000), MESSAGE);
        assert_eq!(fitted.chars().count(), MESSAGE);
        assert!(fitted.ends_with("(cut)"));
    }

    #[test]
    fn an_empty_text_becomes_a_word() {
        assert_eq!(fit(" \n", MESSAGE), "(no message)");
    }
}
