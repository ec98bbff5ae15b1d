//! Path patterns, compiled, and their match against a normal path.
//!
//! A segment with wildcards is an automaton over characters whose edges all go forward, but for the loop of `*`; its
//! active states are bits on the stack. Segments are matched one by one, and a mismatch is taken back to the last
//! `**` alone: what earlier ones stand for need not change. So each character of the path meets each token of the
//! pattern at most once, and nothing is allocated.

use super::path::{ends_with, segment_at, starts_with};
use crate::manifest::pattern::{self, PatternError};

/// How many machine words hold a state for each byte of the longest pattern, and one for the end.
const MAX_WORDS: usize = pattern::MAX_PATH_BYTES / 64 + 1;

/// A path pattern that can be matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    segments: Vec<Segment>,
    /// What stands behind the last wildcard; each path that matches ends in it.
    tail: Box<str>,
}

/// What one segment of a pattern stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// This name.
    Literal(Box<str>),
    /// Any number of segments, none included. At the end of a pattern, where one at least is needed, `*` follows.
    Globstar,
    /// Names that the automaton accepts.
    Wild(Wild),
}

/// A segment with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wild {
    /// The literal characters in front of the first wildcard.
    head: Box<str>,
    /// The literal characters behind it, if that is a `*` and the only one. Most patterns need no automaton.
    only_star: Option<Box<str>>,
    /// State `i` is in front of token `i`; the state behind the last token accepts.
    tokens: Box<[Token]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    Any,
    Class {
        negated: bool,
        listed: Box<[char]>,
    },
    Star,
    /// The states where alternatives start.
    Split(Vec<usize>),
    /// The state behind the group.
    Jump(usize),
}

impl PathPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`PatternError`] says which rule of the pattern language is broken.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        pattern::check_path(pattern)?;
        let mut segments: Vec<_> = pattern.split('/').skip(1).map(Segment::new).collect();
        if segments.last() == Some(&Segment::Globstar) {
            segments.push(Segment::new("*"));
        }
        let tail = pattern.rfind(['*', '?', ']', '}']).map_or(pattern, |wildcard| &pattern[wildcard + 1..]);
        Ok(Self { segments, tail: tail.into() })
    }

    /// Whether a path that is already normal matches.
    pub fn matches(&self, path: &str) -> bool {
        self.matches_in(path).0
    }

    /// As [`matches`](Self::matches), with the number of steps that it took: at most the product of both lengths.
    pub fn matches_in(&self, path: &str) -> (bool, u64) {
        let mut steps = 0;
        (matches(&self.segments, path, 1, &mut steps), steps)
    }

    /// Whether this pattern surely matches all that `other` matches. May deny what is true of wildcards within one
    /// segment, never affirms what is false.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.segments, &other.segments);
        // covered[j]: our segments from the current one on cover theirs from `j` on.
        let mut covered: Vec<bool> = (0..=theirs.len()).map(|j| j == theirs.len()).collect();
        for segment in ours.iter().rev() {
            let behind = covered.clone();
            for j in (0..=theirs.len()).rev() {
                covered[j] = match (segment, theirs.get(j)) {
                    (Segment::Globstar, None) => behind[j],
                    (Segment::Globstar, Some(_)) => behind[j] || covered[j + 1],
                    (_, None) => false,
                    (segment, Some(theirs)) => behind[j + 1] && segment.covers(theirs),
                };
            }
        }
        covered[0]
    }

    /// The literal text in which each path ends that matches.
    pub(super) fn tail(&self) -> &str {
        &self.tail
    }

    pub(super) fn into_segments(self) -> Vec<Segment> {
        self.segments
    }
}

/// Matches segments against a normal path from byte `at` on.
pub(super) fn matches(segments: &[Segment], path: &str, mut at: usize, steps: &mut u64) -> bool {
    let mut index = 0;
    // What follows the last `**`, and where the path goes on behind what it stands for.
    let mut last: Option<(usize, usize)> = None;
    loop {
        *steps += 1;
        match (segments.get(index), segment_at(path, at)) {
            // A pattern that ends in `**` is through once there is a segment.
            (Some(Segment::Globstar), found) if segments[index + 1..].iter().map(Segment::is_any).eq([true]) => {
                return found.is_some();
            }
            (Some(Segment::Globstar), _) => {
                index += 1;
                last = Some((index, at));
                continue;
            }
            (Some(segment), Some((name, next))) if segment.matches(name, steps) => {
                index += 1;
                at = next;
                continue;
            }
            (None, None) => return true,
            (Some(_), None) => return false, // more for `**` leaves less for the rest
            (_, Some(_)) => {}
        }
        let Some((behind, from)) = last else { return false };
        let Some((_, next)) = segment_at(path, from) else { return false };
        (index, at) = (behind, next);
        last = Some((behind, next));
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        match text {
            "**" => Self::Globstar,
            _ if !text.contains(['*', '?', '[', '{']) => Self::Literal(text.into()),
            _ => Self::Wild(Wild::new(text)),
        }
    }

    /// The literal characters with which each name starts that this segment matches.
    pub(super) fn head(&self) -> &str {
        match self {
            Self::Literal(name) => name,
            Self::Globstar => "",
            Self::Wild(wild) => &wild.head,
        }
    }

    /// Whether this is `*`.
    pub(super) fn is_any(&self) -> bool {
        matches!(self, Self::Wild(Wild { head, only_star: Some(behind), .. }) if head.is_empty() && behind.is_empty())
    }

    fn matches(&self, name: &str, steps: &mut u64) -> bool {
        match self {
            Self::Literal(literal) => **literal == *name,
            Self::Globstar => true,
            Self::Wild(wild) => wild.matches(name, steps),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Globstar) => false,
            (Self::Wild(wild), Self::Literal(name)) => wild.matches(name, &mut 0),
            (any, Self::Wild(_)) if any.is_any() => true,
            _ => self == other,
        }
    }
}

