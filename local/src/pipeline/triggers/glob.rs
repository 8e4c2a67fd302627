//! The globs of trigger filters, as the user guide's page `syntax-glob` has them. They are Java's: `**` crosses directories
//! wherever it stands, so `main**` matches `main/one`, and `**/README.md` does not match `README.md`. Libraries for globs
//! read both otherwise.

use std::iter::Peekable;
use std::str::Chars;

use regex_lite::Regex;

/// A pattern that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pattern {pattern:?} is no glob: {reason}")]
pub struct PatternError {
    pattern: String,
    reason: &'static str,
}

/// A pattern for whole names.
#[derive(Debug, Clone)]
pub(super) struct Glob(Regex);

impl Glob {
    pub(super) fn new(pattern: &str) -> Result<Self, PatternError> {
        let error = |reason| PatternError { pattern: pattern.to_owned(), reason };
        let regex = translated(pattern).map_err(error)?;
        Regex::new(&regex).map(Self).map_err(|_| error("it is too long, or a range in it ends before it begins"))
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

fn translated(pattern: &str) -> Result<String, &'static str> {
    let mut regex = r"\A(?s:".to_owned();
    let mut rest = pattern.chars().peekable();
    let mut in_group = false;
    while let Some(next) = rest.next() {
        match next {
            '*' if rest.next_if_eq(&'*').is_some() => regex.push_str(".*"),
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            '\\' => literal(rest.next().ok_or("nothing follows its last `\\`")?, &mut regex),
            '[' => regex.push_str(&set(&mut rest)?),
            '{' if in_group => return Err("groups `{…}` cannot be nested"),
            '{' => {
                in_group = true;
                regex.push_str("(?:");
            }
            '}' if in_group => {
                in_group = false;
                regex.push(')');
            }
            ',' if in_group => regex.push('|'),
            other => literal(other, &mut regex),
        }
    }
    if in_group {
        return Err("a `{` has no `}`");
    }
    regex.push_str(r")\z");
    Ok(regex)
}

fn literal(one: char, regex: &mut String) {
    regex.push_str(&regex_lite::escape(one.encode_utf8(&mut [0; 4])));
}

/// One character out of those up to the `]`, but never a `/`.
fn set(rest: &mut Peekable<Chars>) -> Result<String, &'static str> {
    const OPEN: &str = "a `[` has no `]`";
    let negated = rest.next_if_eq(&'!').is_some();
    let mut members = String::new();
    loop {
        match rest.next().ok_or(OPEN)? {
            ']' => break,
            '/' => return Err("a set `[…]` cannot hold `/`"),
            first => match range_end(rest) {
                Some(last) => range(first, last, &mut members),
                None => member(first, &mut members),
            },
        }
    }
    match (members.is_empty(), negated) {
        (true, _) => Err("a set `[…]` is empty"),
        (false, true) => Ok(format!("[^/{members}]")),
        (false, false) => Ok(format!("[{members}]")),
    }
}

/// What ends a range, when one begins with the character that was read last.
fn range_end(rest: &mut Peekable<Chars>) -> Option<char> {
    let mut ahead = rest.clone();
    let last = ahead.next_if_eq(&'-').and_then(|_| ahead.next()).filter(|last| *last != ']' && *last != '/')?;
    *rest = ahead;
    Some(last)
}

fn range(first: char, last: char, members: &mut String) {
    // Around the `/`, whose neighbours are `.` and `0`.
    let parts = if (first..=last).contains(&'/') { vec![(first, '.'), ('0', last)] } else { vec![(first, last)] };
    for (first, last) in parts {
        member(first, members);
        members.push('-');
        member(last, members);
    }
}

