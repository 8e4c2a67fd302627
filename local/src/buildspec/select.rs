//! Which files an artifact holds, and which directories a cache keeps.

use std::collections::BTreeMap;

use globset::{Glob, GlobBuilder, GlobMatcher};

use super::Files;

/// Why the files of an artifact cannot be named.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A pattern is not one.
    #[error("artifact pattern {pattern:?} cannot be read: {reason}")]
    Pattern {
        /// What the buildspec says.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The files chosen, and the patterns that chose none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// From the name inside the artifact to the path below the base directory.
    pub files: BTreeMap<String, String>,
    /// Patterns without a match, which CodeBuild skips as long as another one matches.
    pub unmatched: Vec<String>,
}

/// Chooses among `paths`, which are relative to the base directory and use `/`.
///
/// # Errors
/// When a pattern is malformed.
pub fn select(wanted: &Files, paths: &[String]) -> Result<Selection, Error> {
    let exclude = wanted.exclude.iter().map(|pattern| matcher(pattern)).collect::<Result<Vec<_>, _>>()?;
    let mut selection = Selection::default();
    for pattern in &wanted.patterns {
        let include = matcher(pattern)?;
        let mut matches = paths.iter().filter(|path| include.is_match(path)).peekable();
        if matches.peek().is_none() {
            selection.unmatched.push(pattern.clone());
        }
        for path in matches.filter(|path| !exclude.iter().any(|exclude| exclude.is_match(path))) {
            let name = if wanted.discard_paths { file_name(path) } else { path.trim_start_matches('/') };
            selection.files.insert(name.to_owned(), path.clone());
        }
    }
    Ok(selection)
}

/// A matcher in which `*` stays within one directory and `**` does not.
///
/// # Errors
/// When the pattern is malformed.
pub fn matcher(pattern: &str) -> Result<GlobMatcher, Error> {
    let plain = pattern.trim_start_matches("./").trim_end_matches('/');
    let glob: Result<Glob, _> = GlobBuilder::new(plain).literal_separator(true).build();
    let glob =
        glob.map_err(|error| Error::Pattern { pattern: pattern.to_owned(), reason: error.kind().to_string() })?;
    Ok(glob.compile_matcher())
}

/// Whether a text is a pattern rather than a path.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// The directory that a cache path keeps whole, such as `target` for `target/**/*`; nothing for a path outside the source
/// directory, or one that is not a whole directory.
pub fn cached_directory(path: &str) -> Option<&str> {
    let path = path.trim_start_matches("./");
    let directory = ["/**/*", "/**", "/*", "/"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
    let inside =
        !directory.starts_with(['/', '~', '$']) && directory.split('/').all(|part| !matches!(part, "" | "." | ".."));
    (inside && !is_pattern(directory)).then_some(directory)
}

/// Puts the values of `$NAME` and `${NAME}` into a text; an unknown variable is empty, as in a shell.
pub fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = next_variable(rest) {
        expanded += before;
        expanded += variables.get(name).map_or("", String::as_str);
        rest = after;
    }
    expanded + rest
}

/// The names of the variables that a text refers to.
pub fn variable_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, name, after)) = next_variable(rest) {
        names.push(name.to_owned());
        rest = after;
    }
    names
}

/// The text before the next variable, its name, and the text after it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('$').find_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let (name, rest) = if let Some(braced) = after.strip_prefix('{') {
            braced.split_once('}')?
        } else {
            after.split_at(after.find(|c: char| !is_name_char(c)).unwrap_or(after.len()))
        };
        is_name(name).then_some((before, name, rest))
    })
}

/// Whether a text can name a variable of a shell.
pub fn is_name(text: &str) -> bool {
    text.chars().all(is_name_char) && text.starts_with(|c: char| !c.is_ascii_digit())
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: [&str; 6] = ["app.yaml", "out/a.txt", "out/deep/b.txt", "out/deep/c.log", ".hidden", "out/x y.txt"];

    fn chosen(wanted: &Files) -> String {
        let paths = TREE.map(str::to_owned);
        match select(wanted, &paths) {
            Ok(selection) => selection.files.into_keys().collect::<Vec<_>>().join("|"),
            Err(error) => error.to_string(),
        }
    }

    fn files(patterns: &[&str]) -> Files {
        Files { patterns: patterns.iter().map(|&pattern| pattern.to_owned()).collect(), ..Files::default() }
    }

    #[test]
    fn patterns_choose_as_in_codebuild() {
        for (patterns, expected) in [
            (&["app.yaml"][..], "app.yaml"),
            (&["./app.yaml"], "app.yaml"),
            (&["out/*"], "out/a.txt|out/x y.txt"),
            (&["out/**/*"], "out/a.txt|out/deep/b.txt|out/deep/c.log|out/x y.txt"),
            (&["**/*"], ".hidden|app.yaml|out/a.txt|out/deep/b.txt|out/deep/c.log|out/x y.txt"),
            (&["*.yaml", "absent"], "app.yaml"),
            (&["absent", "out"], ""),
        ] {
            assert_eq!(chosen(&files(patterns)), expected, "{patterns:?}");
        }
        assert!(chosen(&files(&["a["])).contains("cannot be read"));
    }

    #[test]
    fn paths_can_be_discarded_and_files_left_out() {
        let wanted = Files { discard_paths: true, exclude: vec!["**/*.log".into()], ..files(&["out/**/*"]) };
        assert_eq!(chosen(&wanted), "a.txt|b.txt|x y.txt");
        let paths = TREE.map(str::to_owned);
        let selection = select(&files(&["app.yaml", "absent"]), &paths).unwrap();
        assert_eq!(selection.unmatched, ["absent"]);
    }

    #[test]
    fn a_cache_keeps_whole_directories_of_the_source() {
        for (path, expected) in [
            ("target/**/*", Some("target")),
            ("./target/**", Some("target")),
            ("a/b/*", Some("a/b")),
            ("node_modules", Some("node_modules")),
            ("node_modules/", Some("node_modules")),
            ("/var/cache/m2/**/*", None),
            ("~/.cargo", None),
            ("$HOME/x", None),
            ("../x", None),
            ("a/../../x", None),
            ("**/*", None),
            ("*.jar", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(cached_directory(path), expected, "{path}");
        }
    }

    #[test]
    fn variables_are_expanded_as_a_shell_would() {
        let variables = BTreeMap::from([("A".to_owned(), "1".to_owned()), ("B_2".to_owned(), "/x".to_owned())]);
        for (text, expected) in [
            ("$A", "1"),
            ("${A}b", "1b"),
            ("$B_2/y/$A", "/x/y/1"),
            ("$MISSING.", "."),
            ("$", "$"),
            ("${A", "${A"),
            ("a$1 ${} $A", "a$1 ${} 1"),
            ("é$A", "é1"),
        ] {
            assert_eq!(expand(text, &variables), expected, "{text}");
        }
        assert_eq!(variable_names("$B_2/${A}/$$"), ["B_2", "A"]);
    }
}
