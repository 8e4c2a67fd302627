//! Texts of others, such that they stay texts: they neither end a comment's own markup nor begin any, mention nobody, link
//! nowhere and hide nothing. Each stands inside a line, or is indented.

use crate::text::{beginning, units};

/// The longest URL that is shown.
const URL: usize = 500;

/// A text as code inside a line, in about `limit` characters.
pub(super) fn code(text: &str, limit: usize) -> String {
    let text = line(text, limit).replace('`', "'");
    if text.is_empty() { "(nothing)".to_owned() } else { format!("`{text}`") }
}

/// A text on one line, in about `limit` characters.
pub(super) fn line(text: &str, limit: usize) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    cut(&visible(&words.join(" ")), limit)
}

/// A text as a block of code of so many lines and about so many characters. Indented, as there is nothing that it could
/// hold to end that.
pub(super) fn block(text: &str, limit: usize, lines: usize) -> String {
    let text = cut(text, limit);
    let all: Vec<String> =
        text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']).map(plain).collect();
    let all: Vec<String> = all.into_iter().filter(|line| !line.trim().is_empty()).collect();
    let mut shown: Vec<String> = all.iter().take(lines).map(|line| format!("    {line}")).collect();
    if all.len() > lines {
        shown.push("    …".to_owned());
    }
    shown.join("\n")
}

/// A URL to follow; what is not plainly one is shown as text.
pub(super) fn link(url: &str) -> String {
    if is_url(url) { format!("<{url}>") } else { code(url, URL) }
}

/// Whether it is plainly a URL.
pub(super) fn is_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%[]".contains(&byte);
    url.len() <= URL && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_plain))
}

fn plain(line: &str) -> String {
    visible(&line.replace('\t', "    "))
}

/// Without what is not seen, or changes the order of what is.
fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars().filter(|c| !is_hidden(*c)).collect()
}

fn cut(text: &str, limit: usize) -> String {
    let text = text.trim();
    if units(text) <= limit { text.to_owned() } else { format!("{}…", beginning(text, limit.saturating_sub(1))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_inside_its_line() {
        for (text, expected) in [
            ("feature/a", "`feature/a`"),
            ("a`b``", "`a'b''`"),
            ("a\n\n# b\r\n@team\t<img>", "`a # b @team <img>`"),
            ("\u{202e}gpj.exe\u{200b}", "`gpj.exe`"),
            (" \n", "(nothing)"),
            ("", "(nothing)"),
        ] {
            assert_eq!(code(text, 100), expected, "{text:?}");
        }
        assert_eq!(code("abcdef", 4), "`abc…`");
    }

    #[test]
    fn every_line_of_a_block_is_indented_and_there_are_not_too_many() {
        let text = "a\n\n```\r\n@team\u{2028}<!-- x -->\u{85}\t|\u{b}[x](y)\u{1b}[31m\n   \n";
        let expected = "    a\n    ```\n    @team\n    <!-- x -->\n        |\n    [x](y)[31m";
        assert_eq!(block(text, 1000, 10), expected);
        assert_eq!(block("a\nb\nc", 1000, 2), "    a\n    b\n    …");
        let long = block(&"é\n".repeat(5000), 3000, 60);
        assert!(long.lines().count() == 61 && units(&long) < 400, "{}", units(&long));
    }

    #[test]
    fn only_what_is_plainly_a_url_is_a_link() {
        assert_eq!(link("https://a.example/Prod/?q=(1)&r=@x"), "<https://a.example/Prod/?q=(1)&r=@x>");
        for bad in [
            "javascript:alert(1)",
            "https://",
            "https://a.example/ [x](y)",
            "https://a.example/>@team",
            "https://a.example/`",
            "https://ä.example",
            &format!("https://a.example/{}", "x".repeat(500)),
        ] {
            assert!(link(bad).starts_with('`') && link(bad).ends_with('`'), "{bad}");
        }
    }
}
