//! Logs whose writer dies, or whose disk is full.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use airssys_wasm::runtime::audit::{AuditRecord, AuditSink as _, FileAudit, Sync, Verification, verify};

use super::{event, records};

/// Tells a child what it is: the log to write.
const LOG: &str = "AUDIT_CRASH_LOG";
/// How often the writer is killed.
const KILLS: u64 = 100;
/// What a line of the child starts with: the harness writes lines of its own.
const ACKNOWLEDGED: &str = "acknowledged ";

fn child(test: &str, log: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(LOG, log);
    command
}

/// Appends for ever, and reports each record once it is acknowledged. Does nothing unless it is the child.
#[test]
fn child_that_writes() {
    let Some(log) = std::env::var_os(LOG) else { return };
    let sync = if log.to_string_lossy().contains("synced") { Sync::EveryRecord } else { Sync::Never };
    let sink = FileAudit::open(log, sync).unwrap();
    // The parent is gone if it reads no more.
    let mut out = std::io::stdout();
    for sequence in sink.next_sequence().. {
        sink.append(&Arc::new(AuditRecord { sequence, time_ms: sequence, event: event(sequence) })).unwrap();
        if writeln!(out, "{ACKNOWLEDGED}{sequence}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_hundred_kills() {
    let folder = tempfile::tempdir().unwrap();
    for (name, kills) in [("plain.audit", KILLS), ("synced.audit", KILLS / 10)] {
        let log = folder.path().join(name);
        let mut acknowledged = 0;
        for round in 0..kills {
            let mut child =
                child("crash::child_that_writes", &log).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let mut reports = 0;
            // From one report to forty, so that the child is killed early and late.
            while reports <= round * 7 % 40 {
                let line = lines.next().expect("the child ended").unwrap();
                // The harness names the test on the line of the first report.
                if let Some((_, sequence)) = line.split_once(ACKNOWLEDGED) {
                    acknowledged = sequence.parse().unwrap();
                    reports += 1;
                }
            }
            child.kill().unwrap();
            child.wait().unwrap();
            let rest = lines.map_while(Result::ok).filter_map(|line| Some(line.strip_prefix(ACKNOWLEDGED)?.parse()));
            acknowledged = rest.filter_map(Result::ok).last().unwrap_or(acknowledged);
            let Verification::Intact(summary) = verify(&log, None).unwrap() else { panic!("round {round}") };
            assert!(summary.head.sequence >= acknowledged, "round {round}: {summary:?}, {acknowledged} acknowledged");
            assert!(summary.beyond_head <= 1, "round {round}: {summary:?}");
            let sink = FileAudit::open(&log, Sync::Never).unwrap();
            assert!(sink.next_sequence() > acknowledged);
            drop(sink);
            let Verification::Intact(opened) = verify(&log, None).unwrap() else { panic!("round {round}, opened") };
            assert_eq!((opened.records, opened.beyond_head, opened.unfinished), (opened.head.sequence, 0, false));
        }
        for (record, sequence) in records(&log).iter().zip(1..) {
            assert_eq!(*record, AuditRecord { sequence, time_ms: sequence, event: event(sequence) });
        }
    }
}

/// Appends until the file may not grow, then is given more room. Does nothing unless it is the child.
#[test]
fn child_without_room() {
    let Some(log) = std::env::var_os(LOG) else { return };
    let sink = FileAudit::open(&log, Sync::Never).unwrap();
    let append = |sequence| sink.append(&Arc::new(AuditRecord { sequence, time_ms: 0, event: event(sequence) }));
    let mut refused = 0;
    while refused < 3 {
        let length = fs::metadata(&log).unwrap().len();
        let sequence = sink.next_sequence();
        if append(sequence).is_err() {
            refused += 1;
            assert_eq!(fs::metadata(&log).unwrap().len(), length, "half a record is left behind");
            assert_eq!(sink.next_sequence(), sequence);
        }
    }
    let held = sink.next_sequence() - 1;
    let mut limit = rustix::process::getrlimit(rustix::process::Resource::Fsize);
    limit.current = limit.maximum;
    rustix::process::setrlimit(rustix::process::Resource::Fsize, limit).unwrap();
    (1..=5).for_each(|more| append(held + more).unwrap());
    let Verification::Intact(summary) = verify(Path::new(&log), None).unwrap() else { panic!("not intact") };
    assert_eq!((summary.records, summary.beyond_head), (held + 5, 0));
    fs::write(Path::new(&log).with_extension("done"), held.to_string()).unwrap();
}

#[test]
fn a_full_disk_refuses_records_and_leaves_no_half() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("x.audit");
    let inner = child("crash::child_without_room", &log);
    // The soft limit of file sizes stops a write in the middle, as a full disk does: 9 blocks of 512 bytes.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -S -f 9; exec \"$@\"", "sh"])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env(LOG, &log)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let held: u64 = fs::read_to_string(log.with_extension("done")).unwrap().parse().unwrap();
    assert!(held > 3, "{held}");
}
