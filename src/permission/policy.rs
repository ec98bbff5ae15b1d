//! The operator's policy, which bounds every manifest.

use std::collections::BTreeSet;
use std::fmt;

use super::decision::{Class, Rule};
use super::glob::PathPattern;
use super::grants::Grants;
use super::host::Pattern;
use super::names;
use super::path::is_special;
use super::rules::{RuleError, rules};
use super::topics;
use crate::contract::kebab_enum;
use crate::manifest::{Capabilities, ManifestErrors, parse_policy, pattern};

kebab_enum! {
    /// What becomes of a manifest that asks for more than the policy allows.
    pub enum PolicyMode {
        /// The load is refused (`policy-denied`).
        Strict = "strict",
        /// The excess is dropped.
        Permissive = "permissive",
        /// The manifest is accepted as it is.
        Development = "development",
    }
}

/// What manifests may ask for. In no mode does it grant what a manifest does not declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What becomes of the excess.
    pub mode: PolicyMode,
    /// The most that a manifest may ask for.
    pub allow: Capabilities,
}

/// A manifest within its policy.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// What is in force.
    pub grants: Grants,
    /// Rules beyond the policy that were dropped; the optional ones among them in strict mode, too.
    pub dropped: Vec<Rule>,
    /// Rules beyond the policy that are in force all the same, in development mode.
    pub beyond: Vec<Rule>,
}

/// Why a policy admits no grants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A strict policy, and all that is required beyond it.
    #[error("the policy does not allow {}", Listed(.0))]
    Denied(Vec<Rule>),
    /// A pattern of the manifest is none.
    #[error(transparent)]
    Manifest(RuleError),
    /// A pattern of the policy is none.
    #[error("in the policy: {0}")]
    Policy(RuleError),
}

struct Listed<'a>(&'a [Rule]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in texts(self.0).iter().enumerate() {
            write!(f, "{}{rule}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl Policy {
    /// Reads a policy: `mode` and, under `[allow]`, the tables of a manifest's `[capabilities]`.
    ///
    /// ```
    /// use airssys_wasm::permission::{Policy, PolicyMode};
    ///
    /// let policy = Policy::parse("mode = \"strict\"\n[allow.filesystem]\nread = [\"/srv/**\"]").unwrap();
    /// assert_eq!(policy.mode, PolicyMode::Strict);
    /// assert_eq!(policy.allow.filesystem.read, ["/srv/**"]);
    /// ```
    ///
    /// # Errors
    /// [`ManifestErrors`] holds everything that is wrong with it, with places.
    pub fn parse(text: &str) -> Result<Self, ManifestErrors> {
        let (mode, allow) = parse_policy(text, PolicyMode::ALL, PolicyMode::as_str)?;
        Ok(Self { mode, allow })
    }

    /// Bounds the capabilities of a manifest. The optional ones never fail it.
    ///
    /// # Errors
    /// [`PolicyError`] lists all excess at once.
    pub fn admit(&self, required: &Capabilities, optional: &Capabilities) -> Result<Admitted, PolicyError> {
        let bound = rules(&self.allow, "allow").into_iter().map(Bound::new).collect::<Result<Vec<_>, _>>();
        let bound = bound.map_err(PolicyError::Policy)?;
        // Each rule with whether it is within, in the manifest's order, which is that of the grants as well.
        let asked = |capabilities, table| {
            let bounds = rules(capabilities, table).into_iter().map(Bound::new).collect::<Result<Vec<_>, _>>();
            let asked = bounds.map_err(PolicyError::Manifest)?.into_iter().map(|asked| {
                let within = bound.iter().any(|allowed| allowed.covers(&asked));
                (asked.rule, within)
            });
            Ok::<_, PolicyError>(asked.collect::<Vec<_>>())
        };
        let mut all = asked(required, "capabilities")?;
        let beyond = |asked: &[(Rule, bool)]| -> Vec<Rule> {
            asked.iter().filter(|(_, within)| !within).map(|(rule, _)| rule.clone()).collect()
        };
        let excess = beyond(&all);
        if self.mode == PolicyMode::Strict && !excess.is_empty() {
            return Err(PolicyError::Denied(excess));
        }
        all.extend(asked(optional, "capabilities.optional")?);
        let excess = beyond(&all);
        let all_in_force = self.mode == PolicyMode::Development;
        let (dropped, beyond) = if all_in_force { (Vec::new(), excess) } else { (excess, Vec::new()) };
        let kept = all.into_iter().filter(|(_, within)| all_in_force || *within).map(|(rule, _)| rule).collect();
        let grants = Grants::of(kept).map_err(PolicyError::Manifest)?;
        Ok(Admitted { grants, dropped, beyond })
    }
}

/// Rules as they stand in the manifest, each once: a namespace for all actions is one text and four rules.
pub(crate) fn texts(rules: &[Rule]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    rules.iter().map(Rule::to_string).filter(|text| seen.insert(text.clone())).collect()
}

/// A rule, ready for the question whether one bounds another.
struct Bound {
    rule: Rule,
    form: Form,
}

enum Form {
    Path(PathPattern),
    Host(Pattern),
    Name,
    Topic,
}

impl Bound {
    fn new(rule: Rule) -> Result<Self, RuleError> {
        let form = match rule.class {
            Class::Filesystem | Class::Process => PathPattern::new(&rule.pattern).map(Form::Path),
            Class::Network => Pattern::parse(&rule.pattern).map(Form::Host),
            Class::Storage | Class::Messaging | Class::HostFunctions => Ok(Form::Name),
            Class::Topics => pattern::check_topic(&rule.pattern).map(|()| Form::Topic),
        };
        match form {
            Ok(form) => Ok(Self { rule, form }),
            Err(kind) => Err(RuleError { rule, kind }),
        }
    }

    /// Whether this surely permits all that `other` permits. What cannot be shown counts as excess.
    fn covers(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.rule, &other.rule);
        if (ours.class, ours.action) != (theirs.class, theirs.action) {
            return false;
        }
        match (&self.form, &other.form) {
            // Wildcards do not reach the kernel's trees: a rule into them is covered by itself alone.
            (Form::Path(_), Form::Path(_)) if is_special(&theirs.pattern) => ours.pattern == theirs.pattern,
            (Form::Path(ours), Form::Path(theirs)) => ours.covers(theirs),
            (Form::Host(our), Form::Host(their)) => {
                (ours.port.is_none() || ours.port == theirs.port) && our.covers(their)
            }
            (Form::Topic, _) => topics::covers(&ours.pattern, &theirs.pattern),
            _ => names::covers(&ours.pattern, &theirs.pattern),
        }
    }
}
