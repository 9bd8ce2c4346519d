// A phone of which a test controls the time and the network, and plays the server.
import { mock } from 'node:test';
import { Phone } from './phone.js';

const kStep = 100; // milliseconds
const kBurst = 40; // of the server, for requests and for messages

export class ScriptedPhone extends Phone {
  nowMs = 0;
  #buckets = {}; // what the server still takes at once

  constructor() {
    /** Sockets so far. */
    const sockets = [];
    /** Polls that are not answered. */
    const polls = [];
    const wx = {
      connectSocket({ fail }) {
        const socket = { sent: [], fail };
        sockets.push(socket);
        return {
          onOpen: (listener) => { socket.open = listener; },
          onMessage: (listener) => { socket.receive = (object) => listener({ data: JSON.stringify(object) }); },
          onError() {},
          onClose: (listener) => { socket.end = (code) => listener({ code }); },
          send: ({ data }) => { socket.sent.push(JSON.parse(data)); },
          close() { socket.isClosed = true; },
        };
      },
      request({ data, success, fail }) { polls.push({ ...data, fail, answer: (reply) => success({ data: reply }) }); },
      onNetworkStatusChange(listener) { wx.changeNetwork = (isConnected) => listener({ isConnected }); },
    };
    super('https://h', 'ann', { wx });
    Object.assign(this, { sockets, polls });
  }

  /** Lets time pass, and does something at each step. */
  async advance(ms, act = () => {}) {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs += kStep;
      mock.timers.tick(kStep);
      act();
      await new Promise((resolve) => { setImmediate(resolve); });
    }
  }

  /** Whether the server takes one more of these, of which it takes so many a second. */
  #takes(what, perSecond) {
    const { left, at } = this.#buckets[what] ?? { left: kBurst, at: 0 };
    const now = Math.min(kBurst, left + (this.nowMs - at) * perSecond / 1000);
    this.#buckets[what] = { left: now >= 1 ? now - 1 : now, at: this.nowMs };
    return now >= 1;
  }

  /** What the server replies to a request that comes now. */
  reply({ id, ...request }) {
    const [[verb, body]] = Object.entries(request);
    if (verb === 'send' && !this.#takes('messages', 10)) return { id, error: { code: 10002, message: 'too many' } };
    if (body.kind && body.kind !== 'multi') return { id, error: { code: 10010, message: 'group not exist' } };
    const limits = { messagesPerSecond: 10 };
    return { id, [verb]: { connect: { ping: 25, limits }, subscribe: { cursor: 'c0', room: {} } }[verb] ?? {} };
  }

  /** Answers what was sent on the newest socket, which is closed when that is too much. */
  answer() {
    const socket = this.sockets.at(-1);
    const isTooMuch = socket.sent.splice(0).some((request) => {
      const isTaken = this.#takes('requests', 20);
      if (isTaken) socket.receive(this.reply(request));
      return !isTaken;
    });
    if (isTooMuch) socket.end(4008);
  }

  answerPolls() {
    for (const { cursors, requests, answer } of this.polls.splice(0)) {
      answer({ replies: requests.map((request) => this.reply(request)), pushes: [], rooms: cursors.map((cursor) => {
        const { subscribe, error } = this.reply({ subscribe: cursor });
        return { kind: cursor.kind, roomID: cursor.roomID, ...subscribe, error };
      }) });
    }
  }

  /** Has logged in and joined, over a socket. */
  async enter() {
    const entered = this.login().then(() => this.join('r'));
    this.sockets[0].open();
    await this.advance(1000, () => this.answer());
    await entered;
    return this.sockets[0];
  }
}
