//! What is chosen, and why nothing is, case by case.

use std::collections::{BTreeMap, BTreeSet};

use rstest::rstest;
use semver::VersionReq;

use super::super::id::PackageId;
use super::super::package::Package;
use super::super::place::{Faulty, Found, Place};
use super::super::source::Source;
use super::{Asked, Question, resolve};

/// A question as text, a line each:
///
/// - `PLACE: ID=CONTENT > USED USED + NESTED`, where a number of directories may follow the identifier's `PLACE/`;
/// - `PLACE! NAME WHY` for a directory that cannot be read;
/// - `ask NAME VERSION [in PLACE]`; `own ID ID`.
struct World {
    places: Vec<Place>,
    asked: Vec<Asked>,
    own: BTreeSet<PackageId>,
}

fn ids(text: &str) -> BTreeSet<PackageId> {
    text.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

fn world(text: &str) -> World {
    let empty = |name: &str| Place { name: name.to_owned(), packages: vec![], faulty: vec![], unread: vec![] };
    let mut world =
        World { places: ["wit", "p", "q", "contract"].map(empty).into(), asked: vec![], own: BTreeSet::new() };
    let index = |name: &str| ["wit", "p", "q", "contract"].iter().position(|place| *place == name).unwrap();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(asked) = line.strip_prefix("ask ") {
            let (asked, place) = match asked.split_once(" in ") {
                Some((asked, place)) => (asked, Some(index(place))),
                None => (asked, None),
            };
            let (name, version) = asked.split_once(' ').unwrap();
            let version = VersionReq::parse(version).unwrap();
            world.asked.push(Asked { name: name.to_owned(), version, place });
        } else if let Some(own) = line.strip_prefix("own ") {
            world.own = ids(own);
        } else if let Some((place, faulty)) = line.split_once("! ") {
            let (name, what) = faulty.split_once(' ').unwrap();
            let declares = Some(name.to_owned());
            let faulty = Faulty { directory: "bad".to_owned(), declares, is_wit: false, what: what.to_owned() };
            world.places[index(place)].faulty.push(faulty);
        } else {
            let (place, package) = line.split_once(": ").unwrap();
            let (package, nested) = package.split_once(" + ").unwrap_or((package, ""));
            let (package, uses) = package.split_once(" > ").unwrap_or((package, ""));
            let (id, content) = package.split_once('=').unwrap_or((package, ""));
            let place = &mut world.places[index(place)];
            let package = Package {
                id: id.parse().unwrap(),
                uses: ids(uses),
                nested: ids(nested),
                files: vec![],
                sha256: content.to_owned(),
            };
            let directory = format!("d{}", place.packages.len());
            place.packages.push(Found { source: Source::Local(String::new()), directory, package });
        }
    }
    world
}

fn answer(text: &str) -> String {
    let world = world(text);
    let question = Question { places: &world.places, requirements: &world.asked, own: &world.own };
    match resolve(question) {
        Ok(answer) => {
            let answer: BTreeMap<_, _> = answer;
            let lines = answer.into_iter().map(|(id, (place, _))| format!("{id} from {}", world.places[place].name));
            lines.collect::<Vec<_>>().join("; ")
        }
        Err(conflict) => conflict.to_string(),
    }
}

