//! From a case to what is sent to the driver: the world's files, the guests' bytes, the stimuli.
//!
//! Planning reads nothing and writes nothing: the same case gives the same plan everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Case, ComponentSource, Expectation, Step};
use super::guest::{self, Guest, ProgramError};
use super::manifest_text::{least_manifest, metadata_fields};
use super::protocol::{
    Bytes, ClockKind, DeliverRequest, ExecuteRequest, Hook, LoadRequest, Stimulus, World, WorldFile,
};
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
    /// The hooks without which the case cannot be judged.
    pub hooks: BTreeSet<Hook>,
}

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
    for (path, content) in &case.files {
        files.push(WorldFile { path: path.clone(), bytes: notation(content)?, link: None });
    }
    for (path, target) in &case.links {
        files.push(WorldFile { path: path.clone(), bytes: Bytes::default(), link: Some(target.clone()) });
    }
    let world = World { clock: case.clock, now_ms: case.now_ms, files, limits: case.limits.clone() };
    let mut steps = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        let number = index + 1;
        let place = |why: ProgramError| ProgramError::new(format!("step {number}: {why}"));
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
    let hooks = hooks(&world, &steps);
    Ok(Plan { world, steps, guests, hooks })
}

/// Writes a component's files, and compiles its guest.
fn component(directory: &str, source: &ComponentSource, files: &mut Vec<WorldFile>) -> Result<Guest, ProgramError> {
    let (manifest, text) = match &source.manifest_text {
        Some(text) => (toml::from_str(text).unwrap_or_default(), text.clone()),
        None => {
            let table = least_manifest(directory, &source.manifest, &source.manifest_unset);
            let text = toml::to_string(&table).map_err(|why| ProgramError::new(why.to_string()))?;
            (table, text)
        }
    };
    let guest = guest::compile(&source.guest, &metadata_fields(&manifest))?;
    let names = source.manifest_files.clone().unwrap_or_else(|| vec!["component.toml".to_owned()]);
    for name in names {
        let bytes = Bytes(text.clone().into_bytes());
        files.push(WorldFile { path: format!("{directory}/{name}"), bytes, link: None });
    }
    if !source.without_wasm {
        let path = wasm_path(directory, source);
        files.push(WorldFile { path, bytes: Bytes(guest.wasm.clone()), link: None });
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
    if let Some(component) = &step.deliver {
        found.push(Stimulus::Deliver(DeliverRequest {
            component: component.clone(),
            sender: step.sender.clone().unwrap_or_else(|| "outside".to_owned()),
            payload: notation(step.payload.as_deref().unwrap_or("raw:"))?,
            request_id: step.request_id.clone(),
        }));
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
        found.push(Stimulus::ReplaceFile(WorldFile { path: replace.path.clone(), bytes, link: None }));
    }
    found.extend(step.inspect.then_some(Stimulus::Inspect));
    found.extend(step.logs.then_some(Stimulus::Logs));
    found.extend(step.events.then_some(Stimulus::Events));
    let Some(stimulus) = found.pop() else {
        return Err(ProgramError::new(
            "has no verb: load, execute, deliver, health, shutdown, start, unload, advance, await, replace, inspect, logs or events",
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

fn hooks(world: &World, steps: &[PlannedStep]) -> BTreeSet<Hook> {
    let mut hooks = BTreeSet::new();
    if !world.limits.is_empty() {
        hooks.insert(Hook::Limits);
    }
    for step in steps {
        hooks.extend(match &step.stimulus {
            Stimulus::Begin { .. } | Stimulus::Await { .. } => Some(Hook::Begin),
            Stimulus::Advance { .. } if world.clock == ClockKind::Virtual => Some(Hook::VirtualClock),
            Stimulus::Inspect => Some(Hook::Inspect),
            Stimulus::Logs => Some(Hook::Logs),
            Stimulus::Events => Some(Hook::Events),
            Stimulus::ReplaceFile(_) => Some(Hook::ReplaceFile),
            _ => None,
        });
        if step.expect.as_ref().is_some_and(|expect| expect.same_fuel_as.is_some()) {
            hooks.insert(Hook::Fuel);
        }
    }
    hooks
}
