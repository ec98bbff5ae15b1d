// Where the keys and values of a TOML text stand, since the parser does not tell. The text is known to be valid.

export class Places {
  #text;
  #at = 0;
  #elements = new Map();
  #keys = new Map();
  #values = new Map();

  constructor(text) {
    this.#text = text;
    let table = [];
    for (this.#blank(true); this.#at < text.length; this.#blank(true)) {
      if (text[this.#at] === '[') table = this.#header();
      else this.#pair(table);
    }
  }

  /** Where the last part of a key stands; where a table's header starts, with `value`; the start if it is nowhere. */
  key(path) {
    return this.#keys.get(path) ?? this.#values.get(path) ?? 0;
  }

  value(path) {
    return this.#values.get(path) ?? this.#keys.get(path) ?? 0;
  }

  lineAndColumn(offset) {
    const before = this.#text.slice(0, offset);
    const line = before.split('\n').length;
    return { line, column: [...before.slice(before.lastIndexOf('\n') + 1)].length + 1 };
  }

  #blank(lines) {
    const blank = lines ? /(?:[ \t\r\n]|#[^\n]*)*/y : /[ \t]*/y;
    blank.lastIndex = this.#at;
    blank.exec(this.#text);
    this.#at = blank.lastIndex;
  }

  #token(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #header() {
    const start = this.#at;
    const isElement = this.#text.startsWith('[[', this.#at);
    this.#at += isElement ? 2 : 1;
    const path = this.#dottedKey([]);
    this.#at = this.#text.indexOf(']', this.#at) + (isElement ? 2 : 1);
    if (isElement) {
      const name = path.join('.');
      const index = this.#elements.get(name) ?? 0;
      this.#elements.set(name, index + 1);
      path.push(`${path.pop()}[${index}]`);
    }
    this.#note(this.#values, path, start);
    return path;
  }

  #note(map, path, offset) {
    const name = path.join('.');
    if (!map.has(name)) map.set(name, offset);
  }

  #dottedKey(table) {
    const path = [...table];
    for (;;) {
      this.#blank(false);
      const start = this.#at;
      const part = this.#token(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s.=\]]+/y);
      path.push(part.startsWith("'") ? JSON.stringify(part.slice(1, -1)) : part.replace(/^"([A-Za-z0-9_-]+)"$/, '$1'));
      // An element of an array of tables is meant by its latest header.
      this.#note(this.#keys, path, start);
      this.#blank(false);
      if (this.#text[this.#at] !== '.') return path;
      const count = this.#elements.get(path.join('.'));
      if (count) path.push(`${path.pop()}[${count - 1}]`);
      this.#at++;
    }
  }

  #pair(table) {
    const path = this.#dottedKey(table);
    this.#at = this.#text.indexOf('=', this.#at) + 1;
    this.#blank(false);
    this.#value(path);
  }

  #value(path) {
    this.#note(this.#values, path, this.#at);
    const first = this.#text[this.#at];
    if (first === '[') this.#list(']', (index) => this.#value([...path.slice(0, -1), `${path.at(-1)}[${index}]`]));
    else if (first === '{') this.#list('}', () => this.#pair(path));
    else this.#token(/"""(?:[^\\]|\\[^])*?"""+|'''[^]*?'''+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^,\]}#\n]+/y);
  }

  #list(end, item) {
    this.#at++;
    for (let index = 0; ; index++) {
      this.#blank(true);
      if (this.#text[this.#at] === end) break;
      item(index);
      this.#blank(true);
      if (this.#text[this.#at] === ',') this.#at++;
    }
    this.#at++;
  }
}
