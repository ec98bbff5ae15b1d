//! The resolver against one that tries every set of packages and takes the smallest that is closed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use semver::{Version, VersionReq};

use super::super::id::PackageId;
use super::super::package::Package;
use super::super::place::{Found, Place};
use super::super::source::Source;
use super::{Asked, Conflict, Question, resolve};

const NAMES: [&str; 3] = ["a:a", "b:b", "c:c"];
const VERSIONS: [&str; 3] = ["1.0.0", "1.1.0", "2.0.0"];
const REQUIREMENTS: [(&str, [bool; 3]); 4] =
    [("^1", [true, true, false]), ("~1.0", [true, false, false]), ("*", [true; 3]), (">=1.1", [false, true, true])];
/// The component's own, two of the manifest, the contract.
const PLACES: usize = 4;

/// A package of a place: name, version, content, what it uses.
#[derive(Debug, Clone)]
struct Offer {
    place: usize,
    id: (usize, usize),
    content: usize,
    uses: BTreeSet<(usize, usize)>,
}

/// What is asked of one name: a requirement, and a place of the manifest.
type Asks = BTreeMap<usize, (usize, Option<usize>)>;

fn id() -> impl Strategy<Value = (usize, usize)> {
    (0..NAMES.len(), 0..VERSIONS.len())
}

fn offer() -> impl Strategy<Value = Offer> {
    let uses = proptest::collection::btree_set(id(), 0..3);
    // Content that differs is the exception, so that not everything ends in a conflict.
    let content = prop_oneof![9 => Just(0usize), 1 => Just(1usize)];
    (0..PLACES, id(), content, uses).prop_map(|(place, id, content, uses)| Offer { place, id, content, uses })
}

fn asks() -> impl Strategy<Value = Asks> {
    let place = prop_oneof![Just(None), Just(Some(1)), Just(Some(2))];
    proptest::collection::btree_map(0..NAMES.len(), (0..REQUIREMENTS.len(), place), 0..3)
}

/// The answer, or which kind of conflict is found first.
type Answer = Result<BTreeMap<(usize, usize), usize>, &'static str>;

/// Tries all sets of offers.
fn oracle(offers: &[Offer], asks: &Asks, own: &BTreeSet<(usize, usize)>) -> Answer {
    // What serves a reference: the best rank that is there, ranks counted from the component's own place.
    let serving = |id: (usize, usize), user: Option<usize>| -> u32 {
        let rank = |offer: &Offer| match offer.place {
            0 => Some(0),
            place if asks.get(&id.0).and_then(|asked| asked.1) == Some(place) => Some(1),
            place if place == PLACES - 1 || user == Some(place) => Some(2),
            _ => None,
        };
        let ranked: Vec<_> = offers.iter().map(|offer| rank(offer).filter(|_| offer.id == id)).collect();
        let best = ranked.iter().flatten().min();
        ranked
            .iter()
            .enumerate()
            .fold(0, |set, (index, rank)| set | u32::from(rank.is_some() && rank.as_ref() == best) << index)
    };
    let mut least = 0;
    for (&name, &(requirement, place)) in asks {
        let fits = |place: usize| -> Option<usize> {
            let all = offers.iter().filter(|offer| offer.place == place && offer.id.0 == name);
            all.map(|offer| offer.id.1).filter(|&version| REQUIREMENTS[requirement].1[version]).max()
        };
        let second = place.unwrap_or(PLACES - 1);
        let (place, version) = match (fits(0), fits(second)) {
            (Some(version), _) => (0, version),
            (None, Some(version)) => (second, version),
            (None, None) => return Err("missing"),
        };
        for (index, offer) in offers.iter().enumerate() {
            least |= u32::from(offer.place == place && offer.id == (name, version)) << index;
        }
    }
    own.iter().for_each(|&id| least |= serving(id, None));
    let holds = |set: u32, index: usize| set & (1 << index) != 0;
    let is_closed = |set: u32| {
        let each = offers.iter().enumerate().filter(|(index, _)| holds(set, *index));
        set & least == least
            && each
                .flat_map(|(_, offer)| offer.uses.iter().map(|&id| serving(id, Some(offer.place))))
                .all(|need| set & need == need)
    };
    let set = (0..1u32 << offers.len()).filter(|&set| is_closed(set)).fold(u32::MAX, |all, set| all & set);
    let taken: Vec<&Offer> =
        offers.iter().enumerate().filter(|(index, _)| holds(set, *index)).map(|(_, o)| o).collect();
    let needs: BTreeSet<(usize, usize)> = taken.iter().flat_map(|offer| &offer.uses).chain(own).copied().collect();
    if needs.iter().any(|id| asks.get(&id.0).is_some_and(|asked| !REQUIREMENTS[asked.0].1[id.1])) {
        return Err("excluded");
    }
    if needs.iter().any(|id| !taken.iter().any(|offer| offer.id == *id)) {
        return Err("missing");
    }
    if taken.iter().any(|a| taken.iter().any(|b| a.id == b.id && a.content != b.content)) {
        return Err("different");
    }
    // Which package leads to which, by any number of references.
    let all: Vec<(usize, usize)> = (0..NAMES.len()).flat_map(|n| (0..VERSIONS.len()).map(move |v| (n, v))).collect();
    let mut leads: BTreeSet<((usize, usize), (usize, usize))> =
        taken.iter().flat_map(|offer| offer.uses.iter().map(|&id| (offer.id, id))).collect();
    for &middle in &all {
        for &from in &all {
            for &to in &all {
                if leads.contains(&(from, middle)) && leads.contains(&(middle, to)) {
                    leads.insert((from, to));
                }
            }
        }
    }
    if all.iter().any(|&id| leads.contains(&(id, id))) {
        return Err("cycle");
    }
    let mut answer = BTreeMap::new();
    for offer in taken {
        let place = answer.entry(offer.id).or_insert(offer.place);
        *place = offer.place.min(*place);
    }
    Ok(answer)
}

