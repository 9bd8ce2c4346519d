// The page of the servers that share the store.
import assert from 'node:assert';
import { after, before, describe, it } from 'node:test';
import { consoleOf, keepPicture, useConsole, visit } from './support/browser.js';
import { latinWords } from './support/latin.js';
import { Server } from './support/server.js';

/** @typedef {import('../../daemon/admin/console/assets/types.js').NodesReply} NodesReply */
/** @typedef {import('../../daemon/admin/console/assets/types.js').ListedNode} ListedNode */

/** @type {ListedNode} */
const kFirst = {
  node: 1044887775, name: 'room1', self: true, schema: 1, rounds: 7300, aliveMs: 7_300_000, toldAgoMs: 110,
  config: '5f6c0b2e', duties: ['trtc', 'upkeep'],
};
/** @type {ListedNode} */
const kSecond = {
  node: 1871112371, name: 'room2.with-a-long-name.example.com', self: false, schema: 1, rounds: 19, aliveMs: 19_000,
  toldAgoMs: 9000, config: '00c0ffee', duties: ['im', 'reaper'],
};
/** @type {ListedNode} */
const kNew = {
  node: 5, name: '', self: false, schema: 2, rounds: 0, aliveMs: 0, toldAgoMs: null, config: '', duties: [],
};

const kSelf = { duties: ['trtc', 'upkeep'], cutOffMs: 0, logAgeMs: 17, allToldAgoMs: 9000 };

const kPhone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

/**
 * Answers for the server from now on.
 * @param {import('playwright-core').Page} page
 * @param {NodesReply} reply
 */
async function answer(page, reply) {
  await page.unroute('**/console/api/nodes');
  await page.route('**/console/api/nodes', (route) => route.fulfill({ json: { code: 0, ...reply } }));
}

const row = (/** @type {ListedNode} */ { node }) => `.nodes tr[data-node="${node}"]`;

const server = new Server();
before(() => server.start());
after(() => server.end());

describe('the page of the nodes', () => {
  /** @type {import('playwright-core').Page} */
  let page;
  useConsole(server, {}, (its) => { page = its; });

  it('says of a server with a store of its own that it is alone', async () => {
    await page.waitForSelector('nav a:text-is("Nodes")', { state: 'hidden' });
    await visit(page, '#/nodes');
    await page.waitForSelector('.notice[role="status"]:has-text("This server is alone"):has(code:text-is("store.url"))');
    await page.waitForSelector('.facts dd:has-text("reaper im trtc upkeep")');
    assert.strictEqual(await page.locator('.nodes').isVisible(), false);
    assert.strictEqual(await page.title(), 'Nodes · rtcroomd');
  });

  it('lists the nodes with their duties, and what this one knows', async () => {
    await visit(page, '#/rooms');
    await answer(page, { shared: true, self: kSelf, nodes: [kNew, kFirst, kSecond], problem: null });
    await visit(page, '#/nodes');
    await page.waitForSelector(`${row(kFirst)}:has-text("this one")`);
    assert.strictEqual(await page.locator('.notice').isVisible(), false);
    assert.strictEqual(await page.locator('.nodes .badge').count(), 1);
    assert.deepStrictEqual(await page.locator(`${row(kFirst)} td`).allInnerTexts(),
      ['trtc upkeep', '2h 1m', '110ms ago', '7300', '1', '5f6c0b2e']);
    assert.match(await page.locator(`${row(kFirst)} th`).innerText(), /^room1\s+this one\s+1044887775$/i);
    assert.match(await page.locator(`${row(kSecond)} .tone-bad`).innerText(), /^9s ago$/);
    assert.deepStrictEqual(await page.locator(`${row(kNew)} td`).allInnerTexts(),
      ['none', '0s', 'not yet', '0', '2', '–']);
    const facts = await page.locator('.facts').innerText();
    for (const fact of [/Database\s+reached/, /others\s+17ms/, /told their heartbeats\s+9s ago/]) assert.match(facts, fact);
    await keepPicture(page, 'nodes');
  });

  it('is a table that is read out, and can be scrolled with the keyboard', async () => {
    const named = await page.getByRole('region', { name: 'All nodes' });
    assert.strictEqual(await named.getAttribute('tabindex'), '0');
    assert.strictEqual(await page.getByRole('columnheader', { name: 'Duties' }).count(), 1);
    assert.strictEqual(await page.getByRole('rowheader', { name: /room1/ }).count(), 1);
  });

  it('says that no other node is there now', async () => {
    await answer(page, { shared: true, self: { ...kSelf, duties: [] }, nodes: [kFirst], problem: null });
    await page.waitForSelector('.notice:has-text("alone now")');
    await page.waitForSelector('.facts dd:text-is("none")');
    assert.strictEqual(await page.locator('.nodes tbody tr').count(), 1);
  });

  it('says why the nodes cannot be read, and for how long this one has been cut off', async () => {
    const self = { duties: [], cutOffMs: 65_000, logAgeMs: 71_000, allToldAgoMs: 71_000 };
    await answer(page, { shared: true, self, nodes: null, problem: 'connection refused' });
    await page.waitForSelector('.notice:has-text("The nodes cannot be read: connection refused.")');
    await page.waitForSelector('.facts .tone-bad:has-text("cut off for 1m 5s")');
    assert.strictEqual(await page.locator('.nodes').isVisible(), false);
    await answer(page, { shared: true, self: kSelf, nodes: [kFirst, kSecond], problem: null });
    await page.waitForSelector(row(kSecond));
    await page.waitForSelector('.notice', { state: 'hidden' });
  });

  it('says that the server does not answer, and goes on when it does', async () => {
    await page.unroute('**/console/api/nodes');
    await page.route('**/console/api/nodes', (route) => route.abort());
    await page.waitForSelector('.notice:has-text("The list could not be loaded")');
    await page.unroute('**/console/api/nodes');
    await page.waitForSelector('.notice:has-text("This server is alone")');
  });
});

describe('the page of the nodes on a phone in Chinese', () => {
  it('fits the screen, and has only Chinese words and codes', async (test) => {
    const page = await consoleOf(test, server, { ...kPhone, locale: 'zh-CN' });
    await answer(page, { shared: true, self: kSelf, nodes: [kNew, kFirst, kSecond], problem: null });
    await visit(page, '#/nodes');
    await page.waitForSelector(row(kSecond));
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    const texts = await page.locator('.nodes thead, .nodes .badge, .nodes-page dt, .page-head, .nodes td.tone-bad').allInnerTexts();
    assert.deepStrictEqual(texts.flatMap(latinWords), []);
    await keepPicture(page, 'nodes-phone-chinese');
    await answer(page, { shared: true, self: { ...kSelf, cutOffMs: 9000 }, nodes: null, problem: 'away' });
    await page.waitForSelector('.notice:has-text("无法读取节点列表：away。")');
    await page.waitForSelector('.facts .tone-bad:has-text("已失联")');
  });
});
