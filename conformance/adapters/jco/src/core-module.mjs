// Core modules: what their memories and tables take, and how the component's limit gets into them.
//
// V8 keeps the maximum that a module declares. So the limit is written into the module: growth past it gives the guest -1.

import { Reader } from './binary.mjs';

const PAGE = 65_536;
/** What an element of a table counts. */
const ELEMENT = 8;
const [TABLES, MEMORIES] = [4, 5];

/** The limits of memories and tables that a module defines, as they stand in its sections. */
function definitions(bytes) {
  const found = [];
  for (const { id, body } of new Reader(bytes, 8).sections()) {
    if (id !== TABLES && id !== MEMORIES) continue;
    const sectionStart = body.at;
    const items = body.list(() => {
      const start = body.at;
      // A table has a type of reference before its limits, of one byte or of several if it is spelt out.
      if (id === TABLES && body.byte() === 0x40) return null;
      const limits = body.at;
      const flags = body.byte();
      const min = body.number();
      const max = flags & 1 ? body.number() : Infinity;
      if (flags & 8) body.number();
      return { start, limits, end: body.at, flags, min, max, unit: id === TABLES ? ELEMENT : PAGE };
    });
    if (items.includes(null)) continue;
    found.push({ id, start: sectionStart, end: body.at, items });
  }
  return found;
}

/** The bytes that the memories and tables of all modules take at first. */
export function initialBytes(modules) {
  const items = modules.flatMap((bytes) => definitions(bytes).flatMap(({ items: all }) => all));
  return items.reduce((sum, { min, unit }) => sum + min * unit, 0);
}

function unsigned(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

/** The module with every memory and table bounded so that it alone can take at most so many bytes more. */
export function bounded(bytes, headroom) {
  const sections = definitions(bytes);
  if (sections.length === 0) return bytes;
  const parts = [];
  let copied = 0;
  for (const { id, start, end, items } of sections) {
    const body = [...unsigned(items.length)];
    for (const { start: from, limits, flags, min, max, unit } of items) {
      const most = Math.min(max, min + Math.floor(headroom / unit), unit === PAGE && !(flags & 4) ? 65_536 : 2 ** 32 - 1);
      body.push(...bytes.subarray(from, limits), flags | 1, ...unsigned(min), ...unsigned(most));
    }
    // The length in front of the section changes with it.
    const header = sectionHeader(bytes, start);
    parts.push(bytes.subarray(copied, header), Uint8Array.of(id, ...unsigned(body.length), ...body));
    copied = end;
  }
  parts.push(bytes.subarray(copied));
  return Buffer.concat(parts);
}

/** Where the section begins whose content starts there. */
function sectionHeader(bytes, content) {
  const reader = new Reader(bytes, 8);
  let header = 8;
  for (const { start } of reader.sections()) {
    if (start === content) return header;
    header = reader.at;
  }
  return header;
}
