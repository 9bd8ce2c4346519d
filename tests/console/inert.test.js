// Text of users stays text.
import assert from 'node:assert';
import { after, before, describe, it } from 'node:test';
import { kAttacks } from './support/attacks.js';
import { expectNoFaults, openConsole, visit } from './support/browser.js';
import { person, Server } from './support/server.js';

const server = new Server();
before(() => server.start());
after(() => server.end());

const kStrict = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

describe('the content security policy', () => {
  it('allows only own files and the API', async () => {
    const { headers } = await fetch(server.consoleUrl);
    const policy = Object.fromEntries((headers.get('content-security-policy') ?? '').split(';')
      .map((directive) => directive.trim().split(/ (.*)/s)).map(([name, value]) => [name, value]));
    const { 'connect-src': reachable, ...others } = policy;
    assert.deepStrictEqual(others, kStrict);
    assert.deepStrictEqual(reachable.split(' '), ["'self'", new URL(server.publicUrl).origin]);
    assert.strictEqual(headers.get('x-content-type-options'), 'nosniff');
    assert.strictEqual(headers.get('referrer-policy'), 'no-referrer');
  });

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
  /** @type {import('./support/browser.js').OpenConsole} */
  let opened;
  before(async () => {
    for (const [at, text] of kAttacks.entries()) {
      const roomID = `r${at}`;
      const creator = { ...person(`u${at}`, cut(text, 128)), userAvatar: text };
      await server.mustCall('multi_room/create_room', { roomID, roomName: text, ...creator });
    }
    opened = await openConsole(server);
  });
  after(() => opened.close());

  it('is displayed without effect in lists and room pages', async () => {
    const { page } = opened;
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
    expectNoFaults(opened);
  });

  it('has no effect in IDs and searches', async () => {
    const { page } = opened;
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
    expectNoFaults(opened);
  });

  it('is escaped if it hides or reorders other text', async () => {
    const { page } = opened;
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
  // Only gen-2 sets them; in this mode gen-2 needs no login.
  const open = new Server({ 'auth.mode': 'open' });
  before(() => open.start());
  after(() => open.end());

  it('are displayed as text, names and values', async () => {
    const who = 'userID=host&token=any';
    await open.mustCall(`live_room/create_room?${who}`, { roomID: 'show', userID: 'host', roomInfo: 'show' });
    await open.mustCall(`live_room/add_pusher?${who}`, { roomID: 'show', ...person('host') });
    for (const [at, text] of kAttacks.slice(0, 30).entries()) {
      const field = { fieldName: cut(`${at}${text}`, 64), operation: 'set', value: text };
      await open.mustCall(`live_room/set_custom_field?${who}`, { roomID: 'show', userID: 'host', ...field });
    }
    const opened = await openConsole(open);
    await visit(opened.page, '#/room/live/show');
    await opened.page.waitForFunction(() => document.querySelectorAll('.custom dt').length === 30);
    assert.strictEqual(await opened.page.evaluate(foreign), 0);
    expectNoFaults(opened);
    await opened.close();
  });
});
