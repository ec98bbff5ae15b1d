//! Oracle: what a path pattern matches, by sets of places.
//!
//! A pattern is read by descent. Each of its parts turns the set of places up to which the text may be used up into
//! the set behind it; what matches uses up all. There is neither an automaton nor a step back.

/// A pattern, read.
pub struct Pattern {
    segments: Vec<Segment>,
}

enum Segment {
    Globstar,
    Name(Vec<Item>),
}

enum Item {
    One(char),
    Any,
    Star,
    Class(bool, Vec<char>),
    Group(Vec<Vec<Item>>),
}

/// Reads a pattern; none if it is not well-formed.
pub fn read(text: &str) -> Option<Pattern> {
    if text.len() > 4096 || text.chars().any(char::is_control) || !text.starts_with('/') {
        return None;
    }
    let segments = text[1..].split('/').map(|segment| match segment {
        "." | ".." => None,
        "**" => Some(Segment::Globstar),
        _ if segment.contains("**") => None,
        _ => {
            let mut rest: Vec<char> = segment.chars().rev().collect();
            let items = items(&mut rest, false)?;
            (rest.is_empty() && !items.is_empty()).then_some(Segment::Name(items))
        }
    });
    Some(Pattern { segments: segments.collect::<Option<_>>()? })
}

/// Reads items off the end of `rest`, up to the end or, within a group, up to what ends an alternative.
fn items(rest: &mut Vec<char>, in_group: bool) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    while let Some(character) = rest.pop() {
        items.push(match character {
            ',' | '}' if in_group => {
                rest.push(character);
                break;
            }
            '*' => Item::Star,
            '?' => Item::Any,
            '[' => class(rest)?,
            '{' if !in_group => Item::Group(alternatives(rest)?),
            '{' | '}' | ']' | '\\' => return None,
            _ => Item::One(character),
        });
    }
    Some(items)
}

fn class(rest: &mut Vec<char>) -> Option<Item> {
    let mut listed = Vec::new();
    loop {
        match rest.pop()? {
            ']' => break,
            character => listed.push(character),
        }
    }
    let negated = listed.first() == Some(&'!');
    if negated {
        listed.remove(0);
    }
    let plain = !listed.is_empty() && !listed.iter().any(|character| "^-[\\".contains(*character));
    plain.then_some(Item::Class(negated, listed))
}

fn alternatives(rest: &mut Vec<char>) -> Option<Vec<Vec<Item>>> {
    let mut alternatives = Vec::new();
    loop {
        let alternative = items(rest, true)?;
        if alternative.is_empty() {
            return None;
        }
        alternatives.push(alternative);
        match rest.pop()? {
            '}' => return Some(alternatives),
            _ => continue,
        }
    }
}

impl Pattern {
    /// Whether a normal path matches.
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<Vec<char>> =
            path[1..].split('/').filter(|name| !name.is_empty()).map(|name| name.chars().collect()).collect();
        let mut places = vec![false; names.len() + 1];
        places[0] = true;
        for (index, segment) in self.segments.iter().enumerate() {
            let last = index + 1 == self.segments.len();
            places = match segment {
                Segment::Name(items) => advance(&places, |place| is_name(items, &names[place])),
                Segment::Globstar if last => from_first(&advance(&places, |_| true)),
                Segment::Globstar => from_first(&places),
            };
        }
        places[names.len()]
    }

    /// Some paths that match: `*` stands for `filler`, and so does a segment for `**`; the alternative number `choice`
    /// of each group is taken, or its last.
    pub fn example(&self, filler: &str, choice: usize) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            path.push('/');
            match segment {
                Segment::Globstar => path.push('x'),
                Segment::Name(items) => write(items, filler, choice, &mut path),
            }
        }
        path
    }
}

fn write(items: &[Item], filler: &str, choice: usize, path: &mut String) {
    for item in items {
        match item {
            Item::One(character) => path.push(*character),
            Item::Any => path.push('y'),
            Item::Star => path.push_str(filler),
            Item::Class(false, listed) => path.push(listed[choice.min(listed.len() - 1)]),
            // One more character than are listed: one of them is not.
            Item::Class(true, listed) => path.extend(('A'..).find(|character| !listed.contains(character))),
            Item::Group(alternatives) => {
                write(&alternatives[choice.min(alternatives.len() - 1)], filler, choice, path);
            }
        }
    }
}

fn is_name(items: &[Item], name: &[char]) -> bool {
    let mut places = vec![false; name.len() + 1];
    places[0] = true;
    run(items, name, places)[name.len()]
}

fn run(items: &[Item], name: &[char], mut places: Vec<bool>) -> Vec<bool> {
    for item in items {
        places = match item {
            Item::One(character) => advance(&places, |place| name[place] == *character),
            Item::Any => advance(&places, |_| true),
            Item::Class(negated, listed) => advance(&places, |place| listed.contains(&name[place]) != *negated),
            Item::Star => from_first(&places),
            Item::Group(alternatives) => {
                let each = alternatives.iter().map(|alternative| run(alternative, name, places.clone()));
                each.reduce(|one, other| one.iter().zip(&other).map(|(one, other)| *one || *other).collect())
                    .unwrap_or_default()
            }
        };
    }
    places
}

/// The places behind those where `takes` holds.
fn advance(places: &[bool], takes: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut behind = vec![false; places.len()];
    for place in 0..places.len() - 1 {
        behind[place + 1] = places[place] && takes(place);
    }
    behind
}

/// The first place, and all behind it.
fn from_first(places: &[bool]) -> Vec<bool> {
    let first = places.iter().position(|place| *place).unwrap_or(places.len());
    (0..places.len()).map(|place| place >= first).collect()
}
