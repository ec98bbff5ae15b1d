// The interface phase: what a component imports and exports, held against what is offered, before anything is linked.

import { Finding } from './findings.mjs';
import { compatible, parseRequirement, parseVersion, sameTrack, satisfies, show } from './version.mjs';

const LIFECYCLE = 'component-lifecycle';
const SUBSCRIBER = 'subscriber';

/** Holds what the manifest says of versions against the offer. */
export function checkManifest(offer, manifest) {
  const built = manifest.component['api-version'];
  checkVersion(`component.api-version of the manifest is ${built}`, parseVersion(built), offer.core);
  for (const [name, requirement] of manifest.dependencies) {
    if (!/^(airssys|wasi):/.test(name)) continue;
    const found = offer.packages.get(name);
    if (!found) throw new Finding('unsupported-interface', '', `wit-dependencies names ${name}, which is not offered`);
    if (!found.versions.some((version) => satisfies(parseRequirement(requirement), version))) {
      const text = `wit-dependencies asks for ${name} ${requirement}, and offered is ${found.describe()}`;
      throw new Finding('incompatible-version', '', text);
    }
  }
}

/**
 * Holds imports and exports of a component against the offer. Gives the names under which its exports are to be called,
 * and the deprecated functions that it imports.
 */
export function checkComponent(offer, { imports, exports }) {
  const all = [...imports];
  // Interfaces of types alone come last: where a type differs, the function that has it is to be named.
  const ordered = [...all.filter(([, item]) => !isOfTypesAlone(item)), ...all.filter(([, item]) => isOfTypesAlone(item))];
  const deprecated = ordered.flatMap(([name, item]) => checkImport(offer, name, item, all));
  const lifecycle = checkExports(offer, LIFECYCLE, exports);
  if (!lifecycle) {
    const there = [...exports.keys()].join(', ') || 'nothing';
    throw new Finding('missing-export', '', `the component does not export ${LIFECYCLE}; it exports ${there}`);
  }
  return { lifecycle, subscriber: checkExports(offer, SUBSCRIBER, exports), deprecated };
}

const isOfTypesAlone = (item) => item.sort === 'instance' && [...item.exports.values()].every(({ sort }) => sort === 'type');

function parseName(name) {
  const [path, version] = name.split(/@(.*)/s);
  const slash = path.indexOf('/');
  if (slash < 0 || !path.slice(0, slash).includes(':')) return null;
  return { path, package: path.slice(0, slash), interface: path.slice(slash + 1), version };
}

function checkImport(offer, name, item, all) {
  const parsed = parseName(name);
  const unsupported = (why) =>
    new Finding('unsupported-interface', '', `the component imports ${name}: ${why}; offered are ${offer.describe()}`);
  if (!parsed || item.sort !== 'instance') throw unsupported('only interfaces of packages can be imported');
  if (parsed.version === undefined)
    throw new Finding('unversioned-interface', '', `the component imports ${name} without a version`);
  const found = offer.packages.get(parsed.package);
  if (!found) throw unsupported('no such package is offered');
  const asked = versionOf(name, parsed.version);
  const together = all.map(([other]) => other).filter((other) => isOfSamePackage(other, parsed));
  checkVersion(`the component imports ${together.join(', ')}`, asked, found);
  const offered = found.interface(parsed.interface, asked, false);
  if (offered.why) throw unsupported(offered.why);
  if (!offered.types) return [];
  explained('imports', name, found, () => checkImported(offered, item));
  return [...item.exports.keys()]
    .filter((function_) => offered.all.get(function_)?.deprecated)
    .map((function_) => {
      const { deprecated: since, doc } = offered.all.get(function_);
      const advice = doc.split(/\n\s*\n/).find((paragraph) => /^Deprecated/.test(paragraph)) ?? '';
      return { interface: parsed.path, function: function_, since, advice: advice.replace(/\s+/g, ' ') };
    });
}

function isOfSamePackage(name, parsed) {
  const other = parseName(name);
  return other?.package === parsed.package && other.version === parsed.version;
}

/** A shape that is not the contract's. */
class Difference extends Error {
  within(step) {
    return new Difference(`${step}, ${this.message}`);
  }
}

function explained(verb, name, found, check) {
  try {
    check();
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    const text = `the component ${verb} ${name} in another shape than that of ${found.name} ${found.describe()}: ${error.message}`;
    throw new Finding('signature-mismatch', '', text);
  }
}

function checkImported(offered, item) {
  const of = (sort) => [...item.exports].filter(([, thing]) => thing.sort === sort);
  // Functions come first: where a type differs, they are what whoever built the component knows.
  for (const [name, { type }] of of('func')) {
    const wanted = offered.functions.get(name);
    if (!wanted)
      throw new Difference(
        `function ${name}: there is none in that version; there are ${[...offered.functions.keys()].join(', ')}`,
      );
    compareFunctions(name, type, wanted);
  }
  for (const [name, { type }] of of('type')) {
    const wanted = offered.types.get(name);
    if (!wanted) throw new Difference(`type ${name}: there is none`);
    within(`type ${name}`, () => compare(type, wanted));
  }
  const other = [...item.exports].find(([, { sort }]) => sort !== 'func' && sort !== 'type');
  if (other) throw new Difference(`${other[0]}: it is neither a function nor a type`);
}

