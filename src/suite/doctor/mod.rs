//! Twelve small steps from "it starts" to "it can be judged": what of an adapter works, and what to mend next.
//!
//! In: an adapter. Out: a finding a step. The first five steps are of the protocol alone; the others are cases like any
//! other, only smaller. Behind a step that nothing works without, the rest is not tried.

mod steps;

use std::sync::Arc;

use super::case::Case;
use super::discover::DiscoveredCase;
use super::driver::DriverError;
use super::driver::adapter::Adapter;
use super::protocol::{Hello, Hook, Leaks, Reply, Stimulus, World};
use super::run::run_case;
use super::seeds::Seeds;
use super::verdict::Verdict;
use steps::{STEPS, Step, Trial};

/// What a step found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The number of the step, from 1.
    pub number: usize,
    /// What the step tries.
    pub title: &'static str,
    /// What came of it.
    pub state: State,
    /// Why, in words, unless it works.
    pub why: String,
    /// What to do, unless it works.
    pub mend: &'static str,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It works.
    Works,
    /// It does not.
    Fails,
    /// The adapter says that its runtime cannot do it, or that it cannot show it.
    Undeclared,
    /// It was not tried, because nothing works without an earlier step that fails.
    NotTried,
}

/// Examines an adapter step by step; `tell` is told of each as it ends.
pub fn examine(adapter: &Arc<Adapter>, tell: &mut dyn FnMut(&Finding)) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut hello = None;
    let mut is_over = false;
    for (index, step) in STEPS.iter().enumerate() {
        let (state, why) = if is_over { (State::NotTried, String::new()) } else { attempt(step, adapter, &mut hello) };
        is_over |= step.is_vital && state != State::Works;
        let finding = Finding { number: index + 1, title: step.title, state, why, mend: step.mend };
        tell(&finding);
        findings.push(finding);
    }
    findings
}

fn attempt(step: &Step, adapter: &Arc<Adapter>, hello: &mut Option<Hello>) -> (State, String) {
    let of_protocol = |done: Result<(), DriverError>| match done {
        Ok(()) => (State::Works, String::new()),
        Err(why) => (State::Fails, why.message().to_owned()),
    };
    match &step.trial {
        Trial::Starts => of_protocol(adapter.starts()),
        Trial::SaysHello => of_protocol(adapter.hello().map(|said| *hello = Some(said))),
        Trial::Declares => match hello.as_ref().map(declares) {
            Some(Err(why)) => (State::Fails, why),
            _ => (State::Works, String::new()),
        },
        Trial::BeginsAndEnds => of_protocol(begins_and_ends(adapter)),
        Trial::OutlivesNonsense => of_protocol(adapter.outlives_nonsense()),
        Trial::Case { area, text } => match case(step, area, text) {
            Ok(case) => run(&case, adapter),
            Err(why) => (State::Fails, why),
        },
    }
}

/// Whether what is declared can be judged at all.
fn declares(hello: &Hello) -> Result<(), String> {
    let areas = super::requirement::areas();
    let unknown: Vec<&str> =
        hello.features.iter().map(String::as_str).filter(|feature| !areas.contains(feature)).collect();
    if hello.runtime.is_empty() || hello.version.is_empty() {
        return Err("`runtime` and `version` must not be empty".to_owned());
    }
    if !unknown.is_empty() {
        return Err(format!("no features are {}; the features are {}", unknown.join(", "), areas.join(", ")));
    }
    if hello.features.is_empty() {
        return Err(format!(
            "no feature is declared, so that no case is applicable; the features are {}",
            areas.join(", ")
        ));
    }
    if hello.hooks.is_empty() {
        let hooks: Vec<&str> = Hook::ALL.iter().map(|hook| hook.as_str()).collect();
        return Err(format!("no hook is declared, so that little can be seen; the hooks are {}", hooks.join(", ")));
    }
    Ok(())
}

/// An empty world, twice: the second must not remember the first.
fn begins_and_ends(adapter: &Arc<Adapter>) -> Result<(), DriverError> {
    let mut driver = (adapter.factory())()?;
    for _ in 0..2 {
        driver.perform(Stimulus::Hello { protocol: super::protocol::PROTOCOL })?;
        let begun = driver.perform(Stimulus::CaseBegin(World::default()))?;
        if let Reply::Unsupported { what } = begun {
            return Err(DriverError::new(format!("`case.begin` was answered by unsupported: {what}")));
        }
        match driver.perform(Stimulus::CaseEnd)? {
            Reply::Ended(leaks) if leaks != Leaks::default() => {
                return Err(DriverError::new(format!("an empty case has left something: {leaks:?}")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn case(step: &Step, area: &str, text: &str) -> Result<DiscoveredCase, String> {
    let case: Case = toml::from_str(text).map_err(|why| why.to_string())?;
    Ok(DiscoveredCase {
        id: format!("{area}/{}", step.name),
        area: area.to_owned(),
        source: text.to_owned(),
        case,
        contract: None,
    })
}

fn run(case: &DiscoveredCase, adapter: &Arc<Adapter>) -> (State, String) {
    let outcome = run_case(case, &adapter.factory(), &Seeds::UpTo(0));
    let state = match outcome.verdict {
        Verdict::Pass => State::Works,
        Verdict::NotApplicable | Verdict::Untestable => State::Undeclared,
        _ => State::Fails,
    };
    (state, outcome.message)
}
