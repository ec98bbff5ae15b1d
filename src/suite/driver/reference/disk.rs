//! The disk under a case's store: memory that can be full, and that keeps over a crash what was synced.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Handles share the disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    written: Vec<u8>,
    synced: Vec<u8>,
    full: bool,
}

impl Disk {
    /// Lets writes fail for want of space, or succeed again.
    pub(super) fn fill(&self, full: bool) {
        self.content().full = full;
    }

    /// The disk as a crash leaves it, without what was not synced. What the dying still write goes to the old one.
    pub(super) fn after_crash(&self) -> Self {
        let Content { synced, full, .. } = &*self.content();
        Self(Arc::new(Mutex::new(Content { written: synced.clone(), synced: synced.clone(), full: *full })))
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.content().written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let content = self.content();
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(out.len());
        let bytes = content.written.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut content = self.content();
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::StorageFull)?;
        if content.full && length > content.written.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        content.written.resize(length, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut content = self.content();
        if content.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        content.synced = content.written.clone();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut content = self.content();
        if content.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(data.len());
        let place = content.written.get_mut(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        place.copy_from_slice(data);
        Ok(())
    }
}