/** The name of the export of an interface that fits, or none; other major versions beside it are not looked at. */
function checkExports(offer, interface_, exports) {
  let [fits, refused] = [null, null];
  for (const [name, item] of exports) {
    const parsed = parseName(name);
    if (parsed?.package !== offer.core.name || parsed.interface !== interface_) continue;
    if (!offer.core.interfaces.has(interface_)) continue;
    try {
      checkExport(offer.core, parsed, name, item);
      fits = name;
    } catch (error) {
      // The engine would take one of the same track for the contract's.
      const asked = parsed.version === undefined ? null : parseVersion(parsed.version);
      if (!(error instanceof Finding) || (asked && sameTrack(asked, offer.core.newest))) throw error;
      refused ??= error;
    }
  }
  if (!fits && refused) throw refused;
  return fits;
}

function checkExport(core, parsed, name, item) {
  if (parsed.version === undefined) {
    throw new Finding(
      'unversioned-interface',
      '',
      `the component exports ${name} without a version; ${core.name} is offered in ${core.describe()}`,
    );
  }
  const asked = versionOf(name, parsed.version);
  checkVersion(`the component exports ${name}`, asked, core);
  const offered = core.interface(parsed.interface, asked, true);
  if (offered.why) throw new Finding('unsupported-interface', '', `the component exports ${name}: ${offered.why}`);
  if (item.sort !== 'instance')
    throw new Finding('signature-mismatch', '', `the component exports ${name}, which is no interface`);
  for (const [function_, wanted] of offered.functions) {
    const thing = item.exports.get(function_);
    if (!thing) throw new Finding('missing-export', '', `the component exports ${name} without the function ${function_}`);
    explained('exports', name, core, () => {
      if (thing.sort !== 'func') throw new Difference(`${function_}: it is no function`);
      compareFunctions(function_, thing.type, wanted);
    });
  }
}

function versionOf(name, text) {
  const version = parseVersion(text);
  if (!version) throw new Finding('incompatible-version', '', `the version of ${name} is no semantic version`);
  return version;
}

function checkVersion(what, asked, found) {
  if (compatible(asked, found.newest)) return;
  const why = asked.pre
    ? 'a pre-release runs on nothing but itself'
    : sameTrack(asked, found.newest)
      ? 'a component may use what is new in the version it was built against'
      : 'these versions do not fit each other';
  throw new Finding(
    'incompatible-version',
    '',
    `${what} (${show(asked)}), and offered is ${found.name} ${found.describe()}; ${why}`,
  );
}

function within(step, compareParts) {
  try {
    compareParts();
  } catch (error) {
    throw error instanceof Difference ? error.within(step) : error;
  }
}

function compareFunctions(name, has, wanted) {
  within(`function ${name}`, () => {
    if (has.isAsync) throw new Difference('the component has it asynchronous');
    compareNames(
      'parameters',
      has.params.map(([param]) => param),
      wanted.params.map(([param]) => param),
    );
    has.params.forEach(([param, type], index) => within(`parameter ${param}`, () => compare(type, wanted.params[index][1])));
    within('result', () => compare(has.result, wanted.result));
  });
}

function compareNames(what, has, wanted) {
  if (has.join() === wanted.join()) return;
  throw new Difference(`the component's ${what} are ${has.join(', ') || 'none'}, the contract's ${wanted.join(', ') || 'none'}`);
}

/** Compares two types by structure. Null stands for none. */
function compare(has, wanted) {
  if (!has || !wanted) {
    if (has === wanted || (!has && !wanted)) return;
    throw new Difference(`the component has ${has?.kind ?? 'nothing'}, the contract ${wanted?.kind ?? 'nothing'}`);
  }
  if (has.kind !== wanted.kind || has.name !== wanted.name) {
    throw new Difference(`the component has ${has.name ?? has.kind}, the contract ${wanted.name ?? wanted.kind}`);
  }
  switch (has.kind) {
    case 'list':
    case 'option':
      within('element', () => compare(has.of, wanted.of));
      break;
    case 'result':
      within('ok', () => compare(has.ok, wanted.ok));
      within('err', () => compare(has.err, wanted.err));
      break;
    case 'tuple':
      if (has.items.length !== wanted.items.length)
        throw new Difference(`the component's tuple has ${has.items.length} elements`);
      has.items.forEach((item, index) => within(`element ${index}`, () => compare(item, wanted.items[index])));
      break;
    case 'record':
    case 'variant':
      compareNames(
        has.kind === 'record' ? 'fields' : 'cases',
        has.items.map(([item]) => item),
        wanted.items.map(([item]) => item),
      );
      has.items.forEach(([item, type], index) => within(item, () => compare(type, wanted.items[index][1])));
      break;
    case 'enum':
    case 'flags':
      compareNames('cases', has.items, wanted.items);
      break;
    default:
      if (has.kind !== 'primitive') throw new Difference(`${has.kind} has no place in the contract`);
  }
}
