//! Crashes at every write and sync, on a disk that keeps what was synced and any sectors of the rest.

use std::io;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use redb::StorageBackend;

use super::super::Store;
use super::model::{Op, apply, expect, ops};
use super::{Contents, below, contents, random};

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

#[derive(Debug, Clone)]
enum Event {
    Write(usize, Vec<u8>),
    SetLen(usize),
    Sync,
}

/// A disk that remembers everything done to it.
#[derive(Debug, Default)]
struct Recorder {
    bytes: Vec<u8>,
    events: Vec<Event>,
}

#[derive(Debug, Clone, Default)]
struct Disk(Arc<Mutex<Recorder>>);

impl Disk {
    fn with(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Recorder { bytes, events: Vec::new() })))
    }

    fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().events.clone()
    }

    fn happens(&self, event: Event) {
        let mut disk = self.0.lock().unwrap();
        perform(&mut disk.bytes, &event);
        disk.events.push(event);
    }
}

fn perform(bytes: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Write(offset, data) => bytes[*offset..*offset + data.len()].copy_from_slice(data),
        Event::SetLen(len) => bytes.resize(*len, 0),
        Event::Sync => {}
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.0.lock().unwrap().bytes.len()).unwrap())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        out.copy_from_slice(&self.0.lock().unwrap().bytes[offset..offset + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.happens(Event::SetLen(usize::try_from(len).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.happens(Event::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.happens(Event::Write(usize::try_from(offset).unwrap(), data.to_vec()));
        Ok(())
    }
}

/// What the disk holds after a crash: all up to the last sync, and of what was written since whatever chance leaves.
fn remains(start: &[u8], events: &[Event], chance: &mut u64) -> Vec<u8> {
    let synced = events.iter().rposition(|event| matches!(event, Event::Sync)).map_or(0, |sync| sync + 1);
    let mut bytes = start.to_vec();
    for event in &events[..synced] {
        perform(&mut bytes, event);
    }
    // All of it, none of it, or some sectors.
    let fate = below(chance, 3);
    for event in &events[synced..] {
        match event {
            Event::Write(offset, data) => {
                for (number, sector) in data.chunks(SECTOR).enumerate() {
                    if fate == 0 || fate == 2 && random(chance).is_multiple_of(2) {
                        perform(&mut bytes, &Event::Write(offset + number * SECTOR, sector.to_vec()));
                    }
                }
            }
            other => perform(&mut bytes, other),
        }
    }
    bytes
}

/// Runs the operations, then crashes at each event of them: what was acknowledged is there, what was not is whole or
/// absent, and the totals fit; also if the recovery itself crashes.
fn assert_survives(ops: &[Op], seed: u64) {
    let disk = Disk::default();
    let store = Store::with_backend(disk.clone()).unwrap();
    let start = disk.0.lock().unwrap().bytes.clone();
    disk.0.lock().unwrap().events.clear();

    let mut model = Contents::new();
    // The state after each operation, and how many events there were when it was acknowledged.
    let mut states = vec![(0, model.clone())];
    for (number, op) in ops.iter().enumerate() {
        assert_eq!(apply(&store, op, number), expect(&mut model, op, number));
        states.push((disk.events().len(), model.clone()));
    }
    let events = disk.events();

    let mut chance = seed;
    for crash in 0..=events.len() {
        let acknowledged = states.iter().rposition(|(events, _)| *events <= crash).unwrap();
        let allowed = [Some(&states[acknowledged].1), states.get(acknowledged + 1).map(|(_, state)| state)];
        let assert_recovers = |bytes: Vec<u8>, how: &str| {
            let disk = Disk::with(bytes);
            let store = Store::with_backend(disk.clone()).unwrap();
            let found = contents(&store);
            assert!(
                allowed.contains(&Some(&found)),
                "{how} at {crash} of {}, after {acknowledged} of {} operations: {found:?} is none of {allowed:?}",
                events.len(),
                ops.len()
            );
            assert_eq!(store.verify(), Ok(()), "{how} at {crash} of {}", events.len());
            disk.events()
        };
        let bytes = remains(&start, &events[..crash], &mut chance);
        let recovery = assert_recovers(bytes.clone(), "a crash");
        let again = below(&mut chance, recovery.len() + 1);
        assert_recovers(remains(&bytes, &recovery[..again], &mut chance), "a crash of the recovery");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_was_acknowledged_survives_a_crash(ops in ops(1..16), seed in any::<u64>()) {
        assert_survives(&ops, seed);
    }
}
