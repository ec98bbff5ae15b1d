// The operator's limits, by their names.

const MIB = 1 << 20;

export const DEFAULTS = {
  'memory-bytes': 1024 * MIB,
  'timeout-ms': 600_000,
  fuel: Infinity,
  'message-bytes': 16 * MIB,
  'mailbox-capacity': 65_536,
  'storage-bytes': 1024 * MIB,
  'component-bytes': 64 * MIB,
  'hostcall-bytes': 16 * MIB,
  'file-bytes': 16 * MIB,
  'directory-entries': 10_000,
  'http-ms': 30_000,
  'http-max-ms': 300_000,
  'http-body-bytes': 16 * MIB,
  instances: 512,
  'instantiate-ms': 1000,
  'metadata-ms': 1000,
  'init-ms': 1000,
  'health-ms': 1000,
  'shutdown-ms': 5000,
  'mailbox-bytes': 16 * MIB,
  'all-mailboxes-bytes': 256 * MIB,
  'outstanding-requests': 1024,
  'open-requests': 65_536,
  subscriptions: 256,
  'request-ms': 30_000,
  'request-max-ms': 300_000,
  'drain-ms': 30_000,
  'back-off-ms': 0,
  'back-off-max-ms': 10_000,
};

/** The first thing that a manifest asks for beyond the operator's limits, in words, or null. */
export function exceeded(limits, { resources, capabilities, optional }) {
  const asked = [
    ['resources.memory.max', resources.memory.max, 'memory-bytes'],
    ['resources.timeout-ms', resources.timeoutMs, 'timeout-ms'],
    ['resources.max-message-bytes', resources.maxMessageBytes, 'message-bytes'],
    ['resources.mailbox-capacity', resources.mailboxCapacity, 'mailbox-capacity'],
    ['resources.fuel', resources.fuel ?? 0, 'fuel'],
    ['resources.storage', resources.storage ?? 0, 'storage-bytes'],
    ['capabilities.storage.max-size', maxSize(capabilities, optional) ?? 0, 'storage-bytes'],
  ];
  const found = asked.find(([, wanted, limit]) => wanted > limits[limit]);
  return found ? `${found[0]} is ${found[1]}, the host allows at most ${limits[found[2]]}` : null;
}

const DEFAULT_STORAGE = 16 * MIB;
const maxSize = (capabilities, optional) => capabilities.storage.maxSize ?? optional.storage.maxSize;

/** The bytes that a component may store. */
export function storageQuota(limits, { resources, capabilities, optional }) {
  const given = [maxSize(capabilities, optional), resources.storage].filter((size) => size !== undefined);
  return Math.min(limits['storage-bytes'], given.length > 0 ? Math.min(...given) : DEFAULT_STORAGE);
}

/** How long the wait before the n-th restart of a window is. The first is made at once. */
export const backOff = (limits, ordinal) =>
  ordinal <= 1 ? 0 : Math.min(limits['back-off-ms'] * 2 ** (ordinal - 2), limits['back-off-max-ms']);
