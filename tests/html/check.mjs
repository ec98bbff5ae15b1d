// Opens reports in a browser and uses them as people do: with the keyboard, by links, on a desktop and on a phone, in
// light and in dark.
//
//     node check.mjs PAGE.html… [--screenshots DIR]
//
// The browser is what CHROMIUM names, or /usr/bin/chromium. Ends with 1 at the first thing that is not as it should be.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

// How long a page of thousands of cases may take until it can be used, in milliseconds.
const OPENS_WITHIN_MS = 2000;
// The least contrast of text that WCAG 2 asks for at level AA.
const LEAST_CONTRAST = 4.5;

const args = process.argv.slice(2);
const at = args.indexOf('--screenshots');
const screenshots = at >= 0 ? args.splice(at, 2)[1] : undefined;
assert(args.length > 0, 'which pages?');
if (screenshots) mkdirSync(screenshots, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

// How long each page took to open, so often as it was opened; the fastest counts, for the machine may be busy.
let took = [];

// Opens a page, and holds that it asks for nothing and complains of nothing.
const open = async (url, { width, height, scheme }) => {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const asked = request.url();
    if (asked !== url.split('#')[0] && !asked.startsWith('data:')) faults.push(`request: ${asked}`);
  });
  const started = performance.now();
  await page.goto(url);
  await page.waitForFunction(() => !document.getElementById('status').textContent.startsWith('Reading'));
  took.push(performance.now() - started);
  return { page, close: async () => { assert.deepEqual(faults, [], url); await context.close(); } };
};

// Nothing is shown that is no text: what a program writes when it takes a node or a missing value for one.
const isText = async (page, what) => {
  const text = await page.locator('body').innerText();
  for (const wrong of ['[object', 'undefined', 'NaN']) assert(!text.includes(wrong), `${what}: shows ${wrong}`);
};

const fits = async (page, what) => {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert(over <= 0, `${what}: the page is ${over} px too wide`);
};

// Texts whose contrast with what is behind them is too low.
const pale = (page) => page.evaluate((least) => {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let seen = 0; seen < 4000 && walker.nextNode();) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility() || node.closest('script, style, noscript, .hidden, .skip')) continue;
    seen++;
    const [a, b] = [luminance(channels(getComputedStyle(node).color)), luminance(behind(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < least) found.add(`${node.tagName}.${node.className}: ${contrast.toFixed(2)}`);
  }
  return [...found];
}, LEAST_CONTRAST);

// What a reader of the page by ear needs: names of what can be used, and no roles that are not kept.
const unnamed = (page) => page.evaluate(() => [...document.querySelectorAll('button, a, input, select, summary')]
  .filter((node) => node.checkVisibility() && !node.textContent.trim() && !(node.labels && node.labels[0]?.textContent.trim()))
  .map((node) => node.outerHTML));

const focused = (page) => page.evaluate(() => {
  const node = document.activeElement;
  return { tag: node.tagName, id: node.id, row: node.dataset.case, outlined: getComputedStyle(node).outlineStyle !== 'none' };
});
const hash = (page) => new URLSearchParams(new URL(page.url()).hash.slice(1));
const status = (page) => page.locator('#status').textContent();

