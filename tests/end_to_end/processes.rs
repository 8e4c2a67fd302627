//! The processes of this machine, as `/proc` shows them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

/// A process that is more than a zombie.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Process {
    pub(crate) id: u32,
    /// In clock ticks since the machine's start: ids are used again.
    started: u64,
    pub(crate) parent: u32,
    pub(crate) name: String,
}

/// Every process.
pub(crate) fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| read(entry.file_name().to_str()?.parse().ok()?)).collect()
}

/// Whatever a process has started, and what that has started.
pub(crate) fn descendants(ancestor: u32) -> Vec<Process> {
    let all = all();
    let (mut ids, mut found) = (BTreeSet::from([ancestor]), Vec::new());
    loop {
        let is_new = |process: &&Process| ids.contains(&process.parent) && !ids.contains(&process.id);
        let more: Vec<_> = all.iter().filter(is_new).cloned().collect();
        if more.is_empty() {
            return found;
        }
        ids.extend(more.iter().map(|process| process.id));
        found.extend(more);
    }
}

/// Those of `processes` that still run, whoever their parent is by now.
pub(crate) fn still_running(processes: &[Process]) -> Vec<Process> {
    let is_same = |process: &Process| read(process.id).is_some_and(|now| now.started == process.started);
    processes.iter().filter(|process| is_same(process)).cloned().collect()
}

/// The processes that work in a directory, or know of it by their arguments or their environment.
pub(crate) fn concerned_with(dir: &Path) -> Vec<Process> {
    let needle = dir.as_os_str().as_bytes();
    let mentions = |text: &[u8]| text.windows(needle.len()).any(|part| part == needle);
    let is_concerned = |process: &Process| {
        let proc = Path::new("/proc").join(process.id.to_string());
        let texts = ["cmdline", "environ"].map(|file| fs::read(proc.join(file)).unwrap_or_default());
        texts.iter().any(|text| mentions(text)) || fs::read_link(proc.join("cwd")).is_ok_and(|cwd| cwd.starts_with(dir))
    };
    all().into_iter().filter(is_concerned).collect()
}

/// The fields of `/proc/ID/stat` that matter. The second is the name in brackets, which may hold brackets itself.
fn read(id: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (before, after) = stat.rsplit_once(") ")?;
    let (_, name) = before.split_once('(')?;
    let fields: Vec<_> = after.split_ascii_whitespace().collect();
    let process =
        Process { id, started: fields[19].parse().ok()?, parent: fields[1].parse().ok()?, name: name.to_owned() };
    (!["Z", "X"].contains(&fields[0])).then_some(process)
}

#[test]
fn a_process_is_seen_as_long_as_it_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new("sleep").arg("1000").current_dir(dir.path()).spawn().unwrap();
    let seen: Vec<_> = descendants(std::process::id()).into_iter().filter(|process| process.id == child.id()).collect();
    assert_eq!((concerned_with(dir.path()), still_running(&seen)), (seen.clone(), seen.clone()));
    assert_eq!(seen.len(), 1);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((concerned_with(dir.path()), still_running(&seen)), (Vec::new(), Vec::new()));
}
