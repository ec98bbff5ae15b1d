//! From what is asked for and what there is to the set of packages, or to why there is none. No I/O.
//!
//! A requirement takes the highest version that satisfies it, in the first place that has one: the component's own
//! `wit`; then the place that its entry of the manifest names, or, if that names none, the contract. WIT text names exact
//! versions; each is looked for in the component's own `wit`, in the place that the manifest names for the package, and
//! then where the package that refers to it is from, and in the contract. The last two have no order: if they, or two
//! packages that refer to it, give different content, that is a conflict and not a choice.

mod conflict;
mod cycle;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use semver::{Version, VersionReq};

pub use conflict::{Conflict, Looked};

use super::id::PackageId;
use super::place::{Found, Place};
use crate::contract::version::satisfies;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    /// The places: [`LOCAL`](Question::LOCAL), then those that the manifest names, then the contract.
    pub(super) places: &'a [Place],
    /// What the manifest asks for, in the order of the names.
    pub(super) requirements: &'a [Asked],
    /// What the component's own package refers to.
    pub(super) own: &'a BTreeSet<PackageId>,
}

/// One entry of the manifest.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The package.
    pub(super) name: String,
    /// Its versions.
    pub(super) version: VersionReq,
    /// The place that the manifest names for it.
    pub(super) place: Option<usize>,
}

/// Where the package of an answer stands: a place, and which of its packages.
pub(super) type At = (usize, usize);

/// The packages that were reached, and from where.
pub(super) struct Reached<'a> {
    question: Question<'a>,
    /// Each with the one that referred to it first, unless that is the manifest or the component's own package.
    nodes: BTreeMap<At, Option<At>>,
    /// What was referred to, and by whom first.
    needs: BTreeMap<PackageId, Option<At>>,
}

impl Question<'_> {
    /// The place of the component's own `wit`.
    pub(super) const LOCAL: usize = 0;

    fn contract(&self) -> usize {
        self.places.len() - 1
    }

    fn asked(&self, name: &str) -> Option<&Asked> {
        self.requirements.iter().find(|asked| asked.name == name)
    }
}

/// The packages that satisfy the question: each once, with where it stands.
///
/// # Errors
/// [`Conflict`] says why there is no answer.
pub(super) fn resolve(question: Question<'_>) -> Result<BTreeMap<PackageId, At>, Conflict> {
    let reached = reach(question)?;
    reached.excluded()?;
    reached.missing()?;
    reached.different()?;
    reached.nested_twice()?;
    cycle::find(&reached)?;
    let mut answer = BTreeMap::new();
    for &at in reached.nodes.keys() {
        // The first place wins, and in it the directory that stands first: they are equal.
        answer.entry(reached.found(at).package.id.clone()).or_insert(at);
    }
    Ok(answer)
}

