//! From what rounds gave to a number and how sure it is: the median, with an interval by the bootstrap.
//!
//! In: one value a round. Out: an [`Estimate`]. Nothing is assumed about how the values are distributed: on a machine that
//! does other things, too, some rounds are far off, and a median does not care how far. No I/O, and no chance: the same
//! values give the same estimate.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// How often the rounds are drawn again. The ends of an interval of 99 % then stand on some ten draws each.
const DRAWS: usize = 2_000;
/// Where the drawing starts. Any number would do; one that stays gives the same interval for the same rounds.
const SEED: u64 = 0x5eed;

/// A median and where the true one lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Estimate {
    /// The median of the rounds.
    pub median: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
    /// How many rounds it stands on.
    pub rounds: usize,
}

impl Estimate {
    /// The median of the values, and the interval that has the true one with this confidence, such as 0.99.
    ///
    /// It draws as many values again as there are, with repetition, many times, and takes the middle share of the medians
    /// of what it drew (the percentile bootstrap: Efron, "Bootstrap methods", 1979). None if there are no values.
    pub fn of(values: &[f64], confidence: f64) -> Option<Self> {
        let rounds = values.len();
        if rounds == 0 {
            return None;
        }
        let mut chance = Rng::with_seed(SEED);
        let mut drawn = vec![0.0; rounds];
        let mut medians: Vec<f64> = (0..DRAWS)
            .map(|_| {
                drawn.fill_with(|| values[chance.usize(..rounds)]);
                median(&mut drawn)
            })
            .collect();
        medians.sort_unstable_by(f64::total_cmp);
        let outside = ((1.0 - confidence.clamp(0.0, 1.0)) / 2.0 * DRAWS as f64) as usize;
        let outside = outside.min(DRAWS / 2 - 1);
        let mut values = values.to_vec();
        Some(Self { median: median(&mut values), low: medians[outside], high: medians[DRAWS - 1 - outside], rounds })
    }

    /// The same, of values that are each the inverse.
    #[must_use]
    pub fn inverse(self) -> Self {
        Self { median: 1.0 / self.median, low: 1.0 / self.high, high: 1.0 / self.low, rounds: self.rounds }
    }
}

/// The median of values, which it sorts as far as it needs; of an even number, the middle of the two in the middle.
pub(super) fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if odd { upper } else { f64::midpoint(lower, upper) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let table: &[(&[f64], f64)] = &[
            (&[3.0], 3.0),
            (&[4.0, 2.0], 3.0),
            (&[9.0, 1.0, 2.0], 2.0),
            (&[1.0, 1000.0, 2.0, 3.0], 2.5),
            (&[5.0, 5.0, 5.0, 5.0, 5.0], 5.0),
        ];
        for (values, expected) in table {
            assert_eq!(median(&mut values.to_vec()), *expected, "{values:?}");
        }
    }

    #[test]
    fn an_interval_has_the_median_and_narrows_with_rounds() {
        let mut chance = Rng::with_seed(1);
        let mut noisy = |rounds: usize| -> Vec<f64> { (0..rounds).map(|_| 1.0 + chance.f64()).collect() };
        let widths: Vec<f64> = [10, 100, 1_000]
            .map(|rounds| {
                let estimate = Estimate::of(&noisy(rounds), 0.99).unwrap();
                assert!(estimate.low <= estimate.median && estimate.median <= estimate.high, "{estimate:?}");
                estimate.high - estimate.low
            })
            .to_vec();
        assert!(widths[0] > widths[1] && widths[1] > widths[2], "{widths:?}");
        assert_eq!(Estimate::of(&[], 0.99), None);
    }

    /// Of a hundred samples, the interval of 99 % misses the true median in hardly any.
    #[test]
    fn the_interval_is_as_sure_as_it_says() {
        let mut chance = Rng::with_seed(7);
        let mut misses = 0;
        for _ in 0..100 {
            // Half of the values are below 1: that is the median, whatever the rest is.
            let values: Vec<f64> = (0..60)
                .map(|_| {
                    let uniform = chance.f64();
                    if uniform < 0.5 { 0.5 + uniform } else { 1.0 / (2.0 * (1.0 - uniform)) }
                })
                .collect();
            let estimate = Estimate::of(&values, 0.99).unwrap();
            misses += usize::from(estimate.low > 1.0 || estimate.high < 1.0);
        }
        assert!(misses <= 4, "{misses} of 100 intervals missed");
    }

    #[test]
    fn what_is_far_off_moves_nothing() {
        let calm: Vec<f64> = (0..50).map(|i| 1.0 + f64::from(i) / 1_000.0).collect();
        let mut spoiled = calm.clone();
        spoiled[47..].fill(1e9);
        let (calm, spoiled) = (Estimate::of(&calm, 0.99).unwrap(), Estimate::of(&spoiled, 0.99).unwrap());
        assert!((calm.median - spoiled.median).abs() < 1e-9 && spoiled.high < 1.1, "{spoiled:?}");
    }
}
