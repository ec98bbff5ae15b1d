// The operator's policy bounds every manifest and grants nothing by itself.

import { rulesOf } from './grants.mjs';
import { Finding } from './findings.mjs';
import { readPolicy } from './manifest.mjs';
import { nameMatches, topicMatches } from './names.mjs';
import { isKernels } from './paths.mjs';

export const MODES = ['strict', 'permissive', 'development'];

/** Rules as they stand in the manifest, each once: a namespace for all actions is one text and four rules. */
export const texts = (rules) => [...new Set(rules.map((rule) => rule.text))];

export class Policy {
  constructor(document) {
    const { mode, allow } = readPolicy(document, MODES);
    this.mode = mode;
    this.bounds = rulesOf(allow, 'allow');
  }

  /** What of a manifest is in force, what was dropped, and what is in force beyond the policy. */
  admit(required, optional) {
    const within = (asked) => this.bounds.some((bound) => covers(bound, asked));
    const needed = rulesOf(required, 'capabilities');
    const excess = needed.filter((asked) => !within(asked));
    if (this.mode === 'strict' && excess.length > 0) {
      throw new Finding('policy-denied', 'capabilities', `the policy does not allow ${texts(excess).join('; ')}`);
    }
    const all = [...needed, ...rulesOf(optional, 'capabilities.optional')];
    const beyond = all.filter((asked) => !within(asked));
    if (this.mode === 'development') return { rules: all, dropped: [], beyond };
    return { rules: all.filter((asked) => !beyond.includes(asked)), dropped: beyond, beyond: [] };
  }
}

/** Whether a bound surely permits all that a rule permits. What cannot be shown counts as excess. */
function covers(bound, asked) {
  if (bound.class !== asked.class || bound.action !== asked.action) return false;
  switch (bound.class) {
    case 'filesystem':
    case 'process':
      // Wildcards do not reach the kernel's trees: a rule into them is covered by itself alone.
      return isKernels(asked.pattern) ? bound.pattern === asked.pattern : bound.path.covers(asked.path);
    case 'network':
      return (bound.port === undefined || bound.port === asked.port) && bound.host.covers(asked.host);
    case 'topics':
      return topicMatches(bound.pattern, asked.pattern);
    default:
      return nameMatches(bound.pattern, asked.pattern);
  }
}
