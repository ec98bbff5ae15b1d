//! Reports of a comparison: lines for people, and one JSON object.

use serde_json::{Value, json};

use super::rule::Class;
use super::{Diff, Need};

impl Diff {
    /// One line a change, in columns, and a summary. Each line ends with a line feed.
    pub fn human(&self) -> String {
        let width = self.changes.iter().map(|change| change.rule.as_str().len()).max().unwrap_or_default();
        let lines = self.changes.iter().map(|change| {
            format!("{:<5}  {:<width$}  {}: {}\n", change.class(), change.rule, change.place, change.what)
        });
        lines.chain([self.summary()]).collect()
    }

    fn summary(&self) -> String {
        let Self { package, old, new, needed, .. } = self;
        let [major, minor, patch] = [Class::Major, Class::Minor, Class::Patch].map(|class| self.count(class));
        let judgement = match self.is_enough() {
            true => format!("{new} is enough"),
            false => format!("{needed} is needed, {new} is declared"),
        };
        format!("{package} {old} -> {new}: {major} major, {minor} minor, {patch} patch; {judgement}\n")
    }

    /// The same as one JSON object.
    ///
    /// `needed` has one key: `at-least`, or `above` where every higher version will do.
    pub fn json(&self) -> Value {
        let changes = self.changes.iter().map(|change| {
            json!({ "class": change.class(), "rule": change.rule, "place": change.place, "what": change.what })
        });
        let needed = match &self.needed {
            Need::NoLowerThan(version) | Need::AtLeast(version) => json!({ "at-least": version }),
            Need::HigherThan(version) => json!({ "above": version }),
        };
        json!({
            "package": self.package, "old": self.old, "new": self.new,
            "class": self.class(), "needed": needed, "enough": self.is_enough(),
            "changes": changes.collect::<Vec<_>>(),
        })
    }
}
