//! One order for all sinks, and what becomes of it when one fails.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use airssys_wasm::runtime::audit::{
    AuditError, AuditEvent, AuditRecord, AuditSink, FileAudit, Lossless, MemoryAudit, Sync, Trail,
};

use super::{access, event, records};

/// Fails, or panics, when told to.
#[derive(Default)]
struct Moody {
    kept: MemoryAudit,
    mood: Mutex<Option<&'static str>>,
}

impl Moody {
    fn turn(&self, mood: Option<&'static str>) {
        *self.mood.lock().unwrap() = mood;
    }
}

impl AuditSink for Moody {
    fn append(&self, record: &Arc<AuditRecord>) -> Result<(), AuditError> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            None => self.kept.append(record),
            Some("panic") => panic!("in a mood"),
            Some(mood) => Err(AuditError::Other(mood.into())),
        }
    }

    fn next_sequence(&self) -> u64 {
        self.kept.next_sequence()
    }
}

/// A record in short: its sequence, and the resource, or what is lost.
fn short(records: &[AuditRecord]) -> Vec<String> {
    let text = |record: &AuditRecord| match &record.event {
        AuditEvent::Access(access) => format!("{} {}", record.sequence, access.resource),
        AuditEvent::Lost { first } => format!("{} lost from {first}", record.sequence),
        other => panic!("{other:?}"),
    };
    records.iter().map(text).collect()
}

