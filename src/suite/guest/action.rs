//! The actions of a guest program, one line of text each.

use crate::contract::TrapKind;

use super::ProgramError;
use super::names::TAKEN;

/// What a guest does, in order, when an export is called.
///
/// | text | effect |
/// |---|---|
/// | `call interface.function(args…)` | calls it and writes `function -> result` to the transcript |
/// | `call … as name` | the same, and keeps the result as `$name` |
/// | `remember path as name` | keeps an incoming value or a kept one, or a part of it, as `$name` |
/// | `invoke interface.function(args…)` | calls it and writes nothing |
/// | `repeat N ACTION` | does the action N times |
/// | `record`, `record path` | writes the incoming values, or one of them, to the transcript |
/// | `note text` | writes a line to the transcript |
/// | `count N` | adds N to the counter |
/// | `trap kind` | traps: `unreachable`, `memory-out-of-bounds`, `table-out-of-bounds`, `indirect-call-mismatch`, `null-reference`, `integer-overflow`, `divide-by-zero`, `bad-conversion` |
/// | `spin`, `spin N` | loops for ever, or N times |
/// | `fill` | fills its memory in a loop, for ever |
/// | `grow-memory PAGES [INDEX]`, `grow-table ELEMENTS [INDEX]` | grows, and writes the old size or -1 to the transcript |
/// | `recurse`, `recurse N` | calls itself for ever, or N deep |
/// | `recurse-call interface.function` | calls itself and the function (without parameters or with one number) for ever |
/// | `return VALUE` | ends the export with a WAVE value |
/// | `return-pointer ADDRESS` | ends the export with that address as the place of its result |
///
/// Values are WAVE. Where a `list<u8>` stands, a string in payload notation may stand too. A `$name`
/// stands for a value that is known only while the guest runs: a parameter of the export with a path
/// into it (`$operation`, `$context.caller`, `$message.request-id.some`), a kept value (`$name.ok`),
/// `$transcript`, `$counter`, `$bulk.N` (N bytes or elements), and the bad values `$bad-utf8`,
/// `$bad-pointer` and `$bad-case`.
///
/// A kept value lasts as long as the instance, and every export may refer to it. Until something is kept under a name
/// it is all zeros: 0, false, the empty string and list, the first case of a variant or result, none. What is kept
/// again takes the place of what was there. `remember` along a case that the value is not, such as
/// `message.request-id.some` of a message without one, keeps what was remembered before; a `$name` or `record` along
/// such a case reads what happens to lie there.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Calls an imported function.
    Call {
        /// `interface.function`, with or without the package before the interface.
        function: String,
        /// The arguments as WAVE, without the parentheses.
        args: String,
        /// Under which name the result is kept.
        keep: Option<String>,
        /// Whether the result goes to the transcript.
        record: bool,
    },
    /// Keeps a value.
    Remember {
        /// Where it is.
        path: String,
        /// Under which name it is kept.
        name: String,
    },
    /// Does an action several times.
    Repeat(u32, Box<Action>),
    /// Writes incoming values to the transcript.
    Record(Option<String>),
    /// Writes a line to the transcript.
    Note(String),
    /// Adds to the counter.
    Count(u64),
    /// Traps.
    Trap(TrapKind),
    /// Loops, for ever if there is no bound.
    Spin(Option<u64>),
    /// Fills memory for ever.
    Fill,
    /// Grows a memory by pages.
    GrowMemory {
        /// By how many pages.
        pages: u32,
        /// Which memory.
        index: u32,
    },
    /// Grows a table by elements.
    GrowTable {
        /// By how many elements.
        elements: u32,
        /// Which table.
        index: u32,
    },
    /// Recurses, for ever if there is no bound.
    Recurse(Option<u64>),
    /// Recurses and calls the function in every frame, for ever.
    RecurseCall(String),
    /// Ends the export with a value.
    Return(String),
    /// Ends the export with an address that the host is to read the result from.
    ReturnPointer(u32),
}

