//! A transcript, said again: the same stimuli to a runtime, and whether the replies are the same.
//!
//! In: the lines that `suite run --trace` writes. Out: what differs. Nothing is judged: a transcript knows no expectations.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::driver::{Driver, DriverError, DriverFactory};
use super::protocol::{Reply, Stimulus};

/// One line of a transcript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TranscriptLine {
    /// The case that it is of.
    pub case: String,
    /// The seed of the run; none if it ran freely.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The step of the case; none for what the suite sends of its own accord.
    #[serde(default)]
    pub step: Option<usize>,
    /// What was sent.
    pub stimulus: Stimulus,
    /// What came back; none if nothing did.
    #[serde(default)]
    pub reply: Option<Reply>,
}

/// A line of a transcript, said again.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// The line.
    pub line: TranscriptLine,
    /// What came back now.
    pub reply: Result<Reply, DriverError>,
    /// Where the replies differ: the path of each value in the reply, what it was and what it is. Empty if they are the
    /// same but for what differs from run to run.
    pub differences: Vec<Difference>,
}

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where it stands in the reply, such as `/output`.
    pub path: String,
    /// What it was; none if it was not there.
    pub was: Option<Value>,
    /// What it is; none if it is not there any more.
    pub is: Option<Value>,
}

/// Reads a transcript.
///
/// # Errors
/// The first line, from 1, that is none, and why.
pub fn read(text: &str) -> Result<Vec<TranscriptLine>, (usize, String)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| serde_json::from_str(line).map_err(|why| (index + 1, why.to_string()))).collect()
}

/// Says a transcript again; `tell` is told of each line as it is answered. Each case, and each run of it, gets a driver of
/// its own. What the suite's servers were asked is not said again, and neither is what follows a failure of the driver in
/// the same case.
///
/// # Errors
/// [`DriverError`] if there is no driver.
pub fn replay(
    lines: &[TranscriptLine],
    factory: &DriverFactory,
    tell: &mut dyn FnMut(&Replayed),
) -> Result<(), DriverError> {
    for case in lines.chunk_by(|a, b| (&a.case, a.seed) == (&b.case, b.seed) && b.stimulus != HELLO) {
        let mut driver: Box<dyn Driver> = factory()?;
        let mut is_lost = false;
        for line in case.iter().filter(|line| !matches!(line.stimulus, Stimulus::Requests { .. })) {
            if is_lost {
                break;
            }
            let reply = driver.perform(line.stimulus.clone());
            is_lost = reply.is_err();
            let differences = match (&line.reply, &reply) {
                (Some(was), Ok(is)) if !matches!(is, Reply::Hello(_)) => differences(was, is),
                _ => Vec::new(),
            };
            tell(&Replayed { line: line.clone(), reply, differences });
        }
    }
    Ok(())
}

/// What each run of a case begins with.
const HELLO: Stimulus = Stimulus::Hello { protocol: super::protocol::PROTOCOL };

/// Where two replies differ.
fn differences(was: &Reply, is: &Reply) -> Vec<Difference> {
    let mut found = Vec::new();
    let value = |reply: &Reply| serde_json::to_value(reply).unwrap_or_default();
    compare("", Some(&value(was)), Some(&value(is)), &mut found);
    found
}

fn compare(path: &str, was: Option<&Value>, is: Option<&Value>, found: &mut Vec<Difference>) {
    match (was, is) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().for_each(|key| compare(&format!("{path}/{key}"), a.get(key), b.get(key), found));
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for index in 0..a.len().max(b.len()) {
                compare(&format!("{path}/{index}"), a.get(index), b.get(index), found);
            }
        }
        (was, is) if was == is => {}
        (was, is) => found.push(Difference { path: path.to_owned(), was: was.cloned(), is: is.cloned() }),
    }
}
