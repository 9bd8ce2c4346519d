// clients/web-example: its texts, and the page in Chromium against the server that serves it.
import assert from 'node:assert';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Client } from '../../clients/js/src/index.js';
import { kTexts } from '../../clients/web-example/texts.js';
import { expectAccessible } from '../console/support/axe.js';
import { openBrowser } from '../console/support/browser.js';
import { expectAlike } from '../console/support/catalogues.js';
import { latinWords } from '../console/support/latin.js';
import { kNoServer, kToken, Server } from '../console/support/server.js';
import { nodesOf, parsed, sentences, shownStrings } from '../console/support/sources.js';
import { until } from '../console/support/until.js';
import { run } from '../media/support/processes.mjs';
import { WebSocket } from './support/packages.js';
import { startPlaylists } from './support/playlists.js';
import { kForClients } from './support/settings.js';

const kFolder = path.join(import.meta.dirname, '..', '..', 'clients', 'web-example');
const read = (name) => fs.readFileSync(path.join(kFolder, name), 'utf8');
const kInEnglish = { locale: 'en-GB' };
const kInChinese = { locale: 'zh-CN' };

describe('The texts', () => {
  const { en: english, zh: chinese } = kTexts;
  const modules = ['app.js', 'camera.js', 'language.js', 'memory.js', 'quality.js', 'streams.js'].map((name) => ({ name, tree: parsed(read(name)) }));
  const page = read('index.html');

  it('are in both languages, with the same parameters', () => expectAlike(english, chinese));

  it('are all used', () => {
    const nodes = modules.flatMap(({ tree }) => [...nodesOf(tree)]);
    const literals = nodes.filter(({ type }) => type === 'Literal').map(({ value }) => value);
    const inPage = [...page.matchAll(/data-(?:text|label|hint)="([^"]*)"/g)].map(([, key]) => key);
    const beginnings = nodes.filter(({ type }) => type === 'TemplateLiteral').map(({ quasis }) => quasis[0].value.cooked)
      .filter((text) => text.endsWith('.'));
    const isUsed = (key) => literals.includes(key) || inPage.includes(key)
      || beginnings.some((beginning) => key.startsWith(beginning));
    assert.deepStrictEqual(Object.keys(english).filter((key) => !isUsed(key)), []);
    assert.deepStrictEqual(inPage.filter((key) => !(key in english)), []);
  });

  it('name each state, and each way in which a room ends', () => {
    const readme = fs.readFileSync(path.join(kFolder, '..', 'js', 'README.md'), 'utf8');
    const states = /`connection`: (.*)\|/.exec(readme)[1].match(/`\w+`/g);
    const endings = /stop the stream, leave the page\. (.*) \|/.exec(readme)[1].match(/`\w+`/g);
    const keys = [...states.map((name) => `connection.${name}`), ...endings.map((name) => `closed.${name}`)]
      .map((key) => key.replaceAll('`', ''));
    assert.strictEqual(keys.length, 16);
    assert.deepStrictEqual(keys.filter((key) => !(key in english)), []);
  });

  it('are nowhere else', () => {
    for (const { name, tree } of modules) {
      assert.deepStrictEqual(shownStrings(tree).filter((text) => /\p{L}/u.test(text)), [], name);
      assert.deepStrictEqual(sentences(tree).filter((text) => !/^rtcroom (name|language|camera)$/.test(text)), [], name);
    }
    const rest = page.replace(/<noscript>.*<\/noscript>|<!--.*?-->|<title>rtcroom<\/title>/gs, '');
    assert.deepStrictEqual(rest.replace(/<[^>]*>/g, '').match(/\p{L}+/gu), ['rtcroom']);
    assert.doesNotMatch(rest, / (title|aria-label|placeholder)="|alt="[^"]/);
  });
});

describe('The page', { skip: kNoServer }, () => {
  let media;
  let server;
  let demo; // its address
  const opened = [];
  const clients = [];

  before(async () => {
    media = await startPlaylists();
    server = new Server({ ...kForClients, ...media.settings }, '--dev');
    await server.start();
    await until('it has printed its addresses', () => /Console: /.test(server.output));
    [, demo] = /^Demo.*: (\S+)$/m.exec(server.output);
  });
  afterEach(async () => {
    const browsers = opened.splice(0);
    await Promise.all(browsers.map(({ close }) => close()));
    await Promise.all(clients.splice(0).map((client) => client.logout()));
    assert.deepStrictEqual(browsers.flatMap(({ faults }) => faults), []);
  });
  after(async () => {
    await server.end();
    media.end();
  });

  /** A browser of its own, with the page in it. */
  async function browse(options, at = demo) {
    const browser = await openBrowser([server.host, `http://${media.host}`, new URL(at).origin], options);
    opened.push(browser);
    await browser.page.goto(at);
    await browser.page.waitForSelector('#connection[data-state="connected"]');
    return browser;
  }

  /** Another window of the same browser: another user. */
  async function anotherWindow({ page }) {
    const other = await page.context().newPage();
    await other.goto(demo);
    return other;
  }

  const choose = async (page, name, kind) => {
    await page.fill('#name', name);
    await page.locator(`#kinds label:has([value="${kind}"])`).click();
  };
  const create = async (page, name, kind, roomName) => {
    await choose(page, name, kind);
    await page.fill('#roomName', roomName);
    await page.click('#create button');
    await page.locator('#title', { hasText: roomName }).waitFor();
  };
  const enter = async (page, name, kind, roomName) => {
    await choose(page, name, kind);
    await page.locator('#rooms li', { hasText: roomName }).locator('button').click();
    await page.locator('#title', { hasText: roomName }).waitFor();
  };
  const say = async (page, text) => {
    await page.fill('#text', text);
    await page.press('#text', 'Enter');
  };
  const shows = (page, selector, ...texts) => until(`${selector}: ${texts}`, async () =>
    JSON.stringify(await page.locator(selector).allInnerTexts()) === JSON.stringify(texts));
  it('has the look of the operator', async () => {
    const parts = ['theme.css', 'icon.svg'];
    const looks = await Promise.all([demo, server.consoleUrl, new URL('/api/', server.consoleUrl)].map((page) =>
      Promise.all(['', ...parts].map(async (name) => (await fetch(new URL(name, page))).text()))));
    for (const [page, ...look] of looks) {
      for (const part of parts) assert.ok(page.includes(`href="${part}"`), part);
      assert.deepStrictEqual(look, looks[0].slice(1));
    }
  });

  /** A phone that streams. */
  const phone = async (kind, roomInfo) => {
    const client = new Client({ server: server.host, WebSocket, storage: null });
    clients.push(client);
    await client.login();
    const room = await client.createRoom(kind, { userName: 'Phone', roomInfo });
    await room.streamStarted();
    await until('the phone has its seat', () => room.pushers.length === 1);
    return room;
  };

  it('lets two hold a call, talk, and see each other leave', async () => {
    const browser = await browse(kInEnglish);
    const alice = browser.page;
    await create(alice, 'Alice', 'double', 'Tea at four');
    const bob = await anotherWindow(browser);
    await enter(bob, 'Bob', 'double', 'Tea at four');
    for (const page of [alice, bob]) await shows(page, '#members b', 'Alice', 'Bob');
    await shows(alice, '#members small', 'host', 'you');
    await say(bob, '<b>hello</b>');
    await say(alice, '你好');
    for (const page of [alice, bob]) await shows(page, '.bubble', '<b>hello</b>', '你好');
    assert.deepStrictEqual(await alice.locator('bdi').evaluateAll((all) => [...new Set(all.map(({ lang }) => lang))]), ['']);
    await bob.click('#leave');
    await shows(alice, '.event', 'Bob is here', 'Bob has left');
    await shows(alice, '#members b', 'Alice');
  });

  it('lets viewers of a live room like, talk, take a seat, and read how it has ended', async () => {
    const browser = await browse(kInEnglish);
    const host = browser.page;
    await create(host, 'Alice', 'live', 'Concert');
    const viewer = await anotherWindow(browser);
    await enter(viewer, 'Bob', 'live', 'Concert');
    await shows(host, '#viewers', '1 viewer');
    await shows(viewer, '#subtitle', 'You are watching');
    await viewer.click('#like');
    await host.click('#like');
    for (const page of [host, viewer]) await shows(page, '#likes', '2');
    await viewer.click('#seat');
    for (const page of [host, viewer]) await shows(page, '#members b', 'Alice', 'Bob');
    await viewer.click('#seat');
    for (const page of [host, viewer]) await shows(page, '#members b', 'Alice');
    await host.click('#leave');
    await shows(viewer, '#notice', 'The room has ended: the host has left.');
    await viewer.locator('#lobby').waitFor();
  });

  it('says why it was thrown out, and enters again when asked', async () => {
    const { page } = await browse(kInEnglish);
    await create(page, 'Alice', 'multi', 'Meeting');
    const asOperator = async (call, options) => (await fetch(`${server.consoleUrl}api/${call}`,
      { headers: { Authorization: `Bearer ${kToken}` }, ...options })).json();
    const { roomID, creator } = (await asOperator('rooms')).rooms.find(({ roomInfo }) => roomInfo === 'Meeting');
    await asOperator('kick', { method: 'POST', body: JSON.stringify({ kind: 'multi', roomID, userID: creator }) });
    await shows(page, '#notice', 'An operator has removed you from the room.');

    const user = await page.evaluate(() => ({ ...sessionStorage }));
    const copy = await page.context().newPage(); // as a duplicated tab
    await copy.addInitScript((entries) => Object.assign(sessionStorage, entries), user);
    await copy.goto(demo);
    await copy.waitForSelector('#connection[data-state="connected"]');
    await page.waitForSelector('#connection[data-state="closed"]');
    assert.match(await page.innerText('#notice'), /^You are logged in elsewhere now/);
    await create(page, 'Alice', 'multi', 'Meeting again');
    await page.waitForSelector('#connection[data-state="connected"]');
  });

  it('tells of an eviction, and has its seat again', async () => {
    const { page } = await browse(kInEnglish);
    const isSilent = { code: 5, message: '' };
    await page.route('**/pusher_heartbeat?*', (route) => route.fulfill({ json: isSilent }), { times: 1 });
    await create(page, 'Alice', 'multi', 'Eviction');
    const isBack = page.waitForResponse('**/multi_room/add_pusher?*');
    await shows(page, '.event', kTexts.en['room.evicted']);
    assert.strictEqual((await (await isBack).json()).code, 0);
  });

  it('keeps seat and role when it is loaded again, and frees the seat at once when it is closed', async () => {
    const browser = await browse(kInEnglish);
    const alice = browser.page;
    await create(alice, 'Alice', 'live', 'Tabs');
    const [bob, carol] = [await anotherWindow(browser), await anotherWindow(browser)];
    await enter(bob, 'Bob', 'live', 'Tabs');
    await enter(carol, 'Carol', 'live', 'Tabs');
    await bob.click('#seat');
    await shows(alice, '#members b', 'Alice', 'Bob');
    await alice.reload();
    await shows(alice, '#members small', 'host', 'you');
    await bob.reload();
    for (const page of [alice, bob]) await shows(page, '#members b', 'Alice', 'Bob');
    await shows(alice, '#viewers', '2 viewers');
    for (const page of [bob, carol]) await page.close({ runBeforeUnload: true });
    await shows(alice, '#members b', 'Alice');
    await shows(alice, '#viewers', '0 viewers');
    await alice.click('#leave'); // or its room stays for a while
  });

  it('has nothing of clients that are closed', async () => {
    const { page } = await browse(kInEnglish);
    const session = await page.context().newCDPSession(page);
    const evaluate = async (expression) => (await session.send('Runtime.evaluate', { expression, awaitPromise: true })).result;
    const left = async () => {
      const { objectId: prototypeObjectId } = await evaluate("import('/demo/rtcroom/web.js').then(({ Client }) => Client.prototype)");
      const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId }); // after a collection of garbage
      const { result } = await session.send('Runtime.callFunctionOn',
        { objectId: objects.objectId, functionDeclaration: 'function() { return this.length; }', returnByValue: true });
      await session.send('Runtime.releaseObject', { objectId: objects.objectId });
      const listeners = await Promise.all(['window', 'document'].map(async (name) =>
        session.send('DOMDebugger.getEventListeners', { objectId: (await evaluate(name)).objectId })));
      return [result.value, ...listeners.map((list) => list.listeners.length)];
    };
    const before = await left();
    assert.ok(before[0] === 1 && before[1] > 0, before.join());
    const many = page.evaluate(async () => { // in the page
      const { Client } = await import('/demo/rtcroom/web.js');
      for (let i = 0; i < 40; ++i) {
        const client = new Client({ server: location.origin, storage: null });
        if (i % 8 === 0) {
          await client.login();
          await client.createRoom('multi', { stream: false });
        }
        await client.close();
      }
    });
    await many;
    await until('they are gone', async () => JSON.stringify(await left()) === JSON.stringify(before));
  });

  it('asks for a name, and lets nobody join a full room', async () => {
    const browser = await browse(kInEnglish);
    await browser.page.click('#create button');
    await shows(browser.page, '#notice', 'First tell the others your name.');
    await create(browser.page, 'Alice', 'double', 'Two');
    const bob = await anotherWindow(browser);
    await enter(bob, 'Bob', 'double', 'Two');
    const carol = await anotherWindow(browser);
    await choose(carol, 'Carol', 'double');
    const button = carol.locator('#rooms li', { hasText: 'Two' }).locator('button');
    await until('it is full', async () => await button.innerText() === 'Full' && await button.isDisabled());
    await carol.goto(bob.url());
    await carol.reload();
    await shows(carol, '#notice', 'The room is full.');
  });

  it('leads into a room by its link, with what was said before, and back when it is loaded again', async () => {
    const browser = await browse({ ...kInEnglish, permissions: ['clipboard-read', 'clipboard-write'] });
    const host = browser.page;
    await create(host, 'Alice', 'live', 'Linked');
    await say(host, 'first');
    await shows(host, '.bubble', 'first');
    await host.click('#invite');
    await shows(host, '.event', kTexts.en['room.copied']);
    const guest = await anotherWindow(browser);
    await guest.goto('about:blank');
    await guest.goto(await host.evaluate(() => navigator.clipboard.readText()));
    await shows(guest, 'p.invited', 'You are invited to a room.');
    await guest.fill('#name', 'Bob');
    await guest.click('#accept');
    for (const [page, subtitle, maySit] of [[guest, 'You are watching', true], [host, 'Live', false]]) {
      await page.reload();
      await shows(page, '#title', 'Linked');
      await shows(page, '#subtitle', subtitle);
      await shows(page, '.bubble', 'first');
      assert.strictEqual(await page.locator('#seat').isVisible(), maySit);
    }
    await guest.click('#leave');
    assert.strictEqual(guest.url(), demo);
    await host.click('#leave');
    await host.locator('#lobby').waitFor();
  });

  it('has no fault of accessibility', async () => {
    const { page } = await browse(kInEnglish);
    const look = async () => {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await expectAccessible(page);
      }
    };
    await create(page, 'Alice', 'live', 'Accessible');
    await say(page, 'hello');
    await shows(page, '.bubble', 'hello');
    await look();
    assert.strictEqual(await page.getByRole('button', { name: 'Like' }).count(), 1);
    assert.strictEqual(await page.getByRole('log', { name: 'Messages' }).count(), 1);
    await page.click('#leave');
    await look();
  });

  it('works as the README says to copy it', async (test) => {
    const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroom-copy-'));
    const pages = http.createServer(({ url }, response) => {
      const { pathname } = new URL(url, 'http://host');
      const file = path.join(copy, 'my-page', pathname === '/' ? 'index.html' : pathname);
      const types = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };
      response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/json' });
      response.end(fs.readFileSync(file));
    });
    await new Promise((resolve) => { pages.listen(0, '127.0.0.1', resolve); });
    const origin = `http://127.0.0.1:${pages.address().port}`;
    const other = new Server({ ...kForClients, 'server.cors_origins': [origin] });
    await other.start();
    test.after(async () => {
      await other.end();
      pages.closeAllConnections();
      pages.close();
      fs.rmSync(copy, { recursive: true });
    });
    const [, commands] = /```sh\n(.*?)```/s.exec(read('README.md'));
    fs.symlinkSync(path.dirname(kFolder), path.join(copy, 'clients'));
    await run('sh', '-ec', `cd ${copy}\n${commands}`);
    fs.writeFileSync(path.join(copy, 'my-page', 'settings.json'), JSON.stringify({ server: other.host, prefix: '/weapp', playlist: '' }));
    const browser = await openBrowser([origin, other.host], kInEnglish);
    opened.push(browser);
    await browser.page.goto(origin);
    await create(browser.page, 'Alice', 'multi', 'Copied');
    await say(browser.page, 'hello');
    await shows(browser.page, '.bubble', 'hello');
  });

  it('plays the stream of a member, and the picture of a live room', async () => {
    const room = await phone('live', 'On air');
    const [stream] = /[^/]+$/.exec(room.pushers[0].accelerateURL.split('?')[0]);
    const { page } = await browse(kInEnglish);
    await enter(page, 'Alice', 'live', 'On air');
    for (const [place, address] of [['#members', `http://${media.host}/hls/${stream}.m3u8`],
      ['#mixed', `http://${media.host}/mix/${stream}.m3u8`]]) {
      const video = page.locator(`${place} video`);
      assert.strictEqual((await video.getAttribute('src')).split('?')[0], address);
      await until('pictures are there', () => video.evaluate((element) => element.getVideoPlaybackQuality().totalVideoFrames > 0));
      assert.strictEqual(await page.locator(`${place} .player p`).isVisible(), false);
    }
    // Names are over the picture.
    const isOver = await page.locator('#members li > p b').evaluate((name) => {
      const { x, y, width, height } = name.getBoundingClientRect();
      name.closest('p').style.pointerEvents = 'auto';
      return name.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    });
    assert.ok(isOver);
    const playable = (...values) => page.evaluate(async (all) => (await import('/demo/streams.js')).playableUrl(...all), values);
    assert.strictEqual(await playable('https://h/a.MP4?x', ''), '');
    assert.strictEqual(await playable('https://h/a.mp4?x', ''), 'https://h/a.mp4?x');
    assert.strictEqual(await playable('https://h/a.flv', 'https://p/{stream}.m3u8'), '');
    assert.strictEqual(await playable('rtmp://h/live/a_1?txSecret=2', 'https://p/{stream}.m3u8'), 'https://p/a_1.m3u8?txSecret=2');
  });

  it('says in words that a stream cannot be played', async () => {
    await phone('multi', 'RTMP');
    const { page } = await browse(kInEnglish);
    await page.route('**/demo/settings.json', (route) => route.fulfill({ json: { prefix: '/weapp', playlist: '' } }));
    await page.reload();
    await enter(page, 'Alice', 'multi', 'RTMP');
    await shows(page, '.player p', 'Streams by RTMP, which browsers cannot play', 'No picture');
  });

  it('is in Chinese where the browser is, and a switch is remembered', async () => {
    const { page } = await browse(kInChinese);
    await create(page, '李娜', 'live', '音乐会');
    await say(page, '大家好');
    await shows(page, '.bubble', '大家好');
    assert.strictEqual(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
    const attributes = await page.locator('[aria-label], [placeholder]').evaluateAll((all) =>
      all.flatMap((element) => [element.ariaLabel, element.placeholder]).join(' '));
    const words = `${await page.innerText('body')} ${await page.locator('#lobby').evaluate((lobby) => lobby.textContent)} ${attributes}`;
    assert.deepStrictEqual(latinWords(words).filter((word) => word !== 'rtcroom'), []);
    await page.click('#language');
    await shows(page, '#members small', 'host', 'you'); // also what was shown before
    assert.strictEqual(await page.evaluate(() => document.documentElement.lang), 'en');
    assert.strictEqual(await page.locator('#text').getAttribute('placeholder'), 'Say something');
    await page.click('#leave');
    await page.reload();
    await page.locator('text=Rooms to join').waitFor();
  });

  it('works in a browser that keeps pages from their storage', async () => {
    const { page } = await browse(kInEnglish);
    await page.addInitScript(() => ['localStorage', 'sessionStorage'].forEach((name) => // in the page
      Object.defineProperty(globalThis, name, { get() { throw new DOMException('blocked', 'SecurityError'); } })));
    await page.reload();
    await create(page, 'Alice', 'multi', 'Without cookies');
    await page.click('#language');
    assert.strictEqual(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  });

  it('fits a narrow phone, in the dark', async () => {
    const { page } = await browse({ ...kInEnglish, viewport: { width: 360, height: 640 }, colorScheme: 'dark' });
    await create(page, 'Alice', 'live', 'A room with a name that is far longer than a phone is wide');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    const [red] = /\d+/.exec(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    assert.ok(red < 64, red);
  });

  it('is served in development only', async () => {
    const other = new Server();
    await other.start();
    for (const at of ['/demo', '/demo/', '/demo/app.js', '/demo/settings.json']) {
      const reply = await fetch(other.host + at);
      assert.strictEqual(reply.status, 404, at);
      assert.strictEqual((await reply.json()).code, 1);
    }
    await other.end();
  });
});
