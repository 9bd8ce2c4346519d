// The parts of the library rtcroom that touch mini-programs and browsers, with stand-ins of both.
import assert from 'node:assert';
import { afterEach, describe, it } from 'node:test';
import { Client, webPlatform, wxPlatform } from '../../clients/js/src/index.js';
import { Client as CallClient } from '../../clients/js/src/miniprogram.js';
import { Client as LiveClient } from '../../clients/js/src/miniprogram_live.js';

/** The calls of WeChat that the library uses, as they are documented for mini-programs. */
function makeWx() {
  const wx = {
    stored: {},
    requests: [],
    sockets: [],
    listeners: {},
    request(options) {
      const request = { ...options, isAborted: false };
      wx.requests.push(request);
      return { abort: () => { request.isAborted = true; options.fail({ errMsg: 'request:fail abort' }); } };
    },
    connectSocket(options) {
      const socket = { ...options, sent: [] };
      wx.sockets.push(socket);
      const on = (name) => (listener) => { socket[name] = listener; };
      return { onOpen: on('open'), onMessage: on('message'), onClose: on('close'), onError: on('error'),
        send: ({ data }) => socket.sent.push(data), close: ({ code }) => { socket.closedWith = code; } };
    },
    onAppShow: (listener) => { wx.listeners.show = listener; },
    onNetworkStatusChange: (listener) => { wx.listeners.network = listener; },
    offAppShow: (listener) => { if (wx.listeners.show === listener) delete wx.listeners.show; },
    offNetworkStatusChange: (listener) => { if (wx.listeners.network === listener) delete wx.listeners.network; },
    getStorageSync: (key) => wx.stored[key] ?? '',
    setStorageSync: (key, value) => { wx.stored[key] = value; },
    login: ({ success }) => success({ code: 'c1' }),
  };
  return wx;
}

describe('rtcroom in a mini-program', () => {
  afterEach(() => { delete globalThis.wx; });

  it('finds wx by itself, and logs in by wx.request', async () => {
    globalThis.wx = makeWx();
    const client = new Client({ server: 'https://h' });
    const login = client.login();
    const answer = async (data) => {
      while (!globalThis.wx.requests.length) await new Promise(setImmediate);
      const request = globalThis.wx.requests.shift();
      request.success({ statusCode: 200, data });
      return request;
    };
    const info = await answer({ code: 0, userID: 'ann', userSig: 's', sdkAppID: 1 });
    assert.deepStrictEqual([info.url, info.method, info.data],
      ['https://h/weapp/utils/get_login_info?code=c1', 'GET', undefined]);
    const { method, data } = await answer({ code: 0, token: 't' });
    assert.deepStrictEqual([method, data, await login], ['POST', {}, 'ann']);
    const logout = client.logout();
    await answer({ code: 0 });
    await logout;
  });

  it('says what to take for live rooms and lists', async () => {
    globalThis.wx = makeWx();
    const client = new CallClient({ server: 'https://h' });
    const refusal = { name: 'BAD_REQUEST', detail: /: take Client of rtcroom\/live$/ };
    await assert.rejects(client.createRoom('live'), refusal);
    await assert.rejects(client.joinRoom('live', 'r'), refusal);
    await assert.rejects(client.watchRoom('r'), refusal);
    assert.throws(() => client.watchRooms('multi', () => {}), refusal);
    new LiveClient({ server: 'https://h' }).watchRooms('multi', () => {})();
  });

  it('rejects a request that has no answer, or is aborted', async () => {
    const wx = makeWx();
    const platform = wxPlatform(wx);
    const one = platform.request({ url: 'https://h/', body: { a: 1 }, waitMs: 45000 });
    assert.deepStrictEqual([wx.requests[0].timeout, wx.requests[0].data], [60000, { a: 1 }]);
    wx.requests[0].fail({ errMsg: 'request:fail timeout' });
    await assert.rejects(one.reply, /timeout/);
    const other = platform.request({ url: 'https://h/', body: {} });
    other.abort();
    await assert.rejects(other.reply, /abort/);
    assert.strictEqual(wx.requests[1].isAborted, true);
  });

  it('takes an error of a socket, or one that is not made, as its end', () => {
    const wx = makeWx();
    const seen = [];
    const socket = wxPlatform(wx).openSocket('wss://h/ws', 'rtcroomd.v1', { onOpen: () => seen.push('open'),
      onMessage: (text) => seen.push(text), onClose: (code) => seen.push(code) });
    const [opened] = wx.sockets;
    assert.deepStrictEqual(opened.protocols, ['rtcroomd.v1']);
    opened.open({});
    opened.message({ data: '{}' });
    opened.error({ errMsg: 'x' });
    socket.send('hello');
    socket.close();
    opened.fail({ errMsg: 'x' });
    assert.deepStrictEqual([seen, opened.sent, opened.closedWith], [['open', '{}', 1006, 1006], ['hello'], 1000]);
  });

  it('is told when the program is shown again, and when the network is back', () => {
    const wx = makeWx();
    let count = 0;
    let offline = 0;
    const stop = wxPlatform(wx).onShow(() => { ++count; }, () => { ++offline; });
    wx.listeners.show({});
    wx.listeners.network({ isConnected: false });
    wx.listeners.network({ isConnected: true });
    assert.deepStrictEqual([count, offline], [2, 1]);
    stop();
    assert.deepStrictEqual(wx.listeners, {});
    const { onAppShow, onNetworkStatusChange, ...older } = wx;
    wxPlatform(older).onShow(() => {});
  });

  it('works without a storage, and without a login of WeChat', async () => {
    const broken = () => { throw new Error('storage is full'); };
    const wx = { ...makeWx(), getStorageSync: broken, setStorageSync: broken, login: ({ fail }) => fail({}) };
    const platform = wxPlatform(wx);
    platform.save('k', { a: 1 });
    assert.strictEqual(platform.load('k') || null, null);
    assert.strictEqual(await platform.loginCode(), '');
  });
});

