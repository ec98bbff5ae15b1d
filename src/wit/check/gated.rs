//! Interfaces, functions and worlds say since when they exist; what is deprecated names what replaces it.
//!
//! That no `@since` is above the version of the package, that no gate stands in a package without a version, and that
//! `@deprecated` does not stand alone is held by the parser: such a package cannot be read.

use wit_parser::Stability;

use super::{Rule, Subject};
use crate::wit::deprecation::Replacements;

pub(super) fn check(subject: &mut Subject<'_>) {
    // Without a version nothing can say since when it exists.
    let Some(version) = subject.source.resolve.packages[subject.package].name.version.clone() else { return };
    let replacements = Replacements::new(&subject.source.resolve, subject.package);
    for item in subject.items {
        let Some(stability) = item.stability else { continue };
        let must = ["interface", "function", "world"].contains(&item.kind);
        // An interface within a world is gated as its world is.
        let inline = item.kind == "interface" && item.within.is_some();
        let (since, deprecated) = match stability {
            Stability::Unknown if must && !inline => {
                let mend =
                    format!("write `@since(version = {version})`, or the version in which it was added, above it");
                subject.find(Rule::Gated, item, "does not say since when it exists".to_owned(), mend);
                continue;
            }
            Stability::Unknown => continue,
            Stability::Stable { since, deprecated } => (Some(since), deprecated),
            Stability::Unstable { deprecated, .. } => (None, deprecated),
        };
        if let (Some(since), Some(Stability::Stable { since: whole, .. })) = (since, item.within)
            && since < whole
        {
            let what = format!("is there since {since}, and what it stands in only since {whole}");
            subject.find(Rule::Gated, item, what, "let the gate of what it stands in name the older version");
        }
        let Some(deprecated) = deprecated else { continue };
        if since.is_some_and(|since| deprecated < since) {
            let what = format!("is deprecated since {deprecated}, before it exists");
            subject.find(Rule::Gated, item, what, "let `@deprecated` name the version in which it became so");
        }
        if *deprecated > version {
            let what = format!("is deprecated since {deprecated}, and the package is {version}");
            subject.find(Rule::Gated, item, what, "lower the version of the gate, or raise that of the package");
        }
        if replacements.find(item.interface, &item.path, item.docs).is_none() {
            let what = "is deprecated, and its doc comment names nothing that there is instead".to_owned();
            let mend = "let the doc comment say in backticks what replaces it: `function` of the same interface, \
                        `interface.function`, or `interface`";
            subject.find(Rule::Gated, item, what, mend);
        }
    }
}
