//! From text to a TOML tree whose values know their places.
//!
//! The parser and the destructor of its tree recurse, and its bound on nesting does not cover dotted
//! keys; so the tokens are counted first, by the parser's own lexer.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;
use toml_parser::lexer::{Token, TokenKind};

use super::error::ManifestErrors;
use super::sink::{Problem, Sink};
use super::words::clip;
use crate::contract::LoadCode;

/// Brackets and braces inside one another; the schema needs three.
const MAX_NESTING: usize = 16;
/// Recovery keeps every error, some 300 bytes for each byte of the worst text: of a larger one that is
/// broken, the first error alone is told.
const MAX_RECOVERED_BYTES: usize = 1 << 16;
/// Parts of one dotted key; the schema needs four.
const MAX_KEY_PARTS: usize = 16;

/// The tree of `text`, and a sink that holds the faults of syntax found on the way.
///
/// The tree is best effort: the sink ignores what a walk finds at or behind the line where TOML breaks.
/// `None` if `text` nests too deeply, or is too large and broken, to have a tree.
pub(super) fn parse(text: &str) -> (Option<DeTable<'_>>, Sink) {
    let tokens = toml_parser::Source::new(text).lex().into_vec();
    if let Some((span, message)) = too_deep(&tokens) {
        let sink = Sink::new(None);
        sink.syntax(span, String::new(), Problem::new(LoadCode::ManifestSyntax, message));
        return (None, sink);
    }
    let (tree, errors) = match DeTable::parse(text) {
        Ok(tree) => (Some(tree), Vec::new()),
        Err(first) if text.len() > MAX_RECOVERED_BYTES => (None, vec![first]),
        Err(_) => {
            let (tree, errors) = DeTable::parse_recoverable(text);
            (Some(tree), errors)
        }
    };
    let mut faults: Vec<_> = errors
        .into_iter()
        .map(|error| (error.span().unwrap_or(text.len()..text.len()), error.message().to_owned()))
        .collect();
    faults.sort_by_key(|(span, _)| span.start);
    let broken = faults.iter().find(|(_, message)| !keeps_tree(message));
    let sink = Sink::new(broken.map(|(span, _)| line_start(text, span.start)));
    let mut paths = KeyPaths::new(text, &tokens);
    let mut resume = 0;
    for (index, (span, message)) in faults.into_iter().enumerate() {
        if !keeps_tree(&message) {
            // The rest of a broken line is the parser finding its feet.
            if span.start < resume {
                continue;
            }
            resume = text.as_bytes()[span.start..]
                .iter()
                .position(|&byte| byte == b'\n')
                .map_or(text.len() + 1, |n| span.start + n);
        }
        let named = keeps_tree(&message) && index < ManifestErrors::MAX_KEPT;
        let key = if named { paths.at(span.start) } else { String::new() };
        let mut problem = Problem::new(LoadCode::ManifestSyntax, clip(&message));
        if message.starts_with("duplicate key") {
            problem = problem.help("keep one of the two: TOML gives a key one value");
        }
        sink.syntax(span, key, problem);
    }
    (tree.map(Spanned::into_inner), sink)
}

/// Whether the parser knows what was meant in spite of the error, so that the rest of the tree can be trusted.
fn keeps_tree(message: &str) -> bool {
    message.starts_with("duplicate key") || message.starts_with("cannot extend value")
}

fn line_start(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1)
}

/// The first token that nests deeper than any manifest does.
fn too_deep(tokens: &[Token]) -> Option<(Range<usize>, String)> {
    let (mut nesting, mut dots) = (0usize, 0usize);
    for token in tokens {
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => nesting += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => nesting = nesting.saturating_sub(1),
            TokenKind::Dot => dots += 1,
            _ => {}
        }
        if !matches!(
            token.kind(),
            TokenKind::Dot
                | TokenKind::Atom
                | TokenKind::Whitespace
                | TokenKind::BasicString
                | TokenKind::LiteralString
        ) {
            dots = 0;
        }
        let message = if nesting > MAX_NESTING {
            format!("brackets are nested more than {MAX_NESTING} deep")
        } else if dots >= MAX_KEY_PARTS {
            format!("a key has more than {MAX_KEY_PARTS} parts")
        } else {
            continue;
        };
        return Some((token.span().start()..token.span().end(), message));
    }
    None
}

/// Says which key stands at an offset, for errors of a parser that names the place alone. Offsets only grow.
struct KeyPaths<'a> {
    text: &'a str,
    tokens: std::iter::Peekable<std::slice::Iter<'a, Token>>,
    /// The path of the table header in force.
    header: String,
    /// How many elements each array of tables has so far.
    elements: BTreeMap<String, usize>,
    in_header: bool,
    doubled: bool,
    /// For each open bracket of a value, the key before it.
    outer: Vec<String>,
    /// The key being read, or whose value is being read.
    key: String,
    in_key: bool,
}

impl<'a> KeyPaths<'a> {
    fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Self {
            text,
            tokens: tokens.iter().peekable(),
            header: String::new(),
            elements: BTreeMap::new(),
            in_header: false,
            doubled: false,
            outer: Vec::new(),
            key: String::new(),
            in_key: true,
        }
    }

    fn at(&mut self, offset: usize) -> String {
        while let Some(token) = self.tokens.next_if(|token| token.span().start() < offset) {
            self.pass(token);
        }
        let word = self.tokens.peek().map_or("", |token| &self.text[token.span().start()..token.span().end()]);
        let header = Some(&self.header).filter(|_| !self.in_header);
        let key = format!("{}{word}", self.key);
        let parts = header.into_iter().chain(&self.outer).chain([&key]).filter(|part| !part.is_empty());
        clip(&parts.map(String::as_str).collect::<Vec<_>>().join("."))
    }

    fn pass(&mut self, token: &Token) {
        let word = &self.text[token.span().start()..token.span().end()];
        let line_starts = self.in_key && self.key.is_empty() && self.outer.is_empty();
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment => {}
            TokenKind::LeftSquareBracket if self.in_header => self.doubled = true,
            TokenKind::LeftSquareBracket if line_starts => (self.in_header, self.doubled) = (true, false),
            TokenKind::RightSquareBracket if self.in_header => self.close_header(),
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                self.outer.push(std::mem::take(&mut self.key));
                self.in_key = token.kind() == TokenKind::LeftCurlyBracket;
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                self.key = self.outer.pop().unwrap_or_default();
                self.in_key = false;
            }
            TokenKind::Equals => self.in_key = false,
            TokenKind::Comma => (self.key, self.in_key) = (String::new(), true),
            TokenKind::Newline if self.outer.is_empty() => {
                (self.key, self.in_key, self.in_header) = (String::new(), true, false);
            }
            _ if self.in_key => self.key.push_str(word),
            _ => {}
        }
    }

    fn close_header(&mut self) {
        if self.key.is_empty() {
            return; // the second bracket of `]]`
        }
        self.header = std::mem::take(&mut self.key);
        if self.doubled {
            let count = self.elements.entry(self.header.clone()).or_default();
            *count += 1;
            self.header = format!("{}[{}]", self.header, *count - 1);
        }
        self.in_header = false;
    }
}
