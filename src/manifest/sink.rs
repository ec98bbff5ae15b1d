//! Collects faults while the tree is walked, then places them in the text.

use std::cell::RefCell;
use std::ops::Range;

use super::error::{ManifestError, ManifestErrors};
use super::words::visible;
use crate::contract::LoadCode;

/// What is wrong with a value, before it is known where.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) code: LoadCode,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn new(code: LoadCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None }
    }

    /// A value of the wrong type, form or range.
    pub(super) fn value(message: impl Into<String>) -> Self {
        Self::new(LoadCode::ManifestInvalidValue, message)
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

#[derive(Debug)]
struct Fault {
    span: Range<usize>,
    key: String,
    problem: Problem,
}

/// Faults in the order found; keeps the first of the text and counts the rest, so that hostile input
/// costs neither memory nor a report of a million lines.
#[derive(Debug)]
pub(super) struct Sink {
    faults: RefCell<Vec<Fault>>,
    dropped: RefCell<usize>,
    /// From here on, the tree is what recovery made of broken TOML: faults in it are not told.
    horizon: usize,
}

impl Sink {
    pub(super) fn new(horizon: Option<usize>) -> Self {
        Self { faults: RefCell::default(), dropped: RefCell::default(), horizon: horizon.unwrap_or(usize::MAX) }
    }

    /// Takes note of a fault of TOML itself.
    pub(super) fn syntax(&self, span: Range<usize>, key: String, problem: Problem) {
        let mut faults = self.faults.borrow_mut();
        faults.push(Fault { span, key, problem });
        if faults.len() >= 2 * ManifestErrors::MAX_KEPT {
            faults.sort_by_key(|fault| fault.span.start);
            *self.dropped.borrow_mut() += faults.len() - ManifestErrors::MAX_KEPT;
            faults.truncate(ManifestErrors::MAX_KEPT);
        }
    }

    /// Takes note of a fault in what the TOML says.
    pub(super) fn fault(&self, span: Range<usize>, key: String, problem: Problem) {
        // A value that recovery made up has no place; a key may be missing because its line is broken.
        let made_up = span.is_empty() || problem.code == LoadCode::ManifestMissingField;
        if span.start >= self.horizon || (self.horizon != usize::MAX && made_up) {
            return;
        }
        self.syntax(span, key, problem);
    }

    /// Counts faults that lie behind enough others of their table not to be told.
    pub(super) fn untold(&self, count: usize) {
        if self.horizon == usize::MAX {
            *self.dropped.borrow_mut() += count;
        }
    }

    /// All faults with their places in `text`; `None` if there are none.
    pub(super) fn into_errors(self, text: &str) -> Option<ManifestErrors> {
        let mut faults = self.faults.into_inner();
        if faults.is_empty() {
            return None;
        }
        faults.sort_by_key(|fault| fault.span.start);
        let beyond = faults.len().saturating_sub(ManifestErrors::MAX_KEPT);
        faults.truncate(ManifestErrors::MAX_KEPT);
        let mut place = Place::start(text);
        let errors = faults.into_iter().map(|fault| place.locate(fault)).collect();
        Some(ManifestErrors::new(errors, self.dropped.into_inner() + beyond))
    }
}

/// One error at a place of `text`, for faults that are found without a walk.
pub(super) fn single(text: &str, span: Range<usize>, problem: Problem) -> ManifestErrors {
    let fault = Fault { span, key: String::new(), problem };
    ManifestErrors::new(vec![Place::start(text).locate(fault)], 0)
}

/// Line and column of an offset that only moves forward.
struct Place<'a> {
    text: &'a str,
    offset: usize,
    line: u32,
    column: u32,
}

impl<'a> Place<'a> {
    fn start(text: &'a str) -> Self {
        // Editors count no column for a byte order mark.
        let offset = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        Self { text, offset, line: 1, column: 1 }
    }

    fn locate(&mut self, fault: Fault) -> ManifestError {
        let start = self.text.floor_char_boundary(fault.span.start.max(self.offset));
        for character in self.text[self.offset..start].chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = start;
        let end = self.text.floor_char_boundary(fault.span.end.max(start));
        ManifestError {
            code: fault.problem.code,
            key: visible(&fault.key),
            line: self.line,
            column: self.column,
            span: start..end,
            message: visible(&fault.problem.message),
            help: fault.problem.help.as_deref().map(visible),
        }
    }
}

/// What some editors put before the first character of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';
