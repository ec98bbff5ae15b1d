//! From a case to what is sent to the driver: the world's files, the guests' bytes, the stimuli.
//!
//! Planning reads nothing and writes nothing: the same case gives the same plan everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Case, ComponentSource, Expectation, HostFunctionSource, Step};
use super::guest::{self, Guest, ProgramError};
use super::manifest_text::{least_manifest, metadata_fields};
use super::protocol::{
    AskRequest, Bytes, ClockKind, DeliverRequest, ExecuteRequest, FileKind, Hook, HostFunctionScript, LoadRequest,
    NetworkWorld, RevokeRequest, SendRequest, Stimulus, World, WorldFile,
};
use super::server::Script;
use crate::contract::payload;

/// What a case does, ready to be sent.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The world to open.
    pub world: World,
    /// The steps in order.
    pub steps: Vec<PlannedStep>,
    /// The guests, by component.
    pub guests: BTreeMap<String, Guest>,
    /// The servers, by name.
    pub servers: BTreeMap<String, Script>,
    /// The hooks without which the case cannot be judged.
    pub hooks: BTreeSet<Hook>,
    /// Whether components may go on at the same time, so that the order can make a difference.
    pub order_matters: bool,
    /// How much longer than an advance is waited, in milliseconds, where the clock cannot be advanced.
    pub margin_ms: Option<u64>,
}

/// How long a case may wait in all where the clock cannot be advanced, in milliseconds.
const MOST_WAITING_MS: u64 = 10_000;

/// What a component calls that others, or itself, go on by.
const MESSAGING: [&str; 4] = ["send-message", "send-request", "send-response", "publish"];

/// One stimulus and what its reply must show.
#[derive(Debug, Clone)]
pub struct PlannedStep {
    /// Where it stands in the case, from 1.
    pub number: usize,
    /// What is sent.
    pub stimulus: Stimulus,
    /// What must come back; that the step succeeds, if none is given.
    pub expect: Option<Expectation>,
    /// The requirements that the expectation asserts.
    pub asserts: Vec<String>,
}

impl Plan {
    /// Whether the case can be run on a clock that cannot be advanced, by waiting.
    pub(super) fn may_be_waited_out(&self) -> bool {
        let waits = self.steps.iter().filter_map(|step| match step.stimulus {
            Stimulus::Advance { ms } => Some(ms.saturating_add(self.margin_ms.unwrap_or_default())),
            _ => None,
        });
        self.margin_ms.is_some() && waits.fold(0, u64::saturating_add) <= MOST_WAITING_MS
    }
}

/// Plans a case.
///
/// # Errors
/// [`ProgramError`] names the component or step at fault.
pub fn plan(case: &Case) -> Result<Plan, ProgramError> {
    let mut files = Vec::new();
    let mut guests = BTreeMap::new();
    for (directory, source) in &case.components {
        let guest = component(directory, source, &mut files)
            .map_err(|why| ProgramError::new(format!("component `{directory}`: {why}")))?;
        guests.insert(directory.clone(), guest);
    }
    let servers = case.servers.iter().map(|(name, source)| {
        let script = Script::compile(source).map_err(|why| ProgramError::new(format!("server `{name}`: {why}")))?;
        Ok((name.clone(), script))
    });
    let servers = servers.collect::<Result<_, ProgramError>>()?;
    let world = surroundings(case, files)?;
    let mut steps = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        let number = index + 1;
        let place = |why: ProgramError| ProgramError::new(format!("step {number}: {why}"));
        if let Some(server) = step.requests.as_ref().filter(|server| !case.servers.contains_key(*server)) {
            return Err(place(ProgramError::new(format!("requests: the case has no server `{server}`"))));
        }
        let stimulus = stimulus(step, &guests).map_err(place)?;
        let asserts = match (&step.expect, &step.asserts) {
            (None, _) => Vec::new(),
            (Some(_), Some(asserts)) => asserts.clone(),
            (Some(_), None) => case.requirements.clone(),
        };
        for _ in 0..step.times.unwrap_or(1) {
            let expect = if step.begin.is_some() { None } else { step.expect.clone() };
            steps.push(PlannedStep { number, stimulus: stimulus.clone(), expect, asserts: asserts.clone() });
        }
    }
    let hooks = hooks(case, &world, &steps);
    let goes_on = |step: &PlannedStep| matches!(step.stimulus, Stimulus::Begin { .. } | Stimulus::Send(_));
    let order_matters = steps.iter().any(goes_on) || guests.values().any(|guest| guest.imports_any(&MESSAGING));
    Ok(Plan { world, steps, guests, servers, hooks, order_matters, margin_ms: case.margin_ms })
}

