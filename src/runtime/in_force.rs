//! The grants in force of one component, from its load to its uninstall. Revocation takes some away, nothing adds any.

use std::sync::{Arc, PoisonError, RwLock};

use crate::permission::{Class, Grants, Rule};

/// Which grants to take away. What is not given stands for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revocation {
    /// The class.
    pub class: Option<Class>,
    /// The action, as the manifest writes it.
    pub action: Option<String>,
    /// The pattern, exactly as the manifest writes it.
    pub pattern: Option<String>,
}

impl Revocation {
    /// Whether a rule is among those to take away.
    fn covers(&self, rule: &Rule) -> bool {
        self.class.is_none_or(|class| class == rule.class)
            && self.action.as_deref().is_none_or(|action| action == rule.action)
            && self.pattern.as_deref().is_none_or(|pattern| pattern == rule.pattern)
    }
}

/// The grants that decide the next access.
#[derive(Debug, Default)]
pub(crate) struct InForce(RwLock<Arc<Grants>>);

impl InForce {
    pub(crate) fn current(&self) -> Arc<Grants> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts what the policy admitted into force.
    pub(crate) fn set(&self, grants: Grants) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(grants);
    }

    /// Takes grants away, and answers which these were.
    pub(crate) fn revoke(&self, revocation: &Revocation) -> Vec<Rule> {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (kept, gone) = current.without(|rule| revocation.covers(rule));
        *current = Arc::new(kept);
        gone
    }
}
