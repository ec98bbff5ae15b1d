// A load, phase by phase, in the contract's order. The first phase that fails ends it, and leaves nothing behind.

import { readFileSync, statSync } from 'node:fs';

import { Actor } from './actor.mjs';
import { compile } from './component.mjs';
import { Finding, Findings } from './findings.mjs';
import { Grants, rulesOf } from './grants.mjs';
import { checkComponent, checkManifest } from './interface.mjs';
import { Component } from './life.mjs';
import { exceeded } from './limits.mjs';
import { findWasm, readManifest } from './manifest.mjs';
import { texts } from './policy.mjs';

/** The phase that a code belongs to. */
const PHASES = {
  registry: ['already-loaded', 'not-found'],
  policy: ['policy-denied', 'limit-exceeds-policy'],
  component: ['not-a-component', 'invalid-component', 'component-too-large', 'memory-exceeds-limit', 'precompiled-refused'],
  interface: ['missing-export', 'unsupported-interface', 'incompatible-version', 'unversioned-interface', 'signature-mismatch'],
  instantiate: ['instantiation-trapped', 'instantiation-timeout', 'resource-exhausted'],
  metadata: ['metadata-mismatch', 'metadata-trapped', 'metadata-timeout'],
  init: ['init-failed', 'init-trapped', 'init-timeout'],
};
export const phaseOf = (code) => Object.keys(PHASES).find((phase) => PHASES[phase].includes(code)) ?? 'manifest';

/** Loads the component of a directory, and gives the actor that serves it. */
export async function load(runtime, directory, options) {
  let component = null;
  try {
    const manifest = readManifest(directory);
    const code = readWasm(runtime, manifest, findWasm(directory, manifest));
    component = reserve(runtime, manifest, options);
    const actor = await install(runtime, component, code);
    component.isInstalled = true;
    component.pass('running');
    actor.run();
    const hashes = { 'manifest-sha256': manifest.sha256, 'wasm-sha256': component.compiled.sha256 };
    runtime.tell('loaded', { component: component.id, version: manifest.component.version, ...hashes });
    return actor;
  } catch (error) {
    if (component) takeBack(runtime, component);
    if (!(error instanceof Finding) && !(error instanceof Findings)) throw error;
    const id = component?.id ?? error.component;
    const failure = { component: id, phase: phaseOf(error.code), code: error.code, message: error.message };
    runtime.note({ event: 'load-failed', ...failure });
    runtime.tell('load-failed', { ...failure, component: id ?? null });
    throw error;
  }
}

/** Read once, with the manifest: what was read is what is checked and runs. What is wrong is told in its phase. */
function readWasm({ limits }, { component }, path) {
  const most = limits['component-bytes'];
  try {
    if (statSync(path).size > most) {
      return { fault: new Finding('component-too-large', '', `${component.wasm} is larger than ${most} bytes`) };
    }
    return { bytes: readFileSync(path) };
  } catch (error) {
    return { fault: new Finding('not-a-component', '', `${component.wasm} cannot be read: ${error.code}`) };
  }
}

function reserve(runtime, manifest, options) {
  const { name } = manifest.component;
  if (runtime.components.has(name)) {
    throw Object.assign(new Finding('already-loaded', '', `${name} is loaded already`), { component: name });
  }
  const component = new Component(runtime, runtime.nextComponent(), manifest, options);
  runtime.components.set(name, component);
  component.pass('installing');
  return component;
}

async function install(runtime, component, { bytes, fault }) {
  const { manifest } = component;
  component.grants = admit(runtime, component);
  const excess = exceeded(runtime.limits, manifest);
  if (excess) throw new Finding('limit-exceeds-policy', '', excess);
  if (fault) throw fault;
  component.compiled = compile(manifest.component.wasm, bytes, manifest.resources.memory.max);
  checkManifest(runtime.offer, manifest);
  const { lifecycle, subscriber, deprecated } = checkComponent(runtime.offer, component.compiled.types);
  component.names = { lifecycle, subscriber };
  for (const each of deprecated) runtime.tell('deprecated', { component: component.id, ...each });
  component.pass('installed');
  component.pass('starting');
  const actor = new Actor(component);
  await actor.load();
  return actor;
}

/** The policy phase: what of the manifest's capabilities is in force. */
function admit(runtime, { id, manifest: { capabilities, optional } }) {
  const { policy, trail } = runtime;
  const { allowPrivate } = runtime.network;
  if (!policy) {
    return new Grants([...rulesOf(capabilities, 'capabilities'), ...rulesOf(optional, 'capabilities.optional')], allowPrivate);
  }
  const { rules, dropped, beyond } = policy.admit(capabilities, optional);
  if (dropped.length + beyond.length > 0) {
    const excess = { component: id, mode: policy.mode, dropped: texts(dropped), beyond: texts(beyond) };
    try {
      trail.record({ event: 'policy-excess', ...excess });
    } catch (error) {
      if (!trail.isLossy) throw new Finding('policy-denied', '', error.message);
    }
    runtime.tell('policy-excess', excess);
  }
  return new Grants(rules, allowPrivate);
}

function takeBack(runtime, component) {
  component.pass('failed');
  runtime.post.giveUp(component, 'it was not loaded');
  component.pass('uninstalled');
  runtime.remove(component);
}
