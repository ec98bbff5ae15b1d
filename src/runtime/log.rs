//! What components log: capped, then handed to the embedder as data and to `tracing` as escaped text.

use std::borrow::Cow;

use crate::contract::{ComponentId, kebab_enum};

/// The longest message, in bytes: a screenful, and no way to fill a disk with one call.
pub const MAX_MESSAGE_BYTES: usize = 16 << 10;
/// The most context pairs of one record; a structured log line has a dozen.
pub const MAX_CONTEXT_PAIRS: usize = 64;
/// The longest context key or value, in bytes.
pub const MAX_CONTEXT_BYTES: usize = 1 << 10;

kebab_enum! {
    /// The severity of a log record, least severe first.
    pub enum LogLevel {
        /// Step-by-step detail.
        Trace = "trace",
        /// Useful when looking for a fault.
        Debug = "debug",
        /// Normal events worth knowing.
        Info = "info",
        /// Something unexpected that did not stop the work.
        Warn = "warn",
        /// Work that failed.
        Error = "error",
    }
}

/// What a component logged, capped and otherwise verbatim: it may contain control characters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogRecord {
    /// The runtime's clock, in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// Who logged.
    pub component: ComponentId,
    /// How severe.
    pub level: LogLevel,
    /// What, at most [`MAX_MESSAGE_BYTES`] and a visible note of how much was cut.
    pub message: String,
    /// Pairs, in the order given, at most [`MAX_CONTEXT_PAIRS`] and a note of how many were cut.
    pub context: Vec<(String, String)>,
}

/// Where log records go besides `tracing`.
pub(crate) type LogSink = Box<dyn Fn(&LogRecord) + Send + Sync>;

impl LogRecord {
    /// Caps what a guest passed.
    pub(crate) fn capped(
        time_ms: u64,
        component: ComponentId,
        level: LogLevel,
        message: String,
        context: Vec<(String, String)>,
    ) -> Self {
        let pairs = context.len();
        let mut context: Vec<_> = context
            .into_iter()
            .take(MAX_CONTEXT_PAIRS)
            .map(|(key, value)| (cut(key, MAX_CONTEXT_BYTES), cut(value, MAX_CONTEXT_BYTES)))
            .collect();
        if pairs > MAX_CONTEXT_PAIRS {
            context.push(("…".to_owned(), format!("[{} pairs cut]", pairs - MAX_CONTEXT_PAIRS)));
        }
        Self { time_ms, component, level, message: cut(message, MAX_MESSAGE_BYTES), context }
    }

    /// Hands the record to `tracing`. A guest's text is the value of a field, which formatters quote, never the event's
    /// message, which they do not; and it carries nothing that a terminal or a line-based reader takes for structure.
    pub(crate) fn trace(&self) {
        let component = self.component.as_str();
        let text = &*escape(&self.message);
        let context = escaped_json(&self.context);
        macro_rules! at {
            ($level:ident) => {
                tracing::event!(target: "airssys_wasm::component", tracing::Level::$level, component, text, context)
            };
        }
        match self.level {
            LogLevel::Trace => at!(TRACE),
            LogLevel::Debug => at!(DEBUG),
            LogLevel::Info => at!(INFO),
            LogLevel::Warn => at!(WARN),
            LogLevel::Error => at!(ERROR),
        }
    }
}

/// Cuts a text to `max` bytes at a character boundary and says how much is missing.
fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        let boundary = text.floor_char_boundary(max);
        let missing = text.len() - boundary;
        text.truncate(boundary);
        text.push_str(&format!("… [{missing} bytes cut]"));
    }
    text
}

/// Pairs as a JSON array of arrays, so that order and doubled keys survive.
fn escaped_json(context: &[(String, String)]) -> String {
    let pairs: Vec<_> = context.iter().map(|(key, value)| [escape(key), escape(value)]).collect();
    serde_json::to_string(&pairs).unwrap_or_default()
}

/// Replaces control characters (with them ANSI sequences and line breaks), line separators, and the characters that
/// reorder or hide text by `\u{…}`.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_deceptive(character) {
            escaped.extend(character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

pub(crate) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_visibly_and_at_a_character() {
        let record = |message: String, context| {
            LogRecord::capped(0, ComponentId::new("a").unwrap(), LogLevel::Info, message, context)
        };
        let short = record("x".repeat(MAX_MESSAGE_BYTES), vec![]);
        assert_eq!(short.message.len(), MAX_MESSAGE_BYTES);
        let long = record(format!("{}€€", "x".repeat(MAX_MESSAGE_BYTES - 1)), vec![]);
        assert_eq!(long.message, format!("{}… [6 bytes cut]", "x".repeat(MAX_MESSAGE_BYTES - 1)));
        let wide = record(String::new(), vec![("k".into(), "v".repeat(2_000)); 70]);
        assert_eq!(wide.context.len(), MAX_CONTEXT_PAIRS + 1);
        assert_eq!(wide.context[0].1, format!("{}… [976 bytes cut]", "v".repeat(1_024)));
        assert_eq!(wide.context[64].1, "[6 pairs cut]");
    }

    #[test]
    fn text_cannot_pretend_to_be_another_line_or_direction() {
        for (text, escaped) in [
            ("plain – ünï", "plain – ünï"),
            ("a\nb\r", "a\\u{a}b\\u{d}"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
            ("a\u{2028}b\u{200b}", "a\\u{2028}b\\u{200b}"),
        ] {
            assert_eq!(escape(text), escaped);
        }
    }
}
