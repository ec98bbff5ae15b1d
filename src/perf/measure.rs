//! Measuring: both sides of a workload in turn, in the same process, round after round.
//!
//! In: a [`Workload`] and how long to take. Out: one value a round, and what is typical of either side. A round runs one
//! side and then the other; the next round the other way round, so that what drifts (frequency, temperature, neighbours)
//! meets both alike. What a side sets up is not in its time. A workload is set up anew several times, since where things
//! happen to lie in memory makes a difference that lasts as long as they lie there.

use std::time::Duration;

use super::PerfError;
use super::estimate::{Estimate, median};
use super::workload::{Cores, Prepared, Side, Statistic, Workload};

/// How long to measure.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Effort {
    /// How often a workload is set up anew.
    pub setups: usize,
    /// The least rounds of each setup.
    pub rounds: usize,
    /// How long one side runs in a round, at the least; a single repetition may take longer.
    pub batch: Duration,
    /// How long a workload may take until it is sure, setups aside.
    pub patience: Duration,
    /// How sure an interval is of the true median, such as 0.99.
    pub confidence: f64,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            setups: 3,
            rounds: 15,
            batch: Duration::from_millis(2),
            patience: Duration::from_secs(6),
            confidence: 0.99,
        }
    }
}

/// What came of measuring one workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The statistic of the workload.
    pub estimate: Estimate,
    /// What one repetition takes, in nanoseconds: the median over all rounds. None of what is no time.
    pub subject_ns: Option<f64>,
    /// The same of the baseline, if there is one.
    pub baseline_ns: Option<f64>,
}

/// Measures a workload. Rounds are added until `sure` says of the estimate that more would not change the verdict, or
/// patience ends.
///
/// # Errors
/// [`PerfError`] if the workload cannot be set up, or fails while it runs.
pub fn measure(
    workload: &Workload,
    cores: Cores,
    effort: &Effort,
    sure: &dyn Fn(&Estimate) -> bool,
) -> Result<Measured, PerfError> {
    let mut rounds = Rounds { statistic: workload.statistic, ..Rounds::default() };
    let mut spent = Duration::ZERO;
    loop {
        for _ in 0..effort.setups.max(1) {
            spent += match workload.prepare(cores)? {
                Prepared::Pair(subject, baseline) => rounds.pairs(subject, baseline, effort)?,
                Prepared::Alone(subject) => rounds.alone(subject, effort)?,
                Prepared::Value(value) => {
                    // What is found once a setup is found in as many setups as there are, and no more.
                    rounds.values.push(value);
                    effort.patience / u32::try_from(effort.setups.max(1)).unwrap_or(1)
                }
            };
            if spent >= effort.patience && !rounds.values.is_empty() {
                break;
            }
        }
        let measured = rounds.measured(effort.confidence)?;
        if sure(&measured.estimate) || spent >= effort.patience {
            return Ok(measured);
        }
    }
}

/// What the rounds gave so far.
#[derive(Default)]
struct Rounds {
    statistic: Statistic,
    values: Vec<f64>,
    subject: Vec<f64>,
    baseline: Vec<f64>,
}

impl Rounds {
    /// Measures both sides in turn, and answers how long that took.
    fn pairs(
        &mut self,
        mut subject: Box<dyn Side>,
        mut baseline: Box<dyn Side>,
        effort: &Effort,
    ) -> Result<Duration, PerfError> {
        let mut spent = Duration::ZERO;
        let times = [calibrate(&mut *subject, effort.batch)?, calibrate(&mut *baseline, effort.batch)?];
        for round in 0..effort.rounds {
            let (a, b) = if round % 2 == 0 {
                let a = subject.run(times[0])?;
                (a, baseline.run(times[1])?)
            } else {
                let b = baseline.run(times[1])?;
                (subject.run(times[0])?, b)
            };
            spent += a + b;
            let (a, b) = (nanos_each(a, times[0]), nanos_each(b, times[1]));
            self.values.push(self.statistic.of(a, b));
            self.subject.push(a);
            self.baseline.push(b);
            // Slow ones are done sooner: their single repetitions are long enough to be told apart.
            if spent >= effort.patience {
                break;
            }
        }
        Ok(spent)
    }

