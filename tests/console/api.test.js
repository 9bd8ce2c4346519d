// The page that describes the API: it shows the whole description, and loads nothing from elsewhere.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { expectNoFaults, openBrowser } from './support/browser.js';
import { Server } from './support/server.js';

const kDocument = path.join(import.meta.dirname, '..', '..', 'docs', 'openapi.yaml');

// Without a token: the page is as open as the start page.
const server = new Server({ 'admin.token': '' });
const address = (/** @type {string} */ at) => new URL(at, server.consoleUrl).href;
/** @type {import('./support/browser.js').OpenConsole} */
let opened;
/** @type {string[]} */
const said = []; // warnings of the page
before(async () => {
  await server.start();
  const reader = await fetch(address('/api/redoc.js'));
  assert(reader.ok, 'the server was built without the reader: npm ci --prefix daemon/admin/api, and configure again');
  opened = await openBrowser([new URL(server.consoleUrl).origin]);
  opened.page.on('console', (message) => { if (message.type() === 'warning') said.push(message.text()); });
  await opened.page.goto(address('/'));
  await opened.page.click('a[href="/api/"]');
});
after(async () => {
  expectNoFaults(opened);
  await opened.close();
  await server.end();
});

test('the start page leads to the API', async () => {
  await opened.page.waitForSelector('h1:has-text("rtcroomd")');
});

test('the start page speaks both languages, in the look of the console', async () => {
  const start = await (await fetch(address('/'))).text();
  for (const part of ['Phones use another', 'lang="zh-CN"', 'href="/api/theme.css"', 'href="/api/icon.svg"']) assert.ok(start.includes(part), part);
  assert.match(await (await fetch(address('/api/theme.css'))).text(), /--accent/);
});

test('the menu has the paths, and no link leads nowhere', async () => {
  const { page } = opened;
  await page.click('[role="menuitem"] label:has-text("rooms")');
  await page.waitForSelector('[role="menuitem"]:has-text("/{kind}/create_room")');
  const links = await page.locator('main a[href], #redoc a[href]').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
  for (const link of new Set(links)) {
    if (link.startsWith('#')) await page.waitForSelector(`[id="${decodeURIComponent(link.slice(1))}"]`, { state: 'attached' });
    else assert.ok(link === 'https://redocly.com/redoc/' || link === address('/api/openapi.yaml'), link);
  }
  assert.deepStrictEqual(said, []);
});

test('the page shows every operation of the document', async () => {
  const names = [...fs.readFileSync(kDocument, 'utf8').matchAll(/^ {6}operationId: (\w+)$/gm)].map(([, name]) => name);
  assert(names.length > 0);
  for (const name of names) await opened.page.waitForSelector(`[id$="/operation/${name}"]`, { state: 'attached' });
});

test('a search finds operations', async () => {
  await opened.page.fill('input[type="text"]', 'heartbeat');
  await opened.page.waitForSelector('[data-role="search:results"] :text("pusher_heartbeat")');
});

test('the served document is the one of the sources', async () => {
  const reply = await fetch(address('/api/openapi.yaml'));
  assert.strictEqual(reply.headers.get('content-type'), 'application/yaml');
  assert.strictEqual(await reply.text(), fs.readFileSync(kDocument, 'utf8'));
});
