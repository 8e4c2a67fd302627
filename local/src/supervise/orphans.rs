//! Descendants that left the process group, with `setsid` for instance. Linux hands them to the supervisor when their
//! parents die; elsewhere they go to init and are out of reach.

#[cfg(target_os = "linux")]
mod imp {
    use std::fs;
    use std::io;

    use rustix::process::{Pid, Signal, getpid, kill_process, set_child_subreaper};

    pub(in super::super) fn adopt() -> io::Result<()> {
        Ok(set_child_subreaper(Some(getpid()))?)
    }

    pub(in super::super) fn kill() {
        for child in children() {
            let _ = kill_process(child, Signal::KILL);
        }
    }

    fn children() -> impl Iterator<Item = Pid> {
        let us = getpid();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw));
        pids.filter(move |pid| is_child(*pid, us))
    }

    fn is_child(pid: Pid, parent: Pid) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        stat.is_ok_and(|stat| parent_of(&stat) == Some(parent))
    }

    /// The fourth field of `/proc/PID/stat`. The second is the program's name in brackets, which may itself hold
    /// spaces and brackets.
    fn parent_of(stat: &str) -> Option<Pid> {
        let (_, after_name) = stat.rsplit_once(')')?;
        Pid::from_raw(after_name.split_ascii_whitespace().nth(1)?.parse().ok()?)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_parent_is_read_past_a_program_name_with_brackets() {
            assert_eq!(parent_of("12 (a) S (b)) S 34 5 6"), Pid::from_raw(34));
            assert_eq!(parent_of("12 (init) S 0 5 6"), None);
            assert_eq!(parent_of("garbage"), None);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io;

    pub(in super::super) fn adopt() -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn kill() {}
}

pub(super) use imp::{adopt, kill};
