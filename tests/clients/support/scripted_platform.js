// An environment of the library rtcroom that a test controls: its clock, and all that the server says.

export class ScriptedPlatform {
  nowMs = 0;
  #timers = new Set();
  #shown = [];
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

  /** Lets time pass, timer by timer. */
  async advance(ms) {
    const end = this.nowMs + ms;
    await this.settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (!next) break;
      this.#timers.delete(next);
      this.nowMs = next.at;
      next.listener();
      await this.settle();
    }
    this.nowMs = end;
  }

  /** Lets all promises that can be settled be settled. */
  settle() { return new Promise((resolve) => { setImmediate(resolve); }); }

  request({ url, method, body, waitMs }) {
    const [, endpoint] = /\/([^/?]+)(\?|$)/.exec(url);
    const request = { endpoint, url, method, body, waitMs, at: this.nowMs, isAborted: false };
    this.requests.push(request);
    const reply = new Promise((resolve, reject) => {
      request.answer = (data, status = 200) => resolve({ status, data });
      request.fail = () => reject(new Error('no answer'));
    });
    const scripted = this.replies[endpoint];
    const data = typeof scripted === 'function' ? scripted(body) : scripted;
    if (data === 'fail') request.fail();
    else if (data !== 'wait' && endpoint !== 'poll') request.answer({ code: 0, message: 'ok', ...data });
    return { reply, abort: () => { request.isAborted = true; request.fail(); } };
  }

  openSocket(url, protocol, { onOpen, onMessage, onClose }) {
    const socket = {
      url, protocol, sent: [], isClosed: false, at: this.nowMs,
      open: () => onOpen(),
      receive: (object) => onMessage(JSON.stringify(object)),
      close: (code) => onClose(code),
    };
    this.sockets.push(socket);
    return { send: (data) => socket.sent.push(JSON.parse(data)), close: () => { socket.isClosed = true; } };
  }

  onShow(listener) { this.#shown.push(listener); }

  show() { this.#shown.forEach((listener) => listener()); }

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
