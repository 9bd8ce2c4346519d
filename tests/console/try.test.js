// The page shows a new user a call, and an eviction, without a phone.
import assert from 'node:assert';
import { after, before, describe, it } from 'node:test';
import { consoleOf, holdReply, keepPicture, visit } from './support/browser.js';
import { kWithChannel } from './support/channel.js';
import { Server } from './support/server.js';

// A phone that is to stay sends heartbeats several times in a timeout. Beside builds a browser stands
// still for more than ten seconds, and then all phones of the page are evicted.
const kImpatient = { 'room.heartbeat_timeout': '45s', 'room.sweep_period': '500ms' };
/** What signs logins where there is no message channel. */
const kWithKey = { 'im.sdk_app_id': 1400000001, 'im.secret_key': 'secret' };
/** For the end of a lease of that length. */
const kLeaseEnds = { timeout: 180_000 };

// All at once, as most of them wait for the end of a lease.
describe('the simulated phones', { concurrency: true }, () => {
  const server = new Server({ ...kImpatient, ...kWithKey });
  before(() => server.start());
  after(() => server.end());

  it('show a call from its beginning to an eviction', async (test) => {
    const page = await consoleOf(test, server);
    await visit(page, '#/try');
    await page.fill('#try-room', 'trial');
    await page.click('[aria-label="Alice: Create room"]');
    await page.waitForSelector('.phone[data-user="alice"][data-state="in"]');
    await page.click('[aria-label="Bob: Join"]');
    await page.waitForSelector('.phone[data-user="alice"] .believed :text("Bob")');
    await page.waitForSelector('.phone[data-user="bob"] .believed :text("Alice")');
    await page.click('[aria-label="Bob: Stop heartbeats"]');
    await page.waitForSelector('.phone[data-user="alice"] .believed :text("Bob")', { state: 'detached', ...kLeaseEnds });
    await page.waitForSelector('.phone[data-user="bob"] .believed :text("Bob")');
    await page.waitForFunction(() => document.querySelectorAll('.steps .done').length === 4, undefined, kLeaseEnds);
    await page.click('[aria-label="Bob: Resume heartbeats"]');
    await page.waitForSelector('.phone[data-user="bob"][data-state="evicted"]');
    await page.waitForSelector('.wire-line:has-text("pusher_heartbeat"):has-text("code 5")');
    await page.waitForSelector('.phone[data-user="bob"] .problem:has-text("code 5")');
    await page.click('text=Open it in the console');
    await page.waitForSelector('.timeline-entry[data-reason="heartbeat_timeout"]:has-text("no heartbeat came in time")');
    await visit(page, '#/try');
    await page.click('[aria-label="Alice: Destroy room"]');
    await page.waitForSelector('.phone[data-user="alice"][data-state="out"]');
    // Last: a screenshot may take as long as a lease, and no heartbeat is sent meanwhile.
    await keepPicture(page, 'try-evicted');
  });

  it('send nothing after the operator has logged out', async (test) => {
    const page = await consoleOf(test, server);
    await visit(page, '#/try');
    const reply = await holdReply(page, '**/multi_room/create_room?*');
    await page.click('text=Show me');
    await reply.isHeld;
    await page.click('text=Log out');
    await page.waitForSelector('#token');
    await page.clock.install();
    let asked = 0;
    page.on('request', (request) => { if (request.url().startsWith(server.publicUrl)) asked += 1; });
    await reply.release();
    await page.clock.runFor(10_000);
    assert.strictEqual(asked, 0);
  });

  it('name the setting that is missing without a public HTTP listener', async (test) => {
    const page = await consoleOf(test, server);
    await page.route('**/console/api/server', async (route) => {
      const reply = await (await route.fetch()).json();
      await route.fulfill({ json: { ...reply, publicApi: { http: null, https: null } } });
    });
    await page.reload();
    await visit(page, '#/try');
    await page.waitForSelector('.notice:has-text("server.http_listen")');
  });

  it('run the whole call automatically and allow more phones to join', async (test) => {
    const page = await consoleOf(test, server);
    await visit(page, '#/try');
    await page.click('text=Add a phone');
    await page.waitForSelector('.phone[data-user="carol"]');
    await page.click('text=Show me');
    await page.waitForFunction(() => document.querySelectorAll('.steps .done').length === 4, undefined, kLeaseEnds);
    await page.click('[aria-label="Carol: Join"]');
    await page.waitForSelector('.phone[data-user="alice"] .believed :text("Carol")');
  });
});

