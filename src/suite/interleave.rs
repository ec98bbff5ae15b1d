//! Whether a sequence is an interleaving of several, each in its own order. No I/O; what the items are, is the caller's.

use std::collections::{BTreeMap, BTreeSet};

/// How many ways of having come so far are followed in all, so that a case ends within a second or so. Different ways
/// arise only where lists have equal items in the same stretch: four hundred equal items in each of two lists are fine.
const MOST_WAYS: usize = 200_000;

/// What the search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interleaving {
    /// The sequence is one.
    Found,
    /// It is none.
    Absent,
    /// There were too many ways to follow.
    TooManyWays,
}

/// Looks for a way to take `actual` item by item from the heads of the lists, until all are used up.
///
/// A way is how far it has come in each list. All ways are followed side by side, so that an item which two lists could
/// give is not taken from the wrong one for good.
pub(super) fn interleaves<E, A>(lists: &[Vec<E>], actual: &[A], same: impl Fn(&E, &A) -> bool) -> Interleaving {
    if lists.iter().map(Vec::len).sum::<usize>() != actual.len() {
        return Interleaving::Absent;
    }
    let mut ways = BTreeSet::from([vec![0; lists.len()]]);
    let mut followed = 0;
    for item in actual {
        // Many ways stand before the same item of a list; comparing is what costs.
        let mut compared = BTreeMap::new();
        let mut further = BTreeSet::new();
        for way in &ways {
            for (index, list) in lists.iter().enumerate() {
                let Some(expected) = list.get(way[index]) else { continue };
                if *compared.entry((index, way[index])).or_insert_with(|| same(expected, item)) {
                    let mut next = way.clone();
                    next[index] += 1;
                    further.insert(next);
                }
            }
        }
        followed += further.len();
        if followed > MOST_WAYS {
            return Interleaving::TooManyWays;
        }
        ways = further;
    }
    // As many items were taken as there are, so a way that is left has used up every list.
    if ways.is_empty() { Interleaving::Absent } else { Interleaving::Found }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{Interleaving, interleaves};

    /// Every interleaving, by taking from each list in turn.
    fn all(lists: &[Vec<u8>]) -> BTreeSet<Vec<u8>> {
        if lists.iter().all(Vec::is_empty) {
            return BTreeSet::from([Vec::new()]);
        }
        let mut found = BTreeSet::new();
        for index in (0..lists.len()).filter(|index| !lists[*index].is_empty()) {
            let mut rest = lists.to_vec();
            let head = rest[index].remove(0);
            found.extend(all(&rest).into_iter().map(|tail| [vec![head], tail].concat()));
        }
        found
    }

    proptest! {
        #[test]
        fn finds_what_taking_in_turn_makes(
            lists in prop::collection::vec(prop::collection::vec(0u8..3, 0..4), 0..4),
            actual in prop::collection::vec(0u8..3, 0..10),
            pick in any::<prop::sample::Index>(),
        ) {
            let all = all(&lists);
            let found = |actual: &Vec<u8>| interleaves(&lists, actual, |a, b| a == b) == Interleaving::Found;
            prop_assert_eq!(found(&actual), all.contains(&actual));
            let one = pick.get(&all.iter().cloned().collect::<Vec<_>>()).clone();
            prop_assert!(found(&one));
            // Neighbours exchanged: often no interleaving any more, and near to one.
            for at in 1..one.len() {
                let mut other = one.clone();
                other.swap(at - 1, at);
                prop_assert_eq!(found(&other), all.contains(&other), "{:?}", other);
            }
        }
    }

    #[test]
    fn equal_items_are_bounded() {
        let found = |lists: &[usize]| {
            let lists: Vec<Vec<u8>> = lists.iter().map(|length| vec![0; *length]).collect();
            interleaves(&lists, &vec![0; lists.iter().map(Vec::len).sum()], |a, b| a == b)
        };
        let table = [
            (vec![5000], Interleaving::Found),
            (vec![400, 400], Interleaving::Found),
            (vec![40, 40, 40], Interleaving::Found),
            (vec![500, 500], Interleaving::TooManyWays),
            (vec![100, 100, 100], Interleaving::TooManyWays),
        ];
        assert_eq!(table.clone().map(|(lists, _)| found(&lists)), table.map(|(_, expected)| expected));
    }
}