/// The world of a case, with the files of its components.
fn surroundings(case: &Case, mut files: Vec<WorldFile>) -> Result<World, ProgramError> {
    let file = |path: &String| WorldFile { path: path.clone(), ..WorldFile::default() };
    for (path, content) in &case.files {
        files.push(WorldFile { bytes: notation(content)?, ..file(path) });
    }
    for (path, content) in &case.executables {
        files.push(WorldFile { bytes: notation(content)?, kind: Some(FileKind::Executable), ..file(path) });
    }
    files.extend(case.nodes.iter().map(|(path, kind)| WorldFile { kind: Some(*kind), ..file(path) }));
    for (path, count) in &case.crowds {
        files.extend((0..*count).map(|number| file(&format!("{path}/{number:06}"))));
    }
    // Links last: what they lead through is there by then.
    files.extend(case.links.iter().map(|(path, target)| WorldFile { link: Some(target.clone()), ..file(path) }));
    let host_functions = case.host_functions.iter().map(|(name, source)| {
        let script = match source {
            HostFunctionSource::Echo => HostFunctionScript::Echo,
            HostFunctionSource::Answer(answer) => HostFunctionScript::Answer(notation(answer)?),
            HostFunctionSource::InvalidInput(text) => HostFunctionScript::InvalidInput(text.clone()),
            HostFunctionSource::InternalError(text) => HostFunctionScript::InternalError(text.clone()),
            HostFunctionSource::Panics => HostFunctionScript::Panics,
            HostFunctionSource::Hangs => HostFunctionScript::Hangs,
        };
        Ok((name.clone(), script))
    });
    let storage = case.storage.iter().map(|(namespace, entries)| {
        let entries = entries.iter().map(|(key, value)| Ok((key.clone(), notation(value)?)));
        Ok((namespace.clone(), entries.collect::<Result<_, ProgramError>>()?))
    });
    let answer = |addresses: &String| addresses.split_whitespace().map(str::to_owned).collect();
    let names = case.names.iter().map(|(name, answers)| (name.clone(), answers.iter().map(answer).collect()));
    let policy = case.policy.as_ref().map(toml::to_string).transpose();
    Ok(World {
        case: String::new(),
        contract: None,
        clock: case.clock,
        now_ms: case.now_ms,
        seed: None,
        files,
        limits: case.limits.clone(),
        policy: policy.map_err(|why| ProgramError::new(format!("policy: {why}")))?,
        host_functions: host_functions.collect::<Result<_, ProgramError>>()?,
        network: NetworkWorld { names: names.collect(), endpoints: BTreeMap::new(), allow_private: case.allow_private },
        storage: storage.collect::<Result<_, ProgramError>>()?,
        store_file: case.store_file.clone(),
        audit_file: case.audit_file.clone(),
        audit_capacity: case.audit_capacity,
        audit_lossy: case.audit_lossy,
    })
}

