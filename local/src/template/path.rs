//! Where the resolver is.

use std::fmt;

/// A path such as `Resources.Pipeline.Properties.Stages[1]`.
#[derive(Debug, Default)]
pub(super) struct Path(Vec<String>);

impl Path {
    pub(super) fn new<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(parts.into_iter().map(|part| format!(".{part}")).collect())
    }

    pub(super) fn push(&mut self, key: &str) {
        self.0.push(format!(".{key}"));
    }

    pub(super) fn push_index(&mut self, index: usize) {
        self.0.push(format!("[{index}]"));
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.concat().trim_start_matches('.'))
    }
}
