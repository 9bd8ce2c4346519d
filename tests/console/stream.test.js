// The console stays live, says when it is not, and comes back by itself.
import assert from 'node:assert';
import { after, before, it } from 'node:test';
import { expectNoFaults, openConsole } from './support/browser.js';
import { person, Server } from './support/server.js';

const server = new Server();
before(() => server.start());
after(() => server.end());

it('says that it is not live while the server is away, and shows what is new when it is back', async () => {
  const opened = await openConsole(server);
  const { page } = opened;
  await server.mustCall('multi_room/create_room', { roomID: 'before', roomName: 'before', ...person('alice') });
  await page.waitForSelector('.room-card[data-room="multi/before"]');
  await server.stop();
  await page.waitForSelector('.live[data-state="waiting"]');
  await page.waitForSelector('.banner:has-text("Not live")');
  await server.start();
  await page.waitForSelector('.live[data-state="live"]');
  await page.waitForSelector('.banner', { state: 'hidden' });
  await server.mustCall('multi_room/create_room', { roomID: 'after', roomName: 'after', ...person('bob') });
  await page.waitForSelector('.room-card[data-room="multi/after"]');
  await page.waitForSelector('.room-card[data-room="multi/before"]');
  expectNoFaults(opened);
  await opened.close();
});

it('keeps up with many changes and keeps the page small', async () => {
  const opened = await openConsole(server);
  const { page } = opened;
  const ids = Array.from({ length: 120 }, (_, at) => `many${at}`);
  for (const roomID of ids) {
    await server.mustCall('double_room/create_room', { roomID, roomName: roomID, ...person(roomID) });
  }
  await page.waitForSelector('.feed-entry:has-text("many119")');
  await page.waitForFunction(() => document.querySelectorAll('.room-card').length === 24);
  await page.waitForFunction(() => document.querySelectorAll('.feed-entry').length === 40);
  for (const roomID of ids) await server.mustCall('double_room/destroy_room', { roomID, userID: roomID });
  await page.waitForFunction(() => document.querySelectorAll('.room-card[data-room^="double/"]').length === 0);
  expectNoFaults(opened);
  await opened.close();
});

it('lets go of lists that have grown too long, also where no frame is drawn', async () => {
  const { page, close } = await openConsole(server);
  const made = await page.evaluate(async () => {
    const { NewestList } = await import(new URL('newest_list.js', location.href).href);
    /** @type {FrameRequestCallback[]} */
    const frames = [];
    window.requestAnimationFrame = (draw) => frames.push(draw);
    const list = document.createElement('ol');
    /** @type {number[]} */
    const drawn = [];
    const newest = new NewestList(list, 10, (/** @type {number} */ item) => {
      drawn.push(item);
      return document.createElement('li');
    });
    for (let item = 0; item < 1000; ++item) newest.add(item);
    frames.forEach((draw) => draw(0));
    newest.add(1000);
    frames[frames.length - 1](0);
    return { drawn, frames: frames.length, shown: list.children.length };
  });
  assert.deepStrictEqual(made, { drawn: [999, 998, 997, 996, 995, 994, 993, 992, 991, 990, 1000], frames: 2, shown: 10 });
  const isShownAgain = await page.evaluate(async () => {
    const { Timeline } = await import(new URL('timeline.js', location.href).href);
    const timeline = new Timeline();
    const event = (/** @type {number} */ sequence) => ({ type: 'custom_changed', atMs: 0, number: 1, sequence });
    for (let sequence = 1; sequence <= 600; ++sequence) timeline.addNewest(event(sequence));
    timeline.addOlder([event(100)]);
    timeline.addOlder([event(101)]);
    return [...timeline.element.querySelectorAll('.timeline-entry')].slice(-2).map((entry) => entry.textContent?.match(/no\. \d+/)?.[0]);
  });
  assert.deepStrictEqual(isShownAgain, ['no. 101', 'no. 100']);
  await close();
});

