// What a component is told of its grants.

import { ok } from './answers.mjs';
import { Gate } from './gate.mjs';
import { follow } from './reach.mjs';

/** The rules in force, class by class, as the guest's `requested-permissions`. */
export function grantedCapabilities({ rules }) {
  const of = (name, make) => rules.filter((rule) => rule.class === name).map(make);
  return {
    filesystem: of('filesystem', ({ action, pattern }) => ({ action, pathPattern: pattern })),
    network: of('network', ({ action, pattern, port }) => ({ action, hostPattern: pattern, port })),
    storage: of('storage', ({ action, pattern }) => ({ action, namespacePattern: pattern })),
    process: of('process', ({ pattern }) => ({ commandPattern: pattern })),
    messaging: of('messaging', ({ action, pattern }) => ({ action, targetPattern: pattern })),
    hostFunctions: of('host-functions', ({ pattern }) => pattern),
  };
}

export function capabilities(runtime) {
  return {
    granted: ({ component }) => ok(grantedCapabilities(component.grants)),

    /** Decides as the gate would, and leaves no record: to ask is not to access. */
    isGranted({ component }, { tag, val }) {
      const gate = new Gate(runtime.trail, component);
      const decided = (className, action, resource) => gate.decide({ class: className, action, resource }).granted;
      const reached = (className, action, path) => {
        const found = follow(runtime, path);
        return found.malformed === undefined && gate.decide({ class: className, action, resource: path, ...found }).granted;
      };
      switch (tag) {
        case 'filesystem':
          return ok(reached('filesystem', ...val));
        case 'process':
          return ok(reached('process', 'spawn', val));
        case 'storage':
        case 'messaging':
          return ok(decided(tag, ...val));
        case 'network':
          return ok(component.grants.decideHost(...val).granted);
        default:
          return ok(decided('host-functions', 'call', val));
      }
    },
  };
}
