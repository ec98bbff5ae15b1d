// The one gate that every access passes: it decides by the grants in force, records the decision, and only then is acted.

import { mend } from './grants.mjs';
import { canonical } from './hosts.mjs';
import { normalise } from './paths.mjs';

/** Why an access is denied: the text of the function's own `permission-denied`. */
export class Denied extends Error {}

const OWN = "the file is the runtime's own, which no rule reaches";

/** Who asks. */
export class Gate {
  constructor(trail, component) {
    this.trail = trail;
    this.component = component;
  }

  /**
   * Decides and records an access, and throws `Denied` if there is to be none. `asked` has the class, the action and the
   * resource as the guest named it; besides, where they apply, `or`: an action that would do as well, `resolved`: what the
   * resource led to, `host`, `port` and `addresses` of a connection, `isSpecial` and `isOwn` of a file, and `malformed`: why it is no matter of permission.
   */
  pass(asked, { ordinal, requestId }) {
    const decision =
      asked.malformed === undefined ? this.decide(asked) : { granted: false, reason: asked.malformed, text: asked.malformed };
    const { component } = this;
    const record = {
      event: 'access',
      component: component.id,
      version: component.manifest.component.version,
      instance: ordinal,
      class: asked.class,
      action: decision.rule?.action ?? asked.action,
      resource: asked.resource,
      resolved: asked.resolved,
      outcome: decision.granted ? 'granted' : 'denied',
      rule: decision.rule?.text,
      reason: decision.granted ? undefined : decision.reason,
      'request-id': requestId,
    };
    try {
      this.trail.record(record);
    } catch (error) {
      if (!this.trail.isLossy) throw new Denied(error.message);
    }
    if (!decision.granted) throw new Denied(decision.text);
  }

  /** Decides without a trace. */
  decide(asked) {
    const { class: className, action, or, resource, resolved, isSpecial = false, isOwn = false } = asked;
    const { grants } = this.component;
    if (className === 'network') return decideHost(grants, asked);
    const subject = resolved ?? resource;
    const actions = or ? [action, or] : [action];
    const decisions = actions.map((each) => grants.decide(className, each, subject, isSpecial));
    const granted = decisions.find((decision) => decision.granted);
    if (granted && isOwn) return { granted: false, reason: OWN, text: OWN };
    if (granted) return granted;
    const [{ reason, malformed }] = decisions;
    const text = malformed ? reason : this.#explain(className, action, or, resource, subject);
    return { granted: false, reason: isOwn ? OWN : reason, text };
  }

  /** The line to add. It is made of what the guest passed: the text must not tell what is there. */
  #explain(className, action, or, resource, subject) {
    const isPath = className === 'filesystem' || className === 'process';
    const asked = isPath ? normalise(resource) : resource;
    if (isPath && asked !== subject && this.component.grants.decide(className, action, asked).granted) {
      return `add the target of "${asked}" to capabilities.${className}.${action} in component.toml: a link leads out of what is granted`;
    }
    const line = mend(className, action, asked);
    return or ? line.replace(/ in component\.toml$/, ` or capabilities.${className}.${or}$&`) : line;
  }
}

/** The name, if no address is known yet, or else the first address that is granted. */
function decideHost(grants, { action, host, port, addresses }) {
  const decisions = addresses.map((address) => grants.decideAddress(action, host, port, canonical(address)));
  const decision = decisions.find(({ granted }) => granted) ?? decisions.at(-1) ?? grants.decideHost(action, host, port);
  return { ...decision, text: decision.mend ?? decision.reason };
}
