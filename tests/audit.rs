//! The audit trail, from outside: nothing is lost, nothing deceives, and no tampering goes unseen.
#![cfg(feature = "runtime")]

#[path = "log/capture.rs"]
mod capture;
#[cfg(feature = "cli")]
#[path = "audit/command.rs"]
mod command;
#[path = "audit/crash.rs"]
mod crash;
#[path = "audit/file.rs"]
mod file;
#[path = "audit/tamper.rs"]
mod tamper;
#[path = "audit/text.rs"]
mod text;
#[path = "audit/tracing.rs"]
mod tracing;
#[path = "audit/trail.rs"]
mod trail;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use airssys_wasm::contract::{ComponentId, LoadCode, Phase, Text};
use airssys_wasm::permission::{Class, PolicyMode};
use airssys_wasm::runtime::audit::{
    AccessRecord, Asked, AuditEvent, AuditRecord, Entry, FileAudit, Lossless, Sync, Trail, entries,
};

/// An access to a resource, granted or denied.
fn access(resource: &str, granted: bool) -> AuditEvent {
    let component = ComponentId::new("acme:reader").unwrap();
    let request_id = Text::from("r-1");
    let asked = Asked {
        component: &component,
        version: &Text::from("1.2.0"),
        instance: 3,
        class: Class::Filesystem,
        action: "read",
        resource,
        request_id: Some(&request_id),
    };
    AuditEvent::Access(match granted {
        true => AccessRecord::granted(&asked, Some(resource), "capabilities.filesystem.read[0] = \"/data/**\""),
        false => AccessRecord::denied(&asked, None, "no rule permits it"),
    })
}

/// One event of each kind, over and over.
fn event(index: u64) -> AuditEvent {
    let component = ComponentId::new("b").unwrap();
    match index % 5 {
        0 => AuditEvent::load_failed(None, Phase::Manifest, LoadCode::ManifestSyntax, "expected `=`"),
        1 => AuditEvent::policy_excess(component, PolicyMode::Permissive, &["read[0] = \"/**\""], &[]),
        2 => AuditEvent::revoked(component, &["read[0] = \"/data/**\""]),
        3 => access(&format!("/data/{index}"), true),
        _ => access(&format!("/etc/{index}\n\u{202e}"), false),
    }
}

/// A log of so many records, one millisecond apart.
fn honest(folder: &Path, records: u64) -> PathBuf {
    let path = folder.join("x.audit");
    let sink = Arc::new(FileAudit::open(&path, Sync::Never).unwrap());
    let trail = Trail::new(vec![sink], Lossless::Refuse).unwrap();
    for index in 1..=records {
        assert_eq!(trail.append(1_767_225_600_000 + index, event(index)).unwrap(), index);
    }
    path
}

/// The path of a log's head.
fn head_of(log: &Path) -> PathBuf {
    log.with_extension("audit.head")
}

/// The records of a log.
fn records(log: &Path) -> Vec<AuditRecord> {
    let entries = entries(log).unwrap().map(|entry| match entry.unwrap() {
        Entry::Record(record) => record,
        other => panic!("{other:?}"),
    });
    entries.collect()
}