describe('the simulated phones with the message channel', () => {
  const server = new Server({ ...kImpatient, ...kWithChannel });
  const phone = (/** @type {string} */ name) => `.phone[data-user="${name}"]`;
  before(() => server.start());
  after(() => server.end());

  it('notice each other at once, without polls, and talk', async (test) => {
    const page = await consoleOf(test, server);
    let sockets = 0;
    let mostSockets = 0;
    page.on('websocket', (socket) => {
      mostSockets = Math.max(mostSockets, ++sockets);
      socket.on('close', () => { --sockets; });
    });
    await visit(page, '#/try');
    await page.fill('#try-room', 'channel');
    await page.waitForSelector('.steps :text("notifies")');
    await page.click('[aria-label="Alice: Create room"]');
    await page.waitForSelector(`${phone('alice')} .badge:text-is("notified")`);
    let polls = 0;
    page.on('request', (request) => { if (request.url().includes('/get_pushers?')) polls += 1; });
    await page.click('[aria-label="Bob: Join"]');
    await page.waitForSelector(`${phone('alice')} .believed :text("Bob")`);
    await page.waitForSelector(`${phone('bob')} .believed :text("Alice")`);
    await page.waitForSelector(`${phone('bob')} .badge:text-is("notified")`);
    await page.fill('[aria-label="Bob says"]', 'Hello <b>Alice</b>');
    await page.keyboard.press('Enter');
    await page.waitForSelector(`${phone('alice')} .chat-texts li:not(.own):has-text("Hello <b>Alice</b>")`);
    await page.fill('[aria-label="Alice says"]', 'Hi');
    await page.click('[aria-label="Alice: Send"]');
    await page.waitForSelector(`${phone('bob')} .chat-texts li:not(.own):has-text("Hi")`);
    await page.waitForSelector(`${phone('alice')} .chat-texts li.own:has-text("Hi")`);
    await page.waitForSelector('.wire-line:has-text("ws message"):has-text("pushed")');
    assert.ok(polls <= 2, `${polls} polls`); // Bob's own, when he came
    await keepPicture(page, 'try-channel');
    await page.click('[aria-label="Bob: Stop heartbeats"]');
    await page.waitForSelector(`${phone('alice')} .believed :text("Bob")`, { state: 'detached', ...kLeaseEnds });
    await page.waitForFunction(() => document.querySelectorAll('.steps .done').length === 4, undefined, kLeaseEnds);
    await page.click('[aria-label="Bob: Resume heartbeats"]');
    await page.waitForSelector(`${phone('bob')}[data-state="evicted"]`);
    await page.click('[aria-label="Alice: Destroy room"]');
    await page.waitForSelector(`${phone('alice')}[data-state="out"]`);
    assert.ok(mostSockets <= 2, `${mostSockets} sockets of two phones`);
    assert.ok(!(await page.content()).includes('eJ'), 'no ticket is shown');
  });

  it('use long polls when the socket cannot be opened', async (test) => {
    const page = await consoleOf(test, server);
    await page.routeWebSocket(/channel\/ws$/, (socket) => socket.close({ code: 1000 }));
    await page.reload();  // pages that are loaded keep their sockets
    await visit(page, '#/try');
    await page.fill('#try-room', 'polled');
    await page.click('[aria-label="Alice: Create room"]');
    await page.waitForSelector(`${phone('alice')} .badge:text-is("polling")`);
    await page.click('[aria-label="Bob: Join"]');
    await page.waitForSelector(`${phone('alice')} .believed :text("Bob")`);
    await page.fill('[aria-label="Bob says"]', 'Hello');
    await page.keyboard.press('Enter');
    await page.waitForSelector(`${phone('alice')} .chat-texts li:not(.own):has-text("Hello")`);
  });
});

describe('the simulated phones of a server without keys', () => {
  const server = new Server();
  before(() => server.start());
  after(() => server.end());

  it('name the settings that are missing', async (test) => {
    const page = await consoleOf(test, server);
    await visit(page, '#/try');
    await page.click('[aria-label="Alice: Create room"]');
    await page.waitForSelector('.phone[data-user="alice"] .problem:has-text("channel.enabled, or im.sdk_app_id")');
  });
});