fn package_id(id: (usize, usize)) -> PackageId {
    PackageId { name: NAMES[id.0].to_owned(), version: Version::parse(VERSIONS[id.1]).unwrap() }
}

/// What the resolver says, in the oracle's words.
fn resolver(offers: &[Offer], asks: &Asks, own: &BTreeSet<(usize, usize)>) -> Answer {
    let mut places: Vec<Place> = (0..PLACES)
        .map(|index| Place { name: index.to_string(), packages: vec![], faulty: vec![], unread: vec![] })
        .collect();
    for offer in offers {
        let package = Package {
            id: package_id(offer.id),
            uses: offer.uses.iter().copied().map(package_id).collect(),
            nested: BTreeSet::new(),
            files: vec![],
            // Content is what a package says: what it uses is part of it.
            sha256: offer.content.to_string(),
        };
        let found = Found { source: Source::Local(String::new()), directory: String::new(), package };
        places[offer.place].packages.push(found);
    }
    let asked: Vec<Asked> = asks
        .iter()
        .map(|(&name, &(requirement, place))| {
            let version = VersionReq::parse(REQUIREMENTS[requirement].0).unwrap();
            Asked { name: NAMES[name].to_owned(), version, place }
        })
        .collect();
    let own = own.iter().copied().map(package_id).collect();
    match resolve(Question { places: &places, requirements: &asked, own: &own }) {
        Ok(answer) => {
            let number = |id: &PackageId| {
                let version = id.version.to_string();
                (
                    NAMES.iter().position(|n| *n == id.name).unwrap(),
                    VERSIONS.iter().position(|v| *v == version).unwrap(),
                )
            };
            Ok(answer.iter().map(|(id, (place, _))| (number(id), *place)).collect())
        }
        Err(Conflict::Missing { .. }) => Err("missing"),
        Err(Conflict::Excluded { .. }) => Err("excluded"),
        Err(Conflict::Different { .. }) => Err("different"),
        Err(Conflict::Cycle { .. }) => Err("cycle"),
        Err(Conflict::Unreadable { .. } | Conflict::NestedTwice { .. }) => Err("neither is asked"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_resolver_agrees_with_trying_everything(
        offers in proptest::collection::vec(offer(), 0..9),
        asks in asks(),
        own in proptest::collection::btree_set(id(), 0..2),
    ) {
        prop_assert_eq!(resolver(&offers, &asks, &own), oracle(&offers, &asks, &own));
    }

    /// The order in which places list their packages changes nothing.
    #[test]
    fn the_order_does_not_matter(
        offers in proptest::collection::vec(offer(), 0..12),
        asks in asks(),
        own in proptest::collection::btree_set(id(), 0..2),
    ) {
        let mut reversed = offers.clone();
        reversed.reverse();
        prop_assert_eq!(resolver(&offers, &asks, &own), resolver(&reversed, &asks, &own));
    }
}
