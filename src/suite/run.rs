//! Running cases against a driver.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::discover::DiscoveredCase;
use super::driver::{Driver, DriverError, DriverFactory, Loss};
use super::expect::{self, Memory};
use super::plan::{Plan, PlannedStep, plan};
use super::protocol::{ClockKind, Hello, Hook, Inspection, Leaks, PROTOCOL, Reply, Stimulus};
use super::seeds::Seeds;
use super::server::Servers;
use super::verdict::{Exchange, Outcome, Verdict};

/// How long one run of a case may take before its runtime counts as hanging. Runs take milliseconds; a machine
/// under load may need many times that.
const CASE_TIMEOUT: Duration = Duration::from_secs(30);

/// The requirement that every refused load asserts, where the driver can be inspected.
const NOTHING_LEFT_BEHIND: &str = "lifecycle.load-atomic";

/// Runs cases, several at a time, and returns their outcomes in the order of the cases. `observe` is
/// told of each as it ends.
pub fn run_all(
    cases: &[DiscoveredCase],
    factory: &Arc<DriverFactory>,
    jobs: usize,
    seeds: &Seeds,
    observe: &(dyn Fn(&Outcome) + Sync),
) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<Vec<Option<Outcome>>> = Mutex::new(cases.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, cases.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { break };
                    let outcome = run_case(case, factory, seeds);
                    observe(&outcome);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

/// What comes of cases if there is no driver for any: nothing is said of the runtime.
pub fn none_run(cases: &[DiscoveredCase], why: &DriverError) -> Vec<Outcome> {
    let lost = |case: &DiscoveredCase| outcome(case, vec![(Run::default(), End::driver(why))], Duration::ZERO);
    cases.iter().map(lost).collect()
}

/// Runs one case, freely and under seeds, up to the first run that fails. It has a thread of its own, so that a runtime
/// that hangs or panics costs only its case.
pub fn run_case(case: &DiscoveredCase, factory: &Arc<DriverFactory>, seeds: &Seeds) -> Outcome {
    let started = Instant::now();
    let (sender, progress) = mpsc::channel();
    let (owned, factory, seeds) = (case.clone(), Arc::clone(factory), seeds.clone());
    let thread = std::thread::Builder::new().name(case.id.clone()).spawn(move || {
        // An error says that the run took too long, and nobody waits for it any more.
        let _ = run_all_ways(&owned, &factory, &seeds, &sender);
    });
    let runs = match thread {
        Err(why) => vec![(
            Run::default(),
            End::new(Verdict::DriverError, format!("the suite has no thread for the case: {why}")),
        )],
        Ok(_) => follow(&progress),
    };
    outcome(case, runs, started.elapsed())
}

/// One free run of a case on this thread, for drivers that neither hang nor panic. Of servers that the plan does not have, the
/// driver is asked what they received.
pub(super) fn run_once(case: &DiscoveredCase, plan: &Plan, driver: &mut dyn Driver) -> Outcome {
    let (started, run) = (Instant::now(), Run::default());
    let end = run.whole(case, plan, None, driver);
    outcome(case, vec![(run, end)], started.elapsed())
}

/// What the thread of a case tells.
enum Progress {
    Begun(Run),
    Ended(End),
}

fn run_all_ways(
    case: &DiscoveredCase,
    factory: &Arc<DriverFactory>,
    seeds: &Seeds,
    progress: &mpsc::Sender<Progress>,
) -> Result<(), mpsc::SendError<Progress>> {
    let plan = match plan(&case.case) {
        Ok(plan) => plan,
        Err(why) => {
            progress.send(Progress::Begun(Run::default()))?;
            let end = End::new(Verdict::DriverError, format!("the case cannot be planned: {why}"));
            return progress.send(Progress::Ended(end));
        }
    };
    for seed in seeds.runs(&plan) {
        let run = Run::default();
        progress.send(Progress::Begun(run.clone()))?;
        // A second try has as much time as the first; an error says that nobody waits for it any more.
        let again = || drop(progress.send(Progress::Begun(run.clone())));
        let end = run.case(case, &plan, factory, seed, &again);
        let is_last = end.verdict != Verdict::Pass || !run.record().knows_seeds;
        progress.send(Progress::Ended(end))?;
        if is_last {
            break;
        }
    }
    Ok(())
}

/// The runs of a case, each with its end, as its thread tells of them; at least one.
fn follow(progress: &mpsc::Receiver<Progress>) -> Vec<(Run, End)> {
    let (mut ended, mut current) = (Vec::new(), None);
    let (verdict, why) = loop {
        match (progress.recv_timeout(CASE_TIMEOUT), current.take()) {
            (Ok(Progress::Begun(run)), _) => current = Some(run),
            (Ok(Progress::Ended(end)), run) => ended.push((run.unwrap_or_default(), end)),
            (Err(mpsc::RecvTimeoutError::Disconnected), None) if !ended.is_empty() => return ended,
            (Err(mpsc::RecvTimeoutError::Disconnected), run) => {
                current = run;
                break (Verdict::Crash, "the runtime or its driver panicked".to_owned());
            }
            (Err(mpsc::RecvTimeoutError::Timeout), run) => {
                current = run;
                break (Verdict::Timeout, format!("no answer within {} s", CASE_TIMEOUT.as_secs()));
            }
        }
    };
    let run = current.unwrap_or_default();
    let end = End::new(verdict, format!("{why}{}", run.unanswered()));
    ended.push((run, end));
    ended
}

/// What came of all runs: the last tells, for it failed or none did, and what was asserted in any was asserted.
fn outcome(case: &DiscoveredCase, runs: Vec<(Run, End)>, duration: Duration) -> Outcome {
    let count = runs.len() as u64;
    let mut asserted = Vec::new();
    let mut told: Option<(Record, End)> = None;
    for (run, end) in runs {
        let mut record = std::mem::take(&mut *run.record());
        asserted.append(&mut record.asserted);
        if told.is_none() || end.verdict != Verdict::Pass {
            told = Some((record, end));
        }
    }
    let (Record { exchange, seed, .. }, end) =
        told.unwrap_or_else(|| (Record::default(), End::new(Verdict::DriverError, "the case was not run")));
    let message = match seed {
        Some(seed) if end.verdict != Verdict::Pass => {
            format!("{} (seed {seed}; replay with --seed {seed})", end.message)
        }
        _ => end.message,
    };
    Outcome {
        id: case.id.clone(),
        area: case.area.clone(),
        requirements: case.case.requirements.clone(),
        verdict: end.verdict,
        message,
        reason: None,
        asserted,
        runs: count,
        seed,
        duration_ms: duration.as_millis() as u64,
        exchange,
    }
}

/// How a case ended.
struct End {
    verdict: Verdict,
    message: String,
}

impl End {
    fn new(verdict: Verdict, message: impl Into<String>) -> Self {
        Self { verdict, message: message.into() }
    }

    fn driver(why: &DriverError) -> Self {
        let verdict = match why.loss {
            Loss::Driver => Verdict::DriverError,
            Loss::Crash => Verdict::Crash,
            Loss::Silence => Verdict::Timeout,
        };
        Self::new(verdict, why.message())
    }

    /// Whether the runtime is lost.
    fn is_loss(&self) -> bool {
        matches!(self.verdict, Verdict::DriverError | Verdict::Crash | Verdict::Timeout)
    }
}

/// What was said and asserted so far. It outlives the case's thread, so that a runtime that hangs or panics leaves a
/// trace of what it was asked last.
#[derive(Default)]
struct Record {
    asserted: Vec<(String, bool)>,
    exchange: Vec<Exchange>,
    /// The seed that the driver was given.
    seed: Option<u64>,
    /// Whether the driver could be given one.
    knows_seeds: bool,
}

/// One run of one case.
#[derive(Clone, Default)]
struct Run(Arc<Mutex<Record>>);

impl Run {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the runtime was when it fell silent.
    fn unanswered(&self) -> String {
        match self.record().exchange.last() {
            Some(Exchange { step: Some(step), reply: None, .. }) => format!(" in step {step}"),
            _ => String::new(),
        }
    }

    /// `again` is called before a second try.
    fn case(
        &self,
        case: &DiscoveredCase,
        plan: &Plan,
        factory: &Arc<DriverFactory>,
        seed: Option<u64>,
        again: &dyn Fn(),
    ) -> End {
        let mut driver = match factory() {
            Ok(driver) => driver,
            Err(why) => return End::driver(&why),
        };
        let first = self.whole(case, plan, seed, driver.as_mut());
        // What earlier cases left in its process may have been the reason.
        if !first.is_loss() || !driver.renew() {
            return first;
        }
        *self.record() = Record::default();
        again();
        self.whole(case, plan, seed, driver.as_mut())
    }

    fn whole(&self, case: &DiscoveredCase, plan: &Plan, seed: Option<u64>, driver: &mut dyn Driver) -> End {
        let end = self.steps(case, plan, seed, driver);
        let end = end.map_or_else(|end| end, |()| End::new(Verdict::Pass, ""));
        let left = match self.say(driver, None, Stimulus::CaseEnd) {
            Ok(Reply::Ended(leaks)) if leaks != Leaks::default() => Some(End::new(
                Verdict::Fail,
                format!("expected nothing left of the case, got {}", expect::json(&leaks)),
            )),
            Ok(_) => None,
            Err(why) => Some(why),
        };
        left.filter(|_| end.verdict == Verdict::Pass).unwrap_or(end)
    }

    fn steps(&self, case: &DiscoveredCase, plan: &Plan, seed: Option<u64>, driver: &mut dyn Driver) -> Result<(), End> {
        let Reply::Hello(hello) = self.say(driver, None, Stimulus::Hello { protocol: PROTOCOL })? else {
            return Err(End::new(Verdict::DriverError, "hello was not answered by hello"));
        };
        let Some(contract) = case.judged_by(hello.contract) else {
            let why = format!(
                "the case holds for contract {}{}, and {} offers {}",
                case.case.since,
                case.case.until.map_or_else(|| " and later".to_owned(), |until| format!(" to {until}")),
                hello.runtime,
                case.contract.map_or(hello.contract, |given| given.min(hello.contract))
            );
            return Err(End::new(Verdict::NotApplicable, why));
        };
        let mut needed = std::iter::once(&case.area).chain(&case.case.features);
        if let Some(missing) = needed.find(|feature| !hello.features.contains(feature)) {
            return Err(End::new(
                Verdict::NotApplicable,
                format!("{} does not declare the feature `{missing}`", hello.runtime),
            ));
        }
        let real = !hello.hooks.contains(&Hook::VirtualClock);
        let waited_out = |hook: &Hook| *hook == Hook::VirtualClock && plan.may_be_waited_out();
        if let Some(missing) = plan.hooks.iter().find(|hook| !hello.hooks.contains(hook) && !waited_out(hook)) {
            return Err(End::new(
                Verdict::Untestable,
                format!("the driver of {} lacks the hook `{missing}`", hello.runtime),
            ));
        }
        let servers = Servers::start(&plan.servers)
            .map_err(|why| End::new(Verdict::DriverError, format!("a server of the case cannot be started: {why}")))?;
        let mut world = plan.world.clone();
        world.case.clone_from(&case.id);
        if real {
            world.clock = ClockKind::Real;
        }
        world.contract = hello.hooks.contains(&Hook::Contract).then_some(contract);
        world.network.endpoints = servers.endpoints();
        let knows_seeds = hello.hooks.contains(&Hook::Schedule);
        world.seed = seed.filter(|_| knows_seeds);
        {
            let mut record = self.record();
            (record.seed, record.knows_seeds) = (world.seed, knows_seeds);
        }
        self.say(driver, None, Stimulus::CaseBegin(world))?;
        let mut memory = Memory::default();
        plan.steps.iter().try_for_each(|step| self.step(step, plan, (&hello, &servers), driver, &mut memory))
    }

    fn step(
        &self,
        step: &PlannedStep,
        plan: &Plan,
        (hello, servers): (&Hello, &Servers),
        driver: &mut dyn Driver,
        memory: &mut Memory,
    ) -> Result<(), End> {
        let refusal = step.expect.as_ref().is_some_and(|expect| expect.refused.is_some());
        let load = matches!(step.stimulus, Stimulus::Load(_));
        let watched = refusal && load && hello.hooks.contains(&Hook::Inspect);
        let before = if watched { Some(self.inspect(driver)?) } else { None };
        let sent = Instant::now();
        let reply = match &step.stimulus {
            Stimulus::Requests { server } if plan.servers.contains_key(server) => {
                self.ask_server(step, servers, server)?
            }
            Stimulus::Advance { ms } if !hello.hooks.contains(&Hook::VirtualClock) => {
                std::thread::sleep(Duration::from_millis(ms + plan.margin_ms.unwrap_or_default()));
                self.say(driver, Some(step.number), Stimulus::Quiesce)?
            }
            stimulus => self.say(driver, Some(step.number), stimulus.clone())?,
        };
        let mut verdict =
            expect::check(step.expect.as_ref(), (&reply, sent.elapsed().as_millis() as u64), &plan.guests, memory);
        for slug in &step.asserts {
            self.record().asserted.push((slug.clone(), verdict.is_ok()));
        }
        if let Some(before) = before {
            let after = self.inspect(driver)?;
            let untouched = expect::unchanged(&before, &after);
            self.record().asserted.push((NOTHING_LEFT_BEHIND.to_owned(), untouched.is_ok()));
            verdict = verdict.and(untouched);
        }
        verdict.map_err(|why| End::new(Verdict::Fail, format!("step {}: {why}", step.number)))
    }

    /// What a server received, which the suite knows by itself.
    fn ask_server(&self, step: &PlannedStep, servers: &Servers, server: &str) -> Result<Reply, End> {
        let requests = servers.received(server).ok_or_else(|| {
            End::new(Verdict::DriverError, format!("step {}: the case has no server `{server}`", step.number))
        })?;
        let reply = Reply::Requests { requests };
        let (stimulus, reply_said) = (step.stimulus.clone(), Some(reply.clone()));
        self.record().exchange.push(Exchange { step: Some(step.number), stimulus, reply: reply_said });
        Ok(reply)
    }

    fn inspect(&self, driver: &mut dyn Driver) -> Result<Inspection, End> {
        match self.say(driver, None, Stimulus::Inspect)? {
            Reply::Inspection(inspection) => Ok(inspection),
            _ => Err(End::new(Verdict::DriverError, "inspect was not answered by an inspection")),
        }
    }

    fn say(&self, driver: &mut dyn Driver, step: Option<usize>, stimulus: Stimulus) -> Result<Reply, End> {
        self.record().exchange.push(Exchange { step, stimulus: stimulus.clone(), reply: None });
        let reply = driver.perform(stimulus.clone()).map_err(|why| End::driver(&why))?;
        if let Some(last) = self.record().exchange.last_mut() {
            last.reply = Some(reply.clone());
        }
        match reply {
            Reply::Unsupported { what } => {
                Err(End::new(Verdict::Untestable, format!("the driver cannot do this: {what}")))
            }
            reply if !reply.may_answer(&stimulus) => Err(End::new(
                Verdict::DriverError,
                format!("the driver answered what is no answer: {}", expect::describe(&reply)),
            )),
            reply => Ok(reply),
        }
    }
}
