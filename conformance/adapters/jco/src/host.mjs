// The host functions, by interface. Every one is told who asks: `{ component, ordinal, children, call }`, of which `call` is
// the call in progress.

import { err } from './answers.mjs';
import { capabilities } from './capabilities.mjs';
import { filesystem } from './filesystem.mjs';
import { Denied } from './gate.mjs';
import { hostServices } from './host-services.mjs';
import { multicodec } from './multicodec.mjs';
import { network } from './network.mjs';
import { processes } from './process.mjs';
import { publishSubscribe } from './publish-subscribe.mjs';
import { sizeOf } from './size.mjs';
import { storage } from './storage.mjs';
import { wasi } from './wasi.mjs';

export class Host {
  #functions;

  constructor(runtime) {
    this.runtime = runtime;
    this.#functions = {
      'airssys:core/host-services': hostServices(runtime),
      'airssys:core/capabilities': capabilities(runtime),
      'airssys:core/multicodec': multicodec,
      'airssys:core/publish-subscribe': publishSubscribe(runtime),
      'airssys:ext-filesystem/filesystem': filesystem(runtime),
      'airssys:ext-storage/storage': storage(runtime),
      'airssys:ext-network/network': network(runtime),
      'airssys:ext-process/process': processes(runtime),
      ...wasi(runtime),
    };
    /** What a thread needs to know to link an instance. */
    this.interfaces = Object.entries(this.#functions).map(([name, functions]) => [name, Object.keys(functions)]);
  }

  /** Answers `{ ok }`, `{ err }` or `{ trap }`, or a promise of that if the guest has to wait. */
  answer(who, interface_, name, args) {
    if (sizeOf(args) > this.runtime.limits['hostcall-bytes']) return { trap: 'host-limit' };
    try {
      return this.#functions[interface_][name](who, ...args);
    } catch (error) {
      if (error instanceof Denied) return err('permission-denied', error.message);
      // A fault of this runtime: it ends the instance that met with it, and nothing else.
      process.stderr.write(`${interface_}.${name}: ${error.stack}\n`);
      return { trap: 'host-limit' };
    }
  }
}
