//! What holds for every package: it differs from itself in nothing, and from what was added to it in just that. The
//! oracle is the model that both texts are printed from.

use std::collections::BTreeSet;

use airssys_wasm::wit::diff::{Class, Diff, Rule, diff};
use airssys_wasm::wit::source::{Source, read};
use proptest::prelude::*;

/// Decisions, taken from bytes one by one; after the last, the first choice of each.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn below(&mut self, bound: u8) -> u8 {
        self.0.next().map_or(0, |byte| byte % bound)
    }

    fn one_of<'t>(&mut self, some: &[&'t str]) -> &'t str {
        some[usize::from(self.below(u8::try_from(some.len()).unwrap()))]
    }
}

/// A package in two versions: what is `new` is in the second alone.
struct Model {
    interfaces: Vec<Interface>,
}

struct Interface {
    name: String,
    new: bool,
    exported: bool,
    items: Vec<Item>,
}

struct Item {
    name: String,
    new: bool,
    /// Whether the text needs the methods behind it.
    kind: Kind,
    text: String,
}

enum Kind {
    Function,
    Type,
    /// With its methods: name, whether it is new, text.
    Resource(Vec<(String, bool, String)>),
    Used,
}

/// A type that both versions have, out of those of the interface so far.
fn reference(choices: &mut Choices<'_>, known: &[String]) -> String {
    let simple = match choices.below(3) {
        0 => choices.one_of(&["u8", "s64", "f32", "bool", "char", "string"]).to_owned(),
        _ if known.is_empty() => "u32".to_owned(),
        _ => known[usize::from(choices.below(u8::try_from(known.len()).unwrap()))].clone(),
    };
    match choices.below(6) {
        0 => format!("list<{simple}>"),
        1 => format!("option<{simple}>"),
        2 => format!("result<_, {simple}>"),
        3 => format!("tuple<{simple}, u8>"),
        _ => simple,
    }
}

fn function(choices: &mut Choices<'_>, known: &[String]) -> String {
    let parameters: Vec<String> =
        (0..choices.below(4)).map(|index| format!("p{index}: {}", reference(choices, known))).collect();
    let result = match choices.below(2) {
        0 => String::new(),
        _ => format!(" -> {}", reference(choices, known)),
    };
    format!("{}func({}){result};", choices.one_of(&["", "async "]), parameters.join(", "))
}

fn item(choices: &mut Choices<'_>, name: String, known: &[String]) -> Item {
    let new = choices.below(3) == 2;
    let members = |choices: &mut Choices<'_>| 1 + choices.below(3);
    let (kind, text) = match choices.below(8) {
        0 | 1 => (Kind::Function, format!("{name}: {}", function(choices, known))),
        2 => {
            let fields: Vec<String> =
                (0..members(choices)).map(|index| format!("m{index}: {}", reference(choices, known))).collect();
            (Kind::Type, format!("record {name} {{ {} }}", fields.join(", ")))
        }
        3 => {
            let cases: Vec<String> =
                (0..members(choices)).map(|index| format!("m{index}({})", reference(choices, known))).collect();
            (Kind::Type, format!("variant {name} {{ none, {} }}", cases.join(", ")))
        }
        4 => {
            let word = choices.one_of(&["enum", "flags"]);
            let cases: Vec<String> = (0..members(choices)).map(|index| format!("m{index}")).collect();
            (Kind::Type, format!("{word} {name} {{ {} }}", cases.join(", ")))
        }
        5 => (Kind::Type, format!("type {name} = {};", reference(choices, known))),
        6 => {
            let methods = (0..choices.below(4)).map(|index| {
                let new = choices.below(3) == 2;
                (format!("m{index}"), new, format!("m{index}: {}", function(choices, known)))
            });
            (Kind::Resource(methods.collect()), name.clone())
        }
        _ => (Kind::Used, format!("use shared.{{{} as {name}}};", choices.one_of(&["one", "two"]))),
    };
    Item { name, new, kind, text }
}

fn model(bytes: &[u8]) -> Model {
    let mut choices = Choices(bytes.iter());
    let interfaces = (0..1 + choices.below(3)).map(|index| {
        let (new, exported) = (choices.below(3) == 2, choices.below(2) == 1);
        let mut known = Vec::new();
        let mut items = Vec::new();
        for index in 0..choices.below(8) {
            let item = item(&mut choices, format!("x{index}"), &known);
            if !item.new && matches!(item.kind, Kind::Type | Kind::Used) {
                known.push(item.name.clone());
            }
            items.push(item);
        }
        Interface { name: format!("i{index}"), new, exported, items }
    });
    Model { interfaces: interfaces.collect() }
}

