//! Walks a TOML tree as a schema reads: one line a key, every fault noted, none fatal.
//!
//! A key that is absent or at fault reads as nothing; the manifest built from what was read is thrown
//! away if the [`Sink`] has noted any fault. What nobody asked for is an unknown field.

use std::collections::HashSet;
use std::hash::Hash;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ManifestErrors;
use super::migrate_hint;
use super::sink::{Problem, Sink};
use super::words::{clip, did_you_mean, key_part};
use crate::contract::LoadCode;

/// A value and its place.
pub(super) type Value<'a> = &'a Spanned<DeValue<'a>>;

/// The kind of a value, for messages.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// The fault of a value that is not of the type `expected`.
pub(super) fn wrong_type(value: Value<'_>, expected: &str) -> Problem {
    Problem::value(format!("expected {expected}, found {}", kind(value.get_ref())))
}

/// A table being read.
pub(super) struct Table<'a> {
    sink: &'a Sink,
    path: String,
    /// The entries; none if the table is absent or no table.
    entries: Option<&'a DeTable<'a>>,
    /// Where a missing key is reported; none if that would follow from a fault already noted.
    place: Option<Range<usize>>,
    known: Vec<&'static str>,
    /// Keys that are unknown here and known elsewhere, each with what to do about it.
    elsewhere: Vec<(&'static str, String)>,
}

