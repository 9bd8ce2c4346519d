// The pages and actions of an operator.
import assert from 'node:assert';
import { after, before, beforeEach, describe, it } from 'node:test';
import { browserOf, consoleOf, holdReply, logIn, useConsole, visit } from './support/browser.js';
import { kToken, person, Server } from './support/server.js';
import { until } from './support/until.js';

const server = new Server();

/** @param {string} roomID */
async function makeCall(roomID) {
  await server.mustCall('multi_room/create_room', { roomID, roomName: `about ${roomID}`, ...person('alice', 'Alice') });
  await server.mustCall('multi_room/add_pusher', { roomID, ...person('bob', 'Bob') });
}

const card = (/** @type {string} */ key) => `.room-card[data-room="${key}"]`;

before(() => server.start());
after(() => server.end());

describe('the login', () => {
  it('rejects a wrong token and accepts the right one', async (test) => {
    const page = await browserOf(test, server);
    await page.goto(server.consoleUrl);
    await logIn(page, 'not-the-token');
    await page.waitForSelector('#login-problem:has-text("does not take this token")');
    assert.strictEqual(await page.locator('.topbar').count(), 0);
    await logIn(page, ` ${kToken}\t`);
    await page.waitForSelector('.live[data-state="live"]');
    await page.click('text=Log out');
    await page.waitForSelector('#token');
    assert.strictEqual(await page.evaluate(() => sessionStorage.length), 0);
  });

  it('reads the token from a link and removes it from the address', async (test) => {
    const page = await browserOf(test, server);
    await page.goto(`${server.consoleUrl}#token=${encodeURIComponent(kToken)}`);
    await page.waitForSelector('.live[data-state="live"]');
    assert.ok(!page.url().includes('token'), page.url());
  });

  it('replaces an open dialog when the session ends', async (test) => {
    const page = await consoleOf(test, server);
    await makeCall('asked');
    await visit(page, '#/room/multi/asked');
    await page.click('button[data-kick="bob"]');
    await page.waitForSelector('dialog');
    await page.route('**/console/api/**', (route) => route.fulfill({ status: 401, json: { code: 1 } }));
    await page.waitForSelector('#token');
    await page.waitForSelector('dialog', { state: 'detached' });
    assert.ok(await page.evaluate(() => document.activeElement?.id === 'token'));
    await page.unroute('**/console/api/**');
    await logIn(page, kToken);
    await page.waitForSelector('.live[data-state="live"]');
  });
});

