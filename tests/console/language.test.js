// The console in Chinese and in English: which one is shown, and that all of it is.
import assert from 'node:assert';
import { after, before, describe, it } from 'node:test';
import { browserOf, consoleOf, keepPicture, logIn, useConsole, visit } from './support/browser.js';
import { ChannelClient, kWithChannel } from './support/channel.js';
import { latinWords } from './support/latin.js';
import { kToken, person, Server } from './support/server.js';

const kInChinese = { locale: 'zh-CN', timezoneId: 'UTC' };
const kInEnglish = { locale: 'en-US', timezoneId: 'UTC' };

const kPages = [
  { name: 'rooms', hash: '#/rooms', sign: '.room-card .member', title: '房间' },
  { name: 'search', hash: '#/rooms?q=没有', sign: '.empty:has-text("没有匹配")', title: '房间' },
  { name: 'room', hash: '#/room/live/2002', sign: '.timeline-entry', title: '房间详情' },
  { name: 'ended', hash: '#/room/multi/3003', sign: '.timeline-entry[data-type="room_destroyed"]', title: '房间详情' },
  { name: 'nowhere', hash: '#/room/webrtc/4004', sign: '.notice:has-text("没有这个房间")', title: '房间详情' },
  { name: 'channel', hash: '#/channel', sign: '.login', title: '消息通道' },
  { name: 'nobody', hash: '#/channel?q=没有', sign: '.channel-page .empty:has-text("没有账号")', title: '消息通道' },
  { name: 'server', hash: '#/server', sign: '.chart .line.look-bad', title: '服务器' },
  { name: 'nodes', hash: '#/nodes', sign: '.notice:has-text("单独运行")', title: '节点' },
  { name: 'try', hash: '#/try', sign: '.phone', title: '试用' },
];

/** All that is read or read out, but names of users and of the protocol. */
const readable = () => {
  const kForeign = '[translate="no"], pre, input, noscript';
  const isForeign = (/** @type {Element|null} */ element) => element?.closest(kForeign) !== null;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  /** @type {string[]} */
  const texts = [document.title];
  while (walker.nextNode()) {
    const { parentElement, textContent } = walker.currentNode;
    if (!isForeign(parentElement)) texts.push(textContent ?? '');
  }
  for (const name of ['aria-label', 'aria-valuetext', 'alt', 'placeholder', 'title']) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      // The kind's name on the wire.
      const isWire = name === 'title' && element.matches('.badge');
      if (!isWire && (name === 'placeholder' || !isForeign(element))) texts.push(element.getAttribute(name) ?? '');
    }
  }
  return texts;
};

/** @param {import('playwright-core').Page} page */
const foreignWords = async (page) => (await page.evaluate(readable)).flatMap(latinWords);

/** @param {import('playwright-core').Page} page */
const language = (page) => page.evaluate(() => document.documentElement.lang);

const server = new Server(kWithChannel);

before(async () => {
  await server.start();
  await server.mustCall('double_room/create_room', { roomID: '1001', roomName: '问诊', ...person('11', '张伟') });
  await server.mustCall('live_room/create_room', { roomID: '2002', roomName: '音乐会', ...person('21', '李娜') });
  await server.mustCall('live_room/add_pusher', { roomID: '2002', ...person('22', '王芳') });
  await server.mustCall('live_room/add_pusher', { roomID: '2002', ...person('22', '王芳') });
  await server.mustCall('live_room/delete_pusher', { roomID: '2002', userID: '22' });
  await server.mustCall('multi_room/create_room', { roomID: '3003', roomName: '会议', ...person('31', '刘洋') });
  await server.mustCall('multi_room/destroy_room', { roomID: '3003', userID: '31' });
  await (await ChannelClient.logIn(server, '41')).join('2002');
});
after(() => server.end());

describe('the language', () => {
  for (const [locale, wanted] of [['zh-CN', 'zh-CN'], ['zh-TW', 'zh-CN'], ['en-US', 'en-GB'], ['de-DE', 'en-GB']]) {
    it(`is ${wanted} in a browser in ${locale}`, async (test) => {
      const page = await browserOf(test, server, { locale });
      await page.goto(server.consoleUrl);
      await page.waitForSelector(`button[type="submit"]:text-is("${wanted === 'zh-CN' ? '登录' : 'Log in'}")`);
      assert.strictEqual(await language(page), wanted);
    });
  }
});

