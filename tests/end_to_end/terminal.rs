//! A run at a terminal, where somebody is asked.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::task::spawn_blocking;

use crate::world::{World, fixture};

/// A terminal: what a program writes there can be read, and what is typed is read by the program.
pub(crate) struct Terminal {
    ours: File,
    seen: String,
}

impl Terminal {
    /// The terminal, and the end of it that belongs to a program.
    pub(crate) fn open() -> (Self, OwnedFd) {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = OpenOptions::new().read(true).write(true).open(OsStr::from_bytes(name.to_bytes())).unwrap();
        (Self { ours: File::from(ours), seen: String::new() }, theirs.into())
    }

    /// Waits for a question, and answers it. What was asked before is no question any more.
    pub(crate) fn answer(&mut self, question: &str, answer: &str) {
        while !self.seen.contains(question) {
            assert!(self.read(), "no {question:?} before the end: {}", self.seen);
        }
        self.seen.clear();
        writeln!(self.ours, "{answer}").unwrap();
    }

    /// Everything after the last answer, until the last program has closed the terminal.
    pub(crate) fn rest(mut self) -> String {
        while self.read() {}
        self.seen
    }

    /// Whether there was more to read. A terminal that nobody has open any more is an error.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let read = self.ours.read(&mut bytes).unwrap_or(0);
        self.seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
        read > 0
    }
}

#[tokio::test]
async fn somebody_at_a_terminal_is_asked_and_may_say_no() {
    let world = World::new().await;
    let (mut terminal, end) = Terminal::open();
    let mut command = world.run_for_people(&fixture("plain"));
    command.args(["--approve", "ask"]).stdin(end.try_clone().unwrap()).stdout(end.try_clone().unwrap()).stderr(end);
    let mut run = command.spawn().unwrap();
    // What we hold of the program's end would keep the terminal open when the program has ended.
    drop(command);
    let said = spawn_blocking(move || {
        terminal.answer("approve? [y/n] ", "perhaps");
        terminal.answer("approve? [y/n] ", "n");
        terminal.answer("comment: ", "not on a Friday");
        terminal.rest()
    });
    let said = said.await.unwrap();
    assert_eq!(run.wait().await.unwrap().code(), Some(1), "{said}");
    assert!(said.contains("Approve FAILED in action Approve") && said.contains("not on a Friday"), "{said}");
    assert!(!said.contains("plain-prod"), "{said}");
    assert!(world.left_behind().is_empty(), "{:?}", world.left_behind());
}