fn member(one: char, members: &mut String) {
    // Of these the escaped form is a word's boundary, which no set can hold.
    if one.is_ascii_punctuation() && !matches!(one, '<' | '>') {
        members.push('\\');
    }
    members.push(one);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Glob::new(pattern).unwrap().matches(name)
    }

    /// docs.aws.amazon.com/codepipeline/latest/userguide/syntax-glob.html
    #[test]
    fn the_documented_patterns_match_what_is_documented() {
        for (pattern, yes, no) in [
            ("*.java", &["a.java", ".java"][..], &["a.class", "src/a.java"][..]),
            ("*.*", &["a.b", "."], &["a", "a/b.c"]),
            ("*.{java,class}", &["a.java", "a.class"], &["a.jar", "a.java,class"]),
            ("foo.?", &["foo.a"], &["foo.", "foo.ab", "foo./"]),
            ("my-file.jar", &["my-file.jar"], &["directory/my-file.jar", "my-fileXjar"]),
            ("directory/my-file.jar", &["directory/my-file.jar"], &["my-file.jar"]),
            ("**", &["a", "a/b/c", ""], &[]),
            ("directory/**", &["directory/a", "directory/a/b"], &["directory", "other/a"]),
            ("directory/*", &["directory/a"], &["directory/a/b", "directory"]),
            ("[*?\\]", &["*", "?", "\\"], &["a", "/"]),
            ("[-a]", &["-", "a"], &["b"]),
            ("[!-a]", &["b"], &["-", "a", "/"]),
            ("\\*", &["*"], &["a", "\\*"]),
            // .../pipelines-filter.html
            ("main*", &["main", "main-2"], &["domain", "main/one"]),
            ("prod*", &["prod.yml"], &["prod/a"]),
            ("common/**/*.js", &["common/a/b.js", "common/a/b/c.js"], &["common/a.js", "common/a/b.ts"]),
        ] {
            for name in yes {
                assert!(matches(pattern, name), "{pattern} {name}");
            }
            for name in no {
                assert!(!matches(pattern, name), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn sets_have_ranges_and_never_a_slash() {
        for (pattern, yes, no) in [
            ("v[0-9]", &["v0", "v9"][..], &["va", "v-"][..]),
            ("[+-9]", &["+", "-", ".", "0", "9"], &["/", "a"]),
            ("[a-]", &["a", "-"], &["b"]),
            ("[!a-c]", &["d"], &["a", "b", "c", "/"]),
            ("[^&]", &["^", "&"], &["a"]),
            ("[<]", &["<"], &[">", "\\", "\\<"]),
            ("[!<->]", &["a"], &["<", "=", ">", "/"]),
        ] {
            assert!(yes.iter().all(|name| matches(pattern, name)), "{pattern}");
            assert!(!no.iter().any(|name| matches(pattern, name)), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_glob_is_refused_and_says_why() {
        for (pattern, why) in [
            ("a\\", "nothing follows its last `\\`"),
            ("[a", "a `[` has no `]`"),
            ("[]", "a set `[…]` is empty"),
            ("[a/]", "a set `[…]` cannot hold `/`"),
            ("{a,{b}}", "groups `{…}` cannot be nested"),
            ("{a", "a `{` has no `}`"),
            ("[z-a]", "it is too long, or a range in it ends before it begins"),
        ] {
            assert_eq!(Glob::new(pattern).unwrap_err().to_string(), format!("pattern {pattern:?} is no glob: {why}"));
        }
    }

    proptest! {
        #[test]
        fn any_name_escaped_matches_itself_alone(name in "[ -~é\n]{0,12}", other in "[ -~é\n]{0,12}") {
            let escaped: String = name.chars().flat_map(|one| ['\\', one]).collect();
            prop_assert!(matches(&escaped, &name));
            prop_assert_eq!(matches(&escaped, &other), name == other);
        }

        #[test]
        fn any_pattern_is_a_glob_or_refused_and_two_stars_match_everything(pattern in "[a-c*?\\[\\]{},!/\\\\-]{0,12}", name in ".*") {
            if let Ok(glob) = Glob::new(&pattern) {
                glob.matches(&name);
            }
            prop_assert!(matches("**", &name));
        }

        #[test]
        fn a_set_of_one_character_is_that_character_alone(one in "[ -.0-\\\\^-~é\n]", other in "[ -~é\n]") {
            let sets = [format!("[{one}]"), format!("[{one}-{one}]"), format!("[{one}{one}]")];
            for set in sets.iter().filter(|_| one != "!") {
                prop_assert!(matches(set, &one), "{}", set);
                prop_assert_eq!(matches(set, &other), other == one, "{}", set);
            }
        }

        #[test]
        fn one_star_stays_in_its_directory(name in "[a-c/]{0,8}") {
            prop_assert_eq!(matches("*", &name), !name.contains('/'));
        }
    }
}
