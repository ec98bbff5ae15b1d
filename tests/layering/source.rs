//! The crate's files as text, and the paths that Rust code names.

use std::path::{Path, PathBuf};

/// Where the package stands.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder of the package, with their path from the package, sorted; links are not followed.
pub(crate) fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut pending: Vec<PathBuf> = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(path) = pending.pop() {
        let kind = std::fs::symlink_metadata(&path).map(|metadata| metadata.file_type());
        match kind {
            Ok(kind) if kind.is_dir() => {
                let skipped = path.file_name().is_some_and(|name| name == "target" || name == "node_modules");
                let entries = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
                pending.extend(entries.filter(|_| !skipped));
            }
            Ok(kind) if kind.is_file() => {
                let name = path.strip_prefix(root()).unwrap().display().to_string().replace('\\', "/");
                files.push((name, std::fs::read(&path).unwrap()));
            }
            _ => {}
        }
    }
    files.sort();
    files
}

/// The Rust files below a folder, as text.
pub(crate) fn rust_files(folder: &str) -> Vec<(String, String)> {
    let rust = files(folder).into_iter().filter(|(name, _)| name.ends_with(".rs"));
    rust.map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect()
}

/// A path that code names, from the crate's root if it starts in the crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPath {
    /// Where, from 1.
    pub(crate) line: usize,
    /// `crate` and what follows, or the path as it stands.
    pub(crate) segments: Vec<String>,
}

impl NamedPath {
    /// Whether these segments stand in the path one behind the other.
    pub(crate) fn has(&self, segments: &[&str]) -> bool {
        self.segments.windows(segments.len()).any(|window| window == segments)
    }
}

/// Every path of the file that has more than one segment: `use` trees are taken apart, `self`, `super` and
/// the crate's own name are resolved to `crate`.
pub(crate) fn paths(file: &str, text: &str) -> Vec<NamedPath> {
    let tokens = tokens(&code(text));
    let mut modules = module_of(file);
    let mut open = Vec::new();
    let mut paths = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let behind_colons = index > 0 && tokens[index - 1].text == "::";
        let is_module = token.text == "mod" && tokens.get(index + 2).is_some_and(|token| token.text == "{");
        if is_module {
            modules.push(tokens[index + 1].text.clone());
            open.push(true);
            index += 3;
        } else if token.text == "{" || token.text == "}" {
            match token.text.as_str() {
                "{" => open.push(false),
                _ => {
                    if open.pop() == Some(true) {
                        modules.pop();
                    }
                }
            }
            index += 1;
        } else if is_name(&token.text) && !behind_colons && tokens.get(index + 1).is_some_and(|next| next.text == "::")
        {
            let start = paths.len();
            index = tree(&tokens, index, &[], &mut paths);
            paths[start..].iter_mut().for_each(|path| resolve(&modules, &mut path.segments));
        } else {
            index += 1;
        }
    }
    paths
}

/// Reads a `use` tree, or a path, that starts at `index`; returns the index behind it.
fn tree(tokens: &[Token], mut index: usize, before: &[String], paths: &mut Vec<NamedPath>) -> usize {
    let mut segments = before.to_vec();
    while let Some(token) = tokens.get(index) {
        if token.text == "{" {
            index += 1;
            while tokens.get(index).is_some_and(|token| token.text != "}") {
                index = if tokens[index].text == "," { index + 1 } else { tree(tokens, index, &segments, paths) };
            }
            return index + 1;
        }
        if !is_name(&token.text) && token.text != "*" {
            break;
        }
        if token.text != "self" || segments.is_empty() {
            segments.push(token.text.clone());
        }
        index += 1;
        match tokens.get(index) {
            Some(next) if next.text == "::" => index += 1,
            _ => break,
        }
    }
    let line = tokens[index.min(tokens.len()) - 1].line;
    let renamed = tokens.get(index).is_some_and(|token| token.text == "as");
    paths.push(NamedPath { line, segments });
    // Inside a tree nothing else may stand between a path and the comma; `as name` is skipped.
    let progress = if renamed { index + 2 } else { index };
    if !before.is_empty() && progress < tokens.len() && ![",", "}"].contains(&tokens[progress].text.as_str()) {
        return progress + 1;
    }
    progress
}

