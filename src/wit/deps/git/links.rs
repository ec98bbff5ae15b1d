//! Links of a git tree, followed within the tree alone.

use std::collections::BTreeMap;

use super::super::bounds::MAX_LINKS;
use super::tree::{Kind, Leaf};

/// Where a path of a tree leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    File(Leaf),
    /// A directory, which is read where it stands.
    Directory,
    /// Nowhere, and why.
    Bad(String),
}

/// Follows the links from `path` on. `read` gives the target of one.
pub(super) fn follow(
    path: &str,
    leaf: &Leaf,
    leaves: &BTreeMap<String, Leaf>,
    mut read: impl FnMut(&Leaf) -> Result<String, String>,
) -> Step {
    let (mut path, mut leaf) = (path.to_owned(), leaf.clone());
    for _ in 0..MAX_LINKS {
        if leaf.kind != Kind::Link {
            return Step::File(leaf);
        }
        let target = match read(&leaf) {
            Ok(target) => target,
            Err(why) => return Step::Bad(why),
        };
        let Some(inside) = target_of(&path, &target) else {
            return Step::Bad("it is a link that leads outside the repository, and is not followed".to_owned());
        };
        let below = format!("{inside}/");
        if inside.is_empty() || leaves.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below)) {
            return Step::Directory;
        }
        match leaves.get(&inside) {
            Some(next) if next.kind != Kind::Other => (path, leaf) = (inside, next.clone()),
            _ => return Step::Bad("it is a link that leads to no file of the repository".to_owned()),
        }
    }
    Step::Bad(format!("it is a link behind more than {MAX_LINKS} others: they may lead in a circle"))
}

/// The path that a link's target stands for; none if it leads outside.
fn target_of(link: &str, target: &str) -> Option<String> {
    if target.starts_with('/') || target.contains(['\\', '\0']) {
        return None;
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn leaf(kind: Kind, object: &str) -> Leaf {
        Leaf { kind, object: object.to_owned(), bytes: 1 }
    }

    /// In this tree the object of a link is its target.
    #[rstest]
    #[case("b.wit", "file b")]
    #[case("../b.wit", "outside")]
    #[case("a/../b.wit", "file b")]
    #[case("a/c.wit", "file c")]
    #[case("a", "directory")]
    #[case("./a/", "directory")]
    #[case("/etc/passwd", "outside")]
    #[case("../../etc/passwd", "outside")]
    #[case("a/../../x", "outside")]
    #[case("one", "file b")]
    #[case("a/up", "file b")]
    #[case("circle", "circle")]
    #[case("absent", "nowhere")]
    #[case("module", "nowhere")]
    fn a_link_leads_to(#[case] target: &str, #[case] expected: &str) {
        let link = |target| leaf(Kind::Link, target);
        let leaves: BTreeMap<String, Leaf> = [
            ("b.wit", leaf(Kind::File, "b")),
            ("a/c.wit", leaf(Kind::File, "c")),
            ("a/up", link("../one")),
            ("one", link("two")),
            ("two", link("b.wit")),
            ("circle", link("circle")),
            ("module", leaf(Kind::Other, "m")),
        ]
        .map(|(path, leaf)| (path.to_owned(), leaf))
        .into();
        let found = match follow("link.wit", &link(target), &leaves, |leaf| Ok(leaf.object.clone())) {
            Step::File(leaf) => format!("file {}", leaf.object),
            Step::Directory => "directory".to_owned(),
            Step::Bad(why) if why.contains("outside the repository") => "outside".to_owned(),
            Step::Bad(why) if why.contains("circle") => "circle".to_owned(),
            Step::Bad(_) => "nowhere".to_owned(),
        };
        assert_eq!(found, expected);
    }
}