impl<'a> Table<'a> {
    /// Reads the whole document.
    pub(super) fn document<T>(entries: &'a DeTable<'a>, sink: &'a Sink, read: impl FnOnce(&mut Table<'a>) -> T) -> T {
        Self::new(sink, String::new(), Some(entries), Some(0..0)).all(read)
    }

    fn new(sink: &'a Sink, path: String, entries: Option<&'a DeTable<'a>>, place: Option<Range<usize>>) -> Self {
        Self { sink, path, entries, place, known: Vec::new(), elsewhere: Vec::new() }
    }

    /// The value of `key`, if it is there and `read` accepts it.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Value<'a>) -> Result<T, Problem>,
    ) -> Option<T> {
        let value = self.get(key)?;
        read(value).map_err(|problem| self.sink.fault(value.span(), self.path_of(key), problem)).ok()
    }

    /// As [`Self::optional`]; that the key is absent is a fault.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Value<'a>) -> Result<T, Problem>,
    ) -> Option<T> {
        let value = self.optional(key, read);
        if let (None, Some(place)) = (self.entry(key), &self.place) {
            let problem = Problem::new(LoadCode::ManifestMissingField, format!("`{key}` is missing"));
            self.sink.fault(place.clone(), self.path_of(key), problem);
        }
        value
    }

    /// The elements of an array of different values; empty if the key is absent.
    pub(super) fn list<T: Eq + Hash + Clone>(
        &mut self,
        key: &'static str,
        read: impl Fn(Value<'a>) -> Result<T, Problem>,
    ) -> Vec<T> {
        let path = &self.path_of(key);
        let Some(DeValue::Array(elements)) = self.optional(key, |value| match value.get_ref() {
            array @ DeValue::Array(_) => Ok(array),
            _ => Err(migrate_hint::attach(path, wrong_type(value, "an array"))),
        }) else {
            return Vec::new();
        };
        let mut seen = HashSet::new();
        let mut accepted = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            let result = read(element).and_then(|value| match seen.insert(value.clone()) {
                true => Ok(value),
                false => Err(Problem::value("the entry repeats an earlier one").help("remove it")),
            });
            match result {
                Ok(value) => accepted.push(value),
                Err(problem) => self.sink.fault(element.span(), format!("{}[{index}]", self.path_of(key)), problem),
            }
        }
        accepted
    }

    /// A table inside; reads as an empty one if absent.
    pub(super) fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Table<'a>) -> T) -> T {
        let path = self.path_of(key);
        let (entries, place) = match self.get(key) {
            None => (None, self.place.clone()),
            Some(value) => match value.get_ref() {
                DeValue::Table(entries) => (Some(entries), Some(value.span())),
                _ => {
                    let problem = migrate_hint::attach(&path, wrong_type(value, "a table"));
                    self.sink.fault(value.span(), path.clone(), problem);
                    (None, None)
                }
            },
        };
        Self::new(self.sink, path, entries, place).all(read)
    }

    /// An array of tables, in order.
    pub(super) fn tables<T>(&mut self, key: &'static str, mut read: impl FnMut(&mut Table<'a>) -> Option<T>) -> Vec<T> {
        let path = self.path_of(key);
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(elements) = value.get_ref() else {
            let help = format!("write `[[{path}]]`, once for each");
            self.sink.fault(value.span(), path, wrong_type(value, "an array of tables").help(help));
            return Vec::new();
        };
        let element = |(index, value): (usize, Value<'a>)| {
            let path = format!("{path}[{index}]");
            match value.get_ref() {
                DeValue::Table(entries) => Self::new(self.sink, path, Some(entries), Some(value.span())).all(&mut read),
                _ => {
                    let problem = migrate_hint::attach(&path, wrong_type(value, "a table"));
                    self.sink.fault(value.span(), path, problem);
                    None
                }
            }
        };
        elements.iter().enumerate().filter_map(element).collect()
    }

    /// The entries of a table whose keys are the author's, in the order written.
    pub(super) fn entries<T>(
        &mut self,
        key: &'static str,
        read_key: impl Fn(&str) -> Result<(), Problem>,
        read: impl Fn(&mut Entry<'a>) -> Option<T>,
    ) -> Vec<(String, T)> {
        self.table(key, |table| {
            let Some(entries) = table.entries.take() else { return Vec::new() };
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            let mut accepted = Vec::new();
            for (key, value) in entries {
                let path = join(&table.path, key.get_ref());
                if let Err(problem) = read_key(key.get_ref()) {
                    table.sink.fault(key.span(), path.clone(), problem);
                }
                if let Some(read) = read(&mut Entry { sink: table.sink, path, value }) {
                    accepted.push((key.get_ref().to_string(), read));
                }
            }
            accepted
        })
    }

    /// The value of `key` for judging others by it, if `read` accepts it. What is wrong with it is told elsewhere.
    pub(super) fn peek<T>(&self, key: &str, read: impl FnOnce(Value<'a>) -> Result<T, Problem>) -> Option<T> {
        read(self.entry(key)?).ok()
    }

    /// Leaves `key` an unknown field; whoever wrote it is told `help`.
    pub(super) fn unknown_here(&mut self, key: &'static str, help: String) {
        self.elsewhere.push((key, help));
    }

    /// Whether `key` is there, whatever its value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Whether `key` is an array without elements.
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        matches!(self.entry(key).map(Spanned::get_ref), Some(DeValue::Array(elements)) if elements.is_empty())
    }

    /// Notes a fault that lies in the relation of `key` to others.
    pub(super) fn fault(&self, key: &str, problem: Problem) {
        let span = self.entry(key).map(Spanned::span).or_else(|| self.place.clone());
        self.sink.fault(span.unwrap_or(0..0), self.path_of(key), problem);
    }

    /// Notes a fault of the table as a whole.
    pub(super) fn fault_here(&self, problem: Problem) {
        self.sink.fault(self.place.clone().unwrap_or(0..0), self.path.clone(), problem);
    }

    fn all<T>(mut self, read: impl FnOnce(&mut Table<'a>) -> T) -> T {
        let value = read(&mut self);
        let mut unknown: Vec<_> = self.entries.into_iter().flatten().map(|(key, _)| key).collect();
        unknown.retain(|key| !self.known.contains(&key.get_ref().as_ref()));
        unknown.sort_by_key(|key| key.span().start);
        unknown.iter().take(ManifestErrors::MAX_KEPT).for_each(|key| self.unknown(key));
        self.sink.untold(unknown.len().saturating_sub(ManifestErrors::MAX_KEPT));
        value
    }

    fn unknown(&self, key: &Spanned<std::borrow::Cow<'_, str>>) {
        let path = self.path_of(key.get_ref());
        let mut problem =
            Problem::new(LoadCode::ManifestUnknownField, format!("unknown field `{}`", clip(key.get_ref())));
        let elsewhere = self.elsewhere.iter().find(|(elsewhere, _)| elsewhere == key.get_ref());
        let meant = || did_you_mean(key.get_ref(), self.known.iter().copied());
        problem.help = Some(match elsewhere {
            Some((_, help)) => help.clone(),
            None => match meant() {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known here: {}", self.known.join(", ")),
            },
        });
        self.sink.fault(key.span(), path.clone(), migrate_hint::attach(&path, problem));
    }

    fn get(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.known.push(key);
        self.entry(key)
    }

    fn entry(&self, key: &str) -> Option<Value<'a>> {
        self.entries?.get(key)
    }

    fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }
}

/// One entry of [`Table::entries`], being read.
pub(super) struct Entry<'a> {
    sink: &'a Sink,
    path: String,
    value: Value<'a>,
}

impl<'a> Entry<'a> {
    /// The value, if `read` accepts it.
    pub(super) fn scalar<T>(&self, read: impl FnOnce(Value<'a>) -> Result<T, Problem>) -> Option<T> {
        read(self.value).map_err(|problem| self.sink.fault(self.value.span(), self.path.clone(), problem)).ok()
    }

    /// The value as a table of the schema.
    pub(super) fn table<T>(&self, read: impl FnOnce(&mut Table<'a>) -> T) -> Option<T> {
        let DeValue::Table(entries) = self.value.get_ref() else { return None };
        Some(Table::new(self.sink, self.path.clone(), Some(entries), Some(self.value.span())).all(read))
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key_part(key) } else { format!("{path}.{}", key_part(key)) }
}
