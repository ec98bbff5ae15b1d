// The resources of WASI, in the thread of the guest: streams that lead to the log or to nowhere, and waits.

/** `ask` asks the main thread; `Answered` is an error that a function's own type has. */
export function wasiResources(ask, Answered) {
  const denied = () => {
    throw new Answered('access-denied');
  };

  class Pollable {
    /** `until` is a time of the runtime's clock in nanoseconds. */
    constructor(until = 0n) {
      this.until = until;
    }

    ready() {
      return ask('wasi:clocks/monotonic-clock', 'now', []) >= this.until;
    }

    block() {
      ask('wasi:io/poll', 'block', [this.until]);
    }
  }

  const poll = (pollables) => {
    const first = pollables.reduce((least, { until }) => (until < least ? until : least), pollables[0].until);
    ask('wasi:io/poll', 'block', [first]);
    return new Uint32Array(pollables.flatMap((pollable, index) => (pollable.ready() ? [index] : [])));
  };

  class OutputStream {
    constructor(level) {
      this.level = level;
    }

    checkWrite() {
      return 65_536n;
    }

    write(contents) {
      ask('wasi:io/streams', 'write', [this.level, contents]);
    }

    blockingWriteAndFlush(contents) {
      this.write(contents);
    }

    flush() {}

    blockingFlush() {}

    subscribe() {
      return new Pollable();
    }
  }

  class InputStream {
    read() {
      throw new Answered({ tag: 'closed' });
    }

    blockingRead() {
      return this.read();
    }

    subscribe() {
      return new Pollable();
    }
  }

  const nothing = (...names) => Object.fromEntries(names.map((name) => [name, class {}]));

  return {
    'wasi:io/poll': { Pollable, poll },
    'wasi:io/error': nothing('Error'),
    'wasi:io/streams': { InputStream, OutputStream },
    'wasi:clocks/monotonic-clock': {
      subscribeDuration: (nanos) => new Pollable(ask('wasi:clocks/monotonic-clock', 'now', []) + nanos),
      subscribeInstant: (until) => new Pollable(until),
    },
    'wasi:cli/stdin': { getStdin: () => new InputStream() },
    'wasi:cli/stdout': { getStdout: () => new OutputStream('info') },
    'wasi:cli/stderr': { getStderr: () => new OutputStream('warn') },
    'wasi:cli/terminal-input': nothing('TerminalInput'),
    'wasi:cli/terminal-output': nothing('TerminalOutput'),
    'wasi:cli/terminal-stdin': { getTerminalStdin: () => undefined },
    'wasi:cli/terminal-stdout': { getTerminalStdout: () => undefined },
    'wasi:cli/terminal-stderr': { getTerminalStderr: () => undefined },
    'wasi:filesystem/types': { ...nothing('Descriptor', 'DirectoryEntryStream'), filesystemErrorCode: () => undefined },
    'wasi:sockets/network': nothing('Network'),
    'wasi:sockets/tcp': nothing('TcpSocket'),
    'wasi:sockets/udp': nothing('UdpSocket', 'IncomingDatagramStream', 'OutgoingDatagramStream'),
    'wasi:sockets/tcp-create-socket': { createTcpSocket: denied },
    'wasi:sockets/udp-create-socket': { createUdpSocket: denied },
    'wasi:sockets/ip-name-lookup': { ...nothing('ResolveAddressStream'), resolveAddresses: denied },
    'wasi:sockets/instance-network': { instanceNetwork: denied },
  };
}
