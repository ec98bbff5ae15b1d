//! Gates (`@since`, `@unstable`, `@deprecated`) that contradict each other.
//!
//! The parser refuses these, but unwraps the refusal where the item behind is a reference to another package: they are
//! told before it sees them.

/// Something is part of a contract or not.
const EITHER: &str = "keep `@unstable` until it is part of the contract, and `@since` from then on";

/// Gates that cannot stand together.
pub(super) struct Contradiction {
    /// Where they stand, in bytes from the start of the text.
    pub(super) at: usize,
    pub(super) what: String,
    pub(super) mend: &'static str,
}

/// The first gates of a text that cannot stand together.
pub(super) fn contradiction(text: &str) -> Option<Contradiction> {
    let mut rest = Rest { text, at: 0 };
    while let Some(start) = rest.attribute() {
        let mut names = vec![rest.name()?];
        rest.arguments();
        while rest.next_is('@') {
            rest.at += 1;
            names.push(rest.name()?);
            rest.arguments();
        }
        let count = |name: &str| names.iter().filter(|known| **known == name).count();
        let twice = ["since", "unstable", "deprecated"].into_iter().find(|name| count(name) > 1);
        let (what, mend) = match (twice, count("since"), count("unstable"), count("deprecated")) {
            (Some(name), ..) => (format!("`@{name}` stands twice"), "keep one of the two"),
            (_, 1, 1, _) => ("`@since` and `@unstable` exclude each other".to_owned(), EITHER),
            (_, 0, 0, 1) => (
                "`@deprecated` stands without `@since`".to_owned(),
                "write `@since(version = …)`, the version in which it was added, before `@deprecated`",
            ),
            _ => continue,
        };
        return Some(Contradiction { at: start, what, mend });
    }
    None
}

/// A text, read from the start.
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    fn left(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Passes by white space and comments.
    fn skip(&mut self) {
        loop {
            let before = self.at;
            self.at += self.left().len() - self.left().trim_start().len();
            self.comment();
            if self.at == before {
                return;
            }
        }
    }

    /// Passes by one comment, if there is one. Comments in `/*` and `*/` nest.
    fn comment(&mut self) {
        if self.left().starts_with("//") {
            self.at += self.left().find('\n').unwrap_or(self.left().len());
        } else if self.left().starts_with("/*") {
            let mut depth = 0usize;
            loop {
                let Some(next) = self.left().chars().next() else { return };
                match (self.left().starts_with("/*"), self.left().starts_with("*/")) {
                    (true, _) => (depth, self.at) = (depth + 1, self.at + 2),
                    (_, true) => (depth, self.at) = (depth - 1, self.at + 2),
                    _ => self.at += next.len_utf8(),
                }
                if depth == 0 {
                    return;
                }
            }
        }
    }

    /// Goes to what is behind the next `@` that stands before a name and not before a version; returns where it is.
    fn attribute(&mut self) -> Option<usize> {
        loop {
            self.skip();
            let next = self.left().chars().next()?;
            let start = self.at;
            self.at += next.len_utf8();
            if next == '"' {
                self.string();
            }
            if next == '@' {
                self.skip();
                if self.left().starts_with(|character: char| character.is_ascii_alphabetic() || character == '%') {
                    return Some(start);
                }
            }
        }
    }

    fn next_is(&mut self, character: char) -> bool {
        self.skip();
        self.left().starts_with(character)
    }

    fn name(&mut self) -> Option<&'a str> {
        self.skip();
        let text = self.left().strip_prefix('%').unwrap_or(self.left());
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len());
        self.at = self.text.len() - text.len() + end;
        (end > 0).then(|| &text[..end])
    }

    /// Passes by what stands in parentheses.
    fn arguments(&mut self) {
        if !self.next_is('(') {
            return;
        }
        loop {
            self.skip();
            let Some(next) = self.left().chars().next() else { return };
            self.at += next.len_utf8();
            match next {
                ')' => return,
                '"' => self.string(),
                _ => {}
            }
        }
    }

    /// Passes by the rest of a string.
    fn string(&mut self) {
        let mut is_escaped = false;
        for (at, next) in self.left().char_indices() {
            match (next, is_escaped) {
                ('"', false) => {
                    self.at += at + 1;
                    return;
                }
                ('\\', false) => is_escaped = true,
                _ => is_escaped = false,
            }
        }
        self.at = self.text.len();
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::contradiction;

    #[rstest]
    #[case("package a:b@1.0.0; @since(version = 1.0.0) interface i {}", None)]
    #[case("@since(version = 1.0.0) @deprecated(version = 1.1.0)", None)]
    #[case("@unstable(feature = x) @deprecated(version = 1.1.0)", None)]
    #[case("@since(version = 1.0.0) a; @since(version = 1.0.0) b;", None)]
    #[case("// @deprecated(version = 1.0.0)\n/* @deprecated /* x */ (version = 1.0.0) */", None)]
    #[case("import a:b/c@1.0.0; @since(version = 1.0.0) x", None)]
    #[case("é@deprecated(version = 1.0.0)", Some((2, "`@deprecated` stands without `@since`")))]
    #[case("@since(version = 1.0.0) // x\n @ %since(version = 1.0.0)", Some((0, "`@since` stands twice")))]
    #[case("@unstable(feature = a)@unstable(feature = b)", Some((0, "`@unstable` stands twice")))]
    #[case(
        "x @since(version = 1.0.0) /* y */ @unstable(feature = x)",
        Some((2, "`@since` and `@unstable` exclude each other"))
    )]
    #[case("@", None)]
    #[case("@%", None)]
    #[case("/* @", None)]
    #[case("@since(", None)]
    #[case(r#"@external-id("a)\"// @deprecated") x"#, None)]
    #[case(r#"@external-id("a)\"//") @deprecated(version = 1.0.0)"#, Some((0, "`@deprecated` stands without `@since`")))]
    fn gates_that_contradict_each_other(#[case] text: &str, #[case] expected: Option<(usize, &str)>) {
        let found = contradiction(text).map(|found| (found.at, found.what));
        assert_eq!(found, expected.map(|(at, what)| (at, what.to_owned())));
    }
}
