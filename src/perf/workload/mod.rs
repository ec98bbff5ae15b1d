//! The workloads: what is measured, against what, and as what. One file a subject.
//!
//! A workload sets up two sides that do the same for whoever asks: the runtime, and the least that a careful program
//! would do on the engine or the library below. Criterion's benchmarks and the gate measure these and no others.

mod audit;
mod creation;
mod driver;
mod execute;
mod guests;
mod host_call;
mod instance;
mod interface;
mod lanes;
mod load;
mod manifest;
mod memory;
mod message;
mod permission;
mod raw;
mod storage;
mod suite;
mod throughput;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::PerfError;

pub use driver::of_driver;

/// Something to measure.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its name, which does not change.
    pub id: &'static str,
    /// What one repetition does.
    pub about: &'static str,
    /// What one repetition of the baseline does; none if there is no baseline.
    pub against: Option<&'static str>,
    /// What is made of what both sides take.
    pub statistic: Statistic,
    /// On how many cores it is measured.
    pub on: &'static [Cores],
    /// Sets both sides up.
    pub prepare: Prepare,
}

/// Sets up the sides of a workload.
#[derive(Clone)]
pub enum Prepare {
    /// What needs nothing.
    Plain(fn(Cores) -> Result<Prepared, PerfError>),
    /// What is about something that was given.
    About(Arc<dyn Fn(Cores) -> Result<Prepared, PerfError> + Send + Sync>),
}

impl Workload {
    /// Sets both sides up.
    ///
    /// # Errors
    /// [`PerfError`] if the machine does not give what is needed, or what is measured does not work at all.
    pub fn prepare(&self, cores: Cores) -> Result<Prepared, PerfError> {
        let prepared = match &self.prepare {
            Prepare::Plain(prepare) => prepare(cores),
            Prepare::About(prepare) => prepare(cores),
        };
        prepared.map_err(|why| why.of(self.id))
    }
}

impl fmt::Debug for Prepare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepare")
    }
}

/// The sides of a workload, ready to run.
pub enum Prepared {
    /// Two sides, the subject first.
    Pair(Box<dyn Side>, Box<dyn Side>),
    /// A subject that has no baseline.
    Alone(Box<dyn Side>),
    /// What was found already, where it is no time.
    Value(f64),
}

/// One side of a workload.
pub trait Side {
    /// Repeats what is measured and answers how long that took, without anything it had to prepare.
    ///
    /// # Errors
    /// [`PerfError`] if it failed: a workload does what succeeds.
    fn run(&mut self, times: u64) -> Result<Duration, PerfError>;

    /// How many repetitions make the least that it can do; it is asked for multiples of them alone.
    fn step(&self) -> u64 {
        1
    }
}

/// On how many cores a workload runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Cores {
    /// One thread does everything.
    #[serde(rename = "1")]
    One,
    /// Two threads do the same side by side, each with components of its own, in one runtime.
    #[serde(rename = "2")]
    Two,
}

impl Cores {
    /// Both.
    pub const ALL: &'static [Cores] = &[Cores::One, Cores::Two];

    /// How many there are.
    pub const fn count(self) -> usize {
        match self {
            Cores::One => 1,
            Cores::Two => 2,
        }
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.count().fmt(f)
    }
}

/// What is made of what both sides take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// How many times as long the subject takes.
    #[default]
    Ratio,
    /// How many times as fast the subject is.
    Speed,
    /// How many nanoseconds longer the subject takes.
    Added,
    /// How many nanoseconds the subject takes.
    Nanoseconds,
    /// How often the subject is done in a second.
    PerSecond,
    /// Bytes.
    Bytes,
    /// How many instructions the subject executes.
    Instructions,
}

impl Statistic {
    /// The statistic of one round, of what the sides took in nanoseconds.
    pub(super) fn of(self, subject: f64, baseline: f64) -> f64 {
        match self {
            Statistic::Ratio => subject / baseline,
            Statistic::Speed => baseline / subject,
            Statistic::Added => subject - baseline,
            Statistic::Nanoseconds | Statistic::Bytes | Statistic::Instructions => subject,
            Statistic::PerSecond => 1e9 / subject,
        }
    }

    /// Whether a larger value is a better one.
    pub const fn is_better_larger(self) -> bool {
        matches!(self, Statistic::Speed | Statistic::PerSecond)
    }

    /// Whether it says anything on another machine than that where it was measured.
    pub const fn is_relative(self) -> bool {
        matches!(self, Statistic::Ratio | Statistic::Speed | Statistic::Instructions)
    }

    /// A value as people read it.
    pub fn show(self, value: f64) -> String {
        match self {
            Statistic::Ratio | Statistic::Speed => format!("{value:.2}x"),
            Statistic::Added => format!("{}{}", if value < 0.0 { "-" } else { "+" }, show_ns(value.abs())),
            Statistic::Nanoseconds => show_ns(value),
            Statistic::PerSecond => format!("{value:.0}/s"),
            Statistic::Bytes => format!("{:.1} KiB", value / 1024.0),
            Statistic::Instructions => format!("{value:.0}"),
        }
    }
}

/// A time in nanoseconds, in the unit that suits it.
pub(super) fn show_ns(ns: f64) -> String {
    match ns {
        _ if ns < 1e3 => format!("{ns:.0} ns"),
        _ if ns < 1e6 => format!("{:.2} us", ns / 1e3),
        _ if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        _ => format!("{:.2} s", ns / 1e9),
    }
}

/// Every workload, in the order of the table.
pub fn all() -> Vec<Workload> {
    [
        // First, as what others have freed would be what the first components take.
        memory::ALL,
        creation::ALL,
        load::ALL,
        instance::ALL,
        execute::ALL,
        host_call::ALL,
        manifest::ALL,
        permission::ALL,
        interface::ALL,
        message::ALL,
        throughput::ALL,
        storage::ALL,
        audit::ALL,
        suite::ALL,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_plain() {
        let all = all();
        let ids: BTreeSet<&str> = all.iter().map(|workload| workload.id).collect();
        assert_eq!(ids.len(), all.len());
        let plain = |id: &str| id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-/".contains(c));
        assert!(ids.iter().all(|id| plain(id)), "{ids:?}");
    }

    #[test]
    fn values_are_shown_in_the_unit_that_suits() {
        let table = [
            (Statistic::Ratio, 1.234, "1.23x"),
            (Statistic::Speed, 0.6, "0.60x"),
            (Statistic::Added, 251.0, "+251 ns"),
            (Statistic::Added, -3.0, "-3 ns"),
            (Statistic::Nanoseconds, 2_500.0, "2.50 us"),
            (Statistic::Nanoseconds, 31_000_000.0, "31.00 ms"),
            (Statistic::PerSecond, 213.4, "213/s"),
            (Statistic::Bytes, 71_680.0, "70.0 KiB"),
            (Statistic::Instructions, 12_345.4, "12345"),
        ];
        for (statistic, value, text) in table {
            assert_eq!(statistic.show(value), text);
        }
    }
}
