//! Every fault against the cases, and every case against the faults.
//!
//! A case runs once with the sound runtime. A fault that bends replies is judged by what was recorded then, and no runtime
//! runs again for it; one that bends what is sent needs runs of its own, of which only so many are made as its requirements
//! take, and as cases take that no fault has been caught by.

use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use super::findings::{Catch, Seen, Selftest, SelftestOptions, conclude};
use super::parallel::in_parallel;
use super::recorded::Recorded;
use super::{Bend, Fault, Faulty, Sent};
use crate::suite::discover::DiscoveredCase;
use crate::suite::driver::DriverFactory;
use crate::suite::plan::plan;
use crate::suite::protocol::{Reply, Stimulus};
use crate::suite::requirement::{Catalogue, Level};
use crate::suite::run::{run_case, run_once};
use crate::suite::seeds::Seeds;
use crate::suite::verdict::{Exchange, Outcome, Verdict};

/// Holds faults of the runtime that `factory` drives against cases, and cases against faults. `observe` is told of each case
/// when it has run soundly.
pub fn selftest(
    (cases, catalogue): (&[DiscoveredCase], &Catalogue),
    faults: &[Fault],
    factory: &Arc<DriverFactory>,
    options: SelftestOptions,
    observe: &(dyn Fn(&Outcome) + Sync),
) -> Selftest {
    let must: Vec<&DiscoveredCase> = cases.iter().filter(|case| is_must(case, catalogue)).collect();
    let jobs = options.jobs;
    let mut seen = in_parallel(&must, jobs, |case| soundly(case, faults, factory, observe));

    // Each fault that bends stimuli, until its requirements are shown.
    let indices: Vec<usize> = (0..faults.len()).collect();
    let runs = in_parallel(&indices, jobs, |fault| until_shown((*fault, &faults[*fault]), (&must, &seen), factory));
    for (fault, runs) in runs.into_iter().enumerate() {
        for (case, catch) in runs {
            seen[case].catches[fault] = Some(catch);
        }
    }

    // Each case that has caught nothing, with the faults that it was not run with.
    let idle: Vec<usize> = (0..must.len()).filter(|case| seen[*case].is_idle()).collect();
    let runs = in_parallel(&idle, jobs, |case| until_caught(must[*case], (faults, &seen[*case]), factory));
    for (case, runs) in idle.into_iter().zip(runs) {
        for (fault, catch) in runs {
            seen[case].catches[fault] = Some(catch);
        }
    }
    conclude((&must, seen), faults, catalogue, options)
}

/// The sound run of a case, and what it says of the faults that bend replies.
fn soundly(
    case: &DiscoveredCase,
    faults: &[Fault],
    factory: &Arc<DriverFactory>,
    observe: &(dyn Fn(&Outcome) + Sync),
) -> Seen {
    let outcome = run_case(case, factory, &Seeds::UpTo(0));
    observe(&outcome);
    let mut seen = Seen {
        asserted: outcome.asserted.iter().map(|(slug, _)| slug.clone()).collect(),
        catches: faults.iter().map(|_| None).collect(),
        sent: vec![false; faults.len()],
        unsound: None,
    };
    let planned = plan(&case.case).ok().filter(|_| outcome.verdict == Verdict::Pass);
    let Some(mut plan) = planned else {
        return Seen { unsound: Some(outcome), ..seen };
    };
    // What servers received is in the recording.
    plan.servers.clear();
    for (index, fault) in faults.iter().enumerate() {
        seen.sent[index] = outcome.exchange.iter().any(|exchange| fault.bend.sent(&exchange.stimulus) != Sent::Same);
        if let Some(bent) = bent(&fault.bend, &outcome.exchange) {
            seen.catches[index] = Some(catch(&run_once(case, &plan, &mut Recorded::new(bent))));
        }
    }
    seen
}

/// The replies of a run, each with the kind of stimulus that it answers.
type Replies = Vec<(Discriminant<Stimulus>, Reply)>;

/// The replies of a run as that runtime would have given them; none if they are the same.
fn bent(bend: &Bend, exchange: &[Exchange]) -> Option<Replies> {
    let mut bend = bend.replies()?;
    let (mut replies, mut changed) = (Vec::with_capacity(exchange.len()), false);
    for Exchange { stimulus, reply, .. } in exchange {
        let sound = reply.clone()?;
        let mut reply = sound.clone();
        bend(stimulus, &mut reply);
        changed |= reply != sound;
        replies.push((discriminant(stimulus), reply));
    }
    changed.then_some(replies)
}

fn catch(outcome: &Outcome) -> Catch {
    let failed = outcome.asserted.iter().filter(|(_, held)| !held).map(|(slug, _)| slug.clone()).collect();
    Catch { caught: outcome.verdict.is_red(), failed }
}

/// Runs a case with a runtime that has the fault.
fn faultily(case: &DiscoveredCase, fault: &Fault, factory: &Arc<DriverFactory>) -> Catch {
    let (sound, fault) = (Arc::clone(factory), *fault);
    let factory: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(Faulty::new(sound()?, fault))));
    catch(&run_case(case, &factory, &Seeds::UpTo(0)))
}

/// Runs cases that a fault changes something in, until of each requirement that it violates an assertion has failed.
fn until_shown(
    (index, fault): (usize, &Fault),
    (cases, seen): (&[&DiscoveredCase], &[Seen]),
    factory: &Arc<DriverFactory>,
) -> Vec<(usize, Catch)> {
    let changed: Vec<usize> = (0..cases.len()).filter(|case| seen[*case].sent[index]).collect();
    let mut runs: Vec<(usize, Catch)> = Vec::new();
    for slug in fault.violates {
        let shown = |runs: &[(usize, Catch)]| runs.iter().any(|(_, catch)| catch.failed.contains(*slug));
        for case in changed.iter().filter(|case| seen[**case].asserted.contains(*slug)) {
            if shown(&runs) {
                break;
            }
            if !runs.iter().any(|(run, _)| run == case) {
                runs.push((*case, faultily(cases[*case], fault, factory)));
            }
        }
    }
    runs
}

/// Runs a case with the faults that change something in it, until it has caught one.
fn until_caught(
    case: &DiscoveredCase,
    (faults, seen): (&[Fault], &Seen),
    factory: &Arc<DriverFactory>,
) -> Vec<(usize, Catch)> {
    let mut runs = Vec::new();
    for (index, fault) in faults.iter().enumerate() {
        if seen.sent[index] && seen.catches[index].is_none() {
            let catch = faultily(case, fault, factory);
            let caught = !catch.failed.is_empty();
            runs.push((index, catch));
            if caught {
                break;
            }
        }
    }
    runs
}

/// Whether the strongest requirement of a case is a MUST.
fn is_must(case: &DiscoveredCase, catalogue: &Catalogue) -> bool {
    let level = |slug: &String| catalogue.get(slug).map(|requirement| requirement.level);
    case.case.requirements.iter().filter_map(level).min().is_none_or(|level| level == Level::Must)
}
