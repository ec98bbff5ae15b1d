//! The path patterns of one action, found by their literal segments.
//!
//! In: patterns, one after the other. Out: for a path, a rule that matches it, after looking at hardly any other. Patterns
//! are a tree by their literal segments up to the first wildcard, chains without a branch in one step; behind that they lie
//! in buckets, by what else of them is literal. A path that is looked up has a segment where a bucket is: that of the wildcard.

use foldhash::fast::RandomState;

use super::glob::{self, PathPattern, Segment};
use super::grants::Work;
use super::path::{ends_with, is_special, segment_at, starts_with};

/// A table whose keys a manifest chooses and a guest looks up: seeded, and made for short keys.
type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// Patterns by their literal segments, as a tree: a path is led past all those that start otherwise.
#[derive(Debug, Clone)]
pub(super) struct PathTree {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    /// Segments that every path has here that goes on: those of nodes in which nothing else was.
    chain: Box<str>,
    children: HashMap<Box<str>, usize>,
    /// The same, if they are few.
    few: Vec<(Box<str>, usize)>,
    /// The rule of the literal pattern that ends here.
    literal: Option<usize>,
    /// Patterns whose first wildcard is in the next segment.
    wild: Wild,
}

/// Patterns by what stands in front of their first wildcard in its segment, and then by what stands behind the last one.
#[derive(Debug, Clone, Default)]
struct Wild {
    buckets: Vec<Bucket>,
    by_ends: HashMap<Box<str>, HashMap<Box<str>, usize>>,
    /// The lengths of both keys, each pair once.
    lengths: Vec<(usize, usize)>,
}

/// Up to so many children or buckets are looked at one by one: that takes less than to find one in a table.
const FEW: usize = 4;

/// Patterns that have both ends in common.
#[derive(Debug, Clone)]
struct Bucket {
    head: Box<str>,
    tail: Box<str>,
    /// Those in which a literal segment follows wildcards that stand for one segment each: by how many these are, and
    /// by that segment.
    inner: Vec<(usize, ByInner)>,
    /// All others.
    rest: Vec<Candidate>,
}

/// Candidates by a literal segment that stands at one depth of their patterns.
type ByInner = HashMap<Box<str>, Vec<Candidate>>;

/// A rule, and its pattern from the first segment with a wildcard on.
#[derive(Debug, Clone)]
struct Candidate {
    rule: usize,
    segments: Vec<Segment>,
    /// It matches whatever is below: its segments are `**` alone.
    all_below: bool,
}

impl Default for PathTree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl PathTree {
    /// Adds a pattern, until the tree is settled.
    pub(super) fn insert(&mut self, pattern: PathPattern, rule: usize) {
        let tail = pattern.tail().to_owned();
        let mut segments = pattern.into_segments();
        let literals = segments.iter().take_while(|segment| matches!(segment, Segment::Literal(_))).count();
        let mut node = 0;
        for segment in segments.drain(..literals) {
            let fresh = self.nodes.len();
            node = *self.nodes[node].children.entry(segment.head().into()).or_insert(fresh);
            if node == fresh {
                self.nodes.push(Node::default());
            }
        }
        let node = &mut self.nodes[node];
        let Some(first) = segments.first() else {
            node.literal.get_or_insert(rule);
            return;
        };
        node.wild.bucket(first.head(), &tail).insert(rule, segments);
    }

    /// Makes one step of each chain. Nothing is inserted afterwards.
    pub(super) fn settle(&mut self) {
        // A child has a larger number than its parent, so that what is below is settled already.
        for index in (0..self.nodes.len()).rev() {
            let node = &self.nodes[index];
            let alone = node.literal.is_none() && node.wild.buckets.is_empty() && node.children.len() == 1;
            let Some((name, child)) = node.children.iter().next().filter(|_| alone) else {
                if node.children.len() <= FEW {
                    self.nodes[index].few = self.nodes[index].children.drain().collect();
                }
                continue;
            };
            let child = *child;
            let below = &self.nodes[child].chain;
            let chain = if below.is_empty() { name.clone() } else { format!("{name}/{below}").into() };
            self.nodes[index] = Node { chain, ..std::mem::take(&mut self.nodes[child]) };
        }
    }

