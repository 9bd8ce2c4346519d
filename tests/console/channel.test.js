// The page of the message channel: who is connected.
import assert from 'node:assert';
import { after, before, describe, it } from 'node:test';
import { consoleOf, useConsole, visit } from './support/browser.js';
import { ChannelClient, kWithChannel } from './support/channel.js';
import { person, Server } from './support/server.js';
import { until } from './support/until.js';

const login = (/** @type {string} */ userID) => `.login[data-user="${userID}"]`;

describe('the page of the channel', () => {
  const server = new Server(kWithChannel);
  before(async () => {
    await server.start();
    await server.mustCall('multi_room/create_room', { roomID: 'talk', roomName: 'Talk', ...person('host', 'Host') });
  });
  /** @type {import('playwright-core').Page} */
  let page;
  useConsole(server, {}, (its) => { page = its; });
  after(() => server.end());

  it('shows who logs in, and the room that is joined', async () => {
    await visit(page, '#/channel');
    await page.waitForSelector('.channel-page .empty:has-text("Nobody is connected")');
    const alice = await ChannelClient.logIn(server, 'alice');
    await page.waitForSelector(`${login('alice')}:has-text("in no room"):has-text("old client")`);
    await alice.join('talk');
    await page.waitForSelector(`${login('alice')} a[href="#/room/multi/talk"]`);
    const polling = alice.pollRoom();
    await page.waitForSelector(`${login('alice')}:has-text("listening")`);
    await alice.sendText('talk', 'a confidential text');
    await polling;
    await page.waitForFunction(() => /[^0]/.test(document.querySelector('.chart:has([aria-label^="Messages"]) .chart-top')?.textContent ?? ''));
    assert.ok(!(await page.content()).includes('confidential'));
  });

  it('counts the connected clients of a room', async () => {
    const bob = await ChannelClient.logIn(server, 'bob');
    await bob.join('talk');
    await visit(page, '#/rooms');
    await page.waitForSelector('.room-card[data-room="multi/talk"] .card-foot:has-text("1 pusher · 2 connected")');
    await visit(page, '#/room/multi/talk');
    await page.waitForSelector('.room-connected:text-is("2")');
    await bob.call('v4/group_open_http_svc/quit_group', { GroupId: 'talk' });
    await page.waitForSelector('.room-connected:text-is("1")');
  });

  it('ends the logins of a user, who is asked about first', async () => {
    const carl = await ChannelClient.logIn(server, 'carl');
    await visit(page, '#/channel');
    await page.click(`${login('carl')} button`);
    await page.click('dialog:has-text("Log out carl") button.danger');
    await page.waitForSelector('.toast:has-text("carl was logged out")');
    await page.waitForSelector(login('carl'), { state: 'detached' });
    await assert.rejects(carl.join('talk'), /70003/);
  });

  it('is turned page by page, and searched', async () => {
    for (let at = 0; at < 60; ++at) await ChannelClient.logIn(server, `user_${String(at).padStart(2, '0')}`);
    await visit(page, '#/channel');
    await page.waitForSelector(login('alice'));
    await page.click('button:has-text("Next")');
    await page.waitForSelector('.pager:has-text("Page 2")');
    await page.waitForSelector(login('user_59'));
    assert.strictEqual(await page.locator(login('alice')).count(), 0);
    await page.fill('#account', 'user_1');
    await page.waitForSelector(login('user_59'), { state: 'detached' });
    await until('only those that match', async () => await page.locator('.login').count() === 10);
    await page.waitForFunction(() => location.hash === '#/channel?q=user_1');
    await page.fill('#account', 'nobody');
    await page.waitForSelector('.channel-page .empty:has-text("begins like this")');
  });
});

describe('without the channel', () => {
  const server = new Server();
  before(() => server.start());
  after(() => server.end());

  it('the page names the setting, and rooms have no count', async (test) => {
    await server.mustCall('multi_room/create_room', { roomID: 'talk', roomName: 'Talk', ...person('host', 'Host') });
    const page = await consoleOf(test, server);
    await visit(page, '#/channel');
    await page.waitForSelector('.notice:has-text("channel.enabled")');
    await visit(page, '#/room/multi/talk');
    await page.waitForSelector('.facts:has-text("Creator")');
    assert.strictEqual(await page.locator('.room-connected').count(), 0);
  });
});
