// The console stays live, shows when it is not, and reconnects automatically.
import assert from 'node:assert';
import { after, before, it } from 'node:test';
import { browserOf, consoleOf, logIn } from './support/browser.js';
import { kToken, person, Server } from './support/server.js';

const kMostStreams = 16;

const server = new Server();
before(() => server.start());
after(() => server.end());

it('shows that it is not live during an outage and updates afterwards', async (test) => {
  const page = await consoleOf(test, server);
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
});

it('follows many changes and bounds the page size', async (test) => {
  const page = await consoleOf(test, server);
  const ids = Array.from({ length: 120 }, (_, at) => `many${at}`);
  await Promise.all(ids.map((roomID) =>
    server.mustCall('double_room/create_room', { roomID, roomName: roomID, ...person(roomID) })));
  await page.waitForFunction(() => document.querySelectorAll('.room-card').length === 24);
  await page.waitForFunction(() => document.querySelectorAll('.feed-entry').length === 40);
  await Promise.all(ids.map((roomID) => server.mustCall('double_room/destroy_room', { roomID, userID: roomID })));
  await page.waitForFunction(() => document.querySelectorAll('.room-card[data-room^="double/"]').length === 0);
});

it('trims long lists even without animation frames', async (test) => {
  const page = await consoleOf(test, server);
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
    const event = (/** @type {number} */ sequence) => ({ type: 'pusher_updated', userID: 'u', atMs: 0, number: 1, sequence });
    for (let sequence = 1; sequence <= 600; ++sequence) timeline.addNewest(event(sequence));
    timeline.addOlder([event(100)]);
    timeline.addOlder([event(101)]);
    return [...timeline.element.querySelectorAll('.timeline-entry')].slice(-2).map((entry) => entry.textContent?.match(/no\. \d+/)?.[0]);
  });
  assert.deepStrictEqual(isShownAgain, ['no. 101', 'no. 100']);
});

it('lets changes of custom fields displace no other event', async (test) => {
  const page = await consoleOf(test, server);
  const shown = await page.evaluate(async () => {
    const load = (/** @type {string} */ name) => import(new URL(name, location.href).href);
    const [{ ActivityFeed }, { Timeline }] = [await load('activity_feed.js'), await load('timeline.js')];
    const event = (/** @type {number} */ sequence, type = 'custom_changed') => (
      { type, userID: 'u', field: 'likes', value: sequence, kind: 'live', roomID: 'r', atMs: 0, number: 1, sequence });
    const [feed, timeline] = [new ActivityFeed(), new Timeline()];
    const add = (/** @type {any[]} */ ...each) => {
      feed.add(event(...each));
      timeline.addNewest(event(...each));
    };
    add(601, 'pusher_added');
    for (let sequence = 602; sequence <= 1200; ++sequence) add(sequence);
    timeline.addOlder(Array.from({ length: 600 }, (_, at) => event(600 - at)));
    await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
    const of = (/** @type {string} */ selector) => [...timeline.element.querySelectorAll(selector)].map((each) => each.textContent ?? '');
    return {
      feed: feed.element.querySelectorAll('.feed-entry').length,
      entries: [of('summary')[0], of('.timeline > li')[1].match(/u joined/)?.[0], of('summary')[1]],
      unfolded: of('.fields li').map((words) => words.match(/no\. \d+/)?.[0]).filter((_, at) => at % 50 === 0),
      isFull: timeline.isFull,
    };
  });
  assert.deepStrictEqual(shown, { feed: 1, entries: ['599 changes of custom fields', 'u joined', '600 changes of custom fields'],
    unfolded: ['no. 1200', 'no. 600'], isFull: false });
});

it('times out if the server does not answer', async (test) => {
  const page = await browserOf(test, server);
  await page.clock.install();
  let asked = 0;
  await page.route('**/console/api/stream', (route) => (++asked > 1 ? route.continue() : undefined));
  await page.goto(server.consoleUrl);
  await Promise.all([page.waitForRequest('**/console/api/stream'), logIn(page, kToken)]);
  await page.clock.runFor(60_000);
  await page.waitForSelector('.live[data-state="live"]');
});

it('shows the reason if the server refuses the stream', async (test) => {
  const crowded = new Server();
  await crowded.start();
  const others = new AbortController();
  const streams = Array.from({ length: kMostStreams }, () => fetch(`${crowded.consoleUrl}api/stream`, {
    headers: { Authorization: `Bearer ${kToken}` }, signal: others.signal,
  }));
  for (const response of await Promise.all(streams)) assert.strictEqual(response.status, 200);
  const page = await browserOf(test, crowded);
  test.after(() => crowded.end());
  await page.goto(crowded.consoleUrl);
  await logIn(page, kToken);
  await page.waitForSelector('.banner:has-text("16 streams are open")');
  others.abort();
  await page.waitForSelector('.live[data-state="live"]');
});

it('closes the stream while hidden and catches up afterwards', async (test) => {
  const page = await consoleOf(test, server);
  const show = (/** @type {boolean} */ hidden) => page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  const begin = (/** @type {string} */ roomID) =>
    server.mustCall('multi_room/create_room', { roomID, roomName: roomID, ...person('alice') });
  /** Also ends the idle time, which the page's clock determines. */
  const seeRoom = async (/** @type {string} */ roomID) => {
    await begin(roomID);
    await page.waitForSelector(`.feed-entry:has-text("${roomID}")`);
  };
  /** @type {string[]} */
  const asked = [];
  page.on('request', (request) => { if (request.url().includes('/api/stream')) asked.push(request.url()); });
  await page.clock.install();
  await seeRoom('first');
  await show(true);
  await page.clock.runFor(35_000);
  await seeRoom('glance');
  await show(false);
  await page.clock.runFor(35_000);
  await seeRoom('second');
  await show(true);
  await page.clock.runFor(35_000);
  await seeRoom('third');
  const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/api/stream'));
  await page.clock.runFor(35_000);
  await ended;
  await begin('unseen');
  await page.clock.runFor(35_000);
  assert.deepStrictEqual(asked, []);
  await show(false);
  await page.waitForSelector('.feed-entry:has-text("unseen")');
  assert.strictEqual(asked.length, 1);
  assert.match(asked[0], /\?after=./);
  await page.waitForSelector('.live[data-state="live"]');
});
