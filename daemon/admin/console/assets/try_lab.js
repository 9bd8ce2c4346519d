// The simulated pushers and their requests, kept across page changes.
import { ChannelSocket } from './channel_socket.js';
import { beatPeriod, Phone } from './phone.js';
import { text } from './texts.js';

const kNames = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank'];
const kMostLines = 200;
const kTimeoutMs = 10_000;

/**
 * @typedef {object} Line  one request and its reply
 * @property {number} atMs
 * @property {string} who
 * @property {string} endpoint
 * @property {object|null} request  null for a push of the server
 * @property {any} reply  null when there was none
 * @property {number|undefined} code  undefined when there was no reply
 * @property {string} problem
 * @property {number} tookMs
 * @property {boolean} isRepeated  a poll with the same reply as the one before it
 */

/**
 * Dispatches `line` (detail: Line), `change` of a phone, and `phones` when the phones are replaced.
 */
export class TryLab extends EventTarget {
  #base = '';
  /** Of the message channel; empty without it. */
  #socketUrl = '';
  #beatMs = beatPeriod(20_000);
  /** @type {Map<string, string>} the last poll reply of each phone */
  #lastPoll = new Map();
  /** @type {Phone[]} */
  phones = [];
  /** @type {Line[]} newest first */
  lines = [];
  place = { kind: 'multi', roomID: `try-${Math.floor(Math.random() * 0xffff).toString(16).padStart(4, '0')}` };

  /**
   * @param {string} base  of the public API, with its prefix
   * @param {number} timeoutMs  the server's heartbeat timeout
   * @param {string} socketUrl  of the message channel; empty without it
   */
  connect(base, timeoutMs, socketUrl) {
    if (this.#base !== '') return;
    this.#base = base;
    this.#socketUrl = socketUrl;
    this.#beatMs = beatPeriod(timeoutMs);
    this.addPhone();
    this.addPhone();
  }

  /** Whether phones are notified and can talk. */
  get hasChannel() {
    return this.#socketUrl !== '';
  }

  get isFull() {
    return this.phones.length >= kNames.length;
  }

  addPhone() {
    const name = kNames[this.phones.length];
    const phone = new Phone(name.toLowerCase(), name, this.#beatMs, (...call) => this.#call(...call),
      this.hasChannel ? (...socket) => this.#makeSocket(...socket) : null);
    phone.addEventListener('change', () => this.dispatchEvent(new Event('change')));
    this.phones.push(phone);
    this.dispatchEvent(new Event('phones'));
  }

  stop() {
    for (const phone of this.phones) phone.stop();
  }

  /** @type {NonNullable<import('./phone.js').MakeSocket>} */
  #makeSocket(phone, identity, place) {
    const socket = new ChannelSocket(this.#socketUrl, identity, place);
    socket.addEventListener('exchange', (event) => {
      const { name, request, reply, code, tookMs } = /** @type {CustomEvent<import('./channel_socket.js').Exchange>} */ (event).detail;
      const pushed = name === 'event' ? Object.keys(reply).find((key) => typeof reply[key] === 'object') : '';
      this.#keep({
        atMs: Date.now(), who: phone.userName, endpoint: `ws ${pushed || name}`, request, reply, code, problem: '', tookMs, isRepeated: name === 'ping',
      }, phone);
    });
    return socket;
  }

  /** @type {import('./phone.js').Call} */
  async #call(phone, kind, endpoint, body) {
    const startedMs = performance.now();
    /** @type {Line} */
    const line = {
      atMs: Date.now(), who: phone.userName, endpoint, request: body, reply: null, code: undefined, problem: '', tookMs: 0, isRepeated: false,
    };
    try {
      const response = await fetch(`${this.#base}/${kind}_room/${endpoint}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        credentials: 'omit',
        signal: AbortSignal.timeout(kTimeoutMs),
      });
      line.reply = await response.json();
      line.code = line.reply.code;
      return line.reply;
    } catch {
      line.problem = text('wire.noAnswerFrom', { address: this.#base });
      throw new Error(line.problem);
    } finally {
      line.tookMs = performance.now() - startedMs;
      this.#keep(line, phone);
    }
  }

  /**
   * @param {Line} line
   * @param {Phone} phone
   */
  #keep(line, phone) {
    if (line.endpoint === 'get_pushers') {
      const members = line.reply?.pushers?.map((/** @type {{userID: string}} */ member) => member.userID);
      const answer = JSON.stringify([line.reply?.code, members]);
      line.isRepeated = this.#lastPoll.get(phone.key) === answer;
      this.#lastPoll.set(phone.key, answer);
    }
    this.lines.unshift(line);
    if (this.lines.length > kMostLines) this.lines.pop();
    this.dispatchEvent(new CustomEvent('line', { detail: line }));
  }
}
