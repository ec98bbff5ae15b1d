// What a host function answers: `{ ok }`, `{ err }`, `{ trap }`, or a promise of one of these if the guest has to wait.

export const ok = (value) => ({ ok: value });
export const err = (tag, val) => ({ err: { tag, val } });

/** How a record of an access names the call. */
export const context = ({ ordinal, call }) => ({ ordinal, requestId: call.requestId });

/** Has the guest wait until a time, or until its call is ended. */
export function wait(clock, call, until) {
  return new Promise((resolve) => {
    const callOff = clock.at(until, () => {
      call.waits.delete(callOff);
      resolve({});
    });
    call.waits.add(callOff);
  });
}