impl Wild {
    /// Compiles a segment that is well-formed.
    fn new(text: &str) -> Self {
        let mut tokens = Vec::new();
        // The split of the group being read, where its alternatives start, and the jumps at their ends.
        let mut group: Option<(usize, Vec<usize>, Vec<usize>)> = None;
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            match (character, &mut group) {
                ('*', _) => tokens.push(Token::Star),
                ('?', _) => tokens.push(Token::Any),
                ('[', _) => {
                    let (class, behind) = rest.as_str().split_once(']').unwrap_or((rest.as_str(), ""));
                    rest = behind.chars();
                    let listed = class.strip_prefix('!').unwrap_or(class).chars().collect();
                    tokens.push(Token::Class { negated: class.starts_with('!'), listed });
                }
                ('{', _) => {
                    tokens.push(Token::Split(Vec::new()));
                    group = Some((tokens.len() - 1, vec![tokens.len()], Vec::new()));
                }
                (',', Some((_, starts, jumps))) => {
                    jumps.push(tokens.len());
                    tokens.push(Token::Jump(0));
                    starts.push(tokens.len());
                }
                ('}', Some((split, starts, jumps))) => {
                    tokens[*split] = Token::Split(std::mem::take(starts));
                    for &jump in jumps.iter() {
                        tokens[jump] = Token::Jump(tokens.len());
                    }
                    group = None;
                }
                (literal, _) => tokens.push(Token::Char(literal)),
            }
        }
        let wildcards = ['*', '?', '[', '{'];
        let head = text.find(wildcards).map_or(text, |wildcard| &text[..wildcard]);
        let behind = text[head.len()..].strip_prefix('*').filter(|behind| !behind.contains(wildcards));
        Self { head: head.into(), only_star: behind.map(Into::into), tokens: tokens.into() }
    }

    fn matches(&self, name: &str, steps: &mut u64) -> bool {
        if !starts_with(name, &self.head) {
            return false;
        }
        if let Some(behind) = &self.only_star {
            *steps += 1;
            return ends_with(&name[self.head.len()..], behind);
        }
        // The states of nearly every pattern fit one word; only of the longest does the stack have to hold many.
        match self.tokens.len() / 64 + 1 {
            1 => self.run(name, &mut [0], &mut [0], steps),
            words => self.run(name, &mut [0; MAX_WORDS][..words], &mut [0; MAX_WORDS][..words], steps),
        }
    }

    /// Runs the automaton over a name. Both sets of states are empty.
    fn run<'a>(&self, name: &str, mut active: &'a mut [u64], mut next: &'a mut [u64], steps: &mut u64) -> bool {
        active[0] = 1;
        for character in name.chars() {
            if !self.step(active, Some(character), next, steps) {
                return false;
            }
            std::mem::swap(&mut active, &mut next);
            next.fill(0);
        }
        self.step(active, None, next, steps);
        contains(active, self.tokens.len())
    }

    /// Completes `active` by the states that are reached without a character, and puts into `next` those that are
    /// reached by `character`. Tells whether there are any of the latter.
    fn step(&self, active: &mut [u64], character: Option<char>, next: &mut [u64], steps: &mut u64) -> bool {
        let mut any = false;
        for word in 0..active.len() {
            let mut pending = active[word];
            while pending != 0 {
                let bit = pending.trailing_zeros();
                let state = word * 64 + bit as usize;
                *steps += u64::from(state < self.tokens.len());
                let behind = match self.tokens.get(state) {
                    Some(Token::Star) => {
                        insert(active, state + 1);
                        character.map(|_| state)
                    }
                    Some(Token::Split(starts)) => {
                        starts.iter().for_each(|&start| insert(active, start));
                        None
                    }
                    Some(Token::Jump(target)) => {
                        insert(active, *target);
                        None
                    }
                    Some(token) => character.filter(|&c| token.takes(c)).map(|_| state + 1),
                    None => None,
                };
                if let Some(behind) = behind {
                    insert(next, behind);
                    any = true;
                }
                // Edges go forward, so what was just added is still ahead.
                pending = active[word] & (!0_u64).checked_shl(bit + 1).unwrap_or(0);
            }
        }
        any
    }
}

impl Token {
    /// Whether the token stands for this one character.
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Char(literal) => *literal == character,
            Self::Any => true,
            Self::Class { negated, listed } => listed.contains(&character) != *negated,
            Self::Star | Self::Split(_) | Self::Jump(_) => false,
        }
    }
}

fn insert(states: &mut [u64], state: usize) {
    states[state / 64] |= 1 << (state % 64);
}

fn contains(states: &[u64], state: usize) -> bool {
    states[state / 64] & 1 << (state % 64) != 0
}
