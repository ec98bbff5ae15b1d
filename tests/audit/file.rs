//! Opening log files: what is repaired, and what is refused and left alone.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;

use airssys_wasm::contract::ComponentId;
use airssys_wasm::permission::PolicyMode;
use airssys_wasm::runtime::audit::{
    AuditError, AuditEvent, AuditRecord, AuditSink as _, FileAudit, FileFault, MAX_LINE_BYTES, MAX_RULES,
    MAX_TEXT_BYTES, Sync, Verification, verify,
};

use super::{access, event, head_of, honest, records};

fn open(path: &Path) -> Result<FileAudit, AuditError> {
    FileAudit::open(path, Sync::EveryRecord)
}

fn append(sink: &FileAudit, sequence: u64) -> Result<(), AuditError> {
    sink.append(&Arc::new(AuditRecord { sequence, time_ms: 0, event: event(sequence) }))
}

fn fault(result: Result<FileAudit, AuditError>) -> String {
    match result.unwrap_err() {
        AuditError::File { path, fault } => {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            match fault {
                FileFault::Damaged { offset, what } => format!("{name}: {what} at {offset}"),
                FileFault::Io { doing, source } => format!("{name}: {doing}: {}", source.kind()),
                other => format!("{name}: {other}"),
            }
        }
        other => panic!("{other}"),
    }
}

fn intact(path: &Path) -> u64 {
    match verify(path, None).unwrap() {
        Verification::Intact(summary) => summary.records,
        Verification::Broken(offence) => panic!("{offence}"),
    }
}

#[test]
fn a_log_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.audit");
    for round in 0..3 {
        let sink = open(&path).unwrap();
        assert_eq!(sink.next_sequence(), round * 4 + 1);
        (1..=4).for_each(|index| append(&sink, round * 4 + index).unwrap());
        assert_eq!(sink.head().sequence, round * 4 + 4);
    }
    assert_eq!(intact(&path), 12);
    for file in [&path, &head_of(&path)] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_log_has_one_writer_and_a_name_that_guests_cannot_hide() {
    let folder = tempfile::tempdir().unwrap();
    let path = honest(folder.path(), 3);
    let sink = open(&path).unwrap();
    assert_eq!(fault(open(&path)), "x.audit: is in use by another writer");
    let identities = sink.identities().unwrap().map(|file| (file.device, file.inode));
    let expected = [path.clone(), head_of(&path)].map(|file| fs::metadata(file).unwrap());
    assert_eq!(identities, expected.map(|file| (file.dev(), file.ino())));
    drop(sink);
    open(&path).unwrap();
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("directory")).unwrap();
    fs::write(at("other"), "").unwrap();
    symlink(at("other"), at("link")).unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    symlink(at("other"), at("head.head")).unwrap();
    let pipe = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, pipe, 0).unwrap();
    for (name, expected) in [
        ("directory", "directory: is no regular file"),
        ("link", "link: is no regular file"),
        ("dangling", "dangling: is no regular file"),
        ("pipe", "pipe: is no regular file"),
        ("head", "head.head: is no regular file"),
        ("missing/x", "x: open it: entity not found"),
        ("other/x", "x: open it: not a directory"),
    ] {
        assert_eq!(fault(open(&at(name))), expected, "{name}");
    }
    assert!(!at("nowhere").exists());
    assert_eq!(fs::read(at("other")).unwrap(), b"");
}

#[test]
fn a_line_that_was_cut_off_at_any_byte_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = honest(folder.path(), 5);
    let (log, head) = (fs::read(&path).unwrap(), fs::read(head_of(&path)).unwrap());
    let sink = open(&path).unwrap();
    append(&sink, 6).unwrap();
    drop(sink);
    let longer = fs::read(&path).unwrap();
    for length in log.len()..=longer.len() {
        fs::write(&path, &longer[..length]).unwrap();
        fs::write(head_of(&path), &head).unwrap();
        // Before it is repaired it counts as intact: nothing that was acknowledged is missing.
        let whole = if length == longer.len() { 6 } else { 5 };
        assert_eq!(intact(&path), whole, "{length}");
        let sink = open(&path).unwrap();
        assert_eq!(sink.next_sequence(), whole + 1, "{length}");
        append(&sink, whole + 1).unwrap();
        assert_eq!(intact(&path), whole + 1, "{length}");
    }
}

