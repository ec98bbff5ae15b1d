// Where a request goes: a URL, parsed once. What two parsers could read differently is refused.

import { parseHost } from './hosts.mjs';

const MAX_URL = 8192;

/** Why a text is no URL to ask. */
export class UrlError extends Error {}

function checkText(text) {
  if (Buffer.byteLength(text) > MAX_URL) throw new UrlError(`it is longer than ${MAX_URL} bytes`);
  if (/[\\\s\u0000-\u001f\u007f-\u009f\u0085]/u.test(text))
    throw new UrlError('it contains a backslash, a blank or a control character');
}

const schemeOf = (text) => /^([^:/?#]+):/.exec(text)?.[1];

export class Target {
  static parse(text) {
    checkText(text);
    const scheme = schemeOf(text);
    if (!scheme) throw new UrlError('it is not absolute');
    if (!/^https?$/i.test(scheme)) throw new UrlError('its scheme is neither http nor https');
    const rest = text.slice(scheme.length + 1);
    if (!rest.startsWith('//')) throw new UrlError('its host is missing');
    const [authority] = rest.slice(2).split(/[/?#]/);
    if (authority.includes('@')) throw new UrlError('it contains user information');
    if (authority === '' || authority.includes('%')) throw new UrlError('its host is missing or malformed');
    try {
      return new Target(new URL(text));
    } catch (error) {
      throw error instanceof UrlError ? error : new UrlError('its host or port is malformed');
    }
  }

  constructor(url) {
    url.hash = '';
    this.url = url.href.replace(/#$/, '');
    if (Buffer.byteLength(this.url) > MAX_URL) throw new UrlError(`it is longer than ${MAX_URL} bytes`);
    this.host = url.hostname;
    const named = parseHost(this.host);
    if (!named) throw new UrlError('its host is malformed');
    /** The address, if the host is one. */
    this.address = named.address && this.host.replace(/[[\]]/g, '');
    this.isSecure = url.protocol === 'https:';
    this.port = url.port === '' ? (this.isSecure ? 443 : 80) : Number(url.port);
    if (this.port === 0) throw new UrlError('its port is not between 1 and 65535');
    this.authority = url.host;
    this.path = `${url.pathname}${url.search}`;
  }

  /** Where a redirect leads from here. */
  join(reference) {
    checkText(reference);
    if (schemeOf(reference)) return Target.parse(reference);
    if (reference.startsWith('//')) return Target.parse(`${this.isSecure ? 'https' : 'http'}:${reference}`);
    return new Target(new URL(reference, this.url));
  }

  isSameOrigin(other) {
    return this.isSecure === other.isSecure && this.host === other.host && this.port === other.port;
  }
}
