use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::up::Up;
use super::world::Kept;

#[tokio::test]
async fn two_clouds_hold_nothing_of_one_another() {
    let (one, two) = tokio::join!(Up::start(Kept::new()), Up::start(Kept::new()));
    tokio::join!(one.fill("first"), two.fill("second"));
    assert_eq!(one.names().await, ["first"; 4]);
    assert_eq!(two.names().await, ["second"; 4]);
    if cfg!(target_os = "linux") {
        assert_nothing_is_heard_elsewhere();
    }
}

/// Of this process and all that it has started.
fn assert_nothing_is_heard_elsewhere() {
    let sockets: BTreeSet<String> = descendants().iter().flat_map(|process| sockets(process)).collect();
    let listening = listening();
    let ours: Vec<_> = listening.iter().filter(|(_, socket)| sockets.contains(socket)).collect();
    assert!(ours.len() >= 4, "two clouds and two runners listen: {ours:?}");
    // 127.0.0.1, as the kernel writes it.
    assert!(ours.iter().all(|(address, _)| address.starts_with("0100007F:")), "{ours:?}");
}

/// This process and its descendants, each by its directory below /proc.
fn descendants() -> Vec<PathBuf> {
    let parent = |process: &Path| {
        let stat = fs::read_to_string(process.join("stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(|parent| Path::new("/proc").join(parent))
    };
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let all: Vec<_> = processes.filter_map(|process| Some((parent(&process)?, process))).collect();
    let mut found = vec![Path::new("/proc").join(std::process::id().to_string())];
    let mut next = 0;
    while next < found.len() {
        let children: Vec<_> =
            all.iter().filter(|(parent, _)| *parent == found[next]).map(|(_, child)| child.clone()).collect();
        found.extend(children);
        next += 1;
    }
    found
}

/// The ids of a process's sockets; none of one that has ended.
fn sockets(process: &Path) -> Vec<String> {
    let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let links = open.filter_map(|file| fs::read_link(file.path()).ok());
    let id = |link: PathBuf| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
    links.filter_map(id).collect()
}

/// Every TCP socket of this machine that listens: its address and its id.
fn listening() -> Vec<(String, String)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let rows =
        tables.iter().flat_map(|table| table.lines().skip(1)).map(|row| row.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row[3] == "0A").map(|row| (row[1].to_owned(), row[9].to_owned())).collect()
}
