//! Child processes that cannot outlive us.
//!
//! Every program is started by a supervisor: this binary once more, as `flowgate supervise -- PROGRAM ARGS…`, whose
//! standard input is a pipe that only we hold. When we drop it, exit or are killed with SIGKILL, the supervisor reads its
//! end and kills all that the program has started: its process group, and on Linux those that left the group too, because
//! orphans are handed to the supervisor.
//!
//! This half runs in the supervisor and is plain threads; [`Supervisor`] and [`Child`] are the half that starts it.

mod child;
mod orphans;

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process_group, wait};

pub use child::{Child, Supervisor, environment};

/// The hidden subcommand that runs a supervisor.
pub const SUBCOMMAND: &str = "supervise";

/// How long the program has between SIGTERM and SIGKILL. It has nothing to save: what a local cloud keeps is saved while it
/// runs, and before it is stopped.
const GRACE: Duration = Duration::from_secs(1);
/// How long the supervisor goes on killing. Only a process that the kernel itself holds survives SIGKILL.
const PERSISTENCE: Duration = Duration::from_secs(3);
/// How often to look for processes that were started while their parents were being killed.
const RESCAN: Duration = Duration::from_millis(20);
/// What a shell answers for a program that cannot be started.
const CANNOT_START: u8 = 127;
/// What a shell answers for a program ended by SIGTERM.
const TERMINATED: u8 = 128 + 15;

enum Event {
    /// A child of ours ended: the program, or an orphan we were given.
    Reaped(Pid, WaitStatus),
    /// No child is left.
    Childless,
    /// Nobody holds the other end of our standard input any more.
    Abandoned,
}

/// Runs a supervisor; `args` are what follows the subcommand: `-- PROGRAM ARGS…`. Its exit code is the program's.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let mut args = args.skip_while(|arg| arg == "--");
    let Some(program) = args.next() else {
        eprintln!("flowgate {SUBCOMMAND}: no program given");
        return ExitCode::from(CANNOT_START);
    };
    match supervise(Command::new(&program).args(args)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("flowgate {SUBCOMMAND}: cannot run {}: {error}", program.display());
            ExitCode::from(CANNOT_START)
        }
    }
}

fn supervise(command: &mut Command) -> io::Result<u8> {
    orphans::adopt()?;
    // A group of its own: SIGTERM to the group must not end the supervisor before SIGKILL is due.
    let program = command.stdin(Stdio::null()).process_group(0).spawn()?;
    let group = Pid::from_child(&program);
    let (sender, events) = mpsc::channel();
    watch_leash(sender.clone());
    reap_children(sender);
    let code = until_over(group, &events);
    kill_everything(group, &events);
    Ok(code)
}

/// Waits for the program's end, or asks it to end when we are abandoned.
fn until_over(program: Pid, events: &Receiver<Event>) -> u8 {
    loop {
        match events.recv() {
            Ok(Event::Reaped(pid, status)) if pid == program => return exit_code(status),
            Ok(Event::Reaped(..)) => {}
            Ok(Event::Abandoned) => {
                ask_to_end(program, events);
                return TERMINATED;
            }
            Ok(Event::Childless) | Err(_) => return CANNOT_START,
        }
    }
}

fn ask_to_end(group: Pid, events: &Receiver<Event>) {
    let _ = kill_process_group(group, Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while let Some(left) = deadline.checked_duration_since(Instant::now()) {
        match events.recv_timeout(left) {
            Ok(Event::Reaped(pid, _)) if pid == group => return,
            Ok(Event::Reaped(..) | Event::Abandoned) => {}
            Ok(Event::Childless) | Err(_) => return,
        }
    }
}

/// Kills until nothing is left. Whatever a killed process had started becomes our own child, so killing our children
/// over and over reaches every descendant.
fn kill_everything(group: Pid, events: &Receiver<Event>) {
    let deadline = Instant::now() + PERSISTENCE;
    while Instant::now() < deadline {
        let _ = kill_process_group(group, Signal::KILL);
        orphans::kill();
        match events.recv_timeout(RESCAN) {
            Ok(Event::Childless) | Err(RecvTimeoutError::Disconnected) => return,
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn watch_leash(sender: Sender<Event>) {
    thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        while !matches!(stdin.read(&mut [0; 64]), Ok(0) | Err(_)) {}
        let _ = sender.send(Event::Abandoned);
    });
}

fn reap_children(sender: Sender<Event>) {
    thread::spawn(move || {
        while let Ok(Some((pid, status))) = rustix::io::retry_on_intr(|| wait(WaitOptions::empty())) {
            let _ = sender.send(Event::Reaped(pid, status));
        }
        let _ = sender.send(Event::Childless);
    });
}

/// The code a shell would give: the program's own, or 128 and the number of the signal that ended it.
fn exit_code(status: WaitStatus) -> u8 {
    let code = status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
