// The commands of components: what is behind the gate of `airssys:ext-process`.

import { context, err, ok } from './answers.mjs';
import { ChildError } from './children.mjs';
import { Denied, Gate } from './gate.mjs';
import { follow } from './reach.mjs';

export function processes(runtime) {
  const { clock } = runtime;
  const pass = (who, asked) =>
    new Gate(runtime.trail, who.component).pass({ class: 'process', action: 'spawn', ...asked }, context(who));

  /** Passes the gate with the command under which a process was started. */
  const child = (who, handle) => {
    const command = who.children.commandOf(handle);
    if (command === undefined) return err('invalid-handle', handle);
    pass(who, { resource: command, resolved: command });
    return null;
  };

  /** The answer of a promise, unless the call ends or the time is over before: then what comes of it concerns nobody. */
  const waited = ({ call }, promise, until = Infinity, settled = () => {}) =>
    new Promise((resolve) => {
      let isOver = false;
      const finish = (answer) => {
        isOver = true;
        call.waits.delete(stop);
        callOff();
        resolve(answer);
      };
      const callOff = clock.at(until, () => finish(err('timeout-exceeded')));
      const stop = () => finish({});
      call.waits.add(stop);
      const settle = (answer) => {
        if (isOver) return;
        settled();
        finish(answer);
      };
      promise.then(
        (value) => settle(ok(value)),
        (error) => settle(inWords(error)),
      );
    });

  return {
    spawnProcess(who, command, args, env = []) {
      const { reached, isSpecial: _, ...found } = follow(runtime, command);
      pass(who, { resource: command, ...found });
      if (!reached.stat?.isFile()) return err('not-found', command);
      return waited(who, who.children.spawn(reached.real, { command: reached.path, argv0: command, args, env }));
    },

    /** A process that was waited for in vain can be waited for again. */
    waitProcess(who, handle, timeoutMs) {
      const refused = child(who, handle);
      if (refused) return refused;
      const { children } = who;
      return waited(who, children.ended(handle), clock.now() + Number(timeoutMs), () => children.forget(handle));
    },

    killProcess(who, handle) {
      const refused = child(who, handle);
      if (!refused) who.children.kill(handle);
      return refused ?? {};
    },

    getEnv: ({ component }, name) => ok(new Map(component.env).get(name)),
  };
}

function inWords(error) {
  if (error instanceof Denied) return err('permission-denied', error.message);
  return error instanceof ChildError ? err(error.tag, error.val) : err('io-error', error.message);
}
