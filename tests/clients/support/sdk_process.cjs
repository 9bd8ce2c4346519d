// One user of an IM SDK of today, unmodified, in a process of its own, with what the SDK asks of a page.
// Takes {id, call, args}, and answers {id, value} or {id, error}; tells each event of the SDK.
// Its flavour is that of the machine: `page`, or WeChat on a phone (`wx`) or in Windows (`wx_windows`).
const [, , name, flavour] = process.argv;
const { WebSocket } = require('ws');

const items = new Map();
const storage = {
  getItem: (key) => items.get(key) ?? null,
  setItem: (key, value) => items.set(key, String(value)),
  removeItem: (key) => items.delete(key),
};
const nothing = () => {};
const element = () => ({ style: {}, setAttribute: nothing, appendChild: nothing, addEventListener: nothing });

/** Its sockets, so that the network can go. */
const sockets = new Set();
const paths = new Set(); // that it has connected to
let isCut = false;
let held; // the text of a request that waits
const waiting = []; // to be sent
class Socket extends WebSocket {
  constructor(url, protocols) {
    paths.add(new URL(url).pathname);
    super(isCut ? 'ws://127.0.0.1:9' : url, protocols, { perMessageDeflate: false });
    sockets.add(this);
    this.on('close', () => sockets.delete(this));
  }

  send(data, ...rest) {
    if (held && Buffer.from(data).includes(held)) waiting.push(() => super.send(data, ...rest));
    else super.send(data, ...rest);
  }
}

function makePage() {
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';
  /** What the oldest SDK asks to see whether there is a network. */
  class XMLHttpRequest {
    open() {}
    setRequestHeader() {}
    abort() {}
    send() {
      setImmediate(() => {
        Object.assign(this, { readyState: 4, status: 200, responseText: '' });
        this.onreadystatechange?.();
        this.onload?.();
      });
    }
  }
  const location = { host: 'localhost', hostname: 'localhost', href: 'http://localhost/', protocol: 'http:' };
  const document = {
    ...element(), charset: 'UTF-8', visibilityState: 'visible', hidden: false, cookie: '', referrer: '', title: '', location,
    documentElement: element(), head: element(), body: element(), createElement: element, getElementsByTagName: () => [element()],
    removeEventListener: nothing,
  };
  const navigator = { userAgent, onLine: true, appVersion: '5.0', platform: 'Linux x86_64', language: 'en' };
  const added = {
    window: globalThis, self: globalThis, document, location, navigator, localStorage: storage, sessionStorage: storage, WebSocket: Socket,
    XMLHttpRequest, addEventListener: nothing, removeEventListener: nothing,
  };
  for (const [key, value] of Object.entries(added)) Object.defineProperty(globalThis, key, { value, configurable: true, writable: true });
}

/** What the SDK for mini-programs asks of WeChat. */
function makeWeChat(platform) {
  const system = { platform, system: 'iOS 17.0', version: '8.0.40', SDKVersion: '3.0.0', brand: 'a', model: 'b', host: {}, fontSizeSetting: 16 };
  globalThis.getApp = () => ({});
  globalThis.__wxConfig = { platform };
  globalThis.wx = {
    getSystemInfoSync: () => system, getSystemInfo: ({ success }) => success?.(system), getDeviceInfo: () => system, getAppBaseInfo: () => system,
    canIUse: () => false, onNetworkStatusChange: nothing, getNetworkType: ({ success }) => success?.({ networkType: 'wifi' }),
    onAppShow: nothing, onAppHide: nothing, getStorageSync: (key) => items.get(key) ?? '', setStorageSync: (key, value) => items.set(key, value),
    removeStorageSync: (key) => items.delete(key), getStorage: ({ fail }) => fail?.({}), setStorage: nothing, getAccountInfoSync: () => ({ miniProgram: {} }),
    request: ({ fail }) => { setImmediate(() => fail?.({ errMsg: 'no' })); return { abort: nothing }; },
    connectSocket: ({ url }) => {
      const socket = new Socket(url);
      socket.binaryType = 'arraybuffer';
      return {
        onOpen: (listener) => socket.addEventListener('open', () => listener({})),
        onMessage: (listener) => socket.addEventListener('message', ({ data }) => listener({ data })),
        onClose: (listener) => socket.addEventListener('close', ({ code, reason }) => listener({ code, reason })),
        onError: (listener) => socket.addEventListener('error', () => listener({ errMsg: 'error' })),
        send: ({ data, success, fail }) => socket.send(data, (error) => (error ? fail?.({ errMsg: String(error) }) : success?.({}))),
        close: ({ code } = {}) => socket.close(code),
      };
    },
  };
}

