// Every page fits a desktop and a phone, in light and in dark, and can be used with the keyboard
// alone.
import assert from 'node:assert';
import { after, before, describe, it } from 'node:test';
import { expectAccessible } from './support/axe.js';
import { consoleOf, keepPicture, useConsole, visit } from './support/browser.js';
import { ChannelClient, kWithChannel } from './support/channel.js';
import { person, Server } from './support/server.js';

const kRooms = [
  { kind: 'double', roomID: 'room_5f21c09a_1a2b', roomName: 'Dr. Weiss, 14:30', people: ['Marta Kowalska', 'Omar Haddad'] },
  { kind: 'multi', roomID: 'standup', roomName: 'Daily stand-up', people: ['Lin Wei', 'Jonas', 'Priya Nair', 'Tomás'] },
  { kind: 'multi', roomID: 'long', roomName: `A name without an end ${'very '.repeat(60)}`, people: ['W'.repeat(128), 'ali\u200bce\u202e', 'مريم'] },
  { kind: 'live', roomID: 'concert', roomName: 'Evening concert', people: ['Anna-Lena Vogt'] },
];

const kPhone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

const kLooks = [
  { name: 'light', options: /** @type {const} */ ({ colorScheme: 'light', reducedMotion: 'no-preference' }), background: 'rgb(245, 246, 244)' },
  { name: 'dark', options: { colorScheme: /** @type {const} */ ('dark') }, background: 'rgb(14, 19, 17)' },
  { name: 'phone', options: kPhone, background: 'rgb(245, 246, 244)' },
  { name: 'phone-chinese', options: { ...kPhone, locale: 'zh-CN' }, background: 'rgb(245, 246, 244)' },
];

const kPages = [
  { name: 'rooms', hash: '#/rooms', sign: '.room-card .member' },
  { name: 'room', hash: '#/room/multi/standup', sign: '.timeline-entry' },
  { name: 'long', hash: '#/room/multi/long', sign: '.timeline-entry' },
  { name: 'channel', hash: '#/channel', sign: '.login' },
  { name: 'server', hash: '#/server', sign: '.chart .line.look-bad' },
  { name: 'nodes', hash: '#/nodes', sign: '.nodes-page dd' },
  { name: 'try', hash: '#/try', sign: '.phone' },
];

const server = new Server(kWithChannel);

before(async () => {
  await server.start();
  for (const { kind, roomID, roomName, people } of kRooms) {
    const [creator, ...others] = people.map((name, at) => person(`${roomID}_${at}`, name));
    await server.mustCall(`${kind}_room/create_room`, { roomID, roomName, ...creator });
    for (const other of others) await server.mustCall(`${kind}_room/add_pusher`, { roomID, ...other });
  }
  for (const userID of ['marta', 'a_long_account_name_of_32_letter']) {
    await (await ChannelClient.logIn(server, userID)).join('standup');
  }
});
after(() => server.end());

