//! Random forests of directories, files and links: `reach` against a naive model in pure data, and against the kernel
//! where its answer means the same.

use std::collections::BTreeMap;
use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::super::{FileError, Kind};
use super::world::World;
use crate::permission::normalise;

#[derive(Debug, Clone)]
enum Node {
    Directory,
    File,
    Link(String),
}

/// What the model says of a path.
#[derive(Debug, PartialEq)]
struct Answer {
    path: String,
    kind: &'static str,
    via_link: bool,
}

/// The model: the path is a text, of which the front is resolved and the rest is not; a link is replaced by its target.
/// Also tells whether the way depends on where the root is, so that the kernel's answer is another.
fn model(world: &BTreeMap<String, Node>, asked: &str) -> (Answer, bool) {
    let (mut front, mut rest) = (String::new(), asked.to_owned());
    let (mut links, mut via_link, mut own_root) = (0, false, false);
    let mut asked_left = asked.matches('/').count();
    let answer = loop {
        let text = |kind, rest: &str| {
            let path = normalise(&format!("/{front}/{rest}")).unwrap().into_owned();
            (path, kind)
        };
        let Some(slash) = rest.find(|letter| letter != '/') else { break text("directory", "") };
        rest.drain(..slash);
        let end = rest.find('/').unwrap_or(rest.len());
        let (name, behind) = (rest[..end].to_owned(), rest[end..].to_owned());
        // Names of the asked path stand behind those of every target that was put before them.
        let asked_last = asked_left > 0 && behind.is_empty();
        if asked_last {
            asked_left = 0;
        }
        if name == "." {
            rest = behind;
            continue;
        }
        if name == ".." {
            own_root |= front.is_empty();
            front.truncate(front.rfind('/').unwrap_or(0));
            rest = behind;
            continue;
        }
        let full = format!("{front}/{name}");
        match world.get(&full) {
            Some(Node::Link(target)) => {
                via_link |= asked_last;
                if links == 40 {
                    break text("io", &rest);
                }
                links += 1;
                own_root |= target.starts_with('/');
                if target.starts_with('/') {
                    front.clear();
                }
                rest = format!("{target}{behind}");
            }
            Some(Node::Directory) => {
                front = full;
                rest = behind;
            }
            Some(Node::File) if behind.is_empty() => break text("file", &rest),
            Some(Node::File) => break text("not-a-directory", &rest),
            None if behind.is_empty() => break text("missing", &rest),
            None => break text("not-found", &rest),
        }
    };
    (Answer { path: answer.0, kind: answer.1, via_link }, own_root)
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["a", "b", "c"][..])
}

fn path(depth: usize) -> impl Strategy<Value = String> {
    vec(name(), 1..=depth).prop_map(|names| format!("/{}", names.join("/")))
}

fn target() -> impl Strategy<Value = String> {
    let part = prop_oneof![6 => name(), 3 => Just(".."), 1 => Just("."), 1 => Just("")];
    let text = (prop::bool::weighted(0.25), vec(part, 1..6), prop::bool::weighted(0.15));
    text.prop_map(|(absolute, parts, slash)| {
        format!("{}{}{}", if absolute { "/" } else { "" }, parts.join("/"), if slash { "/" } else { "" })
    })
    .prop_filter("the kernel makes no empty link", |text| !text.is_empty())
}

fn node() -> impl Strategy<Value = Node> {
    prop_oneof![3 => Just(Node::Directory), 2 => Just(Node::File), 4 => target().prop_map(Node::Link)]
}

/// Only what has a directory above it is there.
fn forest() -> impl Strategy<Value = BTreeMap<String, Node>> {
    vec((path(3), node()), 0..24).prop_map(|nodes| {
        let all: BTreeMap<String, Node> = nodes.into_iter().collect();
        let mut kept: BTreeMap<String, Node> = BTreeMap::new();
        for (path, node) in all {
            let parent = &path[..path.rfind('/').unwrap_or(0)];
            if parent.is_empty() || matches!(kept.get(parent), Some(Node::Directory)) {
                kept.insert(path, node);
            }
        }
        kept
    })
}

/// Paths of what is there, some with names behind it that may be there or not.
fn asked(forest: &BTreeMap<String, Node>, chosen: &[(Index, Vec<&'static str>)]) -> Vec<String> {
    let known: Vec<&str> = forest.keys().map(String::as_str).chain([""]).collect();
    let path = |(index, names): &(Index, Vec<&str>)| {
        let mut path = (*index.get(&known)).to_owned();
        names.iter().for_each(|name| path.extend(["/", name]));
        if path.is_empty() { "/".to_owned() } else { path }
    };
    chosen.iter().map(path).collect()
}

pub(super) fn check(cases: u32) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let (mut kinds, mut with_kernel) = (BTreeMap::new(), 0);
    let seen = std::cell::RefCell::new((&mut kinds, &mut with_kernel));
    runner
        .run(&(forest(), vec((any::<Index>(), vec(name(), 0..3)), 8)), |(forest, chosen)| {
            let lines = forest.iter().map(|(path, node)| match node {
                Node::Directory => format!("root{path}"),
                Node::File => format!("root{path} = x"),
                Node::Link(target) => format!("root{path} -> {target}"),
            });
            let world = World::new(&lines.collect::<Vec<_>>().join("\n"));
            for asked in asked(&forest, &chosen) {
                let (expected, own_root) = model(&forest, &asked);
                let at = world.reach(&asked);
                let kind = match &at.kind {
                    Kind::Missing => "missing",
                    Kind::File => "file",
                    Kind::Directory => "directory",
                    Kind::Unreachable(FileError::NotFound) => "not-found",
                    Kind::Unreachable(FileError::NotADirectory) => "not-a-directory",
                    Kind::Unreachable(FileError::Io(_)) => "io",
                    other => panic!("{other:?}"),
                };
                let found = Answer { path: at.path.clone(), kind, via_link: at.via_link };
                prop_assert_eq!(&found, &expected, "{}", &asked);
                let mut seen = seen.borrow_mut();
                *seen.0.entry((kind, at.via_link)).or_insert(0) += 1;
                if !own_root {
                    *seen.1 += 1;
                    let kernel = fs::canonicalize(world.on_host(&asked)).ok();
                    let ours = matches!(at.kind, Kind::File | Kind::Directory).then(|| {
                        world.host.path().canonicalize().unwrap().join("root").join(at.path.trim_start_matches('/'))
                    });
                    prop_assert_eq!(kernel.map(|path| path.join("")), ours.map(|path| path.join("")), "{}", &asked);
                }
            }
            Ok(())
        })
        .unwrap();
    // Every kind of answer was met, by a link and without one.
    let met: Vec<_> = kinds.keys().copied().collect();
    let all = ["directory", "file", "io", "missing", "not-a-directory", "not-found"];
    assert_eq!(met, all.iter().flat_map(|kind| [(*kind, false), (*kind, true)]).collect::<Vec<_>>(), "{kinds:?}");
    assert!(with_kernel > cases, "the kernel was asked {with_kernel} times");
}

#[test]
fn reach_agrees_with_the_model_and_the_kernel() {
    check(256);
}
