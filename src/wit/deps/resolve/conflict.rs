//! Why there is no set of packages, told so that it can be mended.

use std::fmt;

use super::super::id::PackageId;
use super::super::place::Place;
use super::versions;

/// Why there is no set of packages. Chains lead from the manifest to the package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// No place has what is asked for.
    #[error("{what} is not there: {by} asks for it{}", list(looked))]
    Missing {
        /// The package, with a requirement or a version.
        what: String,
        /// Who asks.
        by: String,
        /// Where it was looked for.
        looked: Vec<Looked>,
    },
    /// A directory declares the package and cannot be read.
    #[error("{name} cannot be read in {place}: {what}")]
    Unreadable {
        /// The package.
        name: String,
        /// The place.
        place: String,
        /// What is wrong, and where.
        what: String,
    },
    /// The manifest excludes a version that a package needs.
    #[error(
        "{id} is needed by {by}, and component.toml asks for {} {requirement}: change the requirement so that it admits \
         {}, or take a version of the other package that refers to one that is admitted",
        id.name, id.version
    )]
    Excluded {
        /// What is needed.
        id: PackageId,
        /// By whom.
        by: String,
        /// What the manifest says.
        requirement: String,
    },
    /// Two sources give one package of one version with different content.
    #[error(
        "{id} has two contents:\n  {first}\n  {second}\nput the one that counts below wit, or name it by `path` or `git` \
         in [wit-dependencies]"
    )]
    Different {
        /// The package.
        id: PackageId,
        /// How one was reached.
        first: String,
        /// How the other was reached.
        second: String,
    },
    /// A package is declared in braces by another, and once more.
    #[error("{id} is declared twice:\n  {first}\n  {second}\ntake one of them out: WIT knows a package once")]
    NestedTwice {
        /// The package.
        id: PackageId,
        /// How one was reached.
        first: String,
        /// How the other was reached.
        second: String,
    },
    /// Packages refer to each other in a circle.
    #[error(
        "packages refer to each other in a circle: {chain}: WIT has no such packages; take out one of the references"
    )]
    Cycle {
        /// From a package to itself.
        chain: String,
    },
}

/// What was found in a place instead of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The place.
    pub place: String,
    /// The versions of the package that stand there.
    pub versions: Vec<String>,
    /// What else might have been it: directories that cannot be read, links that lead outside.
    pub unread: Vec<String>,
}

/// How many directories that cannot be read are named.
const SHOWN: usize = 5;

impl Looked {
    pub(super) fn in_place(place: &Place, name: &str) -> Self {
        let faulty = place.faulty.iter().map(|faulty| format!("{faulty} (not read)"));
        let mut unread: Vec<String> = faulty.chain(place.unread.iter().cloned()).collect();
        let more = unread.len().saturating_sub(SHOWN);
        unread.truncate(SHOWN);
        if more > 0 {
            unread.push(format!("and {more} more"));
        }
        let versions = versions(place, name).into_iter().map(ToString::to_string).collect();
        Self { place: place.name.clone(), versions, unread }
    }
}

impl fmt::Display for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.versions.as_slice() {
            [] => write!(f, "{} does not have it", self.place),
            versions => write!(f, "{} has {}", self.place, versions.join(", ")),
        }?;
        self.unread.iter().try_for_each(|unread| write!(f, "\n    {unread}"))
    }
}

fn list(looked: &[Looked]) -> String {
    looked.iter().map(|looked| format!("\n  {looked}")).collect()
}