for (const { name, options, background } of kLooks) {
  describe(`in ${name}`, () => {
    /** @type {import('playwright-core').Page} */
    let page;
    useConsole(server, options, (its) => { page = its; });

    it('every page has the theme, no horizontal overflow, and no fault of accessibility', async () => {
      assert.strictEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), background);
      // A reserved gutter would be a strip beside the top bar and dialogs; a bar that comes and goes would move pages.
      const { overflowY, scrollbarGutter } = await page.evaluate(() => ({ ...getComputedStyle(document.documentElement) }));
      assert.deepStrictEqual([overflowY, scrollbarGutter], ['scroll', 'auto']);
      for (const { name: pageName, hash, sign } of kPages) {
        await visit(page, hash);
        await page.waitForSelector(sign, { state: 'attached' });
        if (!name.startsWith('phone')) await expectAccessible(page);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${pageName}: ${overflow} px too wide`);
        await keepPicture(page, `${name}-${pageName}`);
      }
    });

    it('a confirmation dialog fits the screen', async () => {
      await visit(page, '#/room/multi/long');
      await page.click('[data-kick]');
      const box = await page.locator('dialog').boundingBox();
      assert.ok(box && box.x >= 0 && box.x + box.width <= (page.viewportSize()?.width ?? 0));
      await keepPicture(page, `${name}-kick`);
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog', { state: 'detached' });
    });
  });
}

describe('a chart', () => {
  it('shows the value under the pointer', async (test) => {
    const page = await consoleOf(test, server);
    await visit(page, '#/server');
    const chart = page.locator('.chart:has-text("Rooms")').first();
    await page.waitForSelector('.chart .line.look-bad', { state: 'attached' });
    await chart.locator('.chart-area').hover();
    await page.waitForSelector('.chart .cross[visibility="visible"]', { state: 'attached' });
    assert.match(await chart.locator('.chart-now').innerText(), /\d+ ?s\w* ago\s*4/);
    await page.locator('h1').hover();
    await page.waitForSelector('.chart .cross[visibility="visible"]', { state: 'detached' });
  });
});

describe('with reduced motion', () => {
  it('the page has no animations', async (test) => {
    const page = await consoleOf(test, server, { reducedMotion: 'reduce' });
    await page.waitForSelector('.room-card');
    assert.strictEqual(await page.evaluate(() => document.getAnimations().length), 0);
  });
});

describe('a name from right to left', () => {
  it('is beside its picture', async (test) => {
    const page = await consoleOf(test, server);
    await visit(page, '#/room/multi/long');
    const name = page.locator('.member-name', { hasText: 'مريم' });
    const { left, width } = await name.evaluate((element) => ({
      left: element.getBoundingClientRect().left - (element.parentElement?.getBoundingClientRect().left ?? NaN),
      width: element.getBoundingClientRect().width, // of the text alone
    }));
    assert.ok(left === 0 && width < 100, `${left} ${width}`);
  });
});

describe('the theme switch', () => {
  it('changes the theme and keeps it', async (test) => {
    const page = await consoleOf(test, server, { colorScheme: 'light' });
    const look = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.click('[aria-label="Look: as the system"]');
    await page.click('[aria-label="Look: light"]');
    assert.strictEqual(await look(), 'rgb(14, 19, 17)');
    await page.reload();
    await page.waitForSelector('[aria-label="Look: dark"]');
    assert.strictEqual(await look(), 'rgb(14, 19, 17)');
  });
});

describe('the keyboard', () => {
  it('opens a room and a kick dialog and restores the focus', async (test) => {
    const page = await consoleOf(test, server);
    await page.waitForSelector('.room-card');
    const focused = (/** @type {string} */ selector) => page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
    const tabTo = async (/** @type {string} */ selector) => {
      for (let steps = 0; steps < 60; ++steps) {
        await page.keyboard.press('Tab');
        if (await focused(selector)) return;
      }
      assert.fail(`the keyboard does not reach ${selector}`);
    };
    await tabTo('.room-card[data-room="multi/standup"] a');
    const outline = await page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.activeElement)).outlineStyle);
    assert.strictEqual(outline, 'solid');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-kick]');
    await tabTo('[data-kick="standup_1"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog');
    assert.ok(await focused('dialog button'));
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    assert.ok(await focused('[data-kick="standup_1"]'));
  });

  it('every button and field has an accessible name', async (test) => {
    const page = await consoleOf(test, server);
    for (const { hash, sign } of kPages) {
      await visit(page, hash);
      await page.waitForSelector(sign, { state: 'attached' });
      const nameless = await page.evaluate(() => [...document.querySelectorAll('button, a, input, select')].filter((element) => {
        const field = /** @type {HTMLInputElement} */ (element);
        return !(element.getAttribute('aria-label') || element.textContent?.trim() || field.labels?.[0]?.textContent?.trim());
      }).map((element) => element.outerHTML));
      assert.deepStrictEqual(nameless, []);
    }
  });
});