impl Model {
    /// The package as text. `backwards` is another order of the same, where order means nothing.
    fn text(&self, with_new: bool, backwards: bool, version: &str) -> String {
        let mut parts = vec!["interface shared {\n  type one = u8;\n  record two { m: one }\n}\n".to_owned()];
        let mut world = vec!["  import shared;\n".to_owned()];
        for interface in self.interfaces.iter().filter(|interface| with_new || !interface.new) {
            let mut items: Vec<String> =
                interface.items.iter().filter(|item| with_new || !item.new).map(|item| item.print(with_new)).collect();
            if backwards {
                items.reverse();
            }
            parts.push(format!("interface {} {{\n{}}}\n", interface.name, items.concat()));
            world.push(format!("  {} {};\n", if interface.exported { "export" } else { "import" }, interface.name));
        }
        if backwards {
            parts.reverse();
            world.reverse();
        }
        format!("package a:b@{version};\n{}world w {{\n{}}}\n", parts.concat(), world.concat())
    }

    /// Which rules say what where, from the version without what is new to the one with it; or the other way round.
    fn expected(&self, forwards: bool) -> BTreeSet<(Rule, String)> {
        let mut expected = BTreeSet::new();
        let pick = |added: Rule, removed: Rule| if forwards { added } else { removed };
        for interface in &self.interfaces {
            let (name, obliged) = (&interface.name, interface.exported);
            if interface.new {
                expected.insert((pick(Rule::InterfaceAdded, Rule::InterfaceRemoved), name.clone()));
                let (rule, direction) = match obliged {
                    true => (pick(Rule::WorldExportAdded, Rule::WorldExportRemoved), "export"),
                    false => (pick(Rule::WorldImportAdded, Rule::WorldImportRemoved), "import"),
                };
                expected.insert((rule, format!("world w {direction} {name}")));
                continue;
            }
            let function = if obliged { Rule::ExportedFunctionAdded } else { Rule::FunctionAdded };
            let resource = if obliged { Rule::ExportedResourceAdded } else { Rule::ResourceAdded };
            for item in &interface.items {
                let place = format!("{name}.{}", item.name);
                let rule = match &item.kind {
                    Kind::Function => pick(function, Rule::FunctionRemoved),
                    Kind::Type => pick(Rule::TypeAdded, Rule::TypeRemoved),
                    Kind::Used => pick(Rule::UsedTypeAdded, Rule::UsedTypeRemoved),
                    Kind::Resource(methods) => {
                        let methods = methods.iter().filter(|(_, new, _)| *new && !item.new);
                        let rule = pick(function, Rule::FunctionRemoved);
                        expected.extend(methods.map(|(method, _, _)| (rule, format!("{place}.{method}"))));
                        pick(resource, Rule::ResourceRemoved)
                    }
                };
                if item.new {
                    expected.insert((rule, place));
                }
            }
        }
        expected
    }
}

impl Item {
    fn print(&self, with_new: bool) -> String {
        match &self.kind {
            Kind::Resource(methods) => {
                let methods = methods.iter().filter(|(_, new, _)| with_new || !new);
                let methods: Vec<String> = methods.map(|(_, _, text)| format!("    {text}\n")).collect();
                format!("  resource {} {{\n{}  }}\n", self.text, methods.concat())
            }
            Kind::Function | Kind::Type | Kind::Used => format!("  {}\n", self.text),
        }
    }
}

fn source(text: &str) -> Source {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("package.wit"), text).unwrap();
    read(dir.path()).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

fn compare(old: &str, new: &str) -> Diff {
    diff(&source(old), &source(new)).unwrap()
}

fn found(diff: &Diff) -> BTreeSet<(Rule, String)> {
    let found: BTreeSet<_> = diff.changes.iter().map(|change| (change.rule, change.place.clone())).collect();
    assert_eq!(found.len(), diff.changes.len(), "a change is reported twice: {:#?}", diff.changes);
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_lies_between_a_package_and_itself_in_another_order(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let model = model(&bytes);
        let diff = compare(&model.text(true, false, "1.0.0"), &model.text(true, true, "1.0.0"));
        prop_assert_eq!(&diff.changes, &vec![]);
        prop_assert!(diff.is_enough());
    }

    #[test]
    fn what_was_added_is_what_is_found(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let model = model(&bytes);
        let (less, more) = (model.text(false, false, "1.0.0"), model.text(true, false, "1.0.0"));
        let (there, back) = (compare(&less, &more), compare(&more, &less));
        prop_assert_eq!(found(&there), model.expected(true), "{}\n{}", less, more);
        prop_assert_eq!(found(&back), model.expected(false), "{}\n{}", more, less);
        // Whatever is taken away breaks somebody.
        prop_assert!(back.changes.iter().all(|change| change.class() == Class::Major));
        prop_assert_eq!(there.is_enough(), there.changes.is_empty());
    }
}
