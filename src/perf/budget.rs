//! Budgets: what each workload may come to at the most, or must at the least. They stand in `conformance/performance.toml`.
//!
//! In: the text of such a file. Out: [`Budgets`], or what is wrong with it and where. No I/O.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::workload::{Cores, Statistic};

/// What the workloads may come to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    /// By how much of itself a result may be worse than a saved one without being a regression, such as 0.1.
    pub tolerance: f64,
    /// The budgets, by workload.
    pub budgets: BTreeMap<String, Budget>,
}

/// What one workload may come to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Budget {
    /// The unit: what the workload's statistic is. It is there for the reader, and held against the workload.
    pub unit: Statistic,
    /// The bound on any number of cores.
    pub bound: Bound,
    /// What is accepted until that is reached.
    pub accepted: Option<Accepted>,
    /// The number of cores that it is about; any unless given.
    pub cores: Option<Cores>,
}

/// A bound beyond the budget: what a workload that does not keep it must not exceed either.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The bound that a gate goes by.
    pub bound: Bound,
    /// What stands in the way of the budget.
    pub because: String,
}

/// A budget as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    unit: Statistic,
    at_most: Option<f64>,
    at_least: Option<f64>,
    accepted: Option<f64>,
    because: Option<String>,
    cores: Option<Cores>,
}

impl TryFrom<Written> for Budget {
    type Error = &'static str;

    fn try_from(Written { unit, at_most, at_least, accepted, because, cores }: Written) -> Result<Self, Self::Error> {
        let (bound, side): (_, fn(f64) -> Bound) = match (at_most, at_least) {
            (Some(most), None) => (Bound::AtMost(most), Bound::AtMost),
            (None, Some(least)) => (Bound::AtLeast(least), Bound::AtLeast),
            _ => return Err("a budget has either at-most or at-least"),
        };
        let accepted = match (accepted, because) {
            (None, None) => None,
            (Some(value), Some(because)) if !because.is_empty() => Some(Accepted { bound: side(value), because }),
            _ => return Err("what is accepted beyond a budget says because of what"),
        };
        Ok(Self { unit, bound, accepted, cores })
    }
}

/// A bound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// As much as this, and no more.
    AtMost(f64),
    /// As much as this, and no less.
    AtLeast(f64),
}

/// Why budgets are not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct BudgetError {
    /// The file, as it was given.
    pub file: String,
    /// The line, from 1, where the fault has one.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl Budgets {
    /// The project's own.
    ///
    /// # Errors
    /// [`BudgetError`], for which the embedded file gives no reason.
    pub fn embedded() -> Result<Self, BudgetError> {
        Self::parse("conformance/performance.toml", include_str!("../../conformance/performance.toml"))
    }

    /// Reads budgets; `file` names them in errors.
    ///
    /// # Errors
    /// [`BudgetError`] names the line at fault: unknown keys are errors, and so is a bound that no value could meet.
    pub fn parse(file: &str, text: &str) -> Result<Self, BudgetError> {
        let fault = |line, message: String| BudgetError { file: file.to_owned(), line, message };
        let budgets: Self = toml::from_str(text).map_err(|why| {
            let line = why.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            fault(line, why.message().to_owned())
        })?;
        let line_of = |word: &str| {
            let quoted = format!("\"{word}\"");
            let position = |word: &str| text.lines().position(|line| line.contains(word));
            position(&quoted).or_else(|| position(word)).map(|index| index + 1)
        };
        if !budgets.tolerance.is_finite() || budgets.tolerance < 0.0 {
            return Err(fault(line_of("tolerance"), "tolerance is a share such as 0.1".to_owned()));
        }
        for (id, Budget { bound, unit, accepted, .. }) in &budgets.budgets {
            let (value, fits) = match bound {
                Bound::AtMost(value) => (value, !unit.is_better_larger()),
                Bound::AtLeast(value) => (value, unit.is_better_larger()),
            };
            if !value.is_finite() || *value <= 0.0 {
                return Err(fault(line_of(id), format!("the bound of {id} is a number above zero")));
            }
            if !fits {
                let other = if unit.is_better_larger() { "at-least" } else { "at-most" };
                return Err(fault(line_of(id), format!("{id} is bounded on the wrong side: write {other}")));
            }
            if accepted.as_ref().is_some_and(|accepted| bound.is_kept_by(accepted.bound.value())) {
                return Err(fault(line_of(id), format!("what is accepted of {id} keeps its budget: it says nothing")));
            }
        }
        Ok(budgets)
    }

    /// The budget of a workload on so many cores, if it has one.
    pub fn of(&self, id: &str, cores: Cores) -> Option<&Budget> {
        self.budgets.get(id).filter(|budget| budget.cores.is_none_or(|about| about == cores))
    }
}