#[rstest]
#[case::nothing("", "")]
#[case::the_highest("p: a:a@1.0.0\np: a:a@1.10.0\np: a:a@1.9.0\np: a:a@2.0.0\nask a:a ^1 in p", "a:a@1.10.0 from p")]
#[case::the_first_place_and_not_the_highest_of_all(
    "wit: a:a@1.0.0\np: a:a@1.1.0\nask a:a ^1 in p",
    "a:a@1.0.0 from wit"
)]
#[case::the_next_place_if_the_first_has_no_version_that_is_asked_for(
    "wit: a:a@2.0.0\np: a:a@1.1.0\nask a:a ^1 in p",
    "a:a@1.1.0 from p"
)]
#[case::the_contract("contract: a:a@1.0.0\nask a:a ^1", "a:a@1.0.0 from contract")]
#[case::a_place_of_the_manifest_stands_for_the_contract(
    "contract: a:a@1.0.0\np: a:b@1.0.0\nask a:a ^1 in p",
    "a:a ^1 is not there: component.toml asks for it\n  wit does not have it\n  p does not have it"
)]
#[case::a_pre_release_alone("p: a:a@1.0.0-rc.1\np: a:a@1.0.0\nask a:a ^1.0.0-rc.1 in p", "a:a@1.0.0-rc.1 from p")]
#[case::no_pre_release_unasked(
    "p: a:a@1.0.0-rc.1\nask a:a ^1 in p",
    "a:a ^1 is not there: component.toml asks for it\n  wit does not have it\n  p has 1.0.0-rc.1"
)]
#[case::what_is_referred_to(
    "p: a:a@1.0.0 > b:b@1.0.0 c:c@1.0.0\np: b:b@1.0.0 > c:c@2.0.0\np: c:c@2.0.0\np: d:d@1.0.0\n\
     contract: c:c@1.0.0\nask a:a ^1 in p",
    "a:a@1.0.0 from p; b:b@1.0.0 from p; c:c@1.0.0 from contract; c:c@2.0.0 from p"
)]
#[case::the_manifest_names_where_a_reference_leads(
    "p: a:a@1.0.0 > b:b@1.0.0\np: b:b@1.0.0=theirs\nq: b:b@1.0.0=ours\nq: b:b@1.1.0\nask a:a ^1 in p\nask b:b ^1 in q",
    "a:a@1.0.0 from p; b:b@1.0.0 from q; b:b@1.1.0 from q"
)]
#[case::the_own_directory_comes_first_for_references(
    "wit: b:b@1.0.0=ours\np: a:a@1.0.0 > b:b@1.0.0\np: b:b@1.0.0=theirs\nask a:a ^1 in p",
    "a:a@1.0.0 from p; b:b@1.0.0 from wit"
)]
#[case::a_place_that_is_not_the_users_is_not_asked(
    "p: a:a@1.0.0 > b:b@1.0.0\nq: b:b@1.0.0\nq: c:c@1.0.0\nask a:a ^1 in p\nask c:c ^1 in q",
    "b:b@1.0.0 is not there: component.toml → a:a@1.0.0 asks for it\n  wit does not have it\n  \
     p does not have it\n  contract does not have it"
)]
#[case::unless_it_is_another_users(
    "p: a:a@1.0.0 > b:b@1.0.0\nq: b:b@1.0.0\nq: c:c@1.0.0 > b:b@1.0.0\nask a:a ^1 in p\nask c:c ^1 in q",
    "a:a@1.0.0 from p; b:b@1.0.0 from q; c:c@1.0.0 from q"
)]
#[case::the_own_package_refers(
    "wit: a:a@1.0.0\ncontract: b:b@1.0.0\nown a:a@1.0.0 b:b@1.0.0",
    "a:a@1.0.0 from wit; b:b@1.0.0 from contract"
)]
#[case::the_own_package_refers_to_nothing_there(
    "wit: a:a@1.1.0\nown a:a@1.0.0",
    "a:a@1.0.0 is not there: wit asks for it\n  wit has 1.1.0\n  contract does not have it"
)]
#[case::what_is_nested_is_there(
    "p: a:a@1.0.0 > n:n@1.0.0\np: b:b@1.0.0 + n:n@1.0.0\nask a:a ^1 in p\nask b:b ^1 in p",
    "a:a@1.0.0 from p; b:b@1.0.0 from p"
)]
#[case::nested_twice(
    "p: a:a@1.0.0 + n:n@1.0.0\np: b:b@1.0.0 + n:n@1.0.0\nask a:a ^1 in p\nask b:b ^1 in p",
    "n:n@1.0.0 is declared twice:\n  component.toml → a:a@1.0.0 (p, d0)\n  component.toml → b:b@1.0.0 (p, d1)\n\
     take one of them out: WIT knows a package once"
)]
#[case::nested_and_not(
    "p: a:a@1.0.0 + n:n@1.0.0\np: b:b@1.0.0 > n:n@1.0.0\np: n:n@1.0.0\nask a:a ^1 in p\nask b:b ^1 in p",
    "n:n@1.0.0 is declared twice:\n  component.toml → a:a@1.0.0 (p, d0)\n  \
     component.toml → b:b@1.0.0 → n:n@1.0.0 (p, d2)\ntake one of them out: WIT knows a package once"
)]
#[case::a_version_that_the_manifest_excludes(
    "p: a:a@1.0.0 > b:b@1.2.0\np: b:b@1.2.0\np: b:b@1.1.0\nask a:a ^1 in p\nask b:b ~1.1 in p",
    "b:b@1.2.0 is needed by component.toml → a:a@1.0.0, and component.toml asks for b:b ~1.1: change the requirement so \
     that it admits 1.2.0, or take a version of the other package that refers to one that is admitted"
)]
#[case::two_contents_of_two_users(
    "p: a:a@1.0.0 > b:b@1.0.0\np: b:b@1.0.0=x\nq: c:c@1.0.0 > d:d@1.0.0\nq: d:d@1.0.0 > b:b@1.0.0\nq: b:b@1.0.0=y\n\
     ask a:a ^1 in p\nask c:c ^1 in q",
    "b:b@1.0.0 has two contents:\n  component.toml → a:a@1.0.0 → b:b@1.0.0 (p, d1)\n  \
     component.toml → c:c@1.0.0 → d:d@1.0.0 → b:b@1.0.0 (q, d2)\n\
     put the one that counts below wit, or name it by `path` or `git` in [wit-dependencies]"
)]
#[case::one_content_of_two_users(
    "p: a:a@1.0.0 > b:b@1.0.0\np: b:b@1.0.0=x\nq: c:c@1.0.0 > b:b@1.0.0\nq: b:b@1.0.0=x\n\
     ask a:a ^1 in p\nask c:c ^1 in q",
    "a:a@1.0.0 from p; b:b@1.0.0 from p; c:c@1.0.0 from q"
)]
#[case::two_contents_in_one_place(
    "p: a:a@1.0.0=x\np: a:a@1.0.0=y\nask a:a ^1 in p",
    "a:a@1.0.0 has two contents:\n  component.toml → a:a@1.0.0 (p, d0)\n  component.toml → a:a@1.0.0 (p, d1)\n\
     put the one that counts below wit, or name it by `path` or `git` in [wit-dependencies]"
)]
#[case::a_copy_of_the_contract_that_differs(
    "p: a:a@1.0.0 > b:b@1.0.0\np: b:b@1.0.0=x\ncontract: b:b@1.0.0=y\nask a:a ^1 in p",
    "b:b@1.0.0 has two contents:\n  component.toml → a:a@1.0.0 → b:b@1.0.0 (p, d1)\n  \
     component.toml → a:a@1.0.0 → b:b@1.0.0 (contract, d0)\n\
     put the one that counts below wit, or name it by `path` or `git` in [wit-dependencies]"
)]
#[case::a_circle(
    "p: a:a@1.0.0 > b:b@1.0.0\np: b:b@1.0.0 > c:c@1.0.0\np: c:c@1.0.0 > d:d@1.0.0\np: d:d@1.0.0 > b:b@1.0.0\n\
     ask a:a ^1 in p",
    "packages refer to each other in a circle: b:b@1.0.0 → c:c@1.0.0 → d:d@1.0.0 → b:b@1.0.0: WIT has no such packages; \
     take out one of the references"
)]
#[case::a_package_that_refers_to_itself(
    "p: a:a@1.0.0 > a:a@1.0.0\nask a:a ^1 in p",
    "packages refer to each other in a circle: a:a@1.0.0 → a:a@1.0.0: WIT has no such packages; take out one of the \
     references"
)]
#[case::two_versions_are_no_circle(
    "p: a:a@1.1.0 > b:b@1.0.0\np: b:b@1.0.0 > a:a@1.0.0\np: a:a@1.0.0\nask a:a ^1 in p",
    "a:a@1.0.0 from p; a:a@1.1.0 from p; b:b@1.0.0 from p"
)]
#[case::a_package_that_cannot_be_read(
    "p: a:a@1.0.0\np! a:a a.wit:1:1: broken\nask a:a ^1 in p",
    "a:a cannot be read in p: a.wit:1:1: broken"
)]
#[case::another_that_cannot_be_read("p: a:a@1.0.0\np! b:b broken\nask a:a ^1 in p", "a:a@1.0.0 from p")]
#[case::another_that_cannot_be_read_may_have_been_it(
    "p: a:a@1.0.0\np! b:b broken\nask a:a ^2 in p",
    "a:a ^2 is not there: component.toml asks for it\n  wit does not have it\n  p has 1.0.0\n    broken (not read)"
)]
fn what_is_chosen(#[case] question: &str, #[case] expected: &str) {
    assert_eq!(answer(question), expected);
}