const withKeys = async (url) => {
  const { page, close } = await open(url, { width: 1280, height: 800, scheme: 'light' });
  const all = await status(page);
  assert.match(all, /^[\d,]+ cases?$/);

  // Search, down into the list, open, close, and back to where it was.
  await page.keyboard.press('/');
  assert.equal((await focused(page)).id, 'q');
  // The area with the most cases, so that there is a next one.
  const area = await page.evaluate(() => {
    const areas = new Set([...document.querySelectorAll('#area option')].map((option) => option.value));
    const size = (group) => Number(group.querySelector('.total').textContent.replace(/\D/g, ''));
    const groups = [...document.querySelectorAll('details.group')].filter((group) => areas.has(group.querySelector('h2').textContent));
    return groups.sort((a, b) => size(b) - size(a))[0].querySelector('h2').textContent;
  });
  await page.keyboard.type(`${area}/`);
  assert.match(await status(page), / of /);
  assert.equal(hash(page).get('q'), `${area}/`);
  await page.keyboard.press('Enter');
  let here = await focused(page);
  if (here.tag === 'SUMMARY') {
    await page.keyboard.press('Enter');
    await page.keyboard.press('j');
    here = await focused(page);
  }
  assert(here.row && here.outlined, `no row has the focus: ${JSON.stringify(here)}`);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('k');
  assert.equal((await focused(page)).row, here.row);
  await page.keyboard.press('Enter');
  assert.equal((await focused(page)).id, 'case');
  assert.equal(await page.locator('#case').textContent(), here.row);
  assert.equal(hash(page).get('case'), here.row);
  assert(await page.locator('.row[aria-current=true]').count() >= 1);
  for (const part of ['Run it again', 'Requirements']) assert(await page.locator('#detail h3', { hasText: part }).count() >= 1, part);
  await fits(page, 'an open case');
  await isText(page, 'an open case');
  const shared = page.url();
  await page.keyboard.press('j');
  assert.notEqual(await page.locator('#case').textContent(), here.row);
  await page.keyboard.press('k');
  await page.keyboard.press('Escape');
  assert.equal((await focused(page)).row, here.row);
  assert.equal(await page.locator('#detail').isVisible(), false);
  await page.keyboard.press('/');
  await page.keyboard.press('Escape');
  assert.equal(await status(page), all);

  // A verdict, and the way back.
  const chip = page.locator('.chip').last();
  await chip.focus();
  await page.keyboard.press('Space');
  assert.equal(await chip.getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('Space');
  await page.getByLabel('By area').focus();
  await page.keyboard.press('ArrowRight');
  assert(await page.locator('details.group').count() > 1);
  await page.keyboard.press('ArrowLeft');
  await page.locator('#area').selectOption(area);
  assert.match(await status(page), / of |^[\d,]+ cases?$/);
  assert.deepEqual(await unnamed(page), []);
  await close();

  // Who is sent a link sees the same.
  const again = await open(shared, { width: 1280, height: 800, scheme: 'light' });
  assert.equal(await again.page.locator('#case').textContent(), here.row);
  assert.equal(await again.page.locator('#q').inputValue(), `${area}/`);
  await again.close();
  return here.row;
};

const atEverySize = async (url, name) => {
  for (const [width, height] of [[1280, 800], [820, 1100], [390, 844]]) {
    for (const scheme of ['light', 'dark']) {
      const { page, close } = await open(url, { width, height, scheme });
      const look = async (what) => {
        await fits(page, `${what} at ${width} px`);
        await isText(page, what);
        assert.deepEqual(await pale(page), [], `${what} at ${width} px in ${scheme}`);
        if (screenshots) await page.screenshot({ path: join(screenshots, `${name}-${what}-${width}-${scheme}.png`) });
      };
      const first = page.locator('details.group').first();
      if (!(await first.getAttribute('open')) && !(await page.locator('details.group[open]').count())) await first.locator('summary').click();
      await look('list');
      await page.locator('details[open] .row').first().click();
      await page.locator('#case').waitFor();
      await look('case');
      await page.getByRole('button', { name: 'Close' }).click();
      await page.getByText('By requirement').click();
      await look('requirements');
      await close();
    }
  }
};

try {
  for (const page of args) {
    const url = String(pathToFileURL(resolve(page)));
    took = [];
    const row = await withKeys(url);
    await atEverySize(url, basename(page, '.html'));
    const fastest = Math.round(Math.min(...took));
    assert(fastest < OPENS_WITHIN_MS, `${page} opens after ${fastest} ms`);
    console.log(`${page}: opens in ${fastest} ms and holds, also with the case ${row}`);
  }
} finally {
  await browser.close();
}