/// Appends and says what came of it.
fn try_append(trail: &Trail, resource: &str) -> String {
    match trail.append(0, access(resource, true)) {
        Ok(sequence) => sequence.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn time_never_steps_back_and_sequences_rise() {
    let memory = Arc::new(MemoryAudit::new());
    let trail = Trail::new(vec![memory.clone()], Lossless::Refuse).unwrap();
    for time_ms in [5, 7, 3, 0, 8, u64::MAX, 9] {
        trail.append(time_ms, event(time_ms)).unwrap();
    }
    let places: Vec<_> = memory.drain().iter().map(|record| (record.sequence, record.time_ms)).collect();
    assert_eq!(places, [(1, 5), (2, 7), (3, 7), (4, 7), (5, 8), (6, u64::MAX), (7, u64::MAX)]);

    // Neither does it when a log is opened again.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.audit");
    for times in [[50, 60], [40, 70]] {
        let sink = Arc::new(FileAudit::open(&path, Sync::Never).unwrap());
        let trail = Trail::new(vec![sink], Lossless::Refuse).unwrap();
        for time_ms in times {
            trail.append(time_ms, event(1)).unwrap();
        }
    }
    let places: Vec<_> = records(&path).iter().map(|record| (record.sequence, record.time_ms)).collect();
    assert_eq!(places, [(1, 50), (2, 60), (3, 60), (4, 70)]);
}

#[test]
fn threads_share_one_order() {
    const THREADS: u64 = 8;
    const EACH: u64 = 250;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.audit");
    let memories = [Arc::new(MemoryAudit::new()), Arc::new(MemoryAudit::new())];
    let file = Arc::new(FileAudit::open(&path, Sync::Never).unwrap());
    let trail = Trail::new(vec![memories[0].clone(), file, memories[1].clone()], Lossless::Refuse).unwrap();
    let clock = AtomicU64::new(0);
    let acknowledged: Vec<(u64, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (trail, clock) = (&trail, &clock);
                scope.spawn(move || {
                    let one = |index| {
                        let resource = format!("/{thread}/{index}");
                        let time = clock.fetch_add(1, Ordering::Relaxed);
                        (trail.append(time, access(&resource, true)).unwrap(), resource)
                    };
                    (0..EACH).map(one).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let kept = memories[0].records();
    assert_eq!(kept, memories[1].records());
    assert_eq!(kept, records(&path));
    let mut expected: Vec<_> = acknowledged;
    expected.sort();
    let expected: Vec<_> = expected.into_iter().map(|(sequence, resource)| format!("{sequence} {resource}")).collect();
    assert_eq!(short(&kept), expected);
    assert_eq!(kept.iter().map(|record| record.sequence).collect::<Vec<_>>(), (1..=THREADS * EACH).collect::<Vec<_>>());
    assert!(kept.is_sorted_by_key(|record| record.time_ms));
}

#[test]
fn a_full_sink_refuses_until_it_is_emptied() {
    let memory = Arc::new(MemoryAudit::bounded(2));
    let trail = Trail::new(vec![memory.clone()], Lossless::Refuse).unwrap();
    let full = "the sink is full: it holds 2 records";
    let said: Vec<_> = ["a", "b", "c", "d"].iter().map(|resource| try_append(&trail, resource)).collect();
    assert_eq!(said, ["1", "2", full, full]);
    assert_eq!(short(&memory.drain()), ["1 a", "2 b"]);
    assert_eq!(try_append(&trail, "e"), "3");
    assert_eq!(short(&memory.drain()), ["3 e"]);
}

#[test]
fn a_record_that_one_sink_took_reaches_the_other_before_the_next() {
    for (mood, error) in [("no", "no"), ("panic", "the sink panicked: in a mood")] {
        let (first, moody, last) =
            (Arc::new(MemoryAudit::new()), Arc::new(Moody::default()), Arc::new(MemoryAudit::new()));
        let trail = Trail::new(vec![first.clone(), moody.clone(), last.clone()], Lossless::Refuse).unwrap();
        assert_eq!(try_append(&trail, "a"), "1");
        moody.turn(Some(mood));
        assert_eq!([try_append(&trail, "b"), try_append(&trail, "c")], [error, error]);
        assert_eq!(short(&first.records()), ["1 a", "2 b"]);
        assert_eq!(short(&last.records()), ["1 a"]);
        moody.turn(None);
        assert_eq!(try_append(&trail, "d"), "3");
        for kept in [first.records(), moody.kept.records(), last.records()] {
            assert_eq!(short(&kept), ["1 a", "2 b", "3 d"]);
        }
    }
}

#[test]
fn a_trail_that_proceeds_says_what_is_lost() {
    let (moody, memory) = (Arc::new(Moody::default()), Arc::new(MemoryAudit::new()));
    let trail = Trail::new(vec![moody.clone(), memory.clone()], Lossless::Proceed).unwrap();
    assert_eq!(trail.lossless(), Lossless::Proceed);
    assert_eq!(try_append(&trail, "a"), "1");
    moody.turn(Some("no"));
    assert_eq!([try_append(&trail, "b"), try_append(&trail, "c")], ["no", "no"]);
    moody.turn(None);
    assert_eq!(try_append(&trail, "d"), "4");
    assert_eq!(short(&moody.kept.records()), ["1 a", "3 lost from 2", "4 d"]);
    assert_eq!(short(&memory.records()), ["1 a", "2 b", "3 c", "4 d"]);
}

#[test]
fn a_sink_that_fell_behind_before_a_restart_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.audit", "b.audit"].map(|name| folder.path().join(name));
    let open = |count: usize| -> Vec<Arc<dyn AuditSink>> {
        let open = |path| Arc::new(FileAudit::open(path, Sync::Never).unwrap()) as Arc<dyn AuditSink>;
        paths[..count].iter().map(open).collect()
    };
    for (sinks, resource) in [(2, "x"), (1, "y"), (1, "z"), (2, "w")] {
        let trail = Trail::new(open(sinks), Lossless::Refuse).unwrap();
        trail.append(0, access(resource, true)).unwrap();
    }
    assert_eq!(short(&records(&paths[0])), ["1 x", "2 y", "3 z", "4 w"]);
    assert_eq!(short(&records(&paths[1])), ["1 x", "3 lost from 2", "4 w"]);

    // A new sink starts where the others are.
    let fresh = Arc::new(MemoryAudit::new());
    let trail = Trail::new([open(1), vec![fresh.clone()]].concat(), Lossless::Refuse).unwrap();
    trail.append(0, access("v", true)).unwrap();
    assert_eq!(short(&fresh.records()), ["5 v"]);
}

#[test]
fn only_a_disk_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let blocks = |sink: Arc<dyn AuditSink>| Trail::new(vec![sink], Lossless::Refuse).unwrap().may_block();
    let file = |name, sync| Arc::new(FileAudit::open(folder.path().join(name), sync).unwrap());
    assert!(!blocks(Arc::new(MemoryAudit::new())));
    assert!(!blocks(file("a", Sync::Never)));
    assert!(blocks(file("b", Sync::EveryRecord)));
    assert!(blocks(file("c", Sync::Every(9.try_into().unwrap()))));
}
