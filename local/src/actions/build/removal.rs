//! Removing what builds leave behind.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Removes a directory with all below it, if it is there; or says what is in the way.
pub(super) fn remove(path: &Path) -> Result<(), (PathBuf, io::Error)> {
    let removed = fs::remove_dir_all(path).or_else(|error| {
        // Some tools, Go among them, leave directories that are read-only.
        if_denied(error, || open_up(path).and_then(|()| fs::remove_dir_all(path)))
    });
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err((first_left(path), error)),
        _ => Ok(()),
    }
}

/// Tries once more what was denied.
pub(super) fn if_denied(error: io::Error, again: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    if error.kind() == io::ErrorKind::PermissionDenied { again() } else { Err(error) }
}

/// Lets us into this directory, and into all below it.
pub(super) fn open_up(directory: &Path) -> io::Result<()> {
    let mode = fs::symlink_metadata(directory)?.permissions().mode();
    fs::set_permissions(directory, Permissions::from_mode(mode | 0o700))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

/// Where a removal has stopped: what came before is gone.
fn first_left(path: &Path) -> PathBuf {
    let first = || fs::read_dir(path).ok()?.next()?.ok();
    let below = first().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    match below {
        Some(entry) => first_left(&entry.path()),
        None => first().map_or_else(|| path.to_owned(), |entry| entry.path()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_directory_that_a_build_left_read_only_is_opened_and_removed() {
        let root = tempfile::tempdir().unwrap();
        let directories = ["go", "go/pkg", "go/pkg/mod"].map(|name| root.path().join(name));
        let close = || {
            for directory in directories.iter().rev() {
                fs::set_permissions(directory, Permissions::from_mode(0o555)).unwrap();
            }
        };
        fs::create_dir_all(&directories[2]).unwrap();
        fs::write(directories[2].join("file"), "").unwrap();
        close();
        // Root is never denied anything.
        open_up(&directories[0]).unwrap();
        assert_eq!(directories.each_ref().map(|directory| mode(directory)), [0o755; 3]);
        close();
        remove(&directories[0]).unwrap();
        assert!(!directories[0].exists());
    }

    #[test]
    fn what_cannot_be_removed_is_named() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(remove(&file).unwrap_err().0, file);
        fs::create_dir_all(root.path().join("a/b/c")).unwrap();
        assert_eq!(first_left(&root.path().join("a")), root.path().join("a/b/c"));
    }
}
