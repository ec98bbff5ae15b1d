//! Where something stands in the texts of a package.

use std::collections::HashMap;
use std::fmt;

use wit_parser::{SourceMap, Span};

use super::texts::Texts;

/// A file, a line and a column, the latter in bytes, both from 1; or just a directory, with 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file),
            line => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

/// Where the lines of each file start, so that many places are found without reading the texts again for each.
#[derive(Debug)]
pub(super) struct Lines(HashMap<String, Vec<usize>>);

impl Lines {
    pub(super) fn new(texts: &[Texts]) -> Self {
        let starts = |text: &str| {
            let behind = text.match_indices('\n').map(|(newline, _)| newline + 1);
            [0].into_iter().chain(behind).collect()
        };
        Self(texts.iter().flat_map(|texts| &texts.files).map(|(path, text)| (path.clone(), starts(text))).collect())
    }

    /// The place of a span, if it is in a file.
    pub(super) fn place(&self, map: &SourceMap, span: Span) -> Option<Place> {
        let location = map.resolve_span(span)?;
        let starts = self.0.get(location.path)?;
        let line = starts.partition_point(|start| *start <= location.range.start);
        let start = starts.get(line.checked_sub(1)?)?;
        Some(Place { file: location.path.to_owned(), line, column: location.range.start - start + 1 })
    }
}
