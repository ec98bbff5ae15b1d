//! A self-test for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Fault, FaultReport, Selftest};

/// How many of the cases that caught a fault are named.
const NAMED: usize = 3;

/// The faults: of each its name, what is wrong, and the requirements that it violates.
pub fn faults_table(faults: &[Fault]) -> String {
    let mut out = String::new();
    for fault in faults {
        let _ = writeln!(out, "{:<38} {}\n{:<38} {}", fault.name, fault.wrong, "", fault.violates.join(", "));
    }
    out
}

/// What caught each fault, what was found, and the closing line.
pub fn selftest_table(selftest: &Selftest) -> String {
    let mut out = String::new();
    for report in &selftest.faults {
        let caught = format!("{} of {}", report.caught.len(), report.judged);
        let line = format!("{:<38} {caught:>14}  {}", report.fault.name, areas(report));
        let _ = writeln!(out, "{}", line.trim_end());
        if !report.caught.is_empty() {
            let _ = writeln!(out, "{:<54} {}", "", report.caught[..report.caught.len().min(NAMED)].join(", "));
        }
    }
    let _ = writeln!(out);
    for report in selftest.faults.iter().filter(|report| report.survived()) {
        let changed = match report.changed {
            0 => "it changes nothing in any of them".to_owned(),
            changed => format!("it changes something in {changed}"),
        };
        let _ = writeln!(out, "survivor {}: no case fails, and {changed}. {}", report.fault.name, report.fault.wrong);
    }
    for report in &selftest.faults {
        for slug in &report.unshown {
            let _ = writeln!(out, "unshown {}: no assertion of `{slug}` fails", report.fault.name);
        }
    }
    for slug in &selftest.unviolated {
        let _ = writeln!(out, "unviolated {slug}: cases assert it, and no fault violates it");
    }
    for case in &selftest.idle {
        let _ = writeln!(out, "idle {case}: no assertion of it fails for any fault");
    }
    for outcome in &selftest.unsound {
        let _ = writeln!(out, "unsound {}: {}: {}", outcome.id, outcome.verdict, outcome.message);
    }
    let _ = writeln!(out, "{}", closing_line(selftest));
    out
}

/// How many of the cases that caught a fault are of each area.
fn areas(report: &FaultReport) -> String {
    let mut areas: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &report.caught {
        *areas.entry(case.split('/').next().unwrap_or_default()).or_default() += 1;
    }
    areas.iter().map(|(area, count)| format!("{area} {count}")).collect::<Vec<_>>().join(", ")
}

fn closing_line(selftest: &Selftest) -> String {
    let caught = selftest.faults.iter().filter(|report| !report.caught.is_empty()).count();
    let (faults, idle) = (selftest.faults.len(), selftest.idle.len());
    let mut line = format!("faults: {caught} of {faults} caught; cases: {idle} of {} idle", selftest.cases);
    if !selftest.unsound.is_empty() {
        let _ = write!(line, ", {} not passed by the sound runtime", selftest.unsound.len());
    }
    line
}
