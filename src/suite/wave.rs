//! Comparing WAVE values by what they mean.

use wasm_wave::ast::{Node, NodeType};
use wasm_wave::untyped::UntypedValue;

/// Stands for `_` while WAVE parses: a label that no WIT of the contract uses.
const ANY: &str = "zany";

/// Whether `actual` is the value that `expected` describes. `_` stands for any value; fields that are
/// none may be left out; spelling does not matter. Texts that are no WAVE are compared as they are.
pub(super) fn matches(expected: &str, actual: &str) -> bool {
    let expected = with_wildcards(expected);
    match (UntypedValue::parse(&expected), UntypedValue::parse(actual)) {
        (Ok(e), Ok(a)) => same((e.node(), &expected), (a.node(), actual)),
        _ => expected.trim() == actual.trim(),
    }
}

fn with_wildcards(text: &str) -> String {
    let mut out = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if c == '_' && !quoted {
            out.push_str(ANY);
        } else {
            out.push(c);
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
    }
    out
}

type Sourced<'a> = (&'a Node, &'a str);

fn same((e, es): Sourced<'_>, (a, s): Sourced<'_>) -> bool {
    if e.ty() == NodeType::Label && es[e.span()] == *ANY {
        return true;
    }
    let all =
        |e: Vec<&Node>, a: Vec<&Node>| e.len() == a.len() && e.into_iter().zip(a).all(|(e, a)| same((e, es), (a, s)));
    let maybe = |e: Option<&Node>, a: Option<&Node>| match (e, a) {
        (Some(e), Some(a)) => same((e, es), (a, s)),
        (e, a) => e.is_none() && a.is_none(),
    };
    match (e.ty(), a.ty()) {
        (NodeType::String | NodeType::MultilineString, NodeType::String | NodeType::MultilineString) => {
            matches!((e.as_str(es), a.as_str(s)), (Ok(e), Ok(a)) if e == a)
        }
        (NodeType::List, NodeType::List) => match (e.as_list(), a.as_list()) {
            (Ok(e), Ok(a)) => all(e.collect(), a.collect()),
            _ => false,
        },
        (NodeType::Tuple, NodeType::Tuple) => match (e.as_tuple(), a.as_tuple()) {
            (Ok(e), Ok(a)) => all(e.collect(), a.collect()),
            _ => false,
        },
        (NodeType::Record, NodeType::Record) => match (e.as_record(es), a.as_record(s)) {
            (Ok(e), Ok(a)) => {
                let some = |(_, node): &(&str, &Node)| node.ty() != NodeType::OptionNone;
                let (e, mut a): (Vec<_>, Vec<_>) = (e.filter(some).collect(), a.filter(some).collect());
                let found = e.iter().all(|(name, node)| {
                    let at = a.iter().position(|(other, _)| other == name);
                    at.is_some_and(|at| same((node, es), (a.remove(at).1, s)))
                        // A wildcard may stand for a field that is none.
                        || es[node.span()] == *ANY
                });
                found && a.is_empty()
            }
            _ => false,
        },
        (NodeType::VariantWithPayload, NodeType::VariantWithPayload) => match (e.as_variant(es), a.as_variant(s)) {
            (Ok((e, ep)), Ok((a, ap))) => e == a && maybe(ep, ap),
            _ => false,
        },
        (NodeType::OptionSome, NodeType::OptionSome) => match (e.as_option(), a.as_option()) {
            (Ok(e), Ok(a)) => maybe(e, a),
            _ => false,
        },
        (NodeType::ResultOk | NodeType::ResultErr, other) if other == e.ty() => match (e.as_result(), a.as_result()) {
            (Ok(Ok(e)), Ok(Ok(a))) | (Ok(Err(e)), Ok(Err(a))) => maybe(e, a),
            _ => false,
        },
        (one, other) => one == other && es[e.span()] == s[a.span()],
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn compares_meaning() {
        let table = [
            ("1", "1", true),
            ("1", "2", false),
            ("ok(some(\"a\"))", "ok(some(\"\\u{61}\"))", true),
            ("ok(_)", "ok(some(3))", true),
            ("ok(_)", "err(3)", false),
            ("ok", "ok", true),
            ("ok", "ok(1)", false),
            ("{a: 1}", "{a: 1, b: none}", true),
            ("{a: 1}", "{a: 1, b: some(2)}", false),
            ("{a: 1, b: _}", "{a: 1, b: some(2)}", true),
            ("[(\"a\", 1), _]", "[(\"a\", 1), (\"b\", 2)]", true),
            ("[1]", "[1, 2]", false),
            ("\"_\"", "\"x\"", false),
            ("not-found(\"x\")", "not-found(\"y\")", false),
            ("mailbox-full", "mailbox-full", true),
        ];
        for (expected, actual, holds) in table {
            assert_eq!(matches(expected, actual), holds, "{expected} against {actual}");
        }
    }
}
