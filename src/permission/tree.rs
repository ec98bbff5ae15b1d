//! The path patterns of one action, found by their literal segments.

use foldhash::fast::RandomState;

use super::glob::{self, PathPattern, Segment};
use super::grants::Work;
use super::path::{is_special, segment_at};

/// A table whose keys a manifest chooses and a guest looks up: seeded, and made for short keys.
type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// Patterns by their literal segments, as a tree: a path is led past all those that start otherwise.
#[derive(Debug, Clone)]
pub(super) struct PathTree {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    children: HashMap<Box<str>, usize>,
    /// The rule of the literal pattern that ends here.
    literal: Option<usize>,
    /// Patterns whose first wildcard is in the next segment, by what stands in that segment in front of it, and then
    /// by what stands behind the last wildcard.
    wild: HashMap<Box<str>, HashMap<Box<str>, Vec<Candidate>>>,
    /// The lengths of the keys of `wild`, each pair once.
    lengths: Vec<(usize, usize)>,
}

/// A rule, and its pattern from the first segment with a wildcard on.
type Candidate = (usize, Vec<Segment>);

impl Default for PathTree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl PathTree {
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
        let head = first.head();
        if !node.lengths.contains(&(head.len(), tail.len())) {
            node.lengths.push((head.len(), tail.len()));
        }
        node.wild.entry(head.into()).or_default().entry(tail.into()).or_default().push((rule, segments));
    }

    /// A rule that matches a normal path. Of several, the one with the fewest literal segments. `literally` leaves out
    /// all rules with wildcards; for the kernel's own trees they are left out always.
    pub(super) fn find(&self, path: &str, literally: bool, work: &mut Work) -> Option<usize> {
        let literally = literally || is_special(path);
        let (mut node, mut at) = (&self.nodes[0], 1);
        while let Some((name, next)) = segment_at(path, at) {
            if !literally && let Some(rule) = node.find_wild(name, path, at, work) {
                return Some(rule);
            }
            node = &self.nodes[*node.children.get(name)?];
            at = next;
        }
        work.rules += u64::from(node.literal.is_some());
        node.literal
    }
}

impl Node {
    fn find_wild(&self, name: &str, path: &str, at: usize, work: &mut Work) -> Option<usize> {
        let keys = self
            .lengths
            .iter()
            .filter_map(|&(head, tail)| Some((name.get(..head)?, path.get(path.len().checked_sub(tail)?..)?)));
        let mut candidates = keys.filter_map(|(head, tail)| self.wild.get(head)?.get(tail)).flatten();
        let found = candidates.find(|(_, segments)| {
            work.rules += 1;
            glob::matches(segments, path, at, &mut work.steps)
        });
        found.map(|(rule, _)| *rule)
    }
}
