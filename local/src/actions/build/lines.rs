//! A shell's output, line by line.

use std::io;
use std::path::Path;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::unix::pipe::{OpenOptions, Receiver};

use super::log::Log;

/// As much of a line as is logged at once: what writes no newline must not fill the memory.
const PART: usize = 256 * 1024;
/// No message of the driver's is longer.
const MESSAGE: usize = 128;

pub(super) struct Lines {
    output: BufReader<Receiver>,
    line: Vec<u8>,
}

impl Lines {
    /// Reads a named pipe. Whoever writes to it must open it before the first line is asked for.
    pub(super) fn open(pipe: &Path) -> io::Result<Self> {
        Ok(Self { output: BufReader::new(OpenOptions::new().open_receiver(pipe)?), line: Vec::new() })
    }

    /// The next line with its end, or a part of a long one; nothing at the end of all. Loses nothing when it is cancelled.
    pub(super) async fn next(&mut self, log: &Log<'_>) -> io::Result<Option<Vec<u8>>> {
        // I26: whatever must stay in one piece, a secret or a message, is there whole when a part is cut off before it.
        let limit = PART + log.longest_secret().max(MESSAGE);
        let free = u64::try_from(limit.saturating_sub(self.line.len())).unwrap_or(u64::MAX);
        (&mut self.output).take(free).read_until(b'\n', &mut self.line).await?;
        if self.line.len() >= limit && !self.line.ends_with(b"\n") {
            let rest = self.line.split_off(log.cut(&self.line, PART));
            return Ok(Some(std::mem::replace(&mut self.line, rest)));
        }
        let line = std::mem::take(&mut self.line);
        Ok(Some(line).filter(|line| !line.is_empty()))
    }
}