fn resolve(modules: &[String], segments: &mut Vec<String>) {
    let mut at = modules.to_vec();
    let mut rest = segments.as_slice();
    match rest.first().map(String::as_str) {
        Some("crate" | "airssys_wasm") => at.clear(),
        Some("self" | "super") => {
            while let Some(step) = rest.first().filter(|step| *step == "super" || *step == "self") {
                if step == "super" {
                    at.pop();
                }
                rest = &rest[1..];
            }
            *segments = [vec!["crate".to_owned()], at, rest.to_vec()].concat();
            return;
        }
        _ => return,
    }
    *segments = [vec!["crate".to_owned()], rest[1..].to_vec()].concat();
}

/// The module that a file of `src/` is.
fn module_of(file: &str) -> Vec<String> {
    let path = file.strip_prefix("src/").and_then(|path| path.strip_suffix(".rs")).unwrap_or_default();
    let names = path.split('/').filter(|name| !["", "mod", "lib", "main"].contains(name));
    names.map(str::to_owned).collect()
}

struct Token {
    line: usize,
    text: String,
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let length = match first {
                _ if word > 0 => word,
                ':' if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            tokens.push(Token { line: index + 1, text: rest[..length].to_owned() });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The text with comments, strings and characters blanked; lines stay where they are.
pub(crate) fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut index = 0;
    while index < chars.len() {
        let end = match (chars[index], chars.get(index + 1)) {
            ('/', Some('/')) => (index..chars.len()).find(|at| chars[*at] == '\n').unwrap_or(chars.len()),
            ('/', Some('*')) => comment_end(&chars, index),
            ('"', _) => string_end(&chars, index, raw_hashes(&chars, index)),
            ('\'', Some('\\')) => {
                (index + 3..chars.len()).find(|at| chars[*at] == '\'').map_or(chars.len(), |at| at + 1)
            }
            ('\'', Some(_)) if chars.get(index + 2) == Some(&'\'') => index + 3,
            _ => index,
        };
        if end == index {
            out.push(chars[index]);
            index += 1;
        } else {
            out.extend(chars[index..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            index = end;
        }
    }
    out
}

fn comment_end(chars: &[char], start: usize) -> usize {
    let (mut depth, mut index) = (0, start);
    while index < chars.len() {
        match (chars[index], chars.get(index + 1)) {
            ('/', Some('*')) => (depth, index) = (depth + 1, index + 2),
            ('*', Some('/')) => (depth, index) = (depth - 1, index + 2),
            _ => index += 1,
        }
        if depth == 0 {
            return index;
        }
    }
    chars.len()
}

/// How many hashes stand between an `r` and the quote, if the string is a raw one.
fn raw_hashes(chars: &[char], quote: usize) -> Option<usize> {
    let hashes = chars[..quote].iter().rev().take_while(|c| **c == '#').count();
    let at = quote.checked_sub(hashes + 1)?;
    let prefix = if at > 0 && matches!(chars[at - 1], 'b' | 'c') { at.checked_sub(2) } else { at.checked_sub(1) };
    let inside_a_word = prefix.is_some_and(|at| chars[at].is_alphanumeric() || chars[at] == '_');
    (chars[at] == 'r' && !inside_a_word).then_some(hashes)
}

fn string_end(chars: &[char], quote: usize, raw: Option<usize>) -> usize {
    let mut index = quote + 1;
    while index < chars.len() {
        match (chars[index], raw) {
            ('\\', None) => index += 1,
            ('"', None) => return index + 1,
            ('"', Some(hashes)) if chars[index + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes => {
                return index + 1 + hashes;
            }
            _ => {}
        }
        index += 1;
    }
    chars.len()
}
