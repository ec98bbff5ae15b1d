//! The disk under a case's store: memory that can be full, and that keeps over a crash what was synced.
//!
//! It is kept in blocks, and blocks that nobody wrote take no room: a store asks for a megabyte and writes a little of it,
//! and every run of every case has one.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The size of a block, in bytes: that of the store's pages.
const BLOCK: usize = 4096;

/// Handles share the disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    written: Content,
    synced: Content,
    full: bool,
}

/// Bytes, zero where no block is. A copy shares the blocks until one of the two writes to them.
#[derive(Debug, Clone, Default)]
struct Content {
    length: usize,
    blocks: BTreeMap<usize, Arc<[u8; BLOCK]>>,
}

impl Disk {
    /// Lets writes fail for want of space, or succeed again.
    pub(super) fn fill(&self, full: bool) {
        self.state().full = full;
    }

    /// The disk as a crash leaves it, without what was not synced. What the dying still write goes to the old one.
    pub(super) fn after_crash(&self) -> Self {
        let State { synced, full, .. } = &*self.state();
        Self(Arc::new(Mutex::new(State { written: synced.clone(), synced: synced.clone(), full: *full })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().written.length as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.state().written.read(usize::try_from(offset).unwrap_or(usize::MAX), out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut state = self.state();
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::StorageFull)?;
        if state.full && length > state.written.length {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.written.resize(length);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        if state.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.synced = state.written.clone();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        if state.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.written.write(usize::try_from(offset).unwrap_or(usize::MAX), data)
    }
}

impl Content {
    fn read(&self, offset: usize, out: &mut [u8]) -> io::Result<()> {
        self.within(offset, out.len())?;
        let mut rest = out;
        for (block, start, length) in pieces(offset, rest.len()) {
            let (piece, behind) = rest.split_at_mut(length);
            match self.blocks.get(&block) {
                Some(bytes) => piece.copy_from_slice(&bytes[start..start + length]),
                None => piece.fill(0),
            }
            rest = behind;
        }
        Ok(())
    }

    fn write(&mut self, offset: usize, data: &[u8]) -> io::Result<()> {
        self.within(offset, data.len())?;
        let mut rest = data;
        for (block, start, length) in pieces(offset, data.len()) {
            let (piece, behind) = rest.split_at(length);
            let bytes = self.blocks.entry(block).or_insert_with(|| Arc::new([0; BLOCK]));
            Arc::make_mut(bytes)[start..start + length].copy_from_slice(piece);
            rest = behind;
        }
        Ok(())
    }

    /// Cuts what is behind the new end, so that it is zero should the disk grow again.
    fn resize(&mut self, length: usize) {
        if length < self.length {
            drop(self.blocks.split_off(&length.div_ceil(BLOCK)));
            if let Some(last) = self.blocks.get_mut(&(length / BLOCK)) {
                Arc::make_mut(last)[length % BLOCK..].fill(0);
            }
        }
        self.length = length;
    }

    fn within(&self, offset: usize, length: usize) -> io::Result<()> {
        let end = offset.checked_add(length).filter(|end| *end <= self.length);
        end.map(drop).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// The blocks that a range touches: each with where the range starts in it, and how much of the range lies there.
fn pieces(offset: usize, length: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    let end = offset + length;
    let blocks = offset / BLOCK..end.div_ceil(BLOCK);
    blocks.map(move |block| {
        let start = offset.max(block * BLOCK);
        (block, start % BLOCK, end.min((block + 1) * BLOCK) - start)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redb::StorageBackend as _;

    use super::{BLOCK, Disk};

    #[derive(Debug, Clone)]
    enum Step {
        Write(usize, Vec<u8>),
        Resize(usize),
        Sync,
        Crash,
    }

    /// Places around the edges of blocks.
    fn place() -> impl Strategy<Value = usize> {
        (0usize..4, 0usize..5).prop_map(|(block, beside)| (block * BLOCK + beside).saturating_sub(2))
    }

    fn step() -> impl Strategy<Value = Step> {
        let bytes = (any::<u8>(), place()).prop_map(|(byte, length)| vec![byte; length]);
        prop_oneof![
            4 => (place(), bytes).prop_map(|(offset, bytes)| Step::Write(offset, bytes)),
            2 => place().prop_map(Step::Resize),
            1 => Just(Step::Sync),
            1 => Just(Step::Crash),
        ]
    }

    proptest! {
        /// The disk does what two vectors do, one of what was written and one of what was synced.
        #[test]
        fn keeps_what_plain_bytes_keep(steps in prop::collection::vec(step(), 0..24)) {
            let (mut disk, mut written, mut synced) = (Disk::default(), Vec::new(), Vec::new());
            for step in steps {
                match step {
                    Step::Write(offset, bytes) => {
                        let place = written.get_mut(offset..offset + bytes.len());
                        prop_assert_eq!(disk.write(offset as u64, &bytes).is_ok(), place.is_some());
                        place.into_iter().for_each(|place: &mut [u8]| place.copy_from_slice(&bytes));
                    }
                    Step::Resize(length) => {
                        disk.set_len(length as u64).unwrap();
                        written.resize(length, 0);
                    }
                    Step::Sync => {
                        disk.sync_data().unwrap();
                        synced.clone_from(&written);
                    }
                    Step::Crash => {
                        disk = disk.after_crash();
                        written.clone_from(&synced);
                    }
                }
                let mut read = vec![1; usize::try_from(disk.len().unwrap()).unwrap()];
                disk.read(0, &mut read).unwrap();
                prop_assert_eq!(&read, &written);
                prop_assert!(disk.read(1, &mut read).is_err() || read.is_empty());
            }
        }
    }

    #[test]
    fn a_full_disk_takes_nothing_and_keeps_what_it_has() {
        let disk = Disk::default();
        disk.set_len(4).unwrap();
        disk.write(0, b"kept").unwrap();
        disk.fill(true);
        let refused = [disk.set_len(5), disk.write(0, b"lost"), disk.sync_data()].map(|done| done.is_err());
        assert_eq!(refused, [true; 3]);
        disk.fill(false);
        let mut read = [0; 4];
        disk.read(0, &mut read).unwrap();
        assert_eq!(&read, b"kept");
    }
}
