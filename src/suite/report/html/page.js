'use strict';
// Draws the report. Every text comes from a runtime or a case file: it becomes text nodes, and never markup.
(async () => {
  const byId = (id) => document.getElementById(id);
  const RED = new Set(['fail', 'crash', 'timeout', 'xpass', 'driver-error']);
  const ORDER = ['pass', 'fail', 'crash', 'timeout', 'driver-error', 'xpass', 'xfail', 'untestable', 'not-applicable'];
  const SHORT = { 'not-applicable': 'n/a' };
  // So many matches, or cases worth attention, are open of themselves; more are to be asked for.
  const OPEN_MATCHES = 200;

  // An element with classes, attributes and children; whatever is no node becomes text.
  const h = (name, attributes, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (key === 'on') for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
      else if (key === 'class') node.className = value;
      else node.setAttribute(key, value === true ? '' : value);
    }
    node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  };

  const read = async () => {
    const bytes = Uint8Array.from(atob(byId('data').textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  };

  const data = await read();
  const { runs, cases, sources } = data;
  const several = runs.length > 1;
  const requirements = new Map(data.requirements.map((requirement) => [requirement.id, requirement]));
  const byCase = new Map(cases.map((one) => [one.id, one]));
  const verdictOf = (one, run) => (one.runs[run] ? one.runs[run].verdict : 'absent');
  for (const one of cases) {
    one.verdicts = runs.map((_, run) => verdictOf(one, run));
    one.differs = one.verdicts.some((verdict) => verdict !== one.verdicts[0]);
    one.red = one.verdicts.some((verdict) => RED.has(verdict));
    const messages = one.runs.filter(Boolean).map((run) => run.message);
    one.text = [one.id, one.title, ...one.requirements, ...messages].join('\n').toLowerCase();
  }
  const areas = [...new Set(cases.map((one) => one.area))].sort();
  const used = ORDER.filter((verdict) => cases.some((one) => one.verdicts.includes(verdict)));

  // What is shown, which the address keeps.
  const state = { q: '', area: '', by: 'area', verdicts: new Set(), differs: false, open: '' };
  const fromAddress = () => {
    const from = new URLSearchParams(location.hash.slice(1));
    state.q = from.get('q') || '';
    state.area = areas.includes(from.get('area')) ? from.get('area') : '';
    state.by = from.get('by') === 'requirement' ? 'requirement' : 'area';
    state.verdicts = new Set((from.get('verdict') || '').split(',').filter((verdict) => used.includes(verdict)));
    state.differs = several && from.get('differs') === '1';
    state.open = byCase.has(from.get('case')) ? from.get('case') : '';
  };
  const address = (changes) => {
    const next = { ...state, ...changes };
    const to = new URLSearchParams();
    if (next.q) to.set('q', next.q);
    if (next.area) to.set('area', next.area);
    if (next.by !== 'area') to.set('by', next.by);
    if (next.verdicts.size) to.set('verdict', [...next.verdicts].join(','));
    if (next.differs) to.set('differs', '1');
    if (next.open) to.set('case', next.open);
    // Slashes and commas need no escape in a fragment, and links are read by people.
    return '#' + String(to).replaceAll('%2F', '/').replaceAll('%2C', ',');
  };
  const go = (changes, replace) => {
    const to = address(changes);
    if (to === (location.hash || '#')) return;
    history[replace ? 'replaceState' : 'pushState'](null, '', to === '#' ? location.pathname + location.search : to);
    fromAddress();
    draw();
  };

  const plural = (count, word) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
  const mark = (verdict) =>
    h('span', { class: `mark ${verdict}` }, verdict === 'absent' ? '–' : SHORT[verdict] || verdict,
      SHORT[verdict] && h('span', { class: 'hidden' }, ` (${verdict})`), verdict === 'absent' && h('span', { class: 'hidden' }, 'not run'));
  const count = (list, run) => {
    const counts = new Map();
    for (const one of list) counts.set(one.verdicts[run], (counts.get(one.verdicts[run]) || 0) + 1);
    return [...ORDER, 'absent'].filter((verdict) => counts.has(verdict)).map((verdict) => [verdict, counts.get(verdict)]);
  };

  // The head: what was judged, and what may be claimed.
  const head = () => {
    const names = runs.map((run) => run.runtime);
    byId('title').replaceChildren(...(several ? [`Conformance, ${runs.length} runs side by side`] : [`Conformance of ${names[0]} `, h('span', { class: 'version' }, runs[0].version)]));
    byId('runs').append(...runs.map((run, index) => {
      const counts = count(cases, index);
      const bar = h('div', { class: 'bar', 'aria-hidden': 'true' }, counts.map(([verdict]) => h('i', { class: verdict })));
      counts.forEach(([, number], at) => { bar.children[at].style.flexGrow = number; });
      return h('section', { class: 'run', 'aria-label': `Run ${index + 1}` },
        several && h('h2', {}, h('span', { class: 'number' }, index + 1), run.runtime, ' ', h('span', { class: 'version' }, run.version)),
        h('p', { class: `claim ${run.verdict}` }, run.claim),
        bar,
        several && h('p', { class: 'counts' }, counts.map(([verdict, number]) => h('span', { class: verdict }, h('b', {}, number.toLocaleString('en')), ' ', verdict === 'absent' ? 'not run' : verdict))),
        asked(run),
        run.stale.map((stale) => h('p', { class: 'stale' }, `Line ${stale.line} of the expected failures, ${stale.case}: ${stale.why}`)));
    }));
  };
  const asked = (run) => {
    const words = [`suite ${run.suite}`];
    for (const [key, value] of Object.entries(run.asked)) words.push(`${key} ${[].concat(value).join(', ')}`);
    return h('p', { class: 'asked' }, words.join(' · '));
  };

  // The filters.
  const matches = (one) => {
    if (state.area && one.area !== state.area) return false;
    if (state.differs && !one.differs) return false;
    if (state.verdicts.size && !one.verdicts.some((verdict) => state.verdicts.has(verdict))) return false;
    return state.q.toLowerCase().split(/\s+/).every((word) => one.text.includes(word));
  };
  const filters = () => {
    byId('area').append(...areas.map((area) => h('option', { value: area }, area)));
    const chip = (name, number, class_, pressed, toggle) =>
      h('button', { type: 'button', class: `chip ${class_}`, 'aria-pressed': 'false', 'data-key': name, on: { click: toggle } }, name, h('b', {}, number.toLocaleString('en')));
    if (several) {
      byId('verdicts').append(chip('differs', cases.filter((one) => one.differs).length, '', false, () => go({ differs: !state.differs }, true)));
    }
    byId('verdicts').append(...used.map((verdict) =>
      chip(verdict, cases.filter((one) => one.verdicts.includes(verdict)).length, verdict, false, () => {
        const verdicts = new Set(state.verdicts);
        if (!verdicts.delete(verdict)) verdicts.add(verdict);
        go({ verdicts }, true);
      })));
    byId('q').addEventListener('input', () => go({ q: byId('q').value }, true));
    byId('area').addEventListener('change', () => go({ area: byId('area').value }, true));
    for (const radio of document.querySelectorAll('[name=by]')) radio.addEventListener('change', () => go({ by: radio.value }, true));
    byId('filters').addEventListener('submit', (event) => { event.preventDefault(); focusFirst(); });
  };
  const showFilters = () => {
    if (byId('q').value !== state.q) byId('q').value = state.q;
    byId('area').value = state.area;
    document.querySelector(`[name=by][value=${state.by}]`).checked = true;
    for (const one of document.querySelectorAll('.chip')) {
      const key = one.dataset.key;
      one.setAttribute('aria-pressed', String(key === 'differs' ? state.differs : state.verdicts.has(key)));
    }
  };

  // The list.
  const row = (one, area) => {
    const name = area && one.id.startsWith(`${area}/`) ? one.id.slice(area.length + 1) : one.id;
    return h('li', {}, h('a', { class: 'row', href: address({ open: one.id }), 'data-case': one.id, tabindex: '-1', title: one.title },
      h('span', { class: 'marks' }, one.verdicts.map(mark)), h('span', { class: 'name' }, name), h('span', { class: 'title' }, one.title)));
  };
  const group = ({ name, list, kind, text, gist, verdicts, open, area }) => {
    const tags = runs.map((_, run) => {
      const some = count(list, run).filter(([verdict]) => verdict !== 'absent');
      return h('span', { class: 'of' }, several && some.length > 0 && h('span', { class: 'number' }, `${run + 1}`),
        some.map(([verdict, number]) => h('span', { class: `mark ${verdict}` }, `${number.toLocaleString('en')} ${SHORT[verdict] || verdict}`)));
    });
    const coverage = (verdicts || []).map((verdict) => verdict && h('span', { class: `mark ${verdict}` }, verdict));
    const node = h('details', { class: `group ${kind || ''}` },
      h('summary', {}, h('h2', {}, name), h('span', { class: 'total' }, plural(list.length, 'case')), gist && h('span', { class: 'gist' }, gist),
        h('span', { class: 'tags' }, verdicts ? coverage : tags)));
    let filled = false;
    const fill = () => {
      if (filled) return;
      filled = true;
      node.append(...[text && h('p', { class: 'text' }, text)].filter(Boolean), h('ul', {}, list.map((one) => row(one, area))));
    };
    // A click comes before the toggle, and whoever is quick with the keys finds the rows there.
    node.firstChild.addEventListener('click', fill);
    node.addEventListener('toggle', fill);
    if (open) {
      fill();
      node.open = true;
    }
    return node;
  };
  const groups = (shown) => {
    const filtered = state.q || state.area || state.verdicts.size || state.differs;
    const open = (list) => Boolean(filtered) && (shown.length <= OPEN_MATCHES || list.length === shown.length);
    if (state.by === 'requirement') {
      return [...requirements.values()].map((requirement) => {
        const list = shown.filter((one) => one.requirements.includes(requirement.id));
        if (filtered && !list.length) return null;
        const text = requirement.excluded ? `${requirement.text} Not tested by cases: ${requirement.excluded}` : requirement.text;
        return group({ name: requirement.id, list, gist: `${requirement.level}  ${requirement.text}`, text: `${requirement.section}. ${text}`, verdicts: requirement.verdicts, open: open(list) && shown.length <= 60 });
      }).filter(Boolean);
    }
    const notable = filtered ? [] : shown.filter((one) => one.differs || one.red);
    const first = notable.length ? [group({ name: several ? 'Verdicts differ, or are red' : 'What went wrong', list: notable, kind: 'attention', open: notable.length <= OPEN_MATCHES })] : [];
    return [...first, ...areas.map((area) => {
      const list = shown.filter((one) => one.area === area);
      return list.length ? group({ name: area, list, area, open: open(list) }) : null;
    }).filter(Boolean)];
  };

  let drawn = '';
  const drawList = () => {
    const shown = cases.filter(matches);
    const key = address({ open: '' });
    if (key !== drawn) {
      drawn = key;
      const made = groups(shown);
      byId('list').replaceChildren(...(made.length ? made : [h('p', { class: 'empty' }, 'No case matches.')]));
      byId('status').textContent = shown.length === cases.length ? plural(cases.length, 'case') : `${shown.length.toLocaleString('en')} of ${plural(cases.length, 'case')}`;
    }
    for (const one of byId('list').querySelectorAll('[aria-current]')) one.removeAttribute('aria-current');
    let current = rowOf(state.open);
    if (state.open && !current) {
      // A link to a case whose group is closed.
      const one = byCase.get(state.open);
      for (const node of byId('list').querySelectorAll('details.group')) {
        if (current || node.querySelector('h2').textContent !== one.area || !matches(one)) continue;
        node.open = true;
        node.dispatchEvent(new Event('toggle'));
        current = rowOf(state.open);
      }
    }
    if (current) {
      current.setAttribute('aria-current', 'true');
      rove(current);
    } else if (!byId('list').querySelector('.row[tabindex="0"]')) {
      const row = byId('list').querySelector('.row');
      if (row) rove(row);
    }
  };
  const rowOf = (id) => (id ? [...byId('list').querySelectorAll('.row')].find((row) => row.dataset.case === id) : undefined);

  // One row is in the order of tabs; the others are reached from it.
  const rove = (row) => {
    for (const other of byId('list').querySelectorAll('.row[tabindex="0"]')) other.tabIndex = -1;
    row.tabIndex = 0;
  };
  const stops = () => [...byId('list').querySelectorAll('summary, details[open] .row')];
  const focus = (node) => {
    if (!node) return;
    if (node.matches('.row')) rove(node);
    node.focus({ preventScroll: true });
    node.scrollIntoView({ block: 'nearest' });
  };
  const focusFirst = () => focus(byId('list').querySelector('details[open] .row') || byId('list').querySelector('summary'));
  const move = (by) => {
    const all = stops();
    const at = all.indexOf(document.activeElement);
    if (at >= 0) return focus(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
    const current = rowOf(state.open) || byId('list').querySelector('.row[tabindex="0"]');
    return focus(current || all[0]);
  };
  // With a case open, the next case is opened in its place.
  const turn = (by) => {
    const rows = [...byId('list').querySelectorAll('details[open] .row')];
    const at = rows.findIndex((row) => row.getAttribute('aria-current') === 'true');
    const next = rows[at + by];
    if (at >= 0 && next) go({ open: next.dataset.case }, true);
  };

  // A case.
  const detail = (one) => {
    const close = h('button', { type: 'button', class: 'plain', on: { click: () => shut() } }, 'Close');
    return [
      h('div', { class: 'head' },
        h('div', {}, h('h2', { id: 'case', tabindex: '-1' }, one.id), h('p', {}, one.title)), close),
      h('div', { class: `outcomes ${several ? 'several' : ''}` }, one.runs.map((run, index) => outcome(run, index))),
      between(one),
      h('section', {}, h('h3', {}, 'Requirements'), h('ul', { class: 'needs' }, one.requirements.map(needs))),
      source(one),
    ];
  };
  const needs = (id) => {
    const requirement = requirements.get(id);
    return h('li', {}, h('a', { class: 'mono', href: address({ by: 'requirement', q: id, open: '', area: '', verdicts: new Set(), differs: false }) }, id),
      requirement && ` ${requirement.level}`, requirement && h('p', {}, requirement.text));
  };
  const outcome = (run, index) => {
    const name = several && h('span', {}, `${index + 1} ${runs[index].runtime} ${runs[index].version}`);
    if (!run) return h('section', { class: 'outcome absent' }, h('h4', {}, name, h('span', { class: 'tone' }, 'not run')));
    const meta = [`${run.ms.toLocaleString('en')} ms`, run.times > 1 && plural(run.times, 'run'), run.seed !== null && `seed ${run.seed}`].filter(Boolean);
    return h('section', { class: `outcome ${run.verdict}` },
      h('h4', {}, name, h('span', { class: 'tone' }, run.verdict), h('span', { class: 'meta' }, meta.join(' · '))),
      run.reason && h('div', {}, h('h3', {}, 'Expected to fail because'), h('p', { class: 'message' }, run.reason)),
      run.message && h('div', {}, h('h3', {}, 'Why'), because(run.message)),
      h('div', {}, h('h3', {}, 'Run it again'), command(run.reproduce)),
      run.said.length > 0 && h('div', {}, h('h3', {}, 'Transcript'), transcript(run.said)));
  };
  const command = (text) => {
    const button = h('button', { type: 'button', class: 'plain', on: { click: async () => {
      let copied = true;
      try { await navigator.clipboard.writeText(text); } catch { copied = false; getSelection().selectAllChildren(button.previousSibling); }
      button.textContent = copied ? 'Copied' : 'Selected';
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    } } }, 'Copy');
    // Lines break before options, not within them.
    const words = text.split(/ (?=--)/).map((word, at) => [at > 0 && ' ', h('span', {}, word)]);
    return h('div', { class: 'command' }, h('pre', {}, words), button);
  };
  const transcript = (said) => h('ol', { class: 'said' }, said.map(([step, sent, got, leftOut]) => [
    leftOut > 0 && h('li', { class: 'gap' }, `… ${plural(leftOut, 'exchange')} left out …`),
    h('li', {}, h('span', { class: 'step' }, step === null ? '' : step),
      h('div', {}, line('sent', sent), got === null ? h('p', { class: 'got never' }, 'never answered') : line('got', got))),
  ]));
  const line = (class_, text) => {
    const end = text.search(/[\s:]|$/);
    return h('p', { class: class_ }, h('b', {}, text.slice(0, end)), text.slice(end));
  };

  // Why a case failed: what was expected against what came, where the message has both.
  const because = (message) => {
    const [, before, rest] = /^((?:step \d+: )?expected )([\s\S]*)$/.exec(message) || [];
    const cut = rest === undefined ? -1 : rest.includes(', got \n') ? rest.indexOf(', got \n') : rest.indexOf(', got ');
    if (cut < 0) return h('p', { class: 'message' }, message);
    let [expected, actual] = [rest.slice(0, cut), rest.slice(cut + 6)];
    let what = '';
    // Lists of lines: what they are a list of stands in front of those that were expected.
    if (actual.startsWith('\n') && expected.includes('\n')) {
      what = ` ${expected.slice(0, expected.indexOf('\n'))}`;
      expected = expected.slice(expected.indexOf('\n') + 1);
      actual = actual.slice(1);
    }
    const lead = /^([^[{]+?):? (?=[[{])/.exec(expected);
    if (lead && /^[[{]/.test(actual)) {
      what = ` ${lead[1]}`;
      expected = expected.slice(lead[0].length);
    }
    const step = /step \d+/.exec(before);
    return h('div', {}, h('p', { class: 'legend' }, `${step ? `${step[0]}:` : ''}${what} − expected, + got`.trim()), diff(lines(expected), lines(actual)));
  };
  // A text in lines; JSON in it is spread.
  const lines = (text) => {
    const at = text.search(/[[{]/);
    try {
      const value = at >= 0 ? JSON.parse(text.slice(at)) : null;
      if (value && typeof value === 'object') return [text.slice(0, at).trim(), ...JSON.stringify(value, null, 1).split('\n')].filter(Boolean);
    } catch { /* It is no JSON, and stays as it is. */ }
    return text.split('\n').map((part) => part.replace(/^ {2}/, '')).filter((part, index) => part || index);
  };
  const LONGEST_DIFF = 600;
  const diff = (a, b) => {
    const out = [];
    if (a.length > LONGEST_DIFF || b.length > LONGEST_DIFF) {
      out.push(...a.map((text) => ['less', '−', text]), ...b.map((text) => ['more', '+', text]));
    } else {
      const same = a.map((text) => {
        const pattern = /(^|[^\w])_([^\w]|$)/.test(text) && new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/(^|[^\w])_(?!\w)/g, '$1.*')}$`, 's');
        return (other) => other === text || (pattern && pattern.test(other));
      });
      const best = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
      for (let i = a.length - 1; i >= 0; i--) {
        for (let j = b.length - 1; j >= 0; j--) best[i][j] = same[i](b[j]) ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
      }
      let [i, j] = [0, 0];
      while (i < a.length || j < b.length) {
        if (i < a.length && j < b.length && same[i](b[j])) { out.push(['same', ' ', b[j]]); i++; j++; }
        else if (j >= b.length || (i < a.length && best[i + 1][j] >= best[i][j + 1])) out.push(['less', '−', a[i++]]);
        else out.push(['more', '+', b[j++]]);
      }
    }
    const pair = a.length === 1 && b.length === 1 && out.length === 2;
    return h('div', { class: 'code diff' }, out.map(([class_, sign, text]) =>
      h('div', { class: class_, 'data-sign': sign }, h('span', {}, class_ !== 'same' && h('span', { class: 'hidden' }, class_ === 'less' ? 'expected: ' : 'got: '), pair ? marked(text, class_ === 'less' ? b[0] : a[0]) : text))));
  };
  // The part of a line in which it differs from another.
  const marked = (text, other) => {
    const [mine, theirs] = [[...text], [...other]];
    let start = 0;
    while (start < mine.length && start < theirs.length && mine[start] === theirs[start]) start++;
    let end = 0;
    while (end < mine.length - start && end < theirs.length - start && mine[mine.length - 1 - end] === theirs[theirs.length - 1 - end]) end++;
    const middle = mine.slice(start, mine.length - end).join('');
    return [mine.slice(0, start).join(''), middle && h('mark', {}, middle), mine.slice(mine.length - end).join('')];
  };
  // Where runs differ, what was said in the first against what was said in the others.
  const between = (one) => {
    if (!several || !one.differs || !one.runs[0]) return null;
    const spoken = (run) => run.said.flatMap(([step, sent, got]) => [`${step === null ? '' : step} → ${sent}`, `← ${got === null ? 'never answered' : got}`]).flatMap((text) => text.split('\n'));
    const first = spoken(one.runs[0]);
    return one.runs.slice(1).map((run, index) => {
      if (!run || String(spoken(run)) === String(first)) return null;
      return h('section', {}, h('h3', {}, `Transcripts: − ${runs[0].runtime} (1), + ${runs[index + 1].runtime} (${index + 2})`), diff(first, spoken(run)));
    });
  };
  const source = (one) => {
    const text = ((sources[one.file] || '') + one.row).trimEnd();
    if (!text) return null;
    return h('section', {}, h('h3', {}, `${one.file}.toml`), h('pre', { class: 'source' }, text.split('\n').map((line) => [coloured(line), '\n'])));
  };
  const coloured = (line) => {
    if (/^\s*#/.test(line)) return h('span', { class: 'comment' }, line);
    if (/^\s*\[/.test(line) && !/=/.test(line)) return h('span', { class: 'header' }, line);
    const [, key, rest] = /^(\s*[\w".$:{}/ -]+?)(\s*=.*)$/.exec(line) || [null, '', line];
    const parts = rest.split(/("(?:[^"\\]|\\.)*"|'[^']*')/);
    return [key && h('span', { class: 'key' }, key), parts.map((part, at) => (at % 2 ? h('span', { class: 'text' }, part) : part))];
  };

  let opened = '';
  const drawDetail = () => {
    if (state.open === opened) return;
    const wasOpen = opened;
    opened = state.open;
    document.body.classList.toggle('open', Boolean(opened));
    byId('detail').hidden = !opened;
    if (opened) {
      byId('detail').replaceChildren(...detail(byCase.get(opened)).flat().filter(Boolean));
      byId('case').focus({ preventScroll: true });
      byId('detail').scrollIntoView({ block: 'start' });
      const current = rowOf(opened);
      if (current) current.scrollIntoView({ block: 'nearest' });
    } else if (wasOpen) {
      byId('detail').replaceChildren();
      focus(rowOf(wasOpen) || byId('list').querySelector('.row[tabindex="0"]'));
    }
  };
  const shut = () => go({ open: '' });

  const draw = () => {
    showFilters();
    drawList();
    drawDetail();
  };

  document.addEventListener('click', (event) => {
    const link = event.target.closest('a.row');
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go({ open: link.dataset.case });
  });
  document.addEventListener('keydown', (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
    const typing = event.target.matches('input[type=search], select');
    const inList = event.target.closest('#list');
    const inDetail = event.target.closest('#detail');
    const key = event.key;
    let done = true;
    if (key === 'Escape' && event.target === byId('q')) {
      if (state.q) go({ q: '' }, true);
      else focusFirst();
    } else if (key === 'Escape' && state.open) shut();
    else if (key === 'ArrowDown' && event.target === byId('q')) focusFirst();
    else if (typing) done = false;
    else if (key === '/') {
      if (state.open) shut();
      byId('q').focus();
      byId('q').select();
    } else if (key === 'j' || key === 'k') {
      const by = key === 'j' ? 1 : -1;
      if (inDetail) turn(by);
      else move(by);
    } else if ((key === 'ArrowDown' || key === 'ArrowUp') && inList) move(key === 'ArrowDown' ? 1 : -1);
    else if ((key === 'Home' || key === 'End') && inList) focus(stops().at(key === 'Home' ? 0 : -1));
    else done = false;
    if (done) event.preventDefault();
  });
  addEventListener('hashchange', () => { fromAddress(); draw(); });
  addEventListener('popstate', () => { fromAddress(); draw(); });

  // Marks of several runs need room of their own; what is sticky has the height of the filters.
  document.documentElement.style.setProperty('--marks', `${runs.length * 6.2 - 0.6}rem`);
  new ResizeObserver(() => document.documentElement.style.setProperty('--bar', `${document.querySelector('search').offsetHeight}px`)).observe(document.querySelector('search'));
  head();
  filters();
  fromAddress();
  draw();
})().catch((why) => {
  document.getElementById('status').textContent = `The data of this page cannot be read: ${why}`;
  throw why;
});