impl Action {
    /// Parses one line.
    ///
    /// # Errors
    /// [`ProgramError`] names the line and what it lacks.
    pub fn parse(line: &str) -> Result<Action, ProgramError> {
        let bad = |why: &str| ProgramError::new(format!("the action `{line}` is not understood: {why}"));
        let number =
            |text: &str| text.replace('_', "").parse::<u64>().map_err(|_| bad(&format!("`{text}` is no whole number")));
        let small = |text: &str| {
            number(text).and_then(|n| u32::try_from(n).map_err(|_| bad(&format!("`{text}` does not fit 32 bits"))))
        };
        let (verb, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        let rest = rest.trim();
        let words: Vec<&str> = rest.split_whitespace().collect();
        Ok(match (verb, words.as_slice()) {
            ("call" | "invoke", [_, ..]) => {
                let open = rest.find('(').ok_or_else(|| bad("a call needs its arguments in parentheses"))?;
                let close = rest.rfind(')').ok_or_else(|| bad("the parenthesis is not closed"))?;
                let keep = match rest[close + 1..].trim() {
                    "" => None,
                    suffix => {
                        let name = suffix.strip_prefix("as ").ok_or_else(|| bad("only `as name` may follow a call"))?;
                        Some(name.trim().to_owned())
                    }
                };
                Action::Call {
                    function: rest[..open].trim().to_owned(),
                    args: rest[open + 1..close].to_owned(),
                    keep,
                    record: verb == "call",
                }
            }
            ("remember", [path, "as", name]) => {
                if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                    return Err(bad("a name has letters, digits and hyphens"));
                }
                if TAKEN.contains(name) {
                    return Err(bad("that name has a meaning of its own"));
                }
                Action::Remember { path: (*path).to_owned(), name: (*name).to_owned() }
            }
            ("repeat", [count, _, ..]) => {
                let inner = rest[count.len()..].trim();
                Action::Repeat(small(count)?, Box::new(Action::parse(inner)?))
            }
            ("record", []) => Action::Record(None),
            ("record", [path]) => Action::Record(Some((*path).to_owned())),
            ("note", [_, ..]) => Action::Note(rest.to_owned()),
            ("count", []) => Action::Count(1),
            ("count", [n]) => Action::Count(number(n)?),
            ("trap", [kind]) => match kind.parse().map_err(|why: String| bad(&why))? {
                kind @ (TrapKind::Unreachable
                | TrapKind::MemoryOutOfBounds
                | TrapKind::TableOutOfBounds
                | TrapKind::IndirectCallMismatch
                | TrapKind::NullReference
                | TrapKind::IntegerOverflow
                | TrapKind::DivideByZero
                | TrapKind::BadConversion) => Action::Trap(kind),
                TrapKind::StackOverflow => Action::Recurse(None),
                _ => return Err(bad("that trap is not an instruction: spin, or return or pass a bad value")),
            },
            ("spin", []) => Action::Spin(None),
            ("spin", [n]) => Action::Spin(Some(number(n)?)),
            ("fill", []) => Action::Fill,
            ("grow-memory", [n]) => Action::GrowMemory { pages: small(n)?, index: 0 },
            ("grow-memory", [n, index]) => Action::GrowMemory { pages: small(n)?, index: small(index)? },
            ("grow-table", [n]) => Action::GrowTable { elements: small(n)?, index: 0 },
            ("grow-table", [n, index]) => Action::GrowTable { elements: small(n)?, index: small(index)? },
            ("recurse", []) => Action::Recurse(None),
            ("recurse", [n]) => Action::Recurse(Some(number(n)?)),
            ("recurse-call", [function]) => Action::RecurseCall((*function).to_owned()),
            ("return", [_, ..]) => Action::Return(rest.to_owned()),
            ("return-pointer", [address]) => Action::ReturnPointer(small(address)?),
            _ => return Err(bad("no action has that verb with so many words")),
        })
    }

    /// The functions that the action calls, as `interface.function`.
    pub(super) fn functions(&self) -> Option<&str> {
        match self {
            Action::Call { function, .. } | Action::RecurseCall(function) => Some(function),
            Action::Repeat(_, inner) => inner.functions(),
            _ => None,
        }
    }

    /// Whether the action keeps a value beyond itself.
    pub(super) fn keeps(&self) -> bool {
        match self {
            Action::Call { keep, .. } => keep.is_some(),
            Action::Remember { .. } => true,
            Action::Repeat(_, inner) => inner.keeps(),
            _ => false,
        }
    }
}
