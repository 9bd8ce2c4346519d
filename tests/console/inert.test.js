// Text of users stays text.
import assert from 'node:assert';
import { after, before, describe, it } from 'node:test';
import { kAttacks } from './support/attacks.js';
import { consoleOf, openConsole, useConsole, visit } from './support/browser.js';
import { person, Server } from './support/server.js';

// Only gen-2 sets custom fields; in this mode gen-2 needs no login.
const server = new Server({ 'auth.mode': 'open' });
before(() => server.start());
after(() => server.end());

describe('the content security policy', () => {
  it('blocks inline scripts', async () => {
    const opened = await openConsole(server);
    await opened.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
    });
    assert.strictEqual(await opened.page.evaluate(() => 'ran' in window), false);
    assert.ok(opened.faults.some((fault) => fault.startsWith('refused by the policy: script-src')));
    await opened.close();
  });
});

/** Elements that no page of the console has, and attributes that its scripts never set. */
const foreign = () => document.querySelectorAll(
  '#app script, #app iframe, #app object, #app embed, #app base, #app meta, #app link, #app style, #app form, #app video, ' +
  '#app audio, #app math, #app marquee, #app [onerror], #app [onload], #app [onclick], #app [onmouseover], #app [srcdoc], ' +
  '#app img:not([src="icon.svg"]), #app a:not([href^="#"])').length;

describe('user-supplied text', () => {
  before(async () => {
    await Promise.all(kAttacks.map((text, at) => {
      const creator = { ...person(`u${at}`, cut(text, 128)), userAvatar: text };
      return server.mustCall('multi_room/create_room', { roomID: `r${at}`, roomName: text, ...creator });
    }));
  });
  /** @type {import('playwright-core').Page} */
  let page;
  useConsole(server, {}, (its) => { page = its; });

  it('is displayed without effect in lists and room pages', async () => {
    for (const at of kAttacks.keys()) {
      await visit(page, `#/room/multi/r${at}`);
      await page.waitForSelector(`.members [data-kick="u${at}"]`);
      await page.waitForSelector('.timeline-entry');
      assert.strictEqual(await page.evaluate(foreign), 0, kAttacks[at]);
      await page.click(`[data-kick="u${at}"]`);
      await page.click('dialog button:has-text("Cancel")');
    }
    await visit(page, '#/rooms');
    await page.waitForSelector('.room-card');
    await page.click('button:has-text("Next")');
    await page.waitForSelector('.pager:has-text("Page 2")');
    await page.waitForSelector('.room-card');
    assert.strictEqual(await page.evaluate(foreign), 0);
  });

  it('has no effect in IDs and searches', async () => {
    const odd = "<svg|onload=alert(1)>'";
    await server.mustCall('multi_room/create_room', { roomID: odd, roomName: 'odd', ...person(odd) });
    await visit(page, `#/room/multi/${encodeURIComponent(odd)}`);
    await page.waitForSelector('.members .member');
    assert.strictEqual(await page.locator('.members .member-id').first().innerText().then((text) => text.includes('<svg')), true);
    await visit(page, '#/rooms');
    await page.fill('#search', '<img src=x onerror=alert(1)>');
    await page.waitForFunction(() => location.hash.includes('img'));
    assert.strictEqual(await page.evaluate(foreign), 0);
    for (const nothing of ['<img src=x onerror=alert(1)>', '<svg|onload=alert(1)>']) {
      await visit(page, `#/room/multi/${encodeURIComponent(nothing)}`);
      await page.waitForSelector('.notice:has-text("no such room")');
      await page.waitForSelector(`h1:has-text("${nothing}")`);
      assert.strictEqual(await page.evaluate(foreign), 0);
    }
  });

  it('is escaped if it hides or reorders other text', async () => {
    await server.mustCall('multi_room/create_room',
      { roomID: 'turned', roomName: 'invoice\u202efdp.exe', ...person('mallory', 'ali\u200bce') });
    await visit(page, '#/room/multi/turned');
    await page.waitForSelector('h1 .unseen:has-text("U+202E")');
    await page.waitForSelector('.member-name .unseen:has-text("U+200B")');
    assert.strictEqual(await page.locator('h1 bdi').count(), 1);
  });
});

/**
 * The beginning of a text, at most this many bytes.
 * @param {string} text
 * @param {number} bytes
 */
function cut(text, bytes) {
  let kept = text;
  while (Buffer.byteLength(kept) > bytes) kept = [...kept].slice(0, -1).join('');
  return kept;
}

describe('custom fields', () => {
  it('are displayed as text, names and values', async (test) => {
    const who = 'userID=host&token=any';
    await server.mustCall(`live_room/create_room?${who}`, { roomID: 'show', userID: 'host', roomInfo: 'show' });
    await server.mustCall(`live_room/add_pusher?${who}`, { roomID: 'show', ...person('host') });
    for (const [at, text] of kAttacks.slice(0, 30).entries()) {
      const field = { fieldName: cut(`${at}${text}`, 64), operation: 'set', value: text };
      await server.mustCall(`live_room/set_custom_field?${who}`, { roomID: 'show', userID: 'host', ...field });
    }
    const page = await consoleOf(test, server);
    await visit(page, '#/room/live/show');
    await page.waitForFunction(() => document.querySelectorAll('.custom dt').length === 30);
    await page.click('summary:has-text("30 changes of custom fields")');
    assert.strictEqual(await page.locator('.fields [data-type="custom_changed"]:visible').count(), 30);
    assert.match(await page.locator('.fields [data-type]').last().innerText(), /^host set 0.* to /);
    assert.strictEqual(await page.evaluate(foreign), 0);
    await page.uncheck('label:has-text("With changes of custom fields") input');
    assert.deepStrictEqual(await page.locator('.timeline > :visible').evaluateAll((all) => all.map((each) => /** @type {HTMLElement} */ (each).dataset.type)),
      ['pusher_added', 'room_activated', 'room_created']);
  });
});
