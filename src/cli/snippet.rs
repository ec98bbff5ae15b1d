//! Manifest errors for people: each with the line it is about.

use std::io::IsTerminal as _;

use airssys_wasm::manifest::{ManifestError, ManifestErrors, ManifestSource};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report};

/// An error's line and its neighbours are not shown if they are longer together: they would hide the report.
const MAX_SHOWN_BYTES: usize = 1000;

/// Prints all errors to standard error, in colour if that is a terminal and `NO_COLOR` is not set.
pub(crate) fn print(source: &ManifestSource, errors: &ManifestErrors) {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    eprint!("{}", render(source, errors, std::io::stderr().is_terminal() && !plain));
}

fn render(source: &ManifestSource, errors: &ManifestErrors, colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100).with_context_lines(1);
    let name = source.path.display().to_string();
    let text = printable(&source.text);
    let mut out = String::new();
    for error in errors {
        let line = line_of(&text, error.span.start);
        let before = line_of(&text, line.start.saturating_sub(1));
        let behind = line_of(&text, (line.end + 1).min(text.len()));
        let mut report = Report::new(diagnostic(error, line.end));
        if (1..=MAX_SHOWN_BYTES).contains(&(behind.end - before.start)) {
            report = report.with_source_code(NamedSource::new(&name, text.clone()));
        }
        if handler.render_report(&mut out, report.as_ref()).is_err() {
            out.push_str(&error.to_string());
        }
        out.push('\n');
    }
    let total = errors.as_slice().len() + errors.more();
    let shown = match errors.more() {
        0 => String::new(),
        _ => format!(", the first {} shown", errors.as_slice().len()),
    };
    out.push_str(&format!("{name}: {total} error{}{shown}\n", if total == 1 { "" } else { "s" }));
    out
}

/// An error as miette draws it; what spans lines is marked on its first.
fn diagnostic(error: &ManifestError, line_end: usize) -> MietteDiagnostic {
    let key = if error.key.is_empty() { String::new() } else { format!("{}: ", error.key) };
    let end = error.span.end.min(line_end.max(error.span.start));
    let mut diagnostic = MietteDiagnostic::new(format!("{key}{}", error.message))
        .with_code(format!("{} at {}:{}", error.code, error.line, error.column))
        .with_label(LabeledSpan::new(None, error.span.start, end - error.span.start));
    diagnostic.help = error.help.clone();
    diagnostic
}

fn line_of(text: &str, offset: usize) -> std::ops::Range<usize> {
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |newline| offset + newline);
    start..end
}

/// The text with characters that would command the terminal replaced by others of the same length.
fn printable(text: &str) -> String {
    let harmless = |character: char| match character {
        '\n' | '\t' | '\r' => character,
        '\u{61c}' | '\u{80}'..='\u{9f}' => '¿',
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => '\u{fffd}',
        _ if character.is_control() => '?',
        _ => character,
    };
    text.chars().map(harmless).collect()
}
