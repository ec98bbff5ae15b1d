//! Running cases against a driver.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::discover::DiscoveredCase;
use super::driver::{Driver, DriverError, DriverFactory};
use super::expect::{self, Memory};
use super::plan::{Plan, PlannedStep, plan};
use super::protocol::{Hello, Hook, Inspection, Reply, Stimulus};
use super::server::Servers;
use super::verdict::{Exchange, Outcome, Verdict};

/// How long one case may take before its runtime counts as hanging. Cases take milliseconds; a machine
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
    observe: &(dyn Fn(&Outcome) + Sync),
) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<Vec<Option<Outcome>>> = Mutex::new(cases.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, cases.len().max(1)) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run_case(case, factory);
                    observe(&outcome);
                    let index = cases.iter().position(|other| other.id == case.id).unwrap_or_default();
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

/// Runs one case on a thread of its own, so that a runtime that hangs or panics costs only its case.
pub fn run_case(case: &DiscoveredCase, factory: &Arc<DriverFactory>) -> Outcome {
    let started = Instant::now();
    let (sender, receiver) = mpsc::channel();
    let run = Run::default();
    let (owned, factory, theirs) = (case.clone(), Arc::clone(factory), run.clone());
    let thread = std::thread::Builder::new().name(case.id.clone()).spawn(move || {
        let _ = sender.send(theirs.case(&owned, &factory));
    });
    let end = match thread {
        Err(why) => End::driver(DriverError::new(format!("no thread for the case: {why}"))),
        Ok(_) => receiver.recv_timeout(CASE_TIMEOUT).unwrap_or_else(|why| match why {
            mpsc::RecvTimeoutError::Timeout => {
                End::new(Verdict::Timeout, format!("no answer within {} s{}", CASE_TIMEOUT.as_secs(), run.unanswered()))
            }
            mpsc::RecvTimeoutError::Disconnected => {
                End::new(Verdict::Crash, format!("the runtime or its driver panicked{}", run.unanswered()))
            }
        }),
    };
    let Record { asserted, exchange } = std::mem::take(&mut *run.record());
    Outcome {
        id: case.id.clone(),
        area: case.area.clone(),
        requirements: case.case.requirements.clone(),
        verdict: end.verdict,
        message: end.message,
        asserted,
        duration_ms: started.elapsed().as_millis() as u64,
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

    fn driver(why: DriverError) -> Self {
        Self::new(Verdict::DriverError, why.to_string())
    }
}

/// What was said and asserted so far. It outlives the case's thread, so that a runtime that hangs or panics leaves a
/// trace of what it was asked last.
#[derive(Default)]
struct Record {
    asserted: Vec<(String, bool)>,
    exchange: Vec<Exchange>,
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

    fn case(&self, case: &DiscoveredCase, factory: &Arc<DriverFactory>) -> End {
        let plan = match plan(&case.case) {
            Ok(plan) => plan,
            Err(why) => return End::new(Verdict::DriverError, format!("the case cannot be planned: {why}")),
        };
        let mut driver = match factory() {
            Ok(driver) => driver,
            Err(why) => return End::driver(why),
        };
        let end = self.steps(case, &plan, driver.as_mut());
        let end = end.map_or_else(|end| end, |()| End::new(Verdict::Pass, ""));
        match self.say(driver.as_mut(), None, Stimulus::Close) {
            Err(why) if end.verdict == Verdict::Pass => why,
            _ => end,
        }
    }

    fn steps(&self, case: &DiscoveredCase, plan: &Plan, driver: &mut dyn Driver) -> Result<(), End> {
        let hello = match self.say(driver, None, Stimulus::Hello)? {
            Reply::Hello(hello) => hello,
            other => {
                return Err(End::new(
                    Verdict::DriverError,
                    format!("hello was answered by {}", expect::describe(&other)),
                ));
            }
        };
        let mut needed = std::iter::once(&case.area).chain(&case.case.features);
        if let Some(missing) = needed.find(|feature| !hello.features.contains(feature)) {
            return Err(End::new(
                Verdict::NotApplicable,
                format!("{} does not declare the feature `{missing}`", hello.runtime),
            ));
        }
        if let Some(missing) = plan.hooks.iter().find(|hook| !hello.hooks.contains(hook)) {
            return Err(End::new(
                Verdict::Untestable,
                format!("the driver of {} lacks the hook `{missing}`", hello.runtime),
            ));
        }
        let servers = Servers::start(&plan.servers)
            .map_err(|why| End::new(Verdict::DriverError, format!("a server of the case cannot be started: {why}")))?;
        let mut world = plan.world.clone();
        world.network.endpoints = servers.endpoints();
        self.say(driver, None, Stimulus::Open(world))?;
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
            Stimulus::Requests { server } => self.ask_server(step, servers, server)?,
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
            other => {
                Err(End::new(Verdict::DriverError, format!("inspect was answered by {}", expect::describe(&other))))
            }
        }
    }

    fn say(&self, driver: &mut dyn Driver, step: Option<usize>, stimulus: Stimulus) -> Result<Reply, End> {
        self.record().exchange.push(Exchange { step, stimulus: stimulus.clone(), reply: None });
        let reply = driver.perform(stimulus).map_err(End::driver)?;
        if let Some(last) = self.record().exchange.last_mut() {
            last.reply = Some(reply.clone());
        }
        match reply {
            Reply::Unsupported { what } => {
                Err(End::new(Verdict::Untestable, format!("the driver cannot do this: {what}")))
            }
            reply => Ok(reply),
        }
    }
}
