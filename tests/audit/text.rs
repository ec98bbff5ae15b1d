//! Whatever a component calls its files, the log holds it exactly, in plain sight, on one line.

use std::fs;
use std::sync::Arc;

use airssys_wasm::runtime::audit::{AuditEvent, AuditRecord, AuditSink as _, FileAudit, MAX_TEXT_BYTES, Sync};
use proptest::prelude::*;

use super::{access, records};

/// What may stand in a line but for its end: an oracle that lists what looks like text, not what does not.
fn is_plain(character: char) -> bool {
    !matches!(u32::from(character),
        0..=0x1f | 0x7f..=0x9f | 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff
        | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
}

/// Text in which every other character is one that deceives.
fn hostile() -> impl Strategy<Value = String> {
    let deceptive = prop_oneof![
        proptest::char::range('\0', '\u{9f}'),
        proptest::char::range('\u{2000}', '\u{2070}'),
        proptest::char::range('\u{fff0}', '\u{ffff}'),
        proptest::char::range('\u{e0000}', '\u{e0080}'),
        Just('\u{feff}'),
        Just('\u{61c}'),
        any::<char>(),
    ];
    proptest::collection::vec(deceptive, 0..40).prop_map(String::from_iter)
}

fn any_event() -> impl Strategy<Value = AuditEvent> {
    let rules = || proptest::collection::vec(hostile(), 0..4);
    let component = || airssys_wasm::contract::ComponentId::new("a").unwrap();
    prop_oneof![
        (hostile(), any::<bool>(), hostile(), proptest::option::of(hostile()), any::<u64>()).prop_map(
            |(resource, granted, version, text, instance)| {
                let AuditEvent::Access(mut record) = access(&resource, granted) else { unreachable!() };
                record.version = version.into();
                record.instance = instance;
                record.request_id = text.clone().map(Into::into);
                record.rule = text.clone().map(Into::into);
                record.resolved = text;
                AuditEvent::Access(record)
            }
        ),
        rules().prop_map(move |rules| AuditEvent::revoked(component(), &rules)),
        (rules(), rules()).prop_map(move |(dropped, beyond)| {
            AuditEvent::policy_excess(component(), airssys_wasm::permission::PolicyMode::Development, &dropped, &beyond)
        }),
        hostile().prop_map(|message| {
            let (phase, code) = (airssys_wasm::contract::Phase::Init, airssys_wasm::contract::LoadCode::InitFailed);
            AuditEvent::load_failed(None, phase, code, &message)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn records_come_back_exactly_and_lines_are_plain(
        events in proptest::collection::vec((any_event(), any::<u64>()), 1..6),
        first in 1..u64::MAX - 10,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.audit");
        let sink = FileAudit::open(&path, Sync::Never).unwrap();
        let written: Vec<_> = events.into_iter().zip(first..).map(|((event, time_ms), sequence)| {
            AuditRecord { sequence, time_ms, event }
        }).collect();
        for record in &written {
            sink.append(&Arc::new(record.clone())).unwrap();
        }
        prop_assert_eq!(&records(&path), &written);
        let raw = fs::read_to_string(&path).unwrap();
        prop_assert_eq!(raw.matches('\n').count(), written.len());
        prop_assert!(raw.chars().all(|character| character == '\n' || is_plain(character)), "{:?}", raw);
        for record in &written {
            prop_assert!(record.to_string().chars().all(is_plain), "{}", record);
        }
    }
}

#[test]
fn a_long_text_is_cut_visibly() {
    let AuditEvent::Access(record) = access(&"\u{0}".repeat(MAX_TEXT_BYTES + 5), false) else { panic!() };
    assert_eq!(record.resource, format!("{}… [5 bytes cut]", "\u{0}".repeat(MAX_TEXT_BYTES)));
}