/// Writes a component's files, and compiles its guest.
fn component(directory: &str, source: &ComponentSource, files: &mut Vec<WorldFile>) -> Result<Guest, ProgramError> {
    let (manifest, text) = match &source.manifest_text {
        Some(text) => (toml::from_str(text).unwrap_or_default(), text.clone()),
        None => {
            let table = least_manifest(directory, source);
            let text = toml::to_string(&table).map_err(|why| ProgramError::new(why.to_string()))?;
            (table, text)
        }
    };
    let guest = guest::compile(&source.guest, &metadata_fields(&manifest))?;
    let names = source.manifest_files.clone().unwrap_or_else(|| vec!["component.toml".to_owned()]);
    for name in names {
        let bytes = Bytes(text.clone().into_bytes());
        files.push(WorldFile { path: format!("{directory}/{name}"), bytes, ..WorldFile::default() });
    }
    if !source.without_wasm {
        let path = wasm_path(directory, source);
        files.push(WorldFile { path, bytes: Bytes(guest.wasm.clone()), ..WorldFile::default() });
    }
    Ok(guest)
}

fn wasm_path(directory: &str, source: &ComponentSource) -> String {
    match &source.wasm {
        Some(wasm) => format!("{directory}/{wasm}"),
        None => format!("{directory}/{directory}.wasm"),
    }
}

fn notation(text: &str) -> Result<Bytes, ProgramError> {
    payload::parse(text).map(Bytes).map_err(|why| ProgramError::new(why.to_string()))
}

fn stimulus(step: &Step, guests: &BTreeMap<String, Guest>) -> Result<Stimulus, ProgramError> {
    let mut found = Vec::new();
    if let Some(directory) = &step.load {
        found.push(Stimulus::Load(LoadRequest {
            directory: directory.clone(),
            env: step.env.clone().into_iter().collect(),
            config: step.config.clone(),
            config_data: step.config_data.as_deref().map(notation).transpose()?,
        }));
    }
    if let Some(component) = &step.execute {
        found.push(Stimulus::Execute(ExecuteRequest {
            component: component.clone(),
            operation: notation(step.operation.as_deref().unwrap_or("raw:"))?,
            caller: step.caller.clone().unwrap_or_default(),
            request_id: step.request_id.clone(),
            timeout_ms: step.timeout_ms,
            trace_context: step.trace_context.clone(),
        }));
    }
    let sender = || step.sender.clone().unwrap_or_else(|| "outside".to_owned());
    let payload = || notation(step.payload.as_deref().unwrap_or("raw:"));
    if let Some(component) = step.deliver.clone() {
        let (sender, payload, request_id) = (sender(), payload()?, step.request_id.clone());
        found.push(Stimulus::Deliver(DeliverRequest { component, sender, payload, request_id }));
    }
    if let Some(component) = step.send.clone() {
        let (sender, payload, within_ms) = (sender(), payload()?, step.within);
        found.push(Stimulus::Send(SendRequest { component, sender, payload, within_ms }));
    }
    if let Some(component) = step.request.clone() {
        let (sender, payload, timeout_ms) = (sender(), payload()?, step.timeout_ms.unwrap_or(0));
        found.push(Stimulus::Request(AskRequest { component, sender, payload, timeout_ms }));
    }
    found.extend(step.health.clone().map(|component| Stimulus::Health { component }));
    found.extend(step.shutdown.clone().map(|component| Stimulus::Shutdown { component }));
    found.extend(step.start.clone().map(|component| Stimulus::Start { component }));
    found.extend(step.unload.clone().map(|component| Stimulus::Unload { component }));
    found.extend(step.advance.map(|ms| Stimulus::Advance { ms }));
    found.extend(step.awaits.clone().map(|ticket| Stimulus::Await { ticket }));
    if let Some(replace) = &step.replace {
        let bytes = match (&replace.wasm_of, &replace.content) {
            (Some(component), None) => guests
                .get(component)
                .map(|guest| Bytes(guest.wasm.clone()))
                .ok_or_else(|| ProgramError::new(format!("replace: the case has no component `{component}`")))?,
            (None, Some(content)) => notation(content)?,
            _ => return Err(ProgramError::new("replace: give either `wasm-of` or `content`")),
        };
        found.push(Stimulus::ReplaceFile(WorldFile { path: replace.path.clone(), bytes, ..WorldFile::default() }));
    }
    found.extend(step.look_at.clone().map(|path| Stimulus::LookAt { path }));
    found.extend(step.revoke.clone().map(|component| {
        let Step { class, action, pattern, .. } = step.clone();
        Stimulus::Revoke(RevokeRequest { component, class, action, pattern })
    }));
    found.extend(step.fill_store.map(|full| Stimulus::FillStore { full }));
    found.extend(step.crash.then_some(Stimulus::Crash));
    found.extend(step.audit.then_some(Stimulus::Audit));
    found.extend(step.verify_audit.then_some(Stimulus::VerifyAudit { tamper: step.tamper }));
    found.extend(step.requests.clone().map(|server| Stimulus::Requests { server }));
    found.extend(step.inspect.then_some(Stimulus::Inspect));
    found.extend(step.logs.then_some(Stimulus::Logs));
    found.extend(step.events.then_some(Stimulus::Events));
    let Some(stimulus) = found.pop() else {
        return Err(ProgramError::new(
            "has no verb: load, execute, deliver, send, request, health, shutdown, start, unload, advance, await, replace, look-at, revoke, fill-store, crash, audit, verify-audit, requests, inspect, logs or events",
        ));
    };
    if !found.is_empty() {
        return Err(ProgramError::new("has more than one verb"));
    }
    Ok(match &step.begin {
        Some(ticket) => Stimulus::Begin { ticket: ticket.clone(), stimulus: Box::new(stimulus) },
        None => stimulus,
    })
}