/// What was done, the log, its head, and what is said of them.
type Damaged = (&'static str, Vec<u8>, Option<Vec<u8>>, String);

#[test]
fn a_log_that_is_not_what_was_written_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = honest(folder.path(), 5);
    let (log, head) = (fs::read(&path).unwrap(), fs::read(head_of(&path)).unwrap());
    let last = log[..log.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let end = log.len();
    let edited = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    let slot = head.len() / 2;
    let (newer, older) = if head[..slot] > head[slot..] { (0, slot) } else { (slot, 0) };
    let table: [Damaged; 10] = [
        (
            "the last line is gone",
            log[..last].to_vec(),
            Some(head.clone()),
            format!("x.audit: the log ends before the record that its head names at {last}"),
        ),
        (
            "the last line break is gone",
            log[..end - 1].to_vec(),
            Some(head.clone()),
            format!("x.audit: the log ends before the record that its head names at {}", end - 1),
        ),
        (
            "everything is gone",
            vec![],
            Some(head.clone()),
            "x.audit: the log ends before the record that its head names at 0".to_owned(),
        ),
        (
            "the last line is edited",
            edited(&log, last + 20),
            Some(head.clone()),
            format!("x.audit: the record that the head names does not end here at {end}"),
        ),
        (
            "the last line break is edited",
            edited(&log, end - 1),
            Some(head.clone()),
            format!("x.audit: the record that the head names does not end here at {end}"),
        ),
        (
            "a line is put behind",
            [&log[..], &log[last..]].concat(),
            Some(head.clone()),
            format!("x.audit: what follows the record that the head names is not chained to it at {end}"),
        ),
        ("the head is gone", log.clone(), None, format!("x.audit.head: the head is missing at {end}")),
        ("the head is empty", log.clone(), Some(vec![]), format!("x.audit.head: the head is damaged at {end}")),
        (
            "the older slot is edited",
            log.clone(),
            Some(edited(&head, older)),
            format!("x.audit.head: a slot of the head is damaged at {end}"),
        ),
        // With the newer slot broken as if torn, the log must hold the record that was being named.
        (
            "the newer slot is edited and the last line gone",
            log[..last].to_vec(),
            Some(edited(&head, newer)),
            format!("x.audit.head: a slot of the head is damaged at {last}"),
        ),
    ];
    for (name, log, head, expected) in table {
        fs::write(&path, &log).unwrap();
        match &head {
            Some(head) => fs::write(head_of(&path), head).unwrap(),
            None => fs::remove_file(head_of(&path)).unwrap(),
        }
        assert_eq!(fault(open(&path)), expected, "{name}");
        assert_eq!(fs::read(&path).unwrap(), log, "{name}");
        assert_eq!(fs::read(head_of(&path)).ok(), head, "{name}");
    }
    // A slot that was torn while it was written is mended.
    fs::write(&path, &log).unwrap();
    fs::write(head_of(&path), edited(&head, newer)).unwrap();
    assert_eq!(open(&path).unwrap().next_sequence(), 6);
    assert_eq!(intact(&path), 5);
}

#[test]
fn the_file_takes_only_what_follows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.audit");
    let sink = open(&path).unwrap();
    let lost = |first, sequence| {
        sink.append(&Arc::new(AuditRecord { sequence, time_ms: 0, event: AuditEvent::Lost { first } }))
    };
    let said = |result: Result<(), AuditError>| result.err().map(|error| error.to_string()).unwrap_or_default();
    let table = [
        (said(append(&sink, 0)), "record 0 does not follow record 0"),
        (said(append(&sink, 7)), ""),
        (said(append(&sink, 7)), "record 7 does not follow record 7"),
        (said(append(&sink, 9)), "record 9 does not follow record 7"),
        (said(lost(9, 12)), "record 9 does not follow record 7"),
        (said(lost(8, 6)), "record 8 does not follow record 7"),
        (said(lost(8, 12)), ""),
        (said(append(&sink, 13)), ""),
    ];
    for (said, expected) in table {
        assert_eq!(said, expected);
    }
    assert_eq!(records(&path).iter().map(|record| record.sequence).collect::<Vec<_>>(), [7, 12, 13]);
    assert_eq!(intact(&path), 3);
}

#[test]
fn the_longest_record_that_texts_are_cut_to_fits_and_a_longer_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.audit");
    let sink = FileAudit::open(&path, Sync::Never).unwrap();
    let rules = vec!["\u{1}".repeat(MAX_TEXT_BYTES + 1); MAX_RULES + 1];
    let component = ComponentId::new("a").unwrap();
    let event = AuditEvent::policy_excess(component, PolicyMode::Strict, &rules, &rules);
    sink.append(&Arc::new(AuditRecord { sequence: 1, time_ms: 0, event })).unwrap();
    let AuditEvent::Access(mut access) = access("/x", false) else { panic!() };
    access.resource = "\u{1}".repeat(MAX_LINE_BYTES / 6);
    let record = AuditRecord { sequence: 2, time_ms: 0, event: AuditEvent::Access(access) };
    let length = fs::metadata(&path).unwrap().len();
    assert!(matches!(sink.append(&Arc::new(record)), Err(AuditError::TooLong(_))));
    assert_eq!(fs::metadata(&path).unwrap().len(), length);
    drop(sink);
    // To find the end, the last line is read backwards, however long it is.
    let sink = open(&path).unwrap();
    append(&sink, 2).unwrap();
    assert_eq!(intact(&path), 2);
}