impl Budget {
    /// The bound that a gate goes by.
    pub fn gate(&self) -> Bound {
        self.accepted.as_ref().map_or(self.bound, |accepted| accepted.bound)
    }
}

impl Bound {
    /// Whether a value keeps it.
    pub fn is_kept_by(self, value: f64) -> bool {
        match self {
            Bound::AtMost(most) => value <= most,
            Bound::AtLeast(least) => value >= least,
        }
    }

    /// The number alone.
    pub fn value(self) -> f64 {
        match self {
            Bound::AtMost(value) | Bound::AtLeast(value) => value,
        }
    }

    /// In words, in the unit of a statistic.
    pub fn show(self, statistic: Statistic) -> String {
        match self {
            Bound::AtMost(value) => format!("<= {}", statistic.show(value)),
            Bound::AtLeast(value) => format!(">= {}", statistic.show(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::workload;
    use super::*;

    #[test]
    fn every_budget_is_that_of_a_workload_in_its_unit() {
        let budgets = Budgets::embedded().unwrap();
        let workloads = workload::all();
        for (id, budget) in &budgets.budgets {
            let workload = workloads.iter().find(|workload| workload.id == id);
            assert_eq!(workload.map(|workload| workload.statistic), Some(budget.unit), "{id}");
        }
        // The points of a curve, which have no bound of their own.
        let without: Vec<_> =
            workloads.iter().map(|it| it.id).filter(|id| budgets.of(id, Cores::One).is_none()).collect();
        assert_eq!(
            without,
            ["manifest/parse", "permission/10-patterns", "permission/1000-patterns", "permission/10000-patterns"]
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let table = [
            ("tolerance = 0.1\n[budgets]\n", None),
            ("tolerance = -1\n[budgets]\n", Some("f:1: tolerance is a share such as 0.1")),
            ("[budgets]\n", Some("f:1: missing field `tolerance`")),
            (
                "tolerance = 0.1\n[budgets]\n\"a\" = { unit = \"ratio\", at-most = 0 }",
                Some("f:3: the bound of a is a number above zero"),
            ),
            (
                "tolerance = 0.1\n[budgets]\n\"a\" = { unit = \"ratio\", at-least = 1 }",
                Some("f:3: a is bounded on the wrong side: write at-most"),
            ),
            (
                "tolerance = 0.1\n[budgets]\n\"a\" = { unit = \"ratio\", at-most = 1, accepted = 2 }",
                Some("f:3: what is accepted beyond a budget says because of what"),
            ),
            (
                "tolerance = 0.1\n[budgets]\n\"a\" = { unit = \"ratio\", at-most = 2, accepted = 1, because = \"x\" }",
                Some("f:3: what is accepted of a keeps its budget: it says nothing"),
            ),
            (
                "tolerance = 0.1\n[budgets]\n\"a\" = { unit = \"ratio\" }",
                Some("f:3: a budget has either at-most or at-least"),
            ),
            (
                "tolerance = 0.1\n[budgets]\n\"a\" = { unit = \"speed\", at-most = 1 }",
                Some("f:3: a is bounded on the wrong side: write at-least"),
            ),
            (
                "tolerance = 0.1\n[budgets]\n\"a\" = { unit = \"miles\", at-most = 1 }",
                Some(
                    "f:3: unknown variant `miles`, expected one of `ratio`, `speed`, `added`, `nanoseconds`, `per-second`, `bytes`, `instructions`",
                ),
            ),
        ];
        for (text, expected) in table {
            let error = Budgets::parse("f", text).err().map(|why| why.to_string());
            assert_eq!(error.as_deref(), expected, "{text}");
        }
    }
}
