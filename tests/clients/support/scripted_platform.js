// An environment of the library rtcroom that a test controls: its clock, and all that the server says.
import { Client } from '../../../clients/js/src/index.js';

export class ScriptedPlatform {
  nowMs = 0;
  #timers = new Set();
  #shown = [];
  #offline = [];
  stored = {};
  /** Requests so far: {endpoint, url, body}, with {reply, fail} until they are answered. */
  requests = [];
  /** Sockets so far: {sent: [objects], open, receive, close, isOpen}. */
  sockets = [];
  /** Replies by endpoint, or functions of the body that return one; others are answered with code 0. */
  replies = {
    get_login_info: { userID: 'ann', userSig: 'sig', sdkAppID: 14, accountType: '0' },
    login: () => ({ token: `t${++this.logins}*1*MA==` }),
    get_push_url: () => ({ pushURL: `rtmp://h/live/ann_${++this.pushURLs}` }),
    get_pushers: { roomInfo: '', roomCreator: 'bob', mixedPlayURL: '', custom: '{}', pushers: [] },
    get_audiences: { audienceCount: 0, audiences: [] },
  };
  /** By endpoint, or for `any`: what is answered as it is. */
  rawReplies = new Map();
  logins = 0;
  pushURLs = 0;
  hasSockets = true;

  now() { return this.nowMs; }

  random() { return 1; } // the longest pause

  setTimer(ms, listener) {
    const timer = { at: this.nowMs + ms, listener };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers() { return this.#timers.size; }

  /** The device sleeps: time passes, and no timer fires until it wakes up. */
  sleep(ms) { this.nowMs += ms; }

  /** Lets time pass, timer by timer. */
  async advance(ms) {
    const end = this.nowMs + ms;
    await this.settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (!next) break;
      this.#timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.at);
      next.listener();
      await this.settle();
    }
    this.nowMs = end;
  }

  /** Lets all promises that can be settled be settled. */
  settle() { return new Promise((resolve) => { setImmediate(resolve); }); }

  request({ url, body, waitMs }) {
    const [, endpoint] = /\/([^/?]+)(\?|$)/.exec(url);
    const sent = body && JSON.parse(JSON.stringify(body)); // as it arrives
    const request = { endpoint, url, body: sent, waitMs, at: this.nowMs, isAborted: false };
    this.requests.push(request);
    const reply = new Promise((resolve, reject) => {
      request.answer = (data, status = 200) => resolve({ status, data });
      request.fail = () => reject(new Error('no answer'));
    });
    const scripted = this.replies[endpoint];
    const data = typeof scripted === 'function' ? scripted(body) : scripted;
    const raw = [endpoint, 'any'].find((key) => this.rawReplies.has(key));
    if (raw && endpoint !== 'poll') request.answer(this.rawReplies.get(raw));
    else if (data === 'fail') request.fail();
    else if (data !== 'wait' && endpoint !== 'poll') request.answer({ code: 0, message: 'ok', ...data });
    return { reply, abort: () => { request.isAborted = true; request.fail(); } };
  }

  openSocket(url, protocol, { onOpen, onMessage, onClose }) {
    const socket = {
      url, protocol, sent: [], isClosed: false, at: this.nowMs,
      open: () => onOpen(),
      receive: (object) => onMessage(JSON.stringify(object)),
      receiveText: onMessage,
      close: (code) => onClose(code),
    };
    this.sockets.push(socket);
    return { send: (data) => socket.sent.push(JSON.parse(data)), close: () => { socket.isClosed = true; } };
  }

  onShow(onShow, onOffline) {
    this.#shown.push(onShow);
    this.#offline.push(onOffline);
    return () => { this.#shown = this.#offline = []; };
  }

  show() { this.#shown.forEach((listener) => listener()); }

  get listeners() { return this.#shown.length + this.#offline.length; }

  goOffline() { this.#offline.forEach((listener) => listener()); }

  load(key) { return this.stored[key]; }

  save(key, value) { this.stored[key] = value; }

  async loginCode() { return 'code'; }

  /** Opens the newest socket, and answers what it asks with the defaults. */
  async connect() {
    const socket = this.sockets.at(-1);
    socket.open();
    await this.answerAll(socket);
    return socket;
  }

  async answerAll(socket = this.sockets.at(-1)) {
    for (const { id, ...request } of socket.sent.splice(0)) {
      const [verb] = Object.keys(request);
      socket.receive({ id, [verb]: { ...kAnswers[verb], ...(verb === 'connect' && { login: 7 }) } });
    }
    await this.settle();
  }

  endpoints() { return this.requests.map(({ endpoint }) => endpoint); }
}

const kAnswers = {
  subscribe: { epoch: 'e', cursor: 'c0', recovered: false,
    room: { roomInfo: '', roomCreator: 'bob', mixedPlayURL: '', custom: {}, audienceCount: 0, pushers: [] } },
  send: { seq: 1, time: 1 },
};

/** A user of the library, in an environment of its own. `events` has what it tells: [name, value].
 * @param UserClient  another class of clients */
export function makeScriptedUser(options, { UserClient = Client, media, ...clientOptions } = {}) {
  const platform = Object.assign(new ScriptedPlatform(), options);
  // The library copies its environment, and methods are not copied with an instance of a class.
  const methods = ['now', 'random', 'setTimer', 'request', 'openSocket', 'onShow', 'load', 'save', 'loginCode'];
  const bound = Object.fromEntries(methods.map((name) => [name, (...values) => platform[name](...values)]));
  const client = new UserClient({ server: 'https://h/', ...clientOptions,
    platform: { ...bound, hasSockets: platform.hasSockets, ...media } });
  const events = [];
  const record = (emitter, names) => names.forEach((name) => emitter.on(name, (value) => events.push([name, value])));
  record(client, ['kicked', 'connection', 'direct']);

  const of = (endpoint) => platform.requests.filter((request) => request.endpoint === endpoint);
  const timesOf = (endpoint, since = 0) => of(endpoint).map(({ at }) => at - since).filter((at) => at >= 0);

  async function login() {
    await client.login();
    await platform.advance(0);
    await platform.connect();
  }

  /** Without a stream unless told. */
  async function join({ kind = 'multi', ...seat } = { stream: false }) {
    await login();
    const joining = client.joinRoom(kind, 'r', seat);
    await platform.settle();
    await platform.answerAll();
    const room = await joining;
    record(room, ['closed', 'evicted', 'pushURL', 'message', 'gap']);
    await platform.advance(0);
    return room;
  }

  return { platform, client, events, of, timesOf, login, join };
}
