// One HTTP/1.1 exchange over a connection of its own: no pool, no cookies, no proxies.

import { request as httpRequest, validateHeaderName, validateHeaderValue } from 'node:http';
import { connect as tlsConnect } from 'node:tls';
import { createGunzip } from 'node:zlib';

/** An error of the function's own type. */
export class HttpFailure extends Error {
  constructor(tag, val) {
    super(`${tag}: ${val}`);
    this.tag = tag;
    this.val = val;
  }
}

const protocolError = (why) => new HttpFailure('protocol-error', why);

const MAX_HEADERS = 256;
const MAX_HEADER_BYTES = 64 << 10;
const MAX_REQUEST_BODY = 16 << 20;
const MAX_INTERIM = 16;
const OVERHEAD = 4;

const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const weight = (pairs) =>
  pairs.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value) + OVERHEAD, 0);

/** What a guest asks for, checked: method, headers in lower case, body, and whether the answer is to be decoded. */
export function prepare({ method, headers, body = new Uint8Array() }) {
  if (headers.length > MAX_HEADERS || weight(headers) > MAX_HEADER_BYTES) throw protocolError('the request has too many headers');
  const checked = headers.map(([name, value]) => {
    const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '');
    // Bytes are what is sent: text beyond ASCII goes as UTF-8.
    const raw = Buffer.from(trimmed).toString('latin1');
    try {
      validateHeaderName(name);
      validateHeaderValue(name, raw);
    } catch {
      throw protocolError('a header contains a forbidden byte');
    }
    const lower = name.toLowerCase();
    if (RESERVED.has(lower) || lower.startsWith('proxy-')) throw protocolError(`the header ${lower} is not the guest's to set`);
    return [lower, raw];
  });
  if (body.length > MAX_REQUEST_BODY) throw new HttpFailure('too-large', BigInt(MAX_REQUEST_BODY));
  const decode = !checked.some(([name]) => name === 'accept-encoding' || name === 'range');
  if (decode) checked.push(['accept-encoding', 'gzip']);
  return { method: method.toUpperCase(), headers: checked, body, decode };
}

/** Sends a request, and gives the response without its body read: `{ status, headers, read }`. `signal` ends it anywhere. */
export async function exchange(target, socket, { method, headers, body, decode }, signal) {
  const stream = target.isSecure ? await secure(target, socket) : socket;
  const sending = httpRequest({
    createConnection: () => stream,
    method,
    path: target.path,
    setHost: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
  });
  sending.maxHeadersCount = 0;
  sending.removeHeader('connection');
  sending.setHeader('host', target.authority);
  for (const [name, value] of headers) sending.appendHeader(name, value);
  if (body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(method)) sending.setHeader('content-length', String(body.length));
  const response = await answered(sending, stream, body);
  const pairs = together(response.rawHeaders);
  if (pairs.length > MAX_HEADERS || weight(pairs) > MAX_HEADER_BYTES)
    throw protocolError('the head of the response is too large');
  return { status: response.statusCode, headers: pairs, read: (most) => read(response, pairs, { method, decode, most }) };
}

function secure({ host, address }, socket) {
  return new Promise((resolve, reject) => {
    const stream = tlsConnect({ socket, servername: address ? undefined : host, ALPNProtocols: ['http/1.1'] }, () =>
      resolve(stream),
    );
    stream.once('error', (error) => reject(new HttpFailure('connection-failed', error.code ?? 'the peer is not trusted')));
  });
}

function answered(sending, stream, body) {
  return new Promise((resolve, reject) => {
    let interim = 0;
    sending.on(
      'information',
      () => ++interim > MAX_INTERIM && sending.destroy(protocolError('there are too many interim responses')),
    );
    sending.once('upgrade', () => {
      stream.destroy();
      reject(protocolError('the peer switches to a protocol that was not asked for'));
    });
    sending.once('response', resolve);
    sending.on('error', (error) => reject(beforeHead(error, stream)));
    sending.end(body);
  });
}

function beforeHead(error, stream) {
  if (error instanceof HttpFailure) return error;
  if (/^HPE_/.test(error.code)) return protocolError('the answer is no valid HTTP response, or its head is too large');
  if (stream.bytesRead > 0) return protocolError('the head of the response is cut off');
  return new HttpFailure('connection-failed', 'the peer closed the connection before a response');
}

/** Names in lower case, in the order received but for those of one name, which stand together. Text that is UTF-8 is that. */
function together(raw) {
  const groups = new Map();
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index].toLowerCase();
    const bytes = Buffer.from(raw[index + 1], 'latin1');
    const text = bytes.toString('utf8');
    groups.set(name, [...(groups.get(name) ?? []), Buffer.from(text).equals(bytes) ? text : raw[index + 1]]);
  }
  return [...groups].flatMap(([name, values]) => values.map((value) => [name, value]));
}

async function read(response, headers, { method, decode, most }) {
  const values = (name) => headers.filter(([other]) => other === name).map(([, value]) => value.toLowerCase());
  const status = response.statusCode;
  if (method === 'HEAD' || status === 204 || status === 304) {
    response.destroy();
    return { status, headers, body: new Uint8Array() };
  }
  const encodings = values('transfer-encoding');
  if (encodings.length > 1 || (encodings.length === 1 && encodings[0] !== 'chunked'))
    throw protocolError('the response has a transfer encoding that was not asked for');
  if (encodings.length > 0 && values('content-length').length > 0) throw protocolError('the length of the response is ambiguous');
  const codings = values('content-encoding');
  const isGzip = decode && codings.length === 1 && ['gzip', 'x-gzip'].includes(codings[0]);
  const tooLarge = new HttpFailure('too-large', BigInt(most));
  const mostEncoded = isGzip ? most + most / 64 + (64 << 10) : most;
  if (Number(values('content-length')[0] ?? 0) > mostEncoded) {
    response.destroy();
    throw tooLarge;
  }
  const content = await collect(response, { isGzip, most, mostEncoded, tooLarge });
  const kept = isGzip ? headers.filter(([name]) => name !== 'content-encoding' && name !== 'content-length') : headers;
  return { status, headers: kept, body: content };
}

async function collect(response, { isGzip, most, mostEncoded, tooLarge }) {
  const parts = [];
  let [length, encoded] = [0, 0];
  const source = isGzip ? response.pipe(createGunzip()) : response;
  // What breaks the one breaks the other: a pipe does not tell.
  response.once('error', (error) => source.destroy(error));
  response.on('data', (part) => {
    encoded += part.length;
    if (encoded > mostEncoded) source.destroy(tooLarge);
  });
  try {
    for await (const part of source) {
      length += part.length;
      if (length > most) throw tooLarge;
      parts.push(part);
    }
  } catch (error) {
    response.destroy();
    if (isGzip && encoded === 0 && response.complete) return new Uint8Array();
    throw error === tooLarge ? error : protocolError('the body of the response is malformed or cut off');
  }
  return new Uint8Array(Buffer.concat(parts));
}
