// What a component imports and exports, read from its binary form: names as they are written, and the types of functions.
//
// Only what toolchains make of WIT is followed: instances that are interfaces, functions, types. jco and the engine judge
// whether the rest is valid.

import { Malformed, Reader } from './binary.mjs';

const PRIMITIVES = {
  0x7f: 'bool',
  0x7e: 's8',
  0x7d: 'u8',
  0x7c: 's16',
  0x7b: 'u16',
  0x7a: 's32',
  0x79: 'u32',
  0x78: 's64',
  0x77: 'u64',
  0x76: 'f32',
  0x75: 'f64',
  0x74: 'char',
  0x73: 'string',
  0x64: 'error-context',
};

/** The sorts of things that a component has, by how they are written. */
const SORTS = { 0x01: 'func', 0x02: 'value', 0x03: 'type', 0x04: 'component', 0x05: 'instance' };

/** Things of one component or of one type of a component, each sort with numbers of its own. */
class Scope {
  constructor(outer) {
    this.outer = outer;
    this.func = [];
    this.value = [];
    this.type = [];
    this.component = [];
    this.instance = [];
    this.imports = new Map();
    this.exports = new Map();
  }

  at(sort, index) {
    const found = this[sort][index];
    if (found === undefined) throw new Malformed(`there is no ${sort} ${index}`);
    return found;
  }

  up(count) {
    let scope = this;
    for (let step = 0; step < count; step++) {
      scope = scope.outer;
      if (!scope) throw new Malformed('an alias leads outside');
    }
    return scope;
  }
}

/**
 * Imports and exports of a component by name. An interface is `{ sort: 'instance', exports }`; a function is
 * `{ sort: 'func', type }`, a type `{ sort: 'type', type }`.
 */
export function readComponent(bytes) {
  const { imports, exports } = component(new Reader(bytes, 8), null);
  return { imports, exports };
}

function component(reader, outer) {
  const scope = new Scope(outer);
  for (const { id, body } of reader.sections()) section(id, body, scope);
  return scope;
}

function section(id, body, scope) {
  switch (id) {
    case 4:
      body.skip(8);
      scope.component.push(component(body, scope));
      break;
    case 5:
      body.list(() => scope.instance.push(instance(body, scope)));
      break;
    case 6:
      body.list(() => alias(body, scope));
      break;
    case 7:
      body.list(() => scope.type.push(typeOf(body, scope)));
      break;
    case 8:
      body.list(() => canonical(body, scope));
      break;
    case 10:
      body.list(() => declareImport(body, scope));
      break;
    case 11:
      body.list(() => declareExport(body, scope));
      break;
    default:
      // Core modules, instances and types, and custom sections, have nothing to do with types of components.
      break;
  }
}

function instance(body, scope) {
  if (body.byte() === 0x00) {
    const { exports } = scope.at('component', body.number());
    body.list(() => {
      body.name();
      body.byte();
      body.number();
    });
    return { sort: 'instance', exports };
  }
  const exports = new Map();
  body.list(() => {
    const name = externName(body);
    const sort = sortOf(body);
    const index = body.number();
    if (sort) exports.set(name, scope.at(sort, index));
  });
  return { sort: 'instance', exports };
}

/** One of a component's sorts; null for those of core modules, which have a byte of their own. */
function sortOf(body) {
  const sort = body.byte();
  if (sort !== 0x00) return SORTS[sort];
  body.byte();
  return null;
}

function alias(body, scope) {
  const sort = sortOf(body);
  switch (body.byte()) {
    case 0x00: {
      const { exports } = scope.at('instance', body.number());
      const found = exports.get(body.name());
      if (sort) scope[sort].push(found);
      break;
    }
    case 0x01:
      body.number();
      body.name();
      break;
    default: {
      const from = scope.up(body.number());
      const index = body.number();
      if (sort) scope[sort].push(from.at(sort, index));
    }
  }
}

// Of all canonical definitions only `lift` makes a function of the component; the others have operands to skip.
function canonical(body, scope) {
  const kind = body.byte();
  const options = () =>
    body.list(() => {
      const option = body.byte();
      if (option >= 0x03 && option !== 0x06) body.number();
    });
  if (kind === 0x00) {
    body.byte();
    body.number();
    options();
    scope.func.push({ sort: 'func', type: scope.at('type', body.number()).type });
  } else if (kind === 0x01) {
    body.byte();
    body.number();
    options();
  } else if (kind >= 0x02 && kind <= 0x04) {
    body.number();
  } else {
    throw new Malformed(`a canonical function of kind ${kind}`);
  }
}