describe('rtcroom in a mini-program, which sees the clock of the device alone', () => {
  const { now } = Date;
  afterEach(() => { Date.now = now; });

  it('has a time that is never set back', () => {
    const platform = wxPlatform(makeWx());
    const times = [50_000, 51_000, 1000, 4000, 0].map((clock) => {
      Date.now = () => clock;
      return platform.now() - 50_000;
    });
    assert.deepStrictEqual(times, [0, 1000, 1000, 4000, 4000]);
  });
});

describe('rtcroom in a browser', () => {
  afterEach(() => { delete globalThis.sessionStorage; });

  it('is told when the page is shown, and when the network goes and is back', () => {
    const listeners = {};
    const calls = [];
    const page = { hidden: false, addEventListener: (event, listener) => { listeners[event] = listener; },
      removeEventListener: (event) => { delete listeners[event]; } };
    Object.assign(globalThis, { document: page, addEventListener: page.addEventListener, removeEventListener: page.removeEventListener });
    const stop = webPlatform().onShow(() => calls.push('show'), () => calls.push('offline'));
    for (const event of ['visibilitychange', 'offline', 'online']) listeners[event]();
    page.hidden = true;
    listeners.visibilitychange();
    assert.deepStrictEqual(calls, ['show', 'offline', 'show']);
    stop();
    assert.deepStrictEqual(listeners, {});
    for (const name of ['document', 'addEventListener', 'removeEventListener']) delete globalThis[name];
  });

  it('keeps the user in the storage of the tab, or where the page says', () => {
    for (const storage of [undefined, new Map()]) {
      const kept = storage || new Map();
      kept.getItem = (key) => kept.get(key) ?? null;
      kept.setItem = (key, text) => kept.set(key, text);
      globalThis.sessionStorage = storage ? null : kept;
      const platform = webPlatform({ storage });
      assert.ok(!platform.load('k'));
      platform.save('k', { userID: 'ann' });
      assert.deepStrictEqual([platform.load('k'), kept.get('k')], [{ userID: 'ann' }, '{"userID":"ann"}']);
    }
  });

  it('works where the storage is forbidden, full, or holds nonsense', () => {
    const fault = () => { throw new Error('SecurityError'); };
    for (const storage of [null, { getItem: fault, setItem: fault }, { getItem: () => '{', setItem: fault }]) {
      const platform = webPlatform({ storage });
      platform.save('k', { userID: 'ann' });
      assert.ok(!platform.load('k'));
    }
    Object.defineProperty(globalThis, 'sessionStorage', { get: fault, configurable: true });
    assert.ok(!webPlatform().load('k'));
  });
});