fn hooks(case: &Case, world: &World, steps: &[PlannedStep]) -> BTreeSet<Hook> {
    let needs_network = !case.names.is_empty() || !case.servers.is_empty();
    let by_world = [
        (case.until.is_some(), Hook::Contract),
        (!world.limits.is_empty(), Hook::Limits),
        (world.policy.is_some(), Hook::Policy),
        (!world.host_functions.is_empty(), Hook::HostFunctions),
        (needs_network, Hook::Network),
        (!world.storage.is_empty() || world.store_file.is_some(), Hook::Storage),
        (world.audit_capacity.is_some(), Hook::AuditFault),
        (world.audit_file.is_some(), Hook::Audit),
    ];
    let mut hooks: BTreeSet<Hook> = by_world.into_iter().filter_map(|(needed, hook)| needed.then_some(hook)).collect();
    hooks.extend(&case.hooks);
    for step in steps {
        let done = match &step.stimulus {
            Stimulus::Begin { stimulus, .. } => {
                hooks.insert(Hook::Begin);
                stimulus.as_ref()
            }
            stimulus => stimulus,
        };
        hooks.extend(match done {
            Stimulus::Await { .. } => Some(Hook::Begin),
            Stimulus::Send(_) | Stimulus::Request(_) => Some(Hook::Peer),
            Stimulus::Advance { .. } if world.clock == ClockKind::Virtual => Some(Hook::VirtualClock),
            Stimulus::Inspect => Some(Hook::Inspect),
            Stimulus::Logs => Some(Hook::Logs),
            Stimulus::Events => Some(Hook::Events),
            Stimulus::ReplaceFile(_) => Some(Hook::ReplaceFile),
            Stimulus::Revoke(_) => Some(Hook::Revoke),
            Stimulus::FillStore { .. } => Some(Hook::FillStore),
            Stimulus::Crash => Some(Hook::Crash),
            Stimulus::Audit => Some(Hook::Audit),
            Stimulus::VerifyAudit { .. } => Some(Hook::VerifyAudit),
            _ => None,
        });
        if step.expect.as_ref().is_some_and(|expect| expect.same_fuel_as.is_some()) {
            hooks.insert(Hook::Fuel);
        }
    }
    hooks
}