if (flavour === 'page') makePage();
else makeWeChat(flavour === 'wx' ? 'ios' : 'windows');

const loaded = require(name);
const SDK = loaded.default ?? loaded;
let sdk;
let calls; // what sends invitations
let application;
let newest; // of the messages received
const sentOnes = new Map(); // by their IDs

/** As both kinds of invitations name them. */
const kInvitations = ['NEW_INVITATION_RECEIVED', 'INVITEE_ACCEPTED', 'INVITEE_REJECTED', 'INVITATION_CANCELLED', 'INVITATION_TIMEOUT'];

const plain = (value) => JSON.parse(JSON.stringify(value ?? null, (_, one) => (typeof one === 'function' ? undefined : one)));

/** A listener; a nameless one is warned of. */
const tell = (event) => function told({ data }) { process.send({ event, data: plain(data) }); };

/** @param created  the SDK, whose events are told from now on */
function use(created) {
  sdk = created;
  for (const [key, event] of Object.entries(SDK.EVENT)) sdk.on(event, tell(key));
  sdk.on(SDK.EVENT.MESSAGE_RECEIVED, function keep({ data }) { newest = data.at(-1); });
}

const kCalls = {
  create(options) {
    use(SDK.create(options));
    sdk.setLogLevel(4);
  },
  /** From now on invitations are told: those of the SDK, or before 3 those of the library that Tencent has for it. */
  takeCalls(SDKAppID) {
    globalThis.window ??= undefined; // as it is for modules in WeChat
    const TSignaling = SDK.TSignaling ? null : require(flavour === 'page' ? 'tsignaling' : 'tsignaling/tsignaling-wx');
    calls = TSignaling ? new TSignaling({ SDKAppID, tim: sdk }) : sdk;
    const events = TSignaling?.EVENT ?? SDK.TSignaling;
    for (const key of kInvitations) calls[TSignaling ? 'on' : 'addSignalingListener'](events[key], tell(key));
    const hasMissed = () => tell('MISSED_INVITATIONS_TOLD')({});
    if (!TSignaling) return hasMissed();
    // The library reads them when its SDK is ready, and tells twice what comes meanwhile.
    const { messageClient } = calls;
    const read = messageClient.getHistoricalSignaling.bind(messageClient);
    messageClient.getHistoricalSignaling = () => read().finally(() => setImmediate(hasMissed));
  },
  login: (identity) => (calls ?? sdk).login(identity).then(({ data }) => data),
  /** `invite`, `cancel`, `accept` or `reject`. */
  signal: (call, options) => calls[call](options).then(({ inviteID }) => inviteID),
  /** An application, the text of a module: its class has the SDK as `tim`, and two methods for others to replace. */
  run(source, remembered, ...args) {
    for (const [key, value] of Object.entries(remembered)) storage.setItem(key, value);
    const module = { exports: {} };
    const load = (wanted) => (wanted === 'tim-js-sdk' ? loaded : require(wanted));
    new Function('module', 'exports', 'require', source)(module, module.exports, load);
    application = new module.exports.default(...args);
    application.onReady = () => tell('onReady')({});
    application.messageReceived = tell('messageReceived');
    use(application.tim);
  },
  ask: (method, ...args) => application[method](...args),
  remembered: () => Object.fromEntries(items),
  paths: () => [...paths],
  /** A call that makes a message, with its options, and the send of it, with others. */
  async send(make, options, how) {
    const sent = await sdk.sendMessage(sdk[make](options), how);
    sentOnes.set(sent.data.message.ID, sent.data.message);
    return sent.data;
  },
  types: () => SDK.TYPES,
  /** The newest message received, to a call that takes a list of such. */
  acknowledge: (call) => sdk[call]([newest]),
  revoke: ({ message }) => sdk.revokeMessage(sentOnes.get(message.ID)),
  has: (name) => typeof sdk[name] === 'function',
  cut() {
    isCut = true;
    sockets.forEach((socket) => socket.terminate());
  },
  mend() { isCut = false; },
  /** From now on requests with this text wait for `release`. */
  hold(text) { held = text; },
  held: () => waiting.length,
  release() {
    held = undefined;
    waiting.splice(0).forEach((send) => send());
  },
};

// The oldest SDK leaves the refusal of a login unhandled, which a page outlives.
process.on('unhandledRejection', nothing);

process.on('message', async ({ id, call, args }) => {
  try {
    const value = await (kCalls[call] ? kCalls[call](...args) : sdk[call](...args).then(({ data }) => data));
    process.send({ id, value: plain(value) });
  } catch (error) {
    process.send({ id, error: { code: error.code, message: `${call}: ${error.message ?? error}` } });
  }
});
