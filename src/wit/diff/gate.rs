//! Gates: since when an item exists, whether it is deprecated, and whether it is part of the contract at all.

use std::cmp::Ordering;

use semver::Version;
use wit_parser::Stability;

use super::change::Changes;
use super::rule::Rule;

/// An item that only the newer version has, and that `rule` would report.
pub(super) fn added(changes: &mut Changes<'_>, rule: Rule, place: &str, what: &str, gate: &Stability) {
    if let Some(feature) = feature(gate) {
        return changes.report(Rule::UnstableAdded, place, format!("{what} (unstable, feature `{feature}`)"));
    }
    changes.report(rule, place, what);
    let old = changes.old_version;
    if let Some(since) = since(gate).filter(|since| since.cmp_precedence(old) != Ordering::Greater) {
        let what = format!("is new, but `@since(version = {since})` claims that {old} had it");
        changes.report(Rule::SinceTooEarly, place, what);
    }
}

/// An item that only the older version has, and that `rule` would report.
pub(super) fn removed(changes: &mut Changes<'_>, rule: Rule, place: &str, what: &str, gate: &Stability) {
    match feature(gate) {
        Some(feature) => {
            changes.report(Rule::UnstableRemoved, place, format!("{what} (was unstable, feature `{feature}`)"));
        }
        None => changes.report(rule, place, what),
    }
}

/// An item that both versions have. What it says is compared by `compare`, unless the gates make that idle.
///
/// An item that becomes stable is as good as new: `stabilised` says how that is reported.
pub(super) fn kept(
    changes: &mut Changes<'_>,
    place: &str,
    [old, new]: [&Stability; 2],
    stabilised: Rule,
    compare: impl FnOnce(&mut Changes<'_>),
) {
    match (feature(old), feature(new)) {
        (Some(before), Some(now)) => changes.unstable(|changes| {
            if before != now {
                changes.report(Rule::UnstableChanged, place, format!("feature was `{before}`, is `{now}`"));
            }
            deprecation(changes, place, [old, new]);
            compare(changes);
        }),
        (Some(before), None) => {
            let what = format!("was unstable (feature `{before}`), is part of the contract");
            added(changes, stabilised, place, &what, new);
        }
        (None, Some(now)) => {
            let what = format!("was part of the contract, is unstable (feature `{now}`)");
            changes.report(Rule::Destabilised, place, what);
        }
        (None, None) => {
            age(changes, place, [since(old), since(new)]);
            deprecation(changes, place, [old, new]);
            compare(changes);
        }
    }
}

/// Whether an item is no part of the contract.
pub(super) fn is_unstable(gate: &Stability) -> bool {
    feature(gate).is_some()
}

fn age(changes: &mut Changes<'_>, place: &str, versions: [Option<&Version>; 2]) {
    let (rule, what) = match versions {
        [Some(old), Some(new)] => {
            let rule = match new.cmp_precedence(old) {
                Ordering::Greater => Rule::SinceRaised,
                Ordering::Less => Rule::SinceLowered,
                Ordering::Equal => return,
            };
            (rule, format!("`@since` was {old}, is {new}"))
        }
        [None, Some(new)] => {
            let denies = new.cmp_precedence(changes.old_version) == Ordering::Greater;
            let rule = if denies { Rule::SinceRaised } else { Rule::SinceAdded };
            (rule, format!("had no `@since`, has {new}"))
        }
        [Some(old), None] => (Rule::SinceRemoved, format!("`@since` was {old}, there is none now")),
        [None, None] => return,
    };
    changes.report(rule, place, what);
}

fn deprecation(changes: &mut Changes<'_>, place: &str, gates: [&Stability; 2]) {
    let (rule, what) = match gates.map(deprecated) {
        [None, Some(new)] => (Rule::Deprecated, format!("is deprecated since {new}")),
        [Some(old), None] => (Rule::DeprecationRemoved, format!("was deprecated since {old}, is not any more")),
        [Some(old), Some(new)] if old.cmp_precedence(new) != Ordering::Equal => {
            (Rule::DeprecationChanged, format!("was deprecated since {old}, is since {new}"))
        }
        _ => return,
    };
    changes.report(rule, place, what);
}

fn feature(gate: &Stability) -> Option<&str> {
    match gate {
        Stability::Unstable { feature, .. } => Some(feature),
        Stability::Stable { .. } | Stability::Unknown => None,
    }
}

fn since(gate: &Stability) -> Option<&Version> {
    match gate {
        Stability::Stable { since, .. } => Some(since),
        Stability::Unstable { .. } | Stability::Unknown => None,
    }
}

fn deprecated(gate: &Stability) -> Option<&Version> {
    match gate {
        Stability::Stable { deprecated, .. } | Stability::Unstable { deprecated, .. } => deprecated.as_ref(),
        Stability::Unknown => None,
    }
}
