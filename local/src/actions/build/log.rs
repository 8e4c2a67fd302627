//! A build's log: a file, whoever watches, and the last lines of the running command for a failure's message.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use super::mask::Mask;
use crate::actions::Observer;

/// How many lines of a failed command its message quotes.
const QUOTED: usize = 10;

pub(super) struct Log<'a> {
    file: File,
    observer: &'a dyn Observer,
    mask: Mask,
    last: VecDeque<String>,
}

impl<'a> Log<'a> {
    pub(super) fn create(path: &Path, observer: &'a dyn Observer) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, observer, mask: Mask::default(), last: VecDeque::new() })
    }

    /// From now on these are hidden.
    pub(super) fn hide(&mut self, mask: Mask) {
        self.mask = mask;
    }

    /// How long the longest secret is, in bytes.
    pub(super) fn longest_secret(&self) -> usize {
        self.mask.longest()
    }

    /// Where to cut a long line, at this place or a little before it.
    pub(super) fn cut(&self, line: &[u8], at: usize) -> usize {
        self.mask.cut(line, at)
    }

    /// A line of our own.
    pub(super) fn line(&mut self, line: &str) {
        self.write(&self.mask.hide(line));
    }

    /// What a command wrote, at most one line. Of a progress bar that redraws itself only the last state counts.
    pub(super) fn output(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let text = String::from_utf8_lossy(bytes);
        let line = text.trim_end_matches(['\n', '\r']);
        let line = self.mask.hide(line.rsplit('\r').next().unwrap_or(line));
        self.write(&line);
        if self.last.len() == QUOTED {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    pub(super) fn start_command(&mut self) {
        self.last.clear();
    }

    /// The last lines of the command that runs, or ran last.
    pub(super) fn command_output(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }

    fn write(&mut self, line: &str) {
        // I26: only what is masked comes here.
        // A full disk must not fail the build: whoever watches still sees the line.
        let _ = writeln!(self.file, "{line}");
        self.observer.line(line);
    }
}
