// Hosts: what names one, which address a text denotes, and what patterns match.

import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { domainToASCII } from 'node:url';

const MAX_NAME = 253;
const LABEL = /^[A-Za-z0-9_-]{1,63}$/;
const LETTERS = /^(?!-)(?:[A-Za-z0-9_-]|[^\x00-\x7f])+(?<!-)$/u;
const WORDS = /^[\p{Alphabetic}\p{N}_-]+$/u;

const notPublic = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['168.63.129.16', 32],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
])
  notPublic.addSubnet(network, prefix, 'ipv4');
const assigned = new BlockList();
assigned.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
])
  notPublic.addSubnet(network, prefix, 'ipv6');

/** Splits `host:443`; null if what is behind the colon is no number. */
export function splitPort(pattern) {
  const behind = pattern.lastIndexOf(']') + 1;
  const colon = pattern.indexOf(':', behind);
  if (colon < 0) return { host: pattern, port: undefined };
  const port = pattern.slice(colon + 1);
  return /^[0-9]+$/.test(port) ? { host: pattern.slice(0, colon), port } : null;
}

const isNumber = (label) => /^([0-9]+|0[xX][0-9a-fA-F]*)$/.test(label);
const endsInNumber = (name) => isNumber(name.split('.').at(-1));

/** The groups of an IPv6 address. */
function groups(address) {
  const { address: text } = new SocketAddress({ address, family: 'ipv6' });
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const hex = (a, b) => ((Number(a) << 8) | Number(b)).toString(16);
  const plain = dotted ? `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}` : text;
  const [head, tail] = plain.split('::').map((part) => (part ? part.split(':') : []));
  const middle = tail ? Array(8 - head.length - tail.length).fill('0') : [];
  return [...head, ...middle, ...(tail ?? [])].map((group) => parseInt(group, 16));
}

const v4Of = (high, low) => [high >> 8, high & 255, low >> 8, low & 255].join('.');

/** An address in one form: an IPv6 address that only carries an IPv4 address is that. */
export function canonical(address) {
  if (isIPv4(address)) return address;
  const all = groups(address);
  if (all.slice(0, 5).every((group) => group === 0) && all[5] === 0xffff) return v4Of(all[6], all[7]);
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

export function isPublic(address) {
  if (isIPv4(address)) return !notPublic.check(address, 'ipv4');
  const all = groups(address);
  const isNat64 = all[0] === 0x64 && all[1] === 0xff9b && all.slice(2, 6).every((group) => group === 0);
  if (isNat64) return isPublic(v4Of(all[6], all[7]));
  if (all[0] === 0x2002) return isPublic(v4Of(all[1], all[2]));
  return assigned.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
}

export const isLoopback = (address) => (isIPv4(address) ? address.startsWith('127.') : address === '::1');

/** The address that one to four numbers, decimal, octal or hexadecimal, denote. */
function v4(text) {
  const parts = text.split('.');
  if (parts.length > 4) return null;
  let address = 0;
  for (const [index, part] of parts.entries()) {
    const octets = index === parts.length - 1 ? 5 - parts.length : 1;
    const number = /^0[xX]/.test(part)
      ? hexadecimal(part.slice(2))
      : /^0[0-7]+$/.test(part)
        ? parseInt(part, 8)
        : /^(0|[1-9][0-9]*)$/.test(part)
          ? Number(part)
          : NaN;
    if (!(number < 256 ** octets)) return null;
    address = address * 256 ** octets + number;
  }
  return v4Of(Math.floor(address / 65536), address % 65536);
}

const hexadecimal = (digits) => (digits === '' ? 0 : /^[0-9a-fA-F]+$/.test(digits) ? parseInt(digits, 16) : NaN);

/** What a text names: `{ name }` or `{ address }`, or null. */
export function parseHost(text) {
  if (text.startsWith('[')) {
    const address = text.slice(1, -1);
    return text.endsWith(']') && isIPv6(address) && !address.includes('%') ? { address: canonical(address) } : null;
  }
  if (/[^\x00-\x7f]/.test(text)) {
    const ascii = domainToASCII(text);
    return ascii ? parseHost(ascii) : null;
  }
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (endsInNumber(name)) {
    const address = v4(name);
    return address && { address };
  }
  if (name.length > MAX_NAME || !name.split('.').every((label) => LABEL.test(label))) return null;
  return { name: name.toLowerCase() };
}

const isLocal = (name) => name === 'localhost' || name.endsWith('.localhost');
const isBelow = (name, domain) => name.endsWith(`.${domain}`);

/** A pattern of hosts: a domain, `*.` and a domain, an IPv4 address or range, `[IPv6]`, or `*`. */
export class HostPattern {
  /** Reads a pattern, or gives null. */
  static parse(text) {
    if (text === '*') return new HostPattern('any');
    if (text.startsWith('[')) {
      const host = parseHost(text);
      return host && new HostPattern('address', host.address);
    }
    const name = text.endsWith('.') ? text.slice(0, -1) : text;
    if (name.startsWith('*.') && !/(^|\.)\*$/.test(name)) return HostPattern.#domain('below', name.slice(2));
    if (name.endsWith('*')) return HostPattern.#range(text);
    if (endsInNumber(name)) return isIPv4(text) ? new HostPattern('address', text) : null;
    return HostPattern.#domain('name', name);
  }

  static #domain(kind, name) {
    const isWord = (label) => label.length <= 63 && WORDS.test(label) && LETTERS.test(label);
    if (!name.split('.').every(isWord)) return null;
    const host = parseHost(name);
    return host?.name ? new HostPattern(kind, host.name) : null;
  }

  static #range(text) {
    const parts = text.split('.');
    const octets = parts.indexOf('*');
    const isRange = parts.length === 4 && octets >= 1 && parts.slice(octets).every((part) => part === '*');
    if (!isRange || !isIPv4(parts.map((part) => (part === '*' ? '0' : part)).join('.'))) return null;
    return new HostPattern('range', `${parts.slice(0, octets).join('.')}.`);
  }

  constructor(kind, text = '') {
    this.kind = kind;
    this.text = text;
  }

  matches({ name, address }) {
    switch (this.kind) {
      case 'any':
        return name === undefined ? isPublic(address) : !isLocal(name);
      case 'name':
        return name === this.text;
      case 'below':
        return name !== undefined && isBelow(name, this.text);
      case 'range':
        return address !== undefined && isIPv4(address) && address.startsWith(this.text);
      default:
        return address === this.text;
    }
  }

  /** How narrow it is: of several that match, the narrowest is named in records. */
  get narrowness() {
    return { any: 0, range: 1, below: 1, name: 1000, address: 1000 }[this.kind] + this.text.length;
  }

  /** Whether this surely matches all that another one matches. */
  covers(other) {
    switch (other.kind) {
      case 'name':
        return this.matches({ name: other.text });
      case 'address':
        return this.matches({ address: other.text });
      case 'below':
        if (this.kind === 'any') return !isLocal(`x.${other.text}`);
        return this.kind === 'below' && (this.text === other.text || isBelow(other.text, this.text));
      case 'range':
        return this.kind === 'range' && other.text.startsWith(this.text);
      default:
        return this.kind === 'any';
    }
  }
}