    fn alone(&mut self, mut subject: Box<dyn Side>, effort: &Effort) -> Result<Duration, PerfError> {
        let mut spent = Duration::ZERO;
        let times = calibrate(&mut *subject, effort.batch)?;
        for _ in 0..effort.rounds {
            let a = subject.run(times)?;
            spent += a;
            let a = nanos_each(a, times);
            self.values.push(self.statistic.of(a, f64::NAN));
            self.subject.push(a);
            if spent >= effort.patience {
                break;
            }
        }
        Ok(spent)
    }

    fn measured(&mut self, confidence: f64) -> Result<Measured, PerfError> {
        let estimate = Estimate::of(&self.values, confidence).ok_or_else(|| PerfError::new("no round was measured"))?;
        let typical = |values: &Vec<f64>| (!values.is_empty()).then(|| median(&mut values.clone()));
        Ok(Measured { estimate, subject_ns: typical(&self.subject), baseline_ns: typical(&self.baseline) })
    }
}

/// How many repetitions fill a batch. What they do first (pages, caches, branches) they do here.
fn calibrate(side: &mut dyn Side, batch: Duration) -> Result<u64, PerfError> {
    let step = side.step();
    let mut times = step;
    loop {
        let taken = side.run(times)?;
        if taken >= batch {
            return Ok(times);
        }
        let wanted = batch.as_nanos() as f64 / taken.as_nanos().max(1) as f64;
        // A first run is slower than those that follow: it is approached in steps.
        times = ((times as f64 * wanted.clamp(1.2, 8.0)).ceil() as u64).next_multiple_of(step);
    }
}

fn nanos_each(taken: Duration, times: u64) -> f64 {
    taken.as_nanos() as f64 / times.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::workload::Prepare;
    use super::*;

    type Sides = fn(Cores) -> Result<Prepared, PerfError>;

    /// A side whose repetitions take what they are told to take.
    struct Takes(u64);

    impl Side for Takes {
        fn run(&mut self, times: u64) -> Result<Duration, PerfError> {
            Ok(Duration::from_nanos(self.0 * times))
        }
    }

    fn workload(statistic: Statistic, prepare: fn(Cores) -> Result<Prepared, PerfError>) -> Workload {
        let prepare = Prepare::Plain(prepare);
        Workload { id: "test", about: "", against: None, statistic, on: &[Cores::One], prepare }
    }

    #[test]
    fn a_statistic_is_made_of_what_both_sides_take() {
        let pair = |_| Ok(Prepared::Pair(Box::new(Takes(300)), Box::new(Takes(200))));
        let alone = |_| Ok(Prepared::Alone(Box::new(Takes(300))));
        let table: [(Statistic, Sides, f64); 5] = [
            (Statistic::Ratio, pair, 1.5),
            (Statistic::Speed, pair, 200.0 / 300.0),
            (Statistic::Added, pair, 100.0),
            (Statistic::Nanoseconds, alone, 300.0),
            (Statistic::PerSecond, alone, 1e9 / 300.0),
        ];
        for (statistic, prepare, expected) in table {
            let effort = Effort { rounds: 3, ..Effort::default() };
            let measured = measure(&workload(statistic, prepare), Cores::One, &effort, &|_| true).unwrap();
            let Estimate { median, low, high, rounds } = measured.estimate;
            assert!((median - expected).abs() < 1e-6, "{statistic:?}: {median}");
            assert_eq!((low, high, rounds), (median, median, 9), "{statistic:?}");
        }
    }

    #[test]
    fn rounds_are_added_until_it_is_sure() {
        let pair = |_| Ok(Prepared::Pair(Box::new(Takes(300)) as Box<dyn Side>, Box::new(Takes(200)) as _));
        let effort = Effort { rounds: 4, setups: 2, ..Effort::default() };
        let measured = measure(&workload(Statistic::Ratio, pair), Cores::One, &effort, &|so_far| so_far.rounds >= 20);
        assert_eq!(measured.unwrap().estimate.rounds, 24);
        let patient = Effort { patience: Duration::from_millis(30), ..effort };
        let measured = measure(&workload(Statistic::Ratio, pair), Cores::One, &patient, &|_| false);
        assert_eq!(measured.unwrap().estimate.rounds, 8);
    }

    #[test]
    fn a_batch_is_filled() {
        assert_eq!(calibrate(&mut Takes(3_000_000), Duration::from_millis(2)).unwrap(), 1);
        let times = calibrate(&mut Takes(100), Duration::from_millis(2)).unwrap();
        assert!((20_000..30_000).contains(&times), "{times}");
    }
}