describe('the operator', () => {
  /** @type {import('playwright-core').Page} */
  let page;
  useConsole(server, {}, (its) => { page = its; });
  beforeEach(() => visit(page, '#/rooms'));

  it('sees a room appear, change and disappear without a reload', async () => {
    await makeCall('seen');
    await page.waitForSelector(`${card('multi/seen')} :text("about seen")`);
    await page.waitForSelector(`${card('multi/seen')} .member:has-text("Bob") .lease[data-state="fresh"]`);
    await server.mustCall('multi_room/add_pusher', { roomID: 'seen', ...person('carol', 'Carol') });
    await page.waitForSelector(`${card('multi/seen')} .member:has-text("Carol")`);
    await server.mustCall('multi_room/destroy_room', { roomID: 'seen', userID: 'alice' });
    await page.waitForSelector(card('multi/seen'), { state: 'detached' });
    await page.waitForSelector('.feed-entry:has-text("The creator destroyed the room")');
  });

  it('finds rooms by kind and by the name of a pusher', async () => {
    await makeCall('found');
    await server.mustCall('double_room/create_room', { roomID: 'other', roomName: 'other', ...person('dave', 'Dave') });
    await page.waitForSelector(card('double/other'));
    await page.click('.tab:has-text("double")');
    await page.waitForSelector(card('multi/found'), { state: 'detached' });
    await page.waitForSelector(card('double/other'));
    await page.click('.tab:has-text("All")');
    await page.waitForSelector(card('multi/found'));
    await page.fill('#search', 'Dave');
    await page.waitForSelector(card('multi/found'), { state: 'detached' });
    await page.waitForSelector(card('double/other'));
    await page.fill('#search', '');
    await page.waitForSelector(card('multi/found'));
  });

  it('kicks a pusher and sees the reason in the history', async () => {
    await makeCall('kicked');
    await visit(page, '#/room/multi/kicked');
    await page.click('button[data-kick="bob"]');
    await page.waitForSelector('dialog :text("is removed from")');
    await page.click('dialog button.danger');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.waitForSelector('.timeline-entry[data-reason="kicked"]:has-text("was kicked by an operator")');
    await page.waitForSelector('button[data-kick="bob"]', { state: 'detached' });
    assert.strictEqual((await server.call('multi_room/add_pusher', { roomID: 'kicked', ...person('bob') })).code, 0);
  });

  it('bans a pusher for a period', async () => {
    await makeCall('banned');
    await visit(page, '#/room/multi/banned');
    await page.click('button[data-kick="bob"]');
    await page.selectOption('#ban', '600');
    await page.click('dialog button.danger');
    await page.waitForSelector('.timeline-entry[data-reason="kicked"]');
    assert.strictEqual((await server.call('multi_room/add_pusher', { roomID: 'banned', ...person('bob') })).code, 7);
  });

  it('cancels an action', async () => {
    await makeCall('kept');
    await visit(page, '#/room/multi/kept');
    await page.click('button[data-kick="bob"]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    const { pushers } = await server.mustCall('multi_room/get_pushers', { roomID: 'kept' });
    assert.strictEqual(pushers.length, 2);
  });

  it('gets an error if the pusher has already left', async () => {
    await makeCall('gone');
    await visit(page, '#/room/multi/gone');
    await page.click('button[data-kick="bob"]');
    await server.mustCall('multi_room/delete_pusher', { roomID: 'gone', userID: 'bob' });
    await page.click('dialog button.danger');
    await page.waitForSelector('dialog .problem:has-text("Nothing was changed")');
    await page.click('dialog button:has-text("Cancel")');
  });

  it('gets a warning if the outcome is unknown', async () => {
    await makeCall('unknown');
    await visit(page, '#/room/multi/unknown');
    await page.click('button[data-kick="bob"]');
    await page.route('**/console/api/kick', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await page.click('dialog button.danger');
    await page.waitForSelector('dialog .problem:has-text("may have been done")');
    await page.unroute('**/console/api/kick');
    await page.click('dialog button:has-text("Cancel")');
    await page.waitForSelector('.timeline-entry[data-reason="kicked"]');
  });

  it('sees a room created while the page loads', async () => {
    const reply = await holdReply(page, '**/console/api/room?*roomID=late*');
    await visit(page, '#/room/multi/late');
    await reply.isHeld;
    await makeCall('late');
    await page.waitForSelector('.timeline-entry:has-text("Bob")');
    await reply.release();
    await page.waitForSelector('button[data-kick="bob"]');
    await page.waitForSelector('.notice', { state: 'hidden' });
  });

  it('sees events that arrive while the history loads', async () => {
    await server.mustCall('multi_room/create_room', { roomID: 'arriving', roomName: 'arriving', ...person('alice', 'Alice') });
    const reply = await holdReply(page, '**/console/api/events?*roomID=arriving*');
    await visit(page, '#/room/multi/arriving');
    await reply.isHeld;
    await server.mustCall('multi_room/add_pusher', { roomID: 'arriving', ...person('bob', 'Bob') });
    await page.waitForSelector('.timeline-entry:has-text("Bob")');
    await reply.release();
    await page.waitForSelector('.timeline-entry[data-type="room_created"]');
    assert.match(await page.locator('.timeline-entry').first().innerText(), /Bob\s* joined/);
  });

  it('lists the recordings of a room', async () => {
    const row = {
      kind: 'multi', roomID: 'recorded', number: 1, userID: 'bob', stream: 'bob', bytes: 1_500_000, startedAtMs: 0, endedAtMs: 65_000,
    };
    const linked = { ...row, file: 'bob-2.flv', url: 'https://files.example.com/bob-2.flv' };
    const unknown = { ...row, kind: null, roomID: null, number: null, userID: null, file: '<i>\u202e.flv', startedAtMs: null };
    await page.route('**/console/api/recordings?*roomID=recorded*', (route) => (route.request().url().includes('after=')
      ? route.fulfill({ json: { code: 0, freeBytes: 2_000_000_000, recordings: [unknown], next: null } })
      : route.fulfill({ json: { code: 0, freeBytes: 2_000_000_000, recordings: [linked], next: 'more' } })));
    await visit(page, '#/room/multi/recorded');
    const link = page.locator('.recording a');
    assert.strictEqual(await link.getAttribute('href'), linked.url);
    assert.match(await page.locator('.recording').innerText(), /bob · .* · 1m 5s · 1\.5MB/);
    assert.match(await page.locator('.panel:has-text("Recordings")').innerText(), /2(\.0)?GB free/);
    await page.click('.panel:has-text("Recordings") button:has-text("Show older")');
    await page.waitForSelector('.recording:has-text("<i>")');
    assert.strictEqual(await page.locator('.recording i').count(), 0);
    await visit(page, '#/room/multi/unrecorded');
    await page.waitForSelector('.panel:has-text("Recordings")', { state: 'hidden' });
  });

  it('turns one page at a time on rapid clicks', async () => {
    await visit(page, '#/rooms?kind=double');
    // One after the other: a list has them in this order. Only with them has this list a second page.
    for (let at = 0; at < 60; at += 1) {
      await server.mustCall('double_room/create_room', { roomID: `page${at}`, roomName: 'page', ...person(`u${at}`) });
    }
    const clickTwice = (/** @type {string} */ words) => page.locator(`.pager button:has-text("${words}")`).evaluate((button) => {
      /** @type {HTMLElement} */ (button).click();
      /** @type {HTMLElement} */ (button).click();
    });
    await page.waitForSelector('.pager:has-text("Page 1") button:enabled');
    await clickTwice('Next');
    await page.waitForSelector('.pager:has-text("Page 2") button:enabled');
    await page.waitForSelector(card('double/page30'));
    await clickTwice('Previous');
    await page.waitForSelector('.pager:has-text("Page 1") button:enabled');
    assert.strictEqual(await page.locator('.empty:visible').count(), 0);
    await page.focus('.pager button:has-text("Next")');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.pager:has-text("Page 2") button:enabled');
    assert.ok(await page.evaluate(() => document.activeElement?.textContent?.includes('Next')));
  });

  it('cancels the requests of an earlier search', async () => {
    /** @type {(() => Promise<void>)[]} one for each request */
    const answers = [];
    await page.route('**/console/api/rooms?*q=slow*', (route) => {
      answers.push(() => route.fulfill({ json: { code: 0, rooms: [], next: '1' } }).catch(() => {}));
    });
    await page.fill('#search', 'slow');
    await until('it is searched', () => answers.length === 1);
    await answers[0]();
    await until('the search goes on', () => answers.length === 2);
    await page.fill('#search', 'nobody has this name');
    await page.waitForSelector('.empty:has-text("No room and no pusher matches")');
    await answers[1]();
    await page.waitForResponse(/q=nobody/);  // the next one, seconds later
    assert.strictEqual(answers.length, 2);
    await page.unroute('**/console/api/rooms?*q=slow*');
    await page.fill('#search', '');
  });

  it('truncates a long search to the server limit', async () => {
    await page.fill('#search', '张'.repeat(67));
    await page.waitForSelector('.empty:has-text("No room and no pusher matches")');
    assert.strictEqual(await page.inputValue('#search'), '张'.repeat(66));
    await page.fill('#search', '');
  });

  it('searches no more when the user has gone elsewhere', async (test) => {
    const page = await consoleOf(test, server);
    await page.waitForSelector('#search');
    await page.clock.install();
    await page.evaluate(() => {
      const search = /** @type {HTMLInputElement} */ (document.querySelector('#search'));
      search.value = 'late';
      search.dispatchEvent(new Event('input'));
      history.replaceState(null, '', '#/server');  // like a link whose `hashchange` is still to come
    });
    await page.clock.runFor(1000);  // longer than the pause of typing
    assert.strictEqual(await page.evaluate(() => location.hash), '#/server');
  });

  it('loads the history of a room again after a failure', async () => {
    await makeCall('again');
    let failures = 0;
    await page.route('**/console/api/events?*', async (route) => {
      failures += 1;
      await route.abort();
    }, { times: 2 });
    await visit(page, '#/room/multi/again');
    await page.waitForSelector('.timeline-entry[data-type="room_created"]');
    assert.strictEqual(failures, 2);
  });

  it('loads a long history in pages', async () => {
    await makeCall('long');
    await Promise.all(Array.from({ length: 120 }, () =>
      server.mustCall('multi_room/add_pusher', { roomID: 'long', ...person('bob', 'Bob') })));
    await visit(page, '#/room/multi/long');
    await page.waitForFunction(() => document.querySelectorAll('.timeline-entry').length === 100);
    const older = page.locator('.panel:has(.timeline) button:has-text("Show older")');
    await older.click();
    await page.waitForFunction(() => document.querySelectorAll('.timeline-entry').length === 123);
    await older.waitFor({ state: 'hidden' });
    const first = page.locator('.timeline-entry').last();
    assert.strictEqual(await first.getAttribute('data-type'), 'room_created');
  });

  it('dismisses a room and keeps its history', async () => {
    await makeCall('dismissed');
    await visit(page, '#/room/multi/dismissed');
    await page.click('button:has-text("Dismiss…")');
    await page.waitForSelector('dialog :text("ends at once for 2 pushers")');
    await page.click('dialog button.danger');
    await page.waitForSelector('.notice:has-text("An operator dismissed the room")');
    await page.waitForSelector('.timeline-entry[data-type="room_destroyed"][data-reason="dismissed"]');
    assert.strictEqual((await server.call('multi_room/get_pushers', { roomID: 'dismissed' })).code, 3);
    await page.reload();
    await page.waitForSelector('.timeline-entry[data-reason="dismissed"]');
  });
});