function externName(body) {
  body.byte();
  return body.name();
}

function declareImport(body, scope) {
  const name = externName(body);
  const thing = description(body, scope);
  scope[thing.sort].push(thing);
  scope.imports.set(name, thing);
}

function declareExport(body, scope) {
  const name = externName(body);
  const sort = sortOf(body);
  const index = body.number();
  const ascribed = body.byte() === 0x01 ? description(body, scope) : null;
  if (!sort) return;
  const thing = ascribed ?? scope.at(sort, index);
  scope[sort].push(thing);
  scope.exports.set(name, thing);
}

function description(body, scope) {
  switch (body.byte()) {
    case 0x01:
      return { sort: 'func', type: scope.at('type', body.number()).type };
    case 0x03:
      return body.byte() === 0x00 ? scope.at('type', body.number()) : { sort: 'type', type: { kind: 'resource' } };
    case 0x04:
      return { sort: 'component', ...scope.at('type', body.number()).type };
    case 0x05:
      return { sort: 'instance', exports: scope.at('type', body.number()).type.exports };
    default:
      throw new Malformed('an import of an unknown kind');
  }
}

/** A type that is defined; it keeps what it is, so that those that refer to it share it. */
function typeOf(body, scope) {
  return { sort: 'type', type: definition(body, scope) };
}

function definition(body, scope) {
  const kind = body.byte();
  const value = () => valueType(body, scope);
  const labelled = () => [body.name(), value()];
  const optional = () => (body.byte() === 0x01 ? value() : null);
  if (PRIMITIVES[kind]) return { kind: 'primitive', name: PRIMITIVES[kind] };
  switch (kind) {
    case 0x72:
      return { kind: 'record', items: body.list(labelled) };
    case 0x71:
      return {
        kind: 'variant',
        items: body.list(() => {
          const item = [body.name(), optional()];
          body.byte();
          return item;
        }),
      };
    case 0x70:
      return { kind: 'list', of: value() };
    case 0x6f:
      return { kind: 'tuple', items: body.list(value) };
    case 0x6e:
      return { kind: 'flags', items: body.list(() => body.name()) };
    case 0x6d:
      return { kind: 'enum', items: body.list(() => body.name()) };
    case 0x6b:
      return { kind: 'option', of: value() };
    case 0x6a:
      return { kind: 'result', ok: optional(), err: optional() };
    case 0x69:
    case 0x68:
      return { kind: kind === 0x69 ? 'own' : 'borrow', of: scope.at('type', body.number()).type };
    case 0x67:
      return { kind: 'fixed-list', of: value(), length: body.number() };
    case 0x66:
    case 0x65:
      return { kind: kind === 0x66 ? 'stream' : 'future', of: optional() };
    case 0x43:
    case 0x40: {
      const params = body.list(labelled);
      const result = body.byte() === 0x00 ? value() : (body.byte(), null);
      return { kind: 'func', isAsync: kind === 0x43, params, result };
    }
    case 0x41:
    case 0x42:
      return declarations(body, new Scope(scope));
    case 0x3f:
      body.byte();
      if (body.byte() === 0x01) body.number();
      return { kind: 'resource' };
    default:
      throw new Malformed(`a type of kind ${kind}`);
  }
}

/** What a type of an instance or of a component declares. */
function declarations(body, scope) {
  body.list(() => {
    switch (body.byte()) {
      case 0x01:
        scope.type.push(typeOf(body, scope));
        break;
      case 0x02:
        alias(body, scope);
        break;
      case 0x03:
        declareImport(body, scope);
        break;
      case 0x04: {
        const name = externName(body);
        const thing = description(body, scope);
        scope[thing.sort].push(thing);
        scope.exports.set(name, thing);
        break;
      }
      default:
        throw new Malformed('a core type');
    }
  });
  return { kind: 'interface', imports: scope.imports, exports: scope.exports };
}

/** A primitive type stands for itself, every other is a number. */
function valueType(body, scope) {
  const primitive = PRIMITIVES[body.bytes[body.at]];
  if (primitive && body.at < body.end) {
    body.at++;
    return { kind: 'primitive', name: primitive };
  }
  return scope.at('type', body.number()).type;
}
