//! The audit trail of a case, as it is or falsified, and what its verification says.

use std::fs;
use std::path::Path;

use super::super::DriverError;
use crate::runtime::audit::{Verification, verify};
use crate::suite::protocol::Tamper;

/// The first line at fault of a copy of the log, falsified first.
pub(super) fn first_fault(log: &Path, tamper: Option<Tamper>) -> Result<Option<usize>, DriverError> {
    let failed = |why: std::io::Error| DriverError::new(format!("the audit trail: {why}"));
    let copy = log.with_extension("copy");
    fs::copy(log.with_file_name(head_name(log)), copy.with_file_name(head_name(&copy))).map_err(failed)?;
    let text = fs::read_to_string(log).map_err(failed)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if let Some(tamper) = tamper {
        falsify(&mut lines, tamper)?;
    }
    let text: String = lines.into_iter().map(|line| line + "\n").collect();
    fs::write(&copy, text).map_err(failed)?;
    match verify(&copy, None).map_err(failed)? {
        Verification::Intact(_) => Ok(None),
        Verification::Broken(offence) => Ok(Some(usize::try_from(offence.line).unwrap_or(usize::MAX))),
    }
}

fn head_name(log: &Path) -> String {
    format!("{}.head", log.file_name().unwrap_or_default().to_string_lossy())
}

fn falsify(lines: &mut Vec<String>, tamper: Tamper) -> Result<(), DriverError> {
    let (Tamper::Edit(line) | Tamper::Swap(line) | Tamper::Remove(line) | Tamper::Repeat(line) | Tamper::Cut(line)) =
        tamper;
    let needs = if matches!(tamper, Tamper::Swap(_)) { line + 1 } else { line };
    if line == 0 || needs > lines.len() {
        return Err(DriverError::new(format!("{tamper:?}: the audit trail has {} lines", lines.len())));
    }
    let index = line - 1;
    match tamper {
        Tamper::Edit(_) => {
            let (granted, denied) = ("\"outcome\":\"granted\"", "\"outcome\":\"denied\"");
            let edited = match lines[index].contains(granted) {
                true => lines[index].replace(granted, denied),
                false => lines[index].replace(denied, granted),
            };
            if edited == lines[index] {
                return Err(DriverError::new(format!("line {line} of the audit trail has no outcome")));
            }
            lines[index] = edited;
        }
        Tamper::Swap(_) => lines.swap(index, index + 1),
        Tamper::Remove(_) => drop(lines.remove(index)),
        Tamper::Repeat(_) => lines.insert(index, lines[index].clone()),
        Tamper::Cut(count) => lines.truncate(lines.len() - count),
    }
    Ok(())
}
