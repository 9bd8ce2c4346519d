// A client of the message channel's WebSocket: one room, followed over interruptions.
import { retryDelay } from './event_stream.js';
import { text } from './texts.js';

const kProtocol = 'rtcroomd.v1';
const kReplyTimeoutMs = 10_000;
// Reported by the socket of a login that was refused, or that another one has replaced: the next
// attempt would end in the same way.
const kFinalCodes = [4001, 4003];

/**
 * @typedef {import('./phone.js').Place} Place
 * @typedef {{userID: string, sdkAppID: number, userSig: string}} Identity
 *
 * A request and its reply, or a push of the server, which has no request.
 * @typedef {{name: string, request: object|null, reply: any, code: number, tookMs: number}} Exchange
 *
 * The reply of a subscription: the events since the last one, or the room as it is now.
 * @typedef {{recovered: boolean, events?: any[], room?: any, missed?: any, cursor: string}} Subscription
 *
 * @typedef {object} Pending
 * @property {string} verb
 * @property {object} request
 * @property {number} sentMs
 * @property {(reply: any) => void} resolve
 * @property {(error: Error) => void} reject
 */

/**
 * Has one WebSocket at a time. After an interruption it connects again, and continues at its
 * cursor.
 *
 * Dispatches `subscribed` (detail: Subscription), `event` (detail: the event), `beat` when a heartbeat
 * is due, `down` when the room is not followed any more, and `exchange` (detail: Exchange).
 */
export class ChannelSocket extends EventTarget {
  #url;
  #identity;
  #place;
  #Socket;
  /** @type {WebSocket|null} */
  #socket = null;
  #cursor = '';
  /** When it logged in, as the server says; 0 before. */
  #login = 0;
  #newestId = 0;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #failures = 0;
  /** The delay that the server asked for. */
  #drainMs = 0;
  #isStopped = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #retryTimer;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #pingTimer;
  /** Whether every change of the room arrives now. */
  isLive = false;

  /**
   * @param {string} url
   * @param {Identity} identity
   * @param {Place} place
   * @param {typeof WebSocket} Socket  for tests
   */
  constructor(url, identity, place, Socket = WebSocket) {
    super();
    this.#url = url;
    this.#identity = identity;
    this.#place = place;
    this.#Socket = Socket;
  }

  /** Connects. May be called again after `stop`, and continues at the cursor. */
  start() {
    this.#isStopped = false;
    this.#open();
  }

  /** Sends and receives nothing any more. */
  stop() {
    this.#isStopped = true;
    clearTimeout(this.#retryTimer);
    const socket = this.#socket;
    this.#end();
    socket?.close(1000);
  }

  /**
   * Sends a text to the room.
   * @param {string} body
   * @param {string} nick
   * @returns {Promise<{seq: number, time: number}>}
   */
  say(body, nick) {
    return this.#ask('send', { ...this.#place, type: 'text', body, nick, key: crypto.randomUUID() });
  }

  #open() {
    if (this.#isStopped || this.#socket) return;
    const socket = new this.#Socket(this.#url, kProtocol);
    this.#socket = socket;
    const isCurrent = () => this.#socket === socket;
    socket.onopen = () => { if (isCurrent()) this.#begin(); };
    socket.onmessage = ({ data }) => { if (isCurrent()) this.#take(String(data)); };
    socket.onclose = ({ code }) => { if (isCurrent()) this.#closed(code); };
  }

  async #begin() {
    const socket = this.#socket;
    try {
      const login = this.#login ? { login: this.#login } : {};
      const { ping, login: since } = await this.#ask('connect', { ...this.#identity, ...login, beats: true });
      this.#login = since;
      this.#pingTimer = setInterval(() => this.#ask('ping', {}).catch(() => socket?.close()), ping * 1000);
      const cursor = this.#cursor ? { cursor: this.#cursor } : {};
      await this.#ask('subscribe', { ...this.#place, ...cursor });
    } catch {
      socket?.close();
    }
  }

  /** @param {Subscription} subscription */
  #subscribed(subscription) {
    this.#cursor = subscription.cursor;
    this.#failures = 0;
    this.isLive = true;
    this.dispatchEvent(new CustomEvent('subscribed', { detail: subscription }));
  }

  /** @param {number} code */
  #closed(code) {
    this.#end();
    if (this.#isStopped || kFinalCodes.includes(code)) return;
    const delay = Math.max(this.#drainMs, retryDelay(this.#failures, Math.random()));
    this.#failures += 1;
    this.#drainMs = 0;
    this.#retryTimer = setTimeout(() => this.#open(), delay);
  }

  #end() {
    this.#socket = null;
    clearInterval(this.#pingTimer);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new Error(text('socket.ended')));
    this.#lose();
  }

  /** The room is not followed any more. */
  #lose() {
    const wasLive = this.isLive;
    this.isLive = false;
    if (wasLive) this.dispatchEvent(new Event('down'));
  }

  /**
   * @param {string} verb
   * @param {object} request
   * @returns {Promise<any>}
   */
  #ask(verb, request) {
    const socket = this.#socket;
    if (!socket || socket.readyState !== 1) return Promise.reject(new Error(text('socket.none')));
    const id = ++this.#newestId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new Error(text('socket.noAnswer')));
      }, kReplyTimeoutMs);
      const ended = (/** @type {(value: any) => void} */ done) => (/** @type {any} */ value) => {
        clearTimeout(timer);
        done(value);
      };
      this.#pending.set(id, { verb, request, sentMs: performance.now(), resolve: ended(resolve), reject: ended(reject) });
      socket.send(JSON.stringify({ id, [verb]: request }));
    });
  }

  /** @param {string} lines  one object per line */
  #take(lines) {
    for (const line of lines.split('\n').filter(Boolean)) {
      const { id, ...content } = JSON.parse(line);
      if (id === undefined) this.#takePush(content);
      else this.#takeReply(id, content);
    }
  }

  /**
   * @param {number} id
   * @param {any} content
   */
  #takeReply(id, content) {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    const { verb, request, sentMs, resolve, reject } = pending;
    const { error } = content;
    const tookMs = performance.now() - sentMs;
    this.#report({ name: verb, request, reply: error ?? content[verb], code: error?.code ?? 0, tookMs });
    // At once: events may follow in the same message.
    if (verb === 'subscribe' && !error) this.#subscribed(content.subscribe);
    if (error) reject(new Error(error.message));
    else resolve(content[verb]);
  }

  /** @param {any} content */
  #takePush(content) {
    const [name, push] = Object.entries(content)[0];
    this.#report({ name, request: null, reply: push, code: 0, tookMs: 0 });
    if (name === 'drain') this.#drainMs = push.reconnect;
    // The connection stays, without the room.
    if (name === 'kicked' && push.reason === 'banned') this.#lose();
    if (name === 'beat') this.dispatchEvent(new Event('beat'));
    if (name !== 'event') return;
    this.#cursor = push.cursor;
    this.dispatchEvent(new CustomEvent('event', { detail: push }));
  }

  /** @param {Exchange} exchange */
  #report(exchange) {
    this.dispatchEvent(new CustomEvent('exchange', { detail: exchange }));
  }
}
