//! Packages that refer to each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::super::id::PackageId;
use super::{Conflict, Reached};

/// Looks for a circle among what was reached.
///
/// # Errors
/// [`Conflict::Cycle`] with the whole chain.
pub(super) fn find(reached: &Reached<'_>) -> Result<(), Conflict> {
    let mut uses: BTreeMap<&PackageId, BTreeSet<&PackageId>> = BTreeMap::new();
    for &at in reached.nodes.keys() {
        let package = &reached.found(at).package;
        uses.entry(&package.id).or_default().extend(&package.uses);
    }
    let mut done = BTreeSet::new();
    for &start in uses.keys() {
        if let Some(chain) = circle(start, &uses, &mut done) {
            let chain: Vec<String> = chain.into_iter().map(ToString::to_string).collect();
            return Err(Conflict::Cycle { chain: chain.join(" → ") });
        }
    }
    Ok(())
}

/// The first circle below `start`, from a package to itself. `done` are those that no circle goes through.
fn circle<'a>(
    start: &'a PackageId,
    uses: &BTreeMap<&'a PackageId, BTreeSet<&'a PackageId>>,
    done: &mut BTreeSet<&'a PackageId>,
) -> Option<Vec<&'a PackageId>> {
    // A package, and those it refers to that are still to be looked at. No recursion: chains are as long as they like.
    let below = |id: &PackageId| uses.get(id).into_iter().flatten().rev().copied().collect::<Vec<_>>();
    let mut path: Vec<(&PackageId, Vec<&PackageId>)> = vec![(start, below(start))];
    while let Some((id, pending)) = path.last_mut() {
        match pending.pop() {
            Some(next) if done.contains(next) => {}
            Some(next) => {
                if let Some(first) = path.iter().position(|(id, _)| *id == next) {
                    return Some(path[first..].iter().map(|(id, _)| *id).chain([next]).collect());
                }
                path.push((next, below(next)));
            }
            None => {
                done.insert(id);
                path.pop();
            }
        }
    }
    None
}