/// Follows what each package refers to, from the requirements on.
fn reach(question: Question<'_>) -> Result<Reached<'_>, Conflict> {
    let mut reached = Reached { question, nodes: BTreeMap::new(), needs: BTreeMap::new() };
    let mut pending = Vec::new();
    for asked in question.requirements {
        for at in chosen(question, asked)? {
            reached.visit(at, None, &mut pending);
        }
    }
    for id in question.own {
        reached.needs.entry(id.clone()).or_insert(None);
        for at in offered(question, id, None)? {
            reached.visit(at, None, &mut pending);
        }
    }
    while let Some(user) = pending.pop() {
        for id in &question.places[user.0].packages[user.1].package.uses {
            reached.needs.entry(id.clone()).or_insert(Some(user));
            for at in offered(question, id, Some(user.0))? {
                reached.visit(at, Some(user), &mut pending);
            }
        }
    }
    Ok(reached)
}

/// The highest version that satisfies a requirement, in the first place that has one.
fn chosen(question: Question<'_>, asked: &Asked) -> Result<Vec<At>, Conflict> {
    let places = [Question::LOCAL, asked.place.unwrap_or(question.contract())];
    for place in places {
        readable(question, place, &asked.name)?;
        let packages = &question.places[place].packages;
        let versions = packages.iter().map(|found| &found.package.id).filter(|id| id.name == asked.name);
        let highest = versions.filter(|id| satisfies(&asked.version, &id.version)).max();
        if let Some(id) = highest {
            return Ok(question.places[place].holding(id).map(|index| (place, index)).collect());
        }
    }
    let version = format!("{} {}", asked.name, asked.version);
    let looked = places.iter().map(|&place| Looked::in_place(&question.places[place], &asked.name)).collect();
    Err(Conflict::Missing { what: version, by: "component.toml".to_owned(), looked })
}

/// The packages that may serve a reference by a package of `user`, or by the component's own.
fn offered(question: Question<'_>, id: &PackageId, user: Option<usize>) -> Result<Vec<At>, Conflict> {
    let holding = |place: usize| -> Result<Vec<At>, Conflict> {
        readable(question, place, &id.name)?;
        Ok(question.places[place].holding(id).map(|index| (place, index)).collect())
    };
    for place in [Some(Question::LOCAL), question.asked(&id.name).and_then(|asked| asked.place)].into_iter().flatten() {
        let found = holding(place)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let last: BTreeSet<usize> = user.into_iter().chain([question.contract()]).collect();
    let found: Result<Vec<Vec<At>>, Conflict> = last.into_iter().map(holding).collect();
    Ok(found?.concat())
}

/// Refuses a place where the package might stand, and cannot be read.
fn readable(question: Question<'_>, place: usize, name: &str) -> Result<(), Conflict> {
    let place = &question.places[place];
    match place.faulty_of(name) {
        Some(faulty) => {
            Err(Conflict::Unreadable { name: name.to_owned(), place: place.name.clone(), what: faulty.to_string() })
        }
        None => Ok(()),
    }
}

impl<'a> Reached<'a> {
    fn visit(&mut self, at: At, user: Option<At>, pending: &mut Vec<At>) {
        if let std::collections::btree_map::Entry::Vacant(entry) = self.nodes.entry(at) {
            entry.insert(user);
            pending.push(at);
        }
    }

    fn found(&self, at: At) -> &'a Found {
        &self.question.places[at.0].packages[at.1]
    }

    /// Who referred to a package, and who to that one, from the manifest on.
    fn chain(&self, user: Option<At>) -> String {
        let mut links = Vec::new();
        let mut next = user;
        let mut start = "wit";
        while let Some(at) = next {
            let id = &self.found(at).package.id;
            start = if self.question.asked(&id.name).is_some() { "component.toml" } else { "wit" };
            links.push(id.to_string());
            next = self.nodes.get(&at).copied().flatten();
        }
        links.push(start.to_owned());
        links.reverse();
        links.join(" → ")
    }

    /// How a package was reached, itself and its place included.
    fn whole_chain(&self, at: At) -> String {
        let found = self.found(at);
        let place = &self.question.places[at.0].name;
        let directory = match found.directory.as_str() {
            "" => String::new(),
            directory => format!(", {directory}"),
        };
        format!("{} ({place}{directory})", self.chain(Some(at)))
    }

    /// An exact version that a requirement of the manifest does not admit.
    fn excluded(&self) -> Result<(), Conflict> {
        for (id, user) in &self.needs {
            let asked = self.question.asked(&id.name).filter(|asked| !satisfies(&asked.version, &id.version));
            if let Some(asked) = asked {
                let (id, by) = (id.clone(), self.chain(*user));
                return Err(Conflict::Excluded { id, by, requirement: asked.version.to_string() });
            }
        }
        Ok(())
    }

    /// A reference that nothing serves.
    fn missing(&self) -> Result<(), Conflict> {
        let packages = || self.nodes.keys().map(|&at| &self.found(at).package);
        let present: BTreeSet<&PackageId> =
            packages().flat_map(|package| std::iter::once(&package.id).chain(&package.nested)).collect();
        let Some((id, &user)) = self.needs.iter().find(|(id, _)| !present.contains(id)) else { return Ok(()) };
        let question = self.question;
        let mut places = BTreeSet::from([Question::LOCAL, question.contract()]);
        places.extend(question.asked(&id.name).and_then(|asked| asked.place));
        places.extend(self.nodes.keys().filter(|&&at| self.found(at).package.uses.contains(id)).map(|at| at.0));
        let looked = places.into_iter().map(|place| Looked::in_place(&question.places[place], &id.name)).collect();
        Err(Conflict::Missing { what: id.to_string(), by: self.chain(user), looked })
    }

    /// One package of one version, with different content.
    fn different(&self) -> Result<(), Conflict> {
        let mut first: BTreeMap<&PackageId, At> = BTreeMap::new();
        for &at in self.nodes.keys() {
            let package = &self.found(at).package;
            let other = *first.entry(&package.id).or_insert(at);
            if self.found(other).package.sha256 != package.sha256 {
                let (first, second) = (self.whole_chain(other), self.whole_chain(at));
                return Err(Conflict::Different { id: package.id.clone(), first, second });
            }
        }
        Ok(())
    }

    /// A package that comes nested in another, and once more.
    fn nested_twice(&self) -> Result<(), Conflict> {
        let mut around: BTreeMap<&PackageId, At> = BTreeMap::new();
        let twice = |id: &PackageId, first, second| Conflict::NestedTwice {
            id: id.clone(),
            first: self.whole_chain(first),
            second: self.whole_chain(second),
        };
        for &at in self.nodes.keys() {
            let package = &self.found(at).package;
            for nested in &package.nested {
                let other = *around.entry(nested).or_insert(at);
                if self.found(other).package.id != package.id {
                    return Err(twice(nested, other, at));
                }
            }
        }
        let double = self.nodes.keys().find_map(|&at| {
            let id = &self.found(at).package.id;
            around.get(id).map(|&outer| twice(id, outer, at))
        });
        double.map_or(Ok(()), Err)
    }
}

/// The versions of a package that a place has, lowest first.
fn versions<'a>(place: &'a Place, name: &str) -> BTreeSet<&'a Version> {
    place.packages.iter().map(|found| &found.package.id).filter(|id| id.name == name).map(|id| &id.version).collect()
}
