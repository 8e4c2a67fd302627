//! A disk for tests, that fills up or is slow when it should.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redb::backends::InMemoryBackend;
use redb::{Database, StorageBackend};

use super::Store;

/// Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub(in crate::runner) struct Disk(Arc<State>);

#[derive(Debug, Default)]
struct State {
    memory: InMemoryBackend,
    full: AtomicBool,
    syncs: AtomicUsize,
    held: Mutex<Option<Receiver<()>>>,
}

impl Disk {
    pub(in crate::runner) fn store(&self) -> Store {
        Store::with(Database::builder().create_with_backend(self.clone()).unwrap(), "the disk".to_owned()).unwrap()
    }

    pub(in crate::runner) fn is_full(&self, full: bool) {
        self.0.full.store(full, Ordering::Relaxed);
    }

    /// How often something was made sure to be there.
    pub(in crate::runner) fn syncs(&self) -> usize {
        self.0.syncs.load(Ordering::Relaxed)
    }

    /// What is written next takes until somebody sends.
    pub(in crate::runner) fn hold(&self, until: Receiver<()>) {
        *self.0.held.lock().unwrap() = Some(until);
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.0.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.memory.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.syncs.fetch_add(1, Ordering::Relaxed);
        if let Some(until) = self.0.held.lock().unwrap().take() {
            // Only so that a test which fails does end.
            until.recv_timeout(Duration::from_secs(20)).map_err(io::Error::other)?;
        }
        if self.0.full.load(Ordering::Relaxed) { Err(io::Error::other("no space left")) } else { Ok(()) }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.memory.write(offset, data)
    }
}