describe('in Chinese', () => {
  /** @type {import('playwright-core').Page} */
  let page;
  useConsole(server, kInChinese, (its) => { page = its; });

  it('every page has only Chinese words, names and codes', async () => {
    for (const { name, hash, sign, title } of kPages) {
      await visit(page, hash);
      await page.waitForSelector(sign, { state: 'attached' });
      assert.deepStrictEqual(await foreignWords(page), [], name);
      assert.strictEqual(await page.title(), `${title} · rtcroomd`);
      await keepPicture(page, `chinese-${name}`);
    }
    assert.strictEqual(await language(page), 'zh-CN');
  });

  it('the dialogs have only Chinese words, and name their effect', async () => {
    await visit(page, '#/room/live/2002');
    for (const [button, effect] of [['[data-kick]', '李娜 将立即被移出 音乐会'], ['.page-head .danger-outline', '涉及 1 个推流成员']]) {
      await page.click(button);
      await page.waitForSelector(`dialog:has-text("${effect}")`);
      assert.deepStrictEqual(await foreignWords(page), []);
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog', { state: 'detached' });
    }
  });

  it('a call of the simulated phones has only Chinese words', async () => {
    await visit(page, '#/try');
    await page.fill('#try-room', '5005');
    await page.click('[aria-label="Alice：创建房间"]');
    await page.waitForSelector('.phone[data-user="alice"][data-state="in"] .phone-chat:visible');
    await page.click('[aria-label="Bob：加入"]');
    await page.waitForSelector('.phone[data-user="bob"][data-state="in"] .phone-chat:visible');
    assert.deepStrictEqual(await foreignWords(page), []);
    await page.click('[aria-label="Bob：停止心跳"]');
    await page.click('[aria-label="Alice：销毁房间"]');
    await page.click('[aria-label="Bob：恢复心跳"]');
    await page.waitForSelector('.phone[data-user="bob"] .problem:has-text("返回码")');
    // A problem names its endpoint.
    const words = await foreignWords(page);
    assert.deepStrictEqual(words.filter((word) => !['pusher_heartbeat', 'get_pushers'].includes(word)), []);
  });

  it('an outage is reported with only Chinese words', async () => {
    await page.route('**/console/api/**', (route) => route.abort());
    await visit(page, '#/rooms');
    await page.reload();
    await page.waitForSelector('.banner:has-text("无法连接服务器")');
    await page.waitForSelector('.empty:has-text("列表加载失败：服务器无响应。")');
    assert.deepStrictEqual(await foreignWords(page), []);
    await page.unroute('**/console/api/**');
    await page.waitForSelector('.live[data-state="live"]');
  });

  it('the login has only Chinese words', async () => {
    await page.click('text=退出登录');
    await logIn(page, 'not-the-token');
    await page.waitForSelector('#login-problem:has-text("服务器不接受此令牌")');
    assert.deepStrictEqual(await foreignWords(page), []);
    await logIn(page, kToken);
    await page.waitForSelector('.live[data-state="live"]');
  });
});

describe('the language switch', () => {
  it('changes the language, keeps the session, and is remembered', async (test) => {
    const page = await consoleOf(test, server, kInEnglish);
    await visit(page, '#/try');
    await page.fill('#try-room', '6006');
    await page.click('[aria-label="Alice: Create room"]');
    await page.waitForSelector('.phone[data-user="alice"][data-state="in"]');
    await page.click('.language:text-is("中文")');
    await page.waitForSelector('.phone[data-user="alice"][data-state="in"] .phone-state:text-is("在房间中")');
    assert.strictEqual(await language(page), 'zh-CN');
    assert.deepStrictEqual(await foreignWords(page), []);
    assert.ok(await page.evaluate(() => document.activeElement?.matches('.language')), 'the focus stays');
    await page.reload();
    await page.waitForSelector('.mainnav a:text-is("房间")');
    await page.click('.language:text-is("English")');
    await page.waitForSelector('.mainnav a:text-is("Rooms")');
    assert.strictEqual(await language(page), 'en-GB');
    assert.strictEqual(await page.innerText('.skip'), 'Skip to the content');
    await page.reload();
    await page.waitForSelector('.mainnav a:text-is("Rooms")');
  });

  it('is on the login page, too', async (test) => {
    const page = await browserOf(test, server, kInEnglish);
    await page.goto(server.consoleUrl);
    await page.click('.language');
    await page.waitForSelector('label:text-is("令牌")');
    await logIn(page, kToken);
    await page.waitForSelector('.mainnav a:text-is("房间")');
  });

  it('marks the names of users as of unknown language', async (test) => {
    const page = await consoleOf(test, server, kInEnglish);
    const names = page.locator('.room-card .member-name, .room-card .card-title bdi, .room-card .avatar');
    await names.first().waitFor();
    const marks = await names.evaluateAll((all) => all.map(({ lang, translate }) => ({ lang, translate })));
    for (const each of marks) assert.deepStrictEqual(each, { lang: '', translate: false });
  });
});

describe('numbers and times', () => {
  const kStartedAtMs = Date.UTC(2026, 0, 31, 13, 5, 9);
  const kTotals = { requests: 1_234_567, failures: 1, evictions: 0, connections: 1, handshakes: 0, refusals: 0 };

  for (const { options, values, ago } of [
    {
      options: kInEnglish,
      values: ['31 Jan 2026, 13:05:09', '2h 5m', '600s'],
      ago: /^\d+ ?\w+ ago$/,
    },
    {
      options: kInChinese,
      values: ['2026年1月31日 13:05:09', '2小时5分钟', '600秒'],
      ago: /^\d+(秒|分钟)前$/,
    },
  ]) {
    it(`follow ${options.locale}`, async (test) => {
      const page = await consoleOf(test, server, options);
      assert.match(await page.locator('.lease-text').first().innerText(), ago);
      await page.route('**/console/api/server', async (route) => {
        const reply = await (await route.fetch()).json();
        const nowMs = kStartedAtMs + 7_500_000;
        await route.fulfill({ json: { ...reply, startedAtMs: kStartedAtMs, nowMs, totals: kTotals } });
      });
      await visit(page, '#/server');
      await page.waitForSelector('.facts-grid dd:text-is("1,234,567")');
      const shown = await page.locator('.facts-grid dd').allInnerTexts();
      for (const value of values) assert.ok(shown.includes(value), `${value}: ${shown}`);
      assert.match(await page.locator('.chart-axis span').first().innerText(), ago);
    });
  }
});