    /// A rule that matches a normal path. Of several, the one with the fewest literal segments. `literally` leaves out
    /// all rules with wildcards; for the kernel's own trees they are left out always.
    pub(super) fn find(&self, path: &str, literally: bool, work: &mut Work) -> Option<usize> {
        let literally = literally || is_special(path);
        let (mut node, mut at) = (&self.nodes[0], 1);
        loop {
            if !node.chain.is_empty() {
                let rest = path.get(at..)?.strip_prefix(&*node.chain)?;
                if !rest.is_empty() && !rest.starts_with('/') {
                    return None;
                }
                at += node.chain.len() + 1;
            }
            let Some((name, next)) = segment_at(path, at) else { break };
            if !literally && let Some(rule) = node.wild.find(name, path, at, work) {
                return Some(rule);
            }
            node = &self.nodes[node.child(name)?];
            at = next;
        }
        work.rules += u64::from(node.literal.is_some());
        node.literal
    }
}

impl Node {
    #[inline]
    fn child(&self, name: &str) -> Option<usize> {
        match self.few.iter().find(|(child, _)| **child == *name) {
            Some((_, child)) => Some(*child),
            None if self.children.is_empty() => None,
            None => self.children.get(name).copied(),
        }
    }
}

impl Wild {
    /// The patterns with these ends.
    fn bucket(&mut self, head: &str, tail: &str) -> &mut Bucket {
        let fresh = self.buckets.len();
        let tails = self.by_ends.entry(head.into()).or_default();
        let bucket = *tails.entry(tail.into()).or_insert(fresh);
        if bucket == fresh {
            self.buckets.push(Bucket { head: head.into(), tail: tail.into(), inner: Vec::new(), rest: Vec::new() });
            if !self.lengths.contains(&(head.len(), tail.len())) {
                self.lengths.push((head.len(), tail.len()));
            }
        }
        &mut self.buckets[bucket]
    }

    fn find(&self, name: &str, path: &str, at: usize, work: &mut Work) -> Option<usize> {
        if self.buckets.len() <= FEW {
            let fits = |bucket: &&Bucket| starts_with(name, &bucket.head) && ends_with(path, &bucket.tail);
            return self.buckets.iter().filter(fits).find_map(|bucket| bucket.find(path, at, work));
        }
        self.lengths.iter().find_map(|&(head, tail)| {
            let (head, tail) = (name.get(..head)?, path.get(path.len().checked_sub(tail)?..)?);
            self.buckets[*self.by_ends.get(head)?.get(tail)?].find(path, at, work)
        })
    }
}

impl Bucket {
    fn insert(&mut self, rule: usize, segments: Vec<Segment>) {
        let singles = segments.iter().take_while(|segment| matches!(segment, Segment::Wild(_))).count();
        let all_below = matches!(&segments[..], [Segment::Globstar, any] if any.is_any());
        let inner = match segments.get(singles) {
            Some(Segment::Literal(inner)) => inner.clone(),
            _ => return self.rest.push(Candidate { rule, segments, all_below }),
        };
        let known = self.inner.iter().position(|(depth, _)| *depth == singles);
        let table = known.unwrap_or_else(|| {
            self.inner.push((singles, HashMap::default()));
            self.inner.len() - 1
        });
        self.inner[table].1.entry(inner).or_default().push(Candidate { rule, segments, all_below });
    }

    fn find(&self, path: &str, at: usize, work: &mut Work) -> Option<usize> {
        let mut matching = |candidate: &Candidate| {
            work.rules += 1;
            let matches = candidate.all_below || glob::matches(&candidate.segments, path, at, &mut work.steps);
            matches.then_some(candidate.rule)
        };
        let found = self.inner.iter().find_map(|(depth, table)| {
            let mut start = at;
            for _ in 0..*depth {
                (_, start) = segment_at(path, start)?;
            }
            table.get(segment_at(path, start)?.0)?.iter().find_map(&mut matching)
        });
        found.or_else(|| self.rest.iter().find_map(&mut matching))
    }
}
